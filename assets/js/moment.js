/**
 * The moment of a fault: what is hit, how long it lasts, what it cost, and the ten seconds around
 * its onset tick by tick.
 *
 * While a fault is on, and for a while after, it stands where the response time stands otherwise, so
 * that nothing moves; after the run every fault has a card of its own.
 */
import { axes, chartCard, RunChart, stepped, strokeLine } from "./chart.js";
import { flag, h, icon, say, show, swapIcon } from "./dom.js";

const BEFORE_SECONDS = 5;
const AFTER_SECONDS = 5;
const STAYS_SECONDS = 20;
const TICKS_PER_SECOND = 4;
const HEADROOM = 1.25;
const COSTS = [
  ["failed", "failed"],
  ["retried", "retried"],
  ["redriven", "redriven"],
  ["lost", "lost"],
];
const OVER = new Set(["recovered", "cleared"]);

/** Which fault the stage should look at now: its place in `state.faults`, or −1. */
export function focus({ state, rows }) {
  const now = rows.last("schedule_seconds");
  const faults = state.faults ?? [];
  for (let at = faults.length - 1; at >= 0; at -= 1) {
    const { status, recovered_seconds: back, end_seconds: end } = faults[at];
    if (status === "active" || status === "cleared") return at;
    if (status === "recovered" && now - (back ?? end) < STAYS_SECONDS) return at;
  }
  return -1;
}

export class Moment {
  constructor(board, place) {
    this.board = board;
    this.place = place;
    const of = (id, options) => board.create(`fault.${place}.${id}`, { pace: "now", ...options });
    this.share = of("share", { className: "ll-moment-share", empty: "" });
    this.count = board.create("hero.recovering_seconds", { pace: "now", empty: "" });
    this.back = of("recovery_seconds", { empty: "" });
    this.clock = h("span", { class: "ll-moment-clock" }, icon("bolt"), this.count, this.back);
    this.words = h("p", { class: "ll-moment-words" });
    const card = chartCard({
      title: "",
      unit: this.clock,
      className: "ll-moment",
      legend: COSTS.map(([id, name]) => h("li", {}, of(`card.${id}`, { empty: "0" }), name)),
    });
    this.element = card.element;
    this.name = h("span");
    card.element.querySelector("h2").replaceChildren(this.name, this.share);
    card.element.querySelector("header").after(this.words);
    card.element.querySelector(".ll-plot-frame").before(key());
    this.chart = new RunChart(
      card.host,
      (colours) => this.#options(colours),
      () => {},
    );
  }

  /** Takes the newest rows and the fault as it is now. */
  update(feed) {
    this.feed = feed;
    const fault = (feed.state.faults ?? [])[this.place];
    if (!fault || fault.status === "planned") return;
    const value = (id) => feed.figures[`fault.${this.place}.${id}`]?.[0] ?? null;
    const back = fault.status === "recovered";
    say(this.name, fault.name, "run.faults");
    show(this.back, back);
    show(this.count, !back && !feed.state.verdict);
    swapIcon(this.clock, back ? "check" : feed.state.verdict ? "cross" : "bolt");
    flag(this.element, "mode", back ? "back" : OVER.has(fault.status) ? "cleared" : "on");
    say(this.words, words(fault, value, feed.state), `fault.${this.place}.failed`);
    this.#draw(fault);
  }

  /** Takes the colours of a theme. */
  paint(colours) {
    this.chart.paint(colours);
  }

  destroy() {
    this.chart.destroy();
    this.board.drop(this.element);
  }

