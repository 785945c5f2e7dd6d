/**
 * The panels below the charts: what others publish, what a decision costs here, how good it is.
 *
 * Quoted facts stand by themselves, with publisher and date, and share no axis with our measurement.
 */
import { h, say, show } from "./dom.js";
import { sourceText } from "./tooltip.js";

const MOST_FACTS = 3;
const REAL_PREVALENCE = "benchmark.stripe_fraud_prevalence";

/** All panels as an element with `update(feed)`. */
export function panels(board) {
  const parts = [benchmarkPanel(board), qualityPanel(board), costPanel(board)];
  const element = h("section", { class: "ll-panels" }, ...parts.map((part) => part.element));
  const update = (feed) => parts.forEach((part) => part.update(feed));
  return { element, update };
}

function card(title, unit, ...body) {
  const words = h("p", { class: "ll-unit" }, ...[unit].flat());
  const header = h("header", {}, h("h2", {}, title), words);
  return h("article", { class: "ll-card ll-panel" }, header, ...body);
}

function benchmarkPanel(board) {
  const list = h("ul", { class: "ll-facts" });
  const element = card("What others publish", "quoted, not measured by us", list);
  let shown = "";

  function update({ definitions }) {
    const ids = Object.keys(definitions)
      .filter((id) => /^benchmark\.[^.]+$/.test(id))
      .slice(0, MOST_FACTS);
    show(element, ids.length > 0);
    if (ids.join() === shown) return;
    shown = ids.join();
    board.drop(list);
    list.replaceChildren(...ids.map((id) => fact(board, id, definitions[id])));
  }
  return { element, update };
}

function fact(board, id, { label, source }) {
  const words = h("p", { class: "ll-fact-label" }, label);
  const from = h("p", { class: "ll-fact-source", figure: id }, source ? sourceText(source) : "");
  say(words, label, id);
  return h(
    "li",
    {},
    board.create(id, { pace: "now", className: "ll-fact-value" }),
    h("div", {}, words, from),
  );
}

function costPanel(board) {
  const price = h("p", { class: "ll-fact-source" });
  const formula = h("p", { class: "ll-fact-source" });
  const limit = h("p", { class: "ll-fact-source" });
  const rate = h("span");
  const row = (id, ...words) => h("li", {}, board.create(id), h("span", {}, ...words));
  const element = card(
    "What a decision costs here",
    "own CPU counters × one dated price",
    h(
      "div",
      { class: "ll-headline" },
      board.create("cost.per_thousand_usd", { className: "ll-big" }),
      h("span", {}, "per thousand decisions"),
    ),
    h(
      "ul",
      { class: "ll-terms" },
      row("cost.cpu_seconds_per_thousand", "of CPU per thousand, all platform processes"),
      row("cost.vcpu_hour_usd", "for one vCPU for an hour"),
      row("cost.per_hour_usd", "an hour at ", rate),
    ),
    formula,
    price,
    limit,
  );

  function update({ definitions, figures, state }) {
    say(rate, state.verdict ? "this run's rate" : "the rate of now", "cost.per_hour_usd");
    const derived = definitions["cost.per_thousand_usd"];
    say(formula, derived?.formula ? `= ${derived.formula}` : "", "cost.per_thousand_usd");
    say(limit, derived?.note ?? "", "cost.per_thousand_usd");
    const source = definitions["cost.vcpu_hour_usd"]?.source;
    show(element, (figures["cost.per_thousand_usd"]?.[0] ?? null) !== null);
    say(price, source ? `Price: ${sourceText(source)}` : "", "cost.vcpu_hour_usd");
  }
  return { element, update };
}

function qualityPanel(board) {
  const cited = h("span", {});
  const share = h("span", {});
  const note = h("p", { class: "ll-fact-source" });
  const whose = h("span", {});
  const row = (id, words) =>
    h(
      "li",
      {},
      board.create(id, { className: "ll-fact-value" }),
      h("div", {}, h("p", { class: "ll-fact-label" }, words), interval(board, id)),
    );
  const element = card(
    "Decision quality under load",
    [whose, "labels withheld from the platform"],
    h(
      "ul",
      { class: "ll-facts" },
      row("quality.recall", "of frauds flagged"),
      row("quality.false_positive_rate", "of honest payments flagged"),
    ),
    h(
      "p",
      { class: "ll-fact-source" },
      board.create("quality.prevalence"),
      " of this traffic is fraud",
      share,
      "; among real payments about ",
      board.create(REAL_PREVALENCE),
      " ",
      cited,
    ),
    note,
  );

  function update({ definitions, figures }) {
    const source = definitions[REAL_PREVALENCE]?.source;
    say(cited, source ? `(${source.publisher}, ${source.date})` : "", REAL_PREVALENCE);
    const value = (id) => figures[id]?.[0] ?? null;
    const enriched = value("quality.prevalence") > (value(REAL_PREVALENCE) ?? Infinity);
    const traffic = figures["run.traffic"]?.[0] ?? "";
    say(whose, traffic ? `${traffic}, ` : "", "run.traffic");
    const simulated = traffic.startsWith("simulated");
    say(share, enriched && simulated ? ", enriched on purpose" : "", "quality.prevalence");
    show(element, value("quality.recall") !== null);
    say(note, definitions["quality.recall"]?.note ?? "", "quality.recall");
  }
  return { element, update };
}

function interval(board, id) {
  const end = (name) => board.create(`${id}.${name}`);
  return h("p", { class: "ll-fact-source" }, "interval ", end("low"), " to ", end("high"));
}
