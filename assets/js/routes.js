/**
 * Which stream runs from which box to which, where it runs, and at which measured rate.
 */
import { detour, link } from "./path.js";

const OUTCOMES = ["approve", "review", "decline"];

/** Streams by key from the boxes' places: `{path, kind}`; `shy` ones show only when in use. */
export function routes(boxes, agents, frame) {
  const stacked = boxes.get("edge") && boxes.get("edge").y > boxes.get("source")?.bottom;
  const out = new Map();
  const side = (box, share = 0.5) =>
    stacked
      ? { x: box.x + box.width * share, y: box.bottom }
      : { x: box.right, y: box.y + box.height * share };
  const into = (box, share = 0.5) =>
    stacked
      ? { x: box.x + box.width * share, y: box.y }
      : { x: box.x, y: box.y + box.height * share };
  const add = (key, from, to, kind) =>
    from && to && out.set(key, { path: link(from, to, stacked), kind });
  const spread = (at, count) => 0.5 + ((at + 0.5) / count - 0.5) * 0.55;

  const edge = boxes.get("edge") ?? boxes.get("target");
  const decision = boxes.get("aggregator");
  const scorers = [...boxes.keys()].filter((id) => id.startsWith("scorer."));
  const agentIds = [...boxes.keys()].filter((id) => id.startsWith("agent."));
  if (edge && boxes.has("source")) add("in", side(boxes.get("source")), into(edge), "in");
  scorers.forEach((id, at) => {
    const next = agents ?? decision;
    add(`to.${id}`, side(edge, spread(at, scorers.length)), into(boxes.get(id)), "in");
    if (next)
      add(`from.${id}`, side(boxes.get(id)), into(next, spreadWide(at, scorers.length)), "work");
  });
  agentIds.forEach((id, at) => {
    const from = stacked
      ? side(agents, spread(at, agentIds.length))
      : { x: agents.right, y: middle(boxes.get(id)) };
    if (decision) add(`from.${id}`, from, into(decision, spread(at, agentIds.length)), "work");
  });
  addOutcomes(out, boxes, decision ?? edge, { side, into, add, spread });
  addJournal(out, boxes, stacked);
  addFailed(out, boxes, edge, frame, stacked);
  return out;
}

function addOutcomes(out, boxes, from, { side, into, add, spread }) {
  OUTCOMES.forEach((name, at) => {
    const box = boxes.get(`outcome.${name}`);
    if (from && box) add(`to.${name}`, side(from, spread(at, OUTCOMES.length)), into(box), name);
  });
}

function addJournal(out, boxes, stacked) {
  const [from, to] = [boxes.get("aggregator"), boxes.get("journal")];
  if (!from || !to) return;
  const beside = to.y < from.bottom;
  const path = beside
    ? link({ x: from.right, y: middle(from) }, { x: to.x, y: middle(to) }, false)
    : link(
        { x: from.x + from.width / 2, y: from.bottom },
        { x: to.x + to.width / 2, y: to.y },
        true,
      );
  if (!stacked || beside) out.set("journal", { path, kind: "work" });
}

function addFailed(out, boxes, edge, frame, stacked) {
  const to = boxes.get("outcome.failed");
  if (!edge || !to) return;
  const lane = stacked ? frame.right - 7 : frame.bottom - 13;
  const from = stacked
    ? { x: edge.right, y: middle(edge) }
    : { x: edge.x + edge.width / 2, y: edge.bottom };
  const end = stacked ? { x: to.right, y: middle(to) } : { x: to.x, y: middle(to) };
  out.set("failed", { path: detour(from, end, lane, stacked), kind: "failed", shy: true });
}

/** Rate, latency and status by stream key, from nodes and figures as measured. */
export function rates(nodes, figures) {
  const by = new Map(nodes.map((node) => [node.node_id, node]));
  const value = (id) => figures[id]?.[0] ?? 0;
  const of = (node, state = node?.status) => ({
    rate: node?.throughput ?? 0,
    latency: node?.latency_ms ?? 0,
    state: state ?? "unknown",
  });
  const edge = by.get("edge") ?? by.get("target");
  const out = {
    in: { ...of(by.get("source")), latency: edge?.latency_ms ?? 0, state: edge?.status ?? "up" },
  };
  for (const node of nodes) {
    if (node.node_type === "scorer")
      out[`to.${node.node_id}`] = out[`from.${node.node_id}`] = of(node);
    if (node.node_type === "agent") out[`from.${node.node_id}`] = of(node);
  }
  for (const name of OUTCOMES) out[`to.${name}`] = of(by.get(`outcome.${name}`), "up");
  out.journal = of(by.get("journal"));
  out.failed = { rate: value("flow.failed.tps"), latency: 0, state: "up" };
  return out;
}

function spreadWide(at, count) {
  return (at + 0.5) / count;
}

function middle(box) {
  return box.y + box.height / 2;
}
