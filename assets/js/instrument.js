/**
 * The instrument: what the load generator measures of itself, and what it doubts.
 *
 * One line with a place of its own, so that nothing on the page moves when a doubt comes or goes. A
 * doubt says what and what to do, and names the key that lowers the rate where that would help. Of a
 * run that has ended it says what was doubted of all of it.
 */
import { flag, h, icon, say, show, swapIcon } from "./dom.js";

const SOUND = "The generator has no doubt about itself";
const UNKNOWN = "The generator is not measured yet";
const WHOLE_RUN = "The generator, whole run";
const HELPS = "lower the rate";
const FIGURES = [
  { name: "lateness_p99_ms", words: "sent late, p99" },
  { name: "queue_p99_ms", words: "waited to be sent, p99", kind: "final" },
  { name: "loop_lag_ms", words: "held up", whole: "held up, worst mean" },
  { name: "worker_cores", words: "busiest worker", whole: "busiest worker, worst mean", kind: "roomy" },
  { name: "workers_up", words: "workers", of: "workers_asked" },
  { name: "connections", words: "connections", kind: "wide" },
  { name: "app_cores", words: "this app", kind: "wide" },
  { name: "dropped", words: "dropped", kind: "counted" },
  { name: "not_offered", words: "not offered", kind: "counted" },
];

/** The line as an element with `update(feed)`; `offer(key)` names the key that lowers the rate. */
export function instrumentLine(board) {
  const words = h("span");
  const key = h("kbd");
  const hint = h("span", { class: "ll-key", hidden: true }, "Press ", key, " to lower the rate");
  const state = h("p", { class: "ll-instrument-state", role: "status" }, icon("check"), words);
  const items = FIGURES.map((figure) => item(board, figure));
  const list = h("ul", {}, ...items.map((one) => one.element));
  const element = h(
    "section",
    { class: "ll-instrument", "aria-label": "The load generator about itself" },
    state,
    hint,
    list,
  );
  let offered = "";

  function update(feed) {
    const doubts = feed.state.doubts ?? [];
    const final = Boolean(feed.state.verdict);
    flag(element, "doubt", doubts.length > 0);
    const known = (feed.figures["instrument.workers_up"]?.[0] ?? null) !== null;
    const calm = final ? WHOLE_RUN : known ? SOUND : UNKNOWN;
    swapIcon(state, doubts.length > 0 ? "warning" : calm === SOUND ? "check" : "info");
    say(words, doubts.length > 0 ? sentence(doubts) : calm, "doubt.0");
    show(hint, Boolean(offered) && !final && doubts.some((doubt) => doubt.includes(HELPS)));
    for (const one of items) one.update(feed);
  }
  function offer(name) {
    offered = name ?? "";
    key.textContent = offered;
  }
  return { element, update, offer };
}

/** What is doubted, all of it, and what to do about the weightiest: "late; held up: lower it". */
function sentence(doubts) {
  const [first, ...rest] = doubts.map((doubt) => doubt.split(": "));
  const others = rest.map(([what]) => what.charAt(0).toLowerCase() + what.slice(1));
  return `${[first[0], ...others].join("; ")}: ${first[1]}`;
}

/** One figure with its name; "counted" is shown once it is more than nothing. */
function item(board, { name, words, whole = words, of, kind = "always" }) {
  const id = `instrument.${name}`;
  const label = h("span", { figure: id });
  const element = h("li", {}, label, board.create(id));
  if (of) element.append(h("span", {}, "of"), board.create(`instrument.${of}`));
  flag(element, "kind", kind);

  function update({ figures, state }) {
    const value = figures[id]?.[0] ?? null;
    label.textContent = state.verdict ? whole : words;
    const wanted = { counted: value > 0, final: Boolean(state.verdict) };
    show(element, wanted[kind] ?? id in figures);
  }
  return { element, update };
}