  /** The ticks around the onset: decided and failed as rates, and the p99 beside them. */
  #draw({ start_seconds: onset }) {
    const { rows } = this.feed;
    this.onset = onset;
    const at = rows
      .rising("schedule_seconds")
      .filter((row) => Math.abs(rows.get("schedule_seconds")[row] - onset) <= BEFORE_SECONDS);
    const pick = (name, scale = 1) =>
      at.map((row) => {
        const y = rows.get(name)[row];
        return Number.isFinite(y) ? y * scale : null;
      });
    const decided = pick("decided", TICKS_PER_SECOND);
    const failed = pick("failed", TICKS_PER_SECOND);
    const p99 = pick("response_p99_ms");
    this.top = HEADROOM * Math.max(1, ...decided, ...failed);
    this.slowest = HEADROOM * Math.max(1, ...p99);
    this.chart.set([pick("schedule_seconds"), decided, failed, p99]);
  }

  #options(colours) {
    const [x, left] = axes(colours, {});
    const from = (seconds) => `${seconds > 0 ? "+" : ""}${seconds} s`;
    const right = { ...left, scale: "ms", side: 1, grid: { show: false } };
    const steps = { points: { show: false }, paths: stepped() };
    return {
      padding: [6, 4, 0, 0],
      scales: {
        x: {
          time: false,
          range: () => [this.onset - BEFORE_SECONDS, this.onset + AFTER_SECONDS],
        },
        y: { range: () => [0, this.top] },
        ms: { range: () => [0, this.slowest] },
      },
      axes: [
        {
          ...x,
          splits: () => [-5, 0, 5].map((seconds) => this.onset + seconds),
          values: (_, at) => labels(at, (x) => from(Math.round(x - this.onset))),
        },
        { ...left, values: (_, at) => labels(at, short) },
        { ...right, values: (_, at) => labels(at, (ms) => `${short(ms)} ms`), size: 56 },
      ],
      series: [
        {},
        { ...steps, stroke: colours.accent, width: 1.5, fill: colours["accent-fill"] },
        { ...steps, stroke: colours.bad, width: 1.5, fill: colours["bad-fill"] },
        { scale: "ms", stroke: colours.flow, width: 1.75, dash: [6, 3], points: { show: false } },
      ],
      hooks: { draw: [(plot) => this.#mark(plot, colours)] },
    };
  }

  /** The instant of the onset. */
  #mark(plot, colours) {
    const x = plot.valToPos(this.onset, "x", true);
    const upright = [
      [x, plot.bbox.top],
      [x, plot.bbox.top + plot.bbox.height],
    ];
    strokeLine(plot, upright, { colour: colours.warn, width: 1.5, dash: [2, 3] });
  }
}

/** The cards of all faults of a finished run, as an element with `update`, `paint` and `destroy`. */
export function moments(board) {
  const element = h("section", { class: "ll-moments", "aria-label": "Faults" });
  const cards = [];
  let colours = null;

  function update(feed) {
    const begun = (feed.state.faults ?? []).filter((fault) => fault.status !== "planned").length;
    show(element, begun > 0 && Boolean(feed.state.verdict));
    if (!feed.state.verdict) return;
    while (cards.length < begun) {
      const card = new Moment(board, cards.length);
      if (colours) card.paint(colours);
      cards.push(card);
      element.append(card.element);
    }
    for (const card of cards) card.update(feed);
  }
  function paint(newer) {
    colours = newer;
    for (const card of cards) card.paint(newer);
  }
  const destroy = () => cards.forEach((card) => card.destroy());
  return { element, update, paint, destroy };
}

/** What can be said of it, without a number that is not a figure. */
function words({ status, proven }, value, { verdict }) {
  if (proven === false && (verdict || OVER.has(status)))
    return "Never proven on: nothing is claimed of it.";
  if (status === "active") return proven ? "Proven on, and under way." : "Applied, not proven on yet.";
  const unseen = value("detected_seconds") === null && !value("card.failed");
  if (status === "recovered")
    return unseen
      ? "Its clients saw nothing: it never left its steady state."
      : "It left its steady state, and came back by itself.";
  if (verdict) return "It was not back in its steady state by the end.";
  return "Cleared; not yet back in its steady state.";
}

/** Which line is which. */
function key() {
  const line = (kind, name, figure) =>
    h("li", {}, h("i", { class: `ll-swatch ll-swatch-${kind}` }), h("span", { figure }, name));
  return h(
    "ul",
    { class: "ll-legend ll-moment-key" },
    line("achieved", "decided/s"),
    line("failed", "failed/s"),
    line("p95", "p99, right", "chart.response_p99_ms"),
  );
}

/** The texts of an axis; there are no places on it while its scale holds no data. */
function labels(places, text) {
  return (places ?? []).map((place) => text(place));
}

function short(value) {
  return value >= 1_000 ? `${(value / 1_000).toLocaleString("en-US")}k` : `${value}`;
}
