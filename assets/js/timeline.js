/**
 * The whole run on one chart: planned rate, achieved rate, failures, faults, recovery, and now.
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
import { flag, h, icon, say, show } from "./dom.js";

const HEADROOM = 1.4;
const LABEL_LANES = [14, 29];

export class Timeline {
  constructor(board) {
    this.board = board;
    const now = ["chart.plan_tps", "chart.achieved_tps", "flow.failed.tps"];
    this.values = now.map((id) => board.create(id));
    this.share = h("span", { class: "ll-share", hidden: true });
    this.share.append(board.create("run.rate_factor", { pace: "now" }), " of the plan");
    const planned = legendEntry("plan", "Planned", this.values[0]);
    planned.append(this.share);
    const card = chartCard({
      title: "The whole run",
      unit: "transactions per second",
      className: "ll-timeline",
      legend: [
        planned,
        legendEntry("achieved", "Decided", this.values[1]),
        legendEntry("failed", "Failed", this.values[2]),
      ],
    });
    this.element = card.element;
    this.over = card.over;
    this.now = h("span", { class: "ll-now", "data-centre": "1", hidden: true }, "now");
    this.over.append(this.now);
    this.faultLabels = [];
    this.gapLabels = [];
    this.chart = new RunChart(
      card.host,
      (colours) => this.#options(colours),
      () => this.#label(),
    );
  }

  /** Takes the newest rows and faults. */
  update(feed) {
    this.feed = feed;
    const { rows, state } = feed;
    for (const value of this.values) show(value, !state.verdict); // they are of now
    show(this.share, !state.verdict && (state.rate_factor ?? 1) !== 1);
    const achieved = rows.get("achieved_tps");
    const keep = drawn(rows, achieved);
    const planned = Math.max(...(state.plan ?? []).map(([, tps]) => tps), 1);
    this.end = runEnd(feed);
    this.top = HEADROOM * Math.max(planned, maximum(achieved));
    this.chart.set([
      series(rows.get("schedule_seconds"), keep),
      series(achieved, keep),
      series(failedPerSecond(rows), keep, (y) => y > 0),
    ]);
  }

  /** Takes the colours of a theme. */
  paint(colours) {
    this.colours = colours;
    this.chart.paint(colours);
  }

  destroy() {
    this.chart.destroy();
  }

  #options(colours) {
    const compact = (_, splits) => splits.map((y) => (y >= 1_000 ? `${y / 1_000}k` : String(y)));
    return {
      scales: {
        x: { time: false, range: () => [0, this.end] },
        y: { range: () => [0, this.top] },
      },
      axes: axes(colours, { values: compact }),
      series: [
        {},
        {
          stroke: colours.accent,
          width: 1.75,
          fill: colours["accent-fill"],
          points: { show: false },
        },
        { stroke: colours.bad, width: 1.75, fill: colours["bad-fill"], points: { show: false } },
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
    const { state, rows } = this.feed;
    const point = ([x, y]) => [plot.valToPos(x, "x", true), plot.valToPos(y, "y", true)];
    strokeLine(plot, (state.plan ?? []).map(point), {
      colour: colours.muted,
      width: 1.5,
      dash: [5, 5],
    });
    const upright = (x, style) => strokeLine(plot, [point([x, 0]), point([x, this.top])], style);
    for (const fault of state.faults ?? []) {
      if (fault.status === "planned")
        upright(fault.start_seconds, { colour: colours.warn, dash: [2, 4] });
      if (fault.recovered_seconds)
        upright(fault.recovered_seconds, { colour: colours.accent, width: 1.5 });
    }
    const now = rows.last("schedule_seconds");
    if (Number.isFinite(now) && now < this.end) upright(now, { colour: colours.text });
  }

  #label() {
    const area = this.chart.area;
    if (!area) return;
    const { state, rows } = this.feed;
    const clock = rows.last("schedule_seconds");
    const running = Number.isFinite(clock) && clock < this.end;
    show(this.now, running);
    if (running) place(this.now, area, this.chart.at(clock), area.top - 2);
    const faults = state.faults ?? [];
    while (this.faultLabels.length < faults.length) this.#addFault(this.faultLabels.length);
    const gaps = state.degraded ?? [];
    while (this.gapLabels.length < gaps.length) this.#addGap();
    const lanes = LABEL_LANES.map((top) => ({ top, taken: -Infinity }));
    this.gapLabels.forEach((label, at) => {
      show(label, at < gaps.length);
      if (at < gaps.length) this.#settle(label, area, this.chart.at(gaps[at].from_seconds), lanes);
    });
    this.faultLabels.forEach((labels, at) => this.#labelFault(labels, faults[at], area, lanes));
  }

  #labelFault({ fault, recovered }, span, area, lanes) {
    show(fault, Boolean(span));
    show(recovered, Boolean(span?.recovered_seconds));
    if (!span) return;
    flag(fault, "status", span.status);
    say(
      fault.lastChild,
      span.status === "planned" ? `${span.name}, planned` : span.name,
      "run.faults",
    );
    this.#settle(fault, area, this.chart.at(span.start_seconds), lanes);
    if (span.recovered_seconds)
      this.#settle(recovered, area, this.chart.at(span.recovered_seconds) + 3, lanes);
  }

  /** In the first lane with room, or pushed right of what stands in the least crowded one. */
  #settle(label, area, x, lanes) {
    show(label, true);
    const emptiest = lanes.reduce((best, lane) => (lane.taken < best.taken ? lane : best));
    const lane = lanes.find(({ taken }) => taken <= x) ?? emptiest;
    const left = Math.max(x, lane.taken);
    place(label, area, left, area.top + lane.top);
    lane.taken = left + label.offsetWidth + 4;
  }

  #addGap() {
    const words = h("span", {}, "load worker lost");
    const label = h("span", { class: "ll-fault ll-gap" }, icon("warning"), words);
    this.over.append(label);
    this.gapLabels.push(label);
  }

  #addFault(at) {
    const fault = h("span", { class: "ll-fault" }, icon("bolt"), h("span"));
    const recovered = h(
      "span",
      { class: "ll-recovered", hidden: true },
      icon("check"),
      h("span", {}, "recovered in "),
      this.board.create(`fault.${at}.recovery_seconds`, { pace: "now", empty: "" }),
    );
    this.over.append(fault, recovered);
    this.faultLabels.push({ fault, recovered });
  }
}

/** Failures over the latest second at each row, the same window as the achieved rate. */
function failedPerSecond(rows) {
  const failed = rows.get("failed");
  const clock = rows.get("t_seconds");
  let from = 0;
  let sum = 0;
  return failed.map((count, at) => {
    sum += count || 0;
    while (clock[at] - clock[from] >= 1) sum -= failed[from++] || 0;
    return sum;
  });
}

function maximum(values) {
  let top = 0;
  for (const value of values) if (value > top) top = value;
  return top;
}
