/**
 * What the charts over a whole run share: uPlot set-up, thinning, fault spans and DOM labels.
 *
 * The x axis is the run clock from 0 to the planned end, always, so that the story never scrolls
 * away. Digits are drawn on the canvas for axes only; every label is DOM text over the plot.
 */
import uPlot from "../vendor/uPlot/uPlot.esm.js";
import { h, instant, show } from "./dom.js";

const FONT = "11px Inter, system-ui, sans-serif";
const MAX_POINTS = 1_200;

/** A card with title, legend and plot: `{element, host, over}`. */
export function chartCard({ title, unit, legend, className }) {
  const over = h("div", { class: "ll-over" });
  const host = h("div", { class: "ll-plot" });
  const element = h(
    "article",
    { class: `ll-card ${className}` },
    h("header", {}, h("h2", {}, title), h("span", { class: "ll-unit" }, unit)),
    h("ul", { class: "ll-legend" }, ...legend),
    h("div", { class: "ll-plot-frame" }, host, over),
  );
  return { element, host, over };
}

/** One entry of a legend: a swatch of class `kind`, a name and a figure, whose id both carry. */
export function legendEntry(kind, name, figure) {
  const words = h("span", { figure: figure.dataset.figure }, name);
  return h("li", {}, h("i", { class: `ll-swatch ll-swatch-${kind}` }), words, figure);
}

/**
 * Keeps a uPlot alive in `host`: made anew on a theme change, resized with its host.
 *
 * `onDraw` is called after every drawing, when DOM labels can be placed over the plot.
 */
export class RunChart {
  constructor(host, makeOptions, onDraw) {
    this.host = host;
    this.onDraw = onDraw;
    this.makeOptions = makeOptions;
    this.data = null;
    this.resize = new ResizeObserver(() => this.#fit());
    this.resize.observe(host);
  }

  /** Takes the colours of a theme. */
  paint(colours) {
    this.colours = colours;
    this.plot?.destroy();
    this.plot = null;
    this.#fit();
  }

  /** Takes new data and draws it. */
  set(data) {
    this.data = data;
    if (this.plot) this.plot.setData(data);
    else this.#fit();
  }

  /** Where a value of x (or y) is, in pixels inside the plot's frame. */
  at(value, scale = "x") {
    const offset = scale === "x" ? this.plot.over.offsetLeft : this.plot.over.offsetTop;
    return this.plot.valToPos(value, scale) + offset;
  }

  /** The plot area inside its frame, or null before there is one. */
  get area() {
    if (!this.plot) return null;
    const {
      offsetLeft: left,
      offsetTop: top,
      offsetWidth: width,
      offsetHeight: height,
    } = this.plot.over;
    return { left, top, width, height, right: left + width, bottom: top + height };
  }

  destroy() {
    this.resize.disconnect();
    this.plot?.destroy();
    this.plot = null;
  }

  #fit() {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (!this.colours || !this.data || width < 40 || height < 40) return;
    if (this.plot) {
      if (this.plot.width !== width || this.plot.height !== height)
        this.plot.setSize({ width, height });
      return;
    }
    const options = { width, height, ...baseOptions(), ...this.makeOptions(this.colours) };
    options.hooks.draw = [...(options.hooks.draw ?? []), () => this.onDraw()];
    this.plot = new uPlot(options, this.data, this.host);
  }
}

function baseOptions() {
  return {
    pxAlign: 0,
    legend: { show: false },
    cursor: { show: false },
    select: { show: false },
    padding: [6, 18, 0, 0],
  };
}

/** Paths that hold a value until the next one: of ticks, which are sums over a quarter second. */
export function stepped() {
  return uPlot.paths.stepped({ align: -1 });
}

/** The axes of a run chart. */
export function axes(colours, yAxis) {
  const common = {
    font: FONT,
    stroke: colours.muted,
    ticks: { show: false },
    grid: { stroke: colours.grid, width: 1 },
    border: { show: false },
  };
  return [
    {
      ...common,
      size: 24,
      gap: 6,
      space: 70,
      incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800],
      values: (_, splits) => splits.map(instant),
      grid: { show: false },
    },
    { ...common, size: 44, gap: 8, space: 34, ...yAxis },
  ];
}

