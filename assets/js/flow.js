/**
 * The flow: source → edge → scorers → their agents → decision → journal and outcomes.
 *
 * Boxes are laid out by CSS (side by side, or stacked on a phone); streams run between wherever the
 * boxes came to stand. Which boxes exist follows the nodes of the state; a target without agents
 * or scorers has fewer.
 */
import { flag, h, icon, show } from "./dom.js";
import { nodeBox } from "./nodes.js";
import { River } from "./river.js";
import { rates, routes } from "./routes.js";

const COLUMNS = ["source", "edge", "scorers", "agents", "decide", "outcomes"];
const OUTCOMES = [
  ["outcome.approve", "Approved"],
  ["outcome.review", "Manual review"],
  ["outcome.decline", "Declined"],
  ["outcome.failed", "Failed"],
];

export class Flow {
  constructor(board) {
    this.board = board;
    const beds = h("canvas", { class: "ll-canvas", "aria-hidden": "true" });
    const dots = h("canvas", { class: "ll-canvas", "aria-hidden": "true" });
    this.columns = Object.fromEntries(
      COLUMNS.map((name) => [name, h("div", { class: `ll-col ll-col-${name}` })]),
    );
    this.frame = this.#platformFrame();
    this.element = h(
      "section",
      { class: "ll-flow", "aria-label": "Flow of transactions" },
      this.frame,
      beds,
      dots,
      ...Object.values(this.columns),
    );
    this.river = new River(beds, dots);
    this.boxes = new Map();
    this.resize = new ResizeObserver(() => this.#arrange());
    this.resize.observe(this.element);
  }

  /** Takes the newest state: boxes, their status, and what runs between them. */
  update(feed) {
    const nodes = feed.state.nodes ?? [];
    const ids = nodes.map((node) => node.node_id).join();
    if (ids !== this.ids) this.#build(nodes, ids);
    for (const node of nodes) this.boxes.get(node.node_id)?.update(node);
    this.#updateFrame(nodes);
    const full = Math.max(...(feed.state.plan ?? []).map(([, tps]) => tps), 1);
    this.river.measure(rates(nodes, feed.figures), full);
  }

  /** Draws one animation frame. */
  animate(now, running) {
    this.river.frame(now, running);
  }

  /** Takes the colours of a theme. */
  paint(colours) {
    this.river.paint(colours);
  }

  destroy() {
    this.resize.disconnect();
  }

  #platformFrame() {
    this.frameState = h(
      "span",
      { class: "ll-frame-state" },
      icon("check"),
      this.board.create("flow.scorers_up", { pace: "now" }),
      h("span", {}, "of"),
      this.board.create("flow.scorers_asked", { pace: "now" }),
      h("span", {}, "scorers up"),
    );
    this.frameDown = h(
      "span",
      { class: "ll-frame-state ll-frame-down", hidden: true },
      icon("warning"),
      this.board.create("flow.scorers_down", { pace: "now" }),
      h("span", {}, "of"),
      this.board.create("flow.scorers_asked", { pace: "now" }),
      h("span", {}, "scorers down"),
    );
    this.frameName = h("span", { class: "ll-frame-name" }, "Platform under test");
    return h("div", { class: "ll-frame" }, h("header", {}, this.frameName, this.frameState, this.frameDown));
  }

  #updateFrame(nodes) {
    const scorers = nodes.filter((node) => node.node_type === "scorer");
    const hurt = scorers.some((node) => node.status === "down" || node.status === "starting");
    show(
      this.frame,
      nodes.some((node) => node.node_type === "edge"),
    );
    show(this.frameState, scorers.length > 0 && !hurt);
    show(this.frameDown, hurt);
    flag(this.frame, "hurt", hurt);
  }

  #build(nodes, ids) {
    this.ids = ids;
    for (const column of Object.values(this.columns)) {
      this.board.drop(column);
      column.replaceChildren();
    }
    this.boxes.clear();
    const of = (...types) => nodes.filter((node) => types.includes(node.node_type));
    this.#fill("source", of("source"));
    this.#fill("edge", of("edge", "target"));
    this.#fill("scorers", of("scorer"));
    this.#fillAgents(of("agent"));
    this.#fill("decide", of("aggregator", "journal"));
    if (nodes.length > 0) this.#fillOutcomes(nodes);
    flag(this.columns.scorers, "many", of("scorer").length > 6);
    flag(this.element, "bare", of("scorer").length === 0);
    this.#arrange();
  }

  #fill(column, nodes) {
    for (const node of nodes) this.#add(column, nodeBox(this.board, node), node.node_id);
    show(this.columns[column], nodes.length > 0);
  }

  #fillAgents(agents) {
    show(this.columns.agents, agents.length > 0);
    if (agents.length === 0) return;
    const card = h(
      "div",
      { class: "ll-node ll-agents" },
      h("div", { class: "ll-node-name" }, "Agents in every scorer"),
    );
    this.columns.agents.append(card);
    this.agentCard = card;
    for (const agent of agents) {
      const row = nodeBox(this.board, agent);
      card.append(row.element);
      this.boxes.set(agent.node_id, row);
    }
  }

  #fillOutcomes(nodes) {
    show(this.columns.outcomes, true);
    for (const [id, name] of OUTCOMES) {
      const known = nodes.find((node) => node.node_id === id);
      if (!known && id !== "outcome.failed") continue;
      const node = { ...known, node_id: id, node_type: "outcome", node_name: name };
      this.#add("outcomes", nodeBox(this.board, node), id);
    }
  }

  #add(column, box, id) {
    this.columns[column].append(box.element);
    this.boxes.set(id, box);
  }

  #arrange() {
    const frame = this.element.getBoundingClientRect();
    if (frame.width === 0 || this.boxes.size === 0) return;
    const rect = (element) => {
      const box = element.getBoundingClientRect();
      const [x, y] = [box.left - frame.left, box.top - frame.top];
      return {
        x,
        y,
        width: box.width,
        height: box.height,
        right: x + box.width,
        bottom: y + box.height,
      };
    };
    const around = this.frame.hidden
      ? { right: frame.width, bottom: frame.height }
      : rect(this.frame);
    const boxes = new Map([...this.boxes].map(([id, box]) => [id, rect(box.element)]));
    const agents = this.agentCard?.isConnected ? rect(this.agentCard) : null;
    this.river.arrange(routes(boxes, agents, around), frame.width, frame.height);
    this.river.dirty = true;
  }
}
