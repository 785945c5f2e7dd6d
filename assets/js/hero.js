/**
 * The hero row: decided, achieved of offered rate, response p99, failed and lost, recovery.
 */
import { flag, h, icon, say, show, swapIcon } from "./dom.js";
import { spark } from "./spark.js";
import { percentileWindow } from "./window.js";

const SPARK_EVERY_MS = 500;
const DOUBTED = "The load generator is in doubt about itself: see the line below";

/** The five tiles as an element with `update(feed, colours)` and `destroy()`. */
export function heroRow(board) {
  const note = h("span");
  const window = percentileWindow(board, ", latest ");
  const tiles = [
    tile("Transactions decided", [board.create("hero.decided", { eased: true })], {
      lead: true,
      sub: ["valid decisions since Start"],
      curve: cumulative,
    }),
    tile("Achieved", [board.create("hero.achieved_tps")], {
      sub: ["of ", board.create("hero.offered_tps"), " offered"],
      curve: column("achieved_tps"),
      doubtful: true,
    }),
    tile("Response time, p99", [board.create("hero.response_p99_ms")], {
      aside: window.element,
      sub: [note],
      curve: column("response_p99_ms"),
      colour: "flow",
      doubtful: true,
    }),
    failureTile(board),
    recoveryTile(board),
  ];
  const element = h("section", { class: "ll-hero", "aria-label": "Headline figures" });
  element.append(...tiles.map((one) => one.element));
  let next = 0;

  function update(feed, colours) {
    const where = feed.definitions["hero.response_p99_ms"]?.note ?? "";
    say(note, where.split("; ").at(-1), "hero.response_p99_ms");
    say(
      tiles[1].label,
      feed.state.verdict ? "Achieved, whole run" : "Achieved",
      "hero.achieved_tps",
    );
    const doubted = (feed.state.doubts ?? []).length > 0;
    const short = window.update(feed) || doubted;
    say(tiles[2].label, p99Words(feed.state, short), "hero.response_p99_ms");
    for (const one of tiles) one.update?.(feed);
    flag(element, "doubt", doubted);
    const now = performance.now();
    if (now < next && !feed.state.summary) return;
    next = now + SPARK_EVERY_MS;
    const xs = feed.rows.get("schedule_seconds");
    const end = Math.max(feed.state.duration_seconds ?? 0, feed.rows.last("schedule_seconds") || 0);
    for (const one of tiles) one.spark?.draw(colours, xs, one.curve(feed.rows), end);
  }
  const destroy = () => tiles.forEach((one) => one.spark?.destroy());
  return { element, update, destroy };
}

/** There is no room for the long name beside how far back a percentile reaches, or a mark. */
function p99Words(state, short) {
  if (state.verdict) return "p99, whole run";
  return short ? "p99" : "Response time, p99";
}

/** A tile; what is `doubtful` gets a mark while the generator doubts itself. */
function tile(label, value, { lead = false, aside, sub = [], curve, colour = "accent", doubtful }) {
  const mark = h("span", { class: "ll-doubted", title: DOUBTED }, icon("warning"));
  const canvas = h("canvas", { class: "ll-spark", "aria-hidden": "true" });
  const heading = h("span", {}, label);
  const element = h(
    "article",
    { class: lead ? "ll-tile ll-lead" : "ll-tile" },
    h("h2", { class: "ll-label" }, heading, aside, doubtful ? mark : null),
    h("div", { class: "ll-value" }, ...value),
    h("p", { class: "ll-sub" }, ...sub),
    curve ? canvas : null,
  );
  return {
    element,
    label: heading,
    curve,
    spark: curve && spark(canvas, colour, `${colour}-fill`),
  };
}

function failureTile(board) {
  const words = h("span");
  const count = (id) => board.create(id, { eased: true });
  const dot = h("span", { class: "ll-dot" }, "·");
  const one = tile("Failed · lost", [count("hero.failed"), dot, count("hero.lost")], {
    sub: [words],
    curve: running("failed"),
    colour: "bad",
  });
  const update = (feed) => say(words, meaningOfLost(feed), "hero.lost");
  return { ...one, update };
}

/** The tooltip has the whole note; a tile has room for what matters of it. */
function meaningOfLost({ figures, definitions, state }) {
  if ((figures["hero.lost"]?.[0] ?? null) !== null) return "lost: not in the journal";
  if (definitions["hero.lost"]?.note?.startsWith("not measured")) return "lost: no journal here";
  return state.verdict ? "lost: not checked" : "lost is counted at the end";
}

function recoveryTile(board) {
  const known = board.create("hero.recovery_seconds", { pace: "now" });
  const counting = board.create("hero.recovering_seconds", { pace: "now" });
  const words = h("span", { class: "ll-sub-words" });
  const one = tile("Recovery", [known, counting], { sub: [words] });
  const sub = one.element.querySelector(".ll-sub");
  sub.prepend(icon("dash"));

  function update({ state, figures }) {
    const is = (id) => (figures[id]?.[0] ?? null) !== null;
    const mode = is("hero.recovering_seconds")
      ? "recovering"
      : is("hero.recovery_seconds")
        ? "recovered"
        : "waiting";
    const missed = mode === "recovering" && Boolean(state.verdict);
    show(counting, mode === "recovering");
    show(known, mode !== "recovering");
    flag(one.element, "mode", mode);
    swapIcon(
      sub,
      missed ? "cross" : { recovering: "bolt", recovered: "check", waiting: "dash" }[mode],
    );
    say(words, missed ? "not back by the end" : describe(mode, state), "hero.recovery_seconds");
  }
  return { ...one, update };
}

function describe(mode, state) {
  const faults = state.faults ?? [];
  if (mode === "recovering") {
    const active = faults.some((fault) => fault.status === "active");
    return active ? "since the fault began" : "cleared, not yet steady";
  }
  if (mode === "recovered") return "from onset to steady";
  return faults.length > 0 ? "nothing broken yet" : "no fault planned";
}

function column(name) {
  return (rows) => {
    const values = rows.get(name).slice();
    const moving = new Set(rows.rising("schedule_seconds"));
    return values.map((value, at) => (moving.has(at) ? value : NaN));
  };
}

function running(name) {
  return (rows) => {
    let sum = 0;
    return rows.get(name).map((value) => (sum += Number.isFinite(value) ? value : 0));
  };
}

function cumulative(rows) {
  return running("decided")(rows);
}
