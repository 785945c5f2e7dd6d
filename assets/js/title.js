/**
 * The title row: what runs, against which target, in which state, with which marks.
 *
 * The target line and the marks SCALED and REHEARSAL are drawn from the state of the run on every
 * change and cannot be switched off.
 */
import { flag, h, icon, say, show, swapIcon } from "./dom.js";

const STATES = {
  not_started: ["Ready", "play"],
  initializing: ["Starting", "clock"],
  running: ["Running", "circle"],
  paused: ["Paused", "pause"],
  stopping: ["Draining", "clock"],
  completed: ["Finished", "check"],
  failed: ["Failed", "cross"],
  cancelled: ["Stopped", "square"],
};
// What a mark is about; any other is about the rate.
const MARKED = [
  [/rehearsal/i, "run.speed"],
  [/own data/i, "run.traffic"],
];
const GONE = ["Engine gone", "unplug"];

/** The title row as an element with `update(feed)`. */
export function titleRow(board) {
  const name = h("h1", { class: "ll-name" });
  const target = h("p", { class: "ll-target" });
  const act = h("span");
  const acts = h("p", { class: "ll-act" }, h("small", {}, "Act"), act);
  const marks = h("div", { class: "ll-marks" });
  const word = h("span", { class: "ll-state-word" });
  const clock = h(
    "span",
    { class: "ll-clock" },
    board.create("run.clock", { pace: "now" }),
    h("span", { class: "ll-of" }, "of"),
    board.create("run.duration", { pace: "now" }),
  );
  const pill = h("div", { class: "ll-pill", role: "status" }, word);
  const element = h(
    "header",
    { class: "ll-title" },
    name,
    h("div", { class: "ll-title-side" }, acts, marks, clock, pill),
    target,
  );

  function update(feed) {
    const { state } = feed;
    say(name, state.name || "Limelight", "run.name");
    say(target, state.target_line, "run.target");
    say(act, state.act ?? "", "run.act");
    show(acts, Boolean(state.act) && state.status !== "not_started" && !state.verdict);
    show(clock, Boolean(state.run_id) && state.status !== "not_started");
    drawMarks(marks, state.marks ?? []);
    const [text, symbol] = feed.gone ? GONE : (STATES[state.status] ?? ["Connecting", "clock"]);
    say(word, text, "run.status");
    swapIcon(pill, symbol);
    flag(pill, "state", feed.gone ? "gone" : (state.status ?? "connecting"));
  }
  return { element, update };
}

function drawMarks(host, marks) {
  while (host.children.length > marks.length) host.lastChild.remove();
  marks.forEach((mark, at) => {
    const chip = host.children[at] ?? host.appendChild(h("span", { class: "ll-mark" }));
    say(chip, mark, MARKED.find(([words]) => words.test(mark))?.[1] ?? "run.rate_scale");
  });
}

/** The amber line of warnings: what the instrument doubts about itself. */
export function warningLine() {
  const list = h("ul", { class: "ll-warnings", hidden: true, role: "status" });

  function update({ state }) {
    const warnings = state.warnings ?? [];
    show(list, warnings.length > 0);
    while (list.children.length > warnings.length) list.lastChild.remove();
    warnings.forEach((warning, at) => {
      if (!list.children[at]) list.append(h("li", {}, icon("warning"), h("span")));
      say(list.children[at].lastChild, warning, `warning.${at}`);
    });
  }
  return { element: list, update };
}
