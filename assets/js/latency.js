/**
 * Response time over the whole run: p50, p95 and p99 on a log scale, with the criteria as lines.
 *
 * The scale is logarithmic because a steady state of one millisecond and a crash of a thousand must
 * both be legible; the card says so.
 */
import {
  axes,
  chartCard,
  drawFaults,
  drawGaps,
  drawn,
  legendEntry,
  place,
  RunChart,
  runEnd,
  series,
  strokeLine,
} from "./chart.js";
import { h, say, show } from "./dom.js";
import { percentileWindow } from "./window.js";

const PERCENTILES = ["p50", "p95", "p99"];
const above = (y) => Number.isFinite(y) && y > 0;

export class Latency {
  constructor(board) {
    this.board = board;
    this.window = percentileWindow(board, ", latest ");
    this.unit = h("span");
    this.whole = h("span", { hidden: true }, ", whole run");
    const entry = (name) => legendEntry(name, name, board.create(`chart.response_${name}_ms`));
    const card = chartCard({
      title: "Response time",
      unit: h("span", {}, this.unit, ", log scale", this.window.element, this.whole),
      className: "ll-latency",
      legend: PERCENTILES.map(entry),
    });
    this.element = card.element;
    this.over = card.over;
    this.lines = new Map();
    this.chart = new RunChart(
      card.host,
      (colours) => this.#options(colours),
      () => this.#label(),
    );
  }

  /** Takes the newest rows and criteria. */
  update(feed) {
    this.feed = feed;
    const { rows, state } = feed;
    const short = this.window.update(feed) || Boolean(state.verdict);
    say(this.unit, short ? "ms" : "milliseconds", "chart.response_p99_ms");
    show(this.whole, Boolean(state.verdict));
    this.criteria = (state.criteria ?? []).filter((line) => line.unit === "ms");
    const p99 = rows.get("response_p99_ms");
    const keep = drawn(rows, p99);
    const columns = PERCENTILES.map((name) => rows.get(`response_${name}_ms`));
    this.end = runEnd(feed);
    this.range = decades(
      columns,
      this.criteria.map((line) => line.value),
    );
    this.chart.set([
      series(rows.get("schedule_seconds"), keep),
      ...columns.map((ys) => series(ys, keep, above)),
    ]);
  }

  /** Takes the colours of a theme. */
  paint(colours) {
    this.chart.paint(colours);
  }

  destroy() {
    this.chart.destroy();
  }

  #options(colours) {
    const decade = (y) => Math.abs(Math.log10(y) - Math.round(Math.log10(y))) < 1e-9;
    const only = (_, splits) => splits.map((y) => (decade(y) ? y : null));
    const plain = (_, splits) => splits.map((y) => (decade(y) ? y.toLocaleString("en-US") : ""));
    const line = (colour, width, dash) => ({
      stroke: colour,
      width,
      dash,
      points: { show: false },
    });
    return {
      scales: {
        x: { time: false, range: () => [0, this.end] },
        y: { distr: 3, log: 10, range: () => this.range },
      },
      axes: axes(colours, {
        values: plain,
        filter: only,
        grid: { stroke: colours.grid, width: 1, filter: only },
      }),
      series: [
        {},
        line(colours.muted, 1.25),
        line(colours.flow, 1.5, [6, 3]),
        line(colours.accent, 2),
      ],
      hooks: {
        drawClear: [(plot) => this.#under(plot, colours)],
        draw: [(plot) => this.#above(plot, colours)],
      },
    };
  }

  #under(plot, colours) {
    if (!this.feed) return;
    const { state, rows } = this.feed;
    const now = rows.last("schedule_seconds");
    drawFaults(plot, state.faults ?? [], colours, now);
    drawGaps(plot, state.degraded ?? [], colours, now);
  }

  #above(plot, colours) {
    const point = (x, y) => [plot.valToPos(x, "x", true), plot.valToPos(y, "y", true)];
    for (const { value } of this.criteria) {
      strokeLine(plot, [point(0, value), point(this.end, value)], {
        colour: colours.bad,
        width: 1.25,
        dash: [2, 3],
      });
    }
    const now = this.feed.rows.last("schedule_seconds");
    if (!Number.isFinite(now) || now >= this.end) return;
    strokeLine(plot, [point(now, this.range[0]), point(now, this.range[1])], {
      colour: colours.text,
    });
  }

  #label() {
    const area = this.chart.area;
    for (const [key, label] of this.lines) {
      if (!this.criteria.some((line) => line.key === key)) show(label, false);
    }
    if (!area) return;
    for (const { key, label: text, value } of this.criteria) {
      if (!this.lines.has(key)) this.lines.set(key, this.#addLine(key));
      const label = this.lines.get(key);
      say(label.firstChild, text, `criterion.${key}.threshold`);
      const y = this.chart.at(value, "y");
      const roomAbove = y - area.top > 18;
      place(label, area, area.left + 6, roomAbove ? y - 18 : y + 3);
    }
  }

  #addLine(key) {
    const id = `criterion.${key}.threshold`;
    const label = h(
      "span",
      { class: "ll-criterion" },
      h("span"),
      this.board.create(id, { pace: "now" }),
    );
    this.over.append(label);
    return label;
  }
}

/** Whole decades around all values, at least two of them. */
function decades(columns, limits) {
  let low = Infinity;
  let high = 0;
  for (const ys of [...columns, limits]) {
    for (const y of ys) {
      if (y > 0 && y < low) low = y;
      if (y > high) high = y;
    }
  }
  if (!(high > 0)) return [1, 1_000];
  const bottom = Math.min(Math.floor(Math.log10(low)), 0);
  const top = Math.max(Math.ceil(Math.log10(high * 1.15)), bottom + 2);
  return [10 ** bottom, 10 ** top];
}
