/**
 * The agents page: load, latency, quality and balance of the agents and scorers, and the bottleneck.
 */
import { flag, h, say, show, swapIcon } from "./dom.js";
import { bar, card, named, number, status, table } from "./parts-table.js";
import { head, tile } from "./parts-tiles.js";

const HELP = {
  title: "No run is under way",
  steps: [
    "Pick a preset at the left and press Start.",
    "Each agent then shows its load, its latency, its health and the state of its breakers.",
    "Follow one transaction step by step: choose one of the newest ids, or type any.",
  ],
};
const LIMIT = 0.3;
const TIGHT = 0.8; // as for scaling: from there on it is short of room

/** Title row and tiles. */
export function agentsHead(board) {
  const tiles = [
    bottleneckTile(board),
    spreadTile(board, "agents", "Imbalance, agents"),
    spreadTile(board, "scorers", "Imbalance, scorers"),
    tile("Fraud missed", [board.create("part.decision.fnr")], {
      sub: [board.create("part.decision.fpr"), " of honest flagged"],
    }),
    breakerTile(),
  ];
  return head(board, tiles, HELP);
}

function bottleneckTile(board) {
  const id = "part.bottleneck.pressure";
  const words = h("span");
  const one = tile("Bottleneck now", [board.create("part.bottleneck")], {
    sub: [board.create(id), words],
  });
  function update({ figures }) {
    const pressure = figures[id]?.[0] ?? null;
    const tight = pressure !== null && pressure >= TIGHT;
    flag(one.element, "severity", tight ? 1 : 0);
    say(words, pressure === null ? "" : ` of what it can do${tight ? "" : ": nothing is tight"}`, id);
  }
  return { ...one, update };
}

function spreadTile(board, key, label) {
  const id = `part.imbalance.${key}`;
  const most = board.create(`${id}.most`);
  const words = h("span");
  const one = tile(label, [board.create(id)], { sub: [words, most] });
  const sub = one.element.querySelector(".ll-sub");
  function update({ figures }) {
    const value = figures[id]?.[0] ?? null;
    const high = value !== null && value > LIMIT;
    flag(one.element, "severity", high ? 1 : 0);
    swapIcon(sub, value === null ? "dash" : high ? "warning" : "check");
    say(words, value === null ? "not measured yet" : high ? "flagged: most at " : "most at ", id);
    show(most, value !== null);
  }
  return { ...one, update };
}

function breakerTile() {
  const value = h("span");
  const words = h("span");
  const one = tile("Breakers", [value], { sub: [words] });
  function update({ state }) {
    const agents = state.agents ?? [];
    const not = agents.filter((agent) => agent.status !== "closed");
    flag(one.element, "severity", not.length > 0 ? 2 : 0);
    const told = agents.length > 0;
    say(value, told ? (not.length > 0 ? "Open" : "All closed") : "–", "run.status");
    const names = not.map((agent) => `${agent.name} ${agent.status}`).join(", ");
    say(words, names || (told ? "every agent is asked" : "not measured yet"), "run.status");
  }
  return { ...one, update };
}

/** The agents and the scorers. */
export function agentsBody(board) {
  const agents = table(
    board,
    [
      named("Agent"),
      status("Breaker"),
      bar("Load", "load"),
      number("Scored", "tps"),
      number("p50", "p50"),
      number("p95", "p95"),
      number("p99", "p99"),
      number("Health", "health"),
      number("Accuracy", "accuracy"),
      number("FPR", "fpr"),
      number("FNR", "fnr"),
    ],
    "The target tells nothing of its agents.",
  );
  const whole = h(
    "p",
    { class: "lp-formula" },
    "Accuracy, FPR (honest flagged) and FNR (fraud missed) of each agent had it decided alone. ",
    "All four together, as decided: accuracy ",
    board.create("part.decision.accuracy"),
    ", FPR ",
    board.create("part.decision.fpr"),
    ", FNR ",
    board.create("part.decision.fnr"),
    ". Labels never leave the load generator. Load = busy seconds ÷ (seconds × scorers); ",
    "latency is that of a batch; health = scored ÷ (scored + decided without it).",
  );
  const scorers = table(
    board,
    [
      named("Scorer"),
      status("Status"),
      bar("Load", "load"),
      number("Scored", "tps"),
      number("p50", "p50"),
      number("p99", "p99"),
      number("Queue", "depth"),
      number("Customers", "customers"),
    ],
    "The target tells nothing of its scorers.",
  );
  const formula = h(
    "p",
    { class: "lp-formula", figure: "part.imbalance.scorers" },
    "Imbalance = highest load ÷ mean load − 1; above 30 % it is flagged.",
  );
  const element = h(
    "div",
    { class: "lp-stack" },
    card("Agents", "latest second; latency of the latest batches", agents.element, whole),
    card("Scorers", "one customer's history lives in one of them", scorers.element, formula),
  );
  function update(feed) {
    const { state } = feed;
    show(element, Boolean(state.run_id));
    agents.update(state.agents ?? [], feed);
    scorers.update(state.scorers ?? [], feed);
  }
  return { element, update };
}

/** Stages with the bottleneck marked. */
export function stagesBody(board) {
  const list = table(
    board,
    [
      named("Stage"),
      bar("Utilisation", "utilisation"),
      number("Oldest waiting", "age"),
      number("Pressure", "pressure"),
    ],
    "Nothing is measured yet.",
  );
  const formula = h(
    "p",
    { class: "lp-formula", figure: "part.bottleneck" },
    "Pressure = the larger of utilisation and age of the oldest waiting ÷ 1 s, after which it is ",
    "refused. The bottleneck is the stage with the highest.",
  );
  const element = card("Where it is tight", "latest second", list.element, formula);
  function update(feed) {
    show(element, Boolean(feed.state.run_id));
    list.update(feed.state.stages ?? [], feed);
  }
  return { element, update };
}