/** The x range of a run: from 0 to the planned end, or to the last row if that is later. */
export function runEnd({ state, rows }) {
  return Math.max(state.duration_seconds || 0, rows.last("schedule_seconds") || 0, 1);
}

/** Fault spans behind the series: amber hatching with edges, so that no colour is needed. */
export function drawFaults(plot, faults, colours, now) {
  const { ctx, bbox } = plot;
  for (const fault of faults) {
    if (fault.status === "planned") continue;
    const left = plot.valToPos(fault.start_seconds, "x", true);
    const right = plot.valToPos(
      fault.status === "active" ? now : (fault.end_seconds ?? now),
      "x",
      true,
    );
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, bbox.top, Math.max(2, right - left), bbox.height);
    ctx.clip();
    ctx.fillStyle = colours["warn-fill"];
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    ctx.strokeStyle = colours.warn;
    ctx.globalAlpha = 0.28;
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    const gap = 9 * devicePixelRatio;
    for (let x = left - bbox.height; x < right; x += gap) {
      ctx.moveTo(x, bbox.top + bbox.height);
      ctx.lineTo(x + bbox.height, bbox.top);
    }
    ctx.stroke();
    ctx.restore();
  }
}

/** Spans in which nobody offered a lost worker's arrivals: an amber wash between upright lines. */
export function drawGaps(plot, gaps, colours, now) {
  const { ctx, bbox } = plot;
  for (const gap of gaps) {
    const [left, right] = [gap.from_seconds, gap.to_seconds ?? now].map((x) =>
      plot.valToPos(x, "x", true),
    );
    ctx.save();
    ctx.fillStyle = colours.warn;
    ctx.globalAlpha = 0.22;
    ctx.fillRect(left, bbox.top, Math.max(3, right - left), bbox.height);
    ctx.restore();
    for (const x of [left, Math.max(left + 3, right)]) {
      strokeLine(
        plot,
        [
          [x, bbox.top],
          [x, bbox.top + bbox.height],
        ],
        { colour: colours.warn },
      );
    }
  }
}

/** A straight line on the plot in canvas pixels; `dash` in CSS pixels. */
export function strokeLine(plot, points, { colour, width = 1, dash = [] }) {
  const { ctx } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
  ctx.clip();
  ctx.strokeStyle = colour;
  ctx.lineWidth = width * ratio;
  ctx.setLineDash(dash.map((part) => part * ratio));
  ctx.beginPath();
  points.forEach(([x, y], at) => (at ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
  ctx.stroke();
  ctx.restore();
}

/**
 * Indices of the rows to draw, at most MAX_POINTS: those at which the run clock moved, and of every
 * stretch of them the smallest and largest of `ys`.
 */
export function drawn(rows, ys) {
  const moving = rows.rising("schedule_seconds");
  if (moving.length <= MAX_POINTS) return moving;
  const stride = Math.ceil((moving.length * 2) / MAX_POINTS);
  const keep = [];
  for (let start = 0; start < moving.length; start += stride) {
    let low = moving[start];
    let high = low;
    for (const at of moving.slice(start, start + stride)) {
      if (ys[at] < ys[low]) low = at;
      if (ys[at] > ys[high]) high = at;
    }
    keep.push(Math.min(low, high));
    if (low !== high) keep.push(Math.max(low, high));
  }
  return keep;
}

/** The values of these rows for uPlot; what is not accepted is a gap. */
export function series(ys, keep, accept = Number.isFinite) {
  return keep.map((at) => (accept(ys[at]) ? ys[at] : null));
}

/** Places a DOM label at x, kept inside the plot area. */
export function place(label, area, x, y) {
  const half = label.dataset.centre ? label.offsetWidth / 2 : 0;
  const left = Math.max(area.left, Math.min(x - half, area.right - label.offsetWidth));
  label.style.transform = `translate(${Math.round(left)}px, ${Math.round(y)}px)`;
  show(label, true);
}
