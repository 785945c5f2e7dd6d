/**
 * The head of a page beside the stage: title row, notices, and a row of tiles.
 */
import { h, show } from "./dom.js";
import { goneNotice } from "./notices.js";
import { spark } from "./spark.js";
import { titleRow, warningLine } from "./title.js";

const SPARK_EVERY_MS = 500;
const FINAL = new Set(["completed", "failed", "cancelled"]);

/** A tile; `curve` names the column of the rows that is drawn at its foot. */
export function tile(label, value, { sub = [], curve, colour = "accent" } = {}) {
  const canvas = h("canvas", { class: "ll-spark", "aria-hidden": "true" });
  const heading = h("span", {}, label);
  const element = h(
    "article",
    { class: "ll-tile" },
    h("h2", { class: "ll-label" }, heading),
    h("div", { class: "ll-value" }, ...value),
    h("p", { class: "ll-sub" }, ...sub),
    curve ? canvas : null,
  );
  return { element, curve, spark: curve && spark(canvas, colour, `${colour}-fill`) };
}

/** Title, notices, what to do without a run, and the tiles: `{element, update, destroy}`. */
export function head(board, tiles, help) {
  const title = titleRow(board);
  const gone = goneNotice();
  const warnings = warningLine();
  const row = h("section", { class: "ll-hero lp-tiles", "aria-label": "Headline figures" });
  row.append(...tiles.map((one) => one.element));
  const idle = idleCard(help);
  const silent = h(
    "p",
    { class: "lp-silent", role: "status" },
    "The platform tells nothing of itself just now; what is not measured is left blank.",
  );
  const over = h(
    "p",
    { class: "lp-silent", role: "status" },
    "The run has ended, and its platform with it: what stands here is of its last second of load.",
  );
  const element = h(
    "div",
    { class: "lp-stack" },
    ...[title, gone, warnings].map((one) => one.element),
    idle,
    silent,
    over,
    row,
  );
  let next = 0;

  function update(feed, colours) {
    for (const one of [title, gone, warnings]) one.update(feed);
    const { state } = feed;
    const run = Boolean(state.run_id);
    show(idle, Boolean(state.status) && !run);
    show(row, run);
    show(silent, run && state.status === "running" && state.processes?.length === 0);
    show(over, run && FINAL.has(state.status));
    for (const one of tiles) one.update?.(feed);
    const now = performance.now();
    if (now < next) return;
    next = now + SPARK_EVERY_MS;
    const xs = feed.rows.get("schedule_seconds");
    const end = Math.max(state.duration_seconds ?? 0, feed.rows.last("schedule_seconds") || 0);
    for (const one of tiles) one.spark?.draw(colours, xs, feed.rows.get(one.curve).slice(), end);
  }
  const destroy = () => tiles.forEach((one) => one.spark?.destroy());
  return { element, update, destroy };
}

function idleCard({ title, steps }) {
  const list = h("ol", { class: "lp-steps" }, ...steps.map((step) => h("li", {}, step)));
  return h("article", { class: "ll-card lp-idle", hidden: true }, h("h2", {}, title), list);
}
