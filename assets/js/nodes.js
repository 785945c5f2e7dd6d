/**
 * One box of the flow: name, status in words and icon, and its figures.
 */
import { flag, h, icon, say, show, swapIcon } from "./dom.js";

const STATUS = { down: "cross", starting: "clock", unknown: "dash" };
const OUTCOME_ICONS = {
  "outcome.approve": "circle",
  "outcome.review": "square",
  "outcome.decline": "diamond",
  "outcome.failed": "cross",
};
const NAMES = {
  source: "Generator",
  edge: "Edge",
  aggregator: "Decision",
  journal: "Journal",
};

/** The box of one node: `{element, update(node)}`. */
export function nodeBox(board, node) {
  const { node_id: id, node_type: type } = node;
  const name = h("span", { class: "ll-node-title" });
  const word = h("em", { class: "ll-node-status" }, icon("dash"), h("span"));
  const element = h(
    "div",
    { class: `ll-node ll-is-${type}`, "data-node": id },
    h(
      "div",
      { class: "ll-node-name" },
      OUTCOME_ICONS[id] ? icon(OUTCOME_ICONS[id]) : null,
      name,
      word,
    ),
    ...figures(board, id, type),
  );
  say(name, title(node), `flow.${id}.tps`);
  const follow = (latest) => {
    const status = STATUS[latest.status] ? latest.status : "up";
    flag(element, "status", type === "outcome" ? "up" : status);
    show(word, status !== "up" && type !== "outcome" && type !== "source");
    if (status !== "up") swapIcon(word, STATUS[status]);
    say(word.lastChild, status === "unknown" ? "" : status, `flow.${id}.tps`);
  };
  follow(node);
  return { element, update: follow };
}

function figures(board, id, type) {
  const main = (figure, label) => [board.create(figure), label];
  const line = (...parts) => h("div", { class: "ll-node-value" }, ...parts);
  const small = (...parts) => h("div", { class: "ll-node-more" }, ...parts);
  switch (type) {
    case "source":
      return [
        line(...main(`flow.source.tps`)),
        small("sent"),
        small(board.create("instrument.queue_p99_ms"), " wait"),
      ];
    case "target":
      return [line(...main("chart.achieved_tps")), small("decided")];
    case "edge":
      return [
        line(...main("flow.edge.tps")),
        small(board.create("flow.edge.latency_ms"), " inside"),
        small(board.create("flow.queue_depth"), " queued"),
      ];
    case "scorer":
      return [
        line(
          board.create(`flow.${id}.tps`),
          board.create(`flow.${id}.latency_ms`, { className: "ll-soft" }),
        ),
      ];
    case "agent":
      return [board.create(`flow.${id}.latency_ms`, { className: "ll-soft" })];
    case "aggregator":
      return [line(board.create("chart.achieved_tps")), small("weighted vote")];
    case "journal":
      return [
        line(board.create("flow.journal.tps")),
        small(board.create("flow.journal.commit_ms"), " commit"),
      ];
    default:
      return outcome(board, id, line);
  }
}

function outcome(board, id, line) {
  const rate = board.create(id === "outcome.failed" ? "flow.failed.tps" : `flow.${id}.tps`, {
    className: id === "outcome.failed" ? "" : "ll-soft",
  });
  if (id === "outcome.failed") return [line(rate)];
  return [line(board.create(`flow.${id}.share`), rate)];
}

/** A plain name without a number: scorers are A, B, C, …; agents keep their own names. */
function title({ node_id: id, node_type: type, node_name: given }) {
  if (type === "scorer") return `Scorer ${letters(Number(id.split(".")[1]))}`;
  if (type === "outcome") return given;
  if (type === "agent") return inWords(given);
  return NAMES[type] ?? given;
}

/** "RiskAssessor" or "risk_assessor" as "Risk assessor". */
function inWords(name) {
  const words = name
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .replaceAll("_", " ")
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function letters(index) {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : String.fromCharCode(64 + Math.floor(index / 26)) + letter;
}
