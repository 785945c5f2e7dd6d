/**
 * The idle stage: what will run against what, its plan drawn large, one promise, and Start; and
 * what the plan asks against what this machine was measured to hold, as words and as a line.
 */
import { axes, place, RunChart, strokeLine } from "./chart.js";
import { flag, h, icon, instant, say, show } from "./dom.js";

const HEADROOM = 1.3; // of the plan's highest rate, for the labels
const NEAR = 2; // a limit below so many times that rate is drawn beside the plan

const figure = (id) => h("b", { figure: id });
const entry = (kind, name, shown) =>
  h("li", {}, h("i", { class: `ll-swatch ll-swatch-${kind}` }), name, shown);

export class Idle {
  constructor() {
    this.promise = h("p", { class: "ll-promise" });
    this.proofs = h("ul", { class: "ll-proofs" });
    this.start = h(
      "button",
      { class: "ll-start", type: "button", hidden: true },
      icon("play"),
      "Start",
    );
    this.hint = h("span");
    this.duration = h("b");
    this.kind = h("span");
    this.over = h("div", { class: "ll-over" });
    this.asks = figure("calibration.asked_tps");
    this.held = figure("calibration.sustained_tps");
    this.share = figure("calibration.fitting_share");
    this.holds = entry("held", "this machine held", this.held);
    this.fits = h("li", { class: "ll-fits" }, icon("check"), "the plan fits");
    this.exceeds = h(
      "li",
      { class: "ll-exceeds" },
      icon("warning"),
      "more than it held: fits at",
      this.share,
    );
    this.note = h("li");
    this.asked = h(
      "ul",
      { class: "ll-legend ll-asked", "aria-label": "Asked against held", hidden: true },
      entry("asks", "the plan asks at most", this.asks),
      this.holds,
      this.note,
      this.fits,
      this.exceeds,
    );
    const host = h("div", { class: "ll-plot" });
    this.element = h(
      "section",
      { class: "ll-idle", "aria-label": "Before the start" },
      h("div", { class: "ll-invitation" }, this.promise, this.proofs),
      h("div", { class: "ll-hint" }, this.start, this.hint, this.duration, this.kind),
      h(
        "div",
        { class: "ll-idle-plan" },
        h(
          "header",
          {},
          h("h2", {}, "The plan"),
          h("span", { class: "ll-unit" }, "transactions per second, over the run"),
        ),
        this.asked,
        h("div", { class: "ll-plot-frame" }, host, this.over),
      ),
    );
    this.faults = [];
    this.chart = new RunChart(
      host,
      (colours) => this.#options(colours),
      () => this.#label(),
    );
  }

  /** Takes the selected preset's plan. */
  update(feed) {
    const { state } = feed;
    this.state = state;
    const plan = state.plan ?? [];
    say(this.promise, state.promise, "run.promise");
    say(this.duration, instant(state.duration_seconds ?? 0), "run.duration");
    const broken = (state.faults ?? []).length > 0 ? ", and something broken on purpose" : "";
    say(this.kind, `of real requests, each one answered and counted${broken}.`, "run.duration");
    this.end = Math.max(state.duration_seconds || 0, plan.at(-1)?.[0] ?? 0, 1);
    this.#compare(feed.figures);
    const highest = Math.max(...plan.map(([, tps]) => tps), 1);
    const near = this.limit !== null && this.limit < NEAR * highest;
    this.top = Math.max(HEADROOM * highest, near ? 1.1 * this.limit : 0);
    flag(this.holds, "drawn", near);
    this.chart.set([plan.map(([x]) => x), plan.map(([, y]) => y)]);
    this.#prove(state);
  }

  /** Shows a Start that calls `onStart`, or the hint where Start is, when there is none. */
  offer(onStart) {
    this.start.onclick = onStart;
    show(this.start, Boolean(onStart));
    say(this.hint, onStart ? "" : "Press Start in the sidebar:", "run.duration");
  }

  /** Takes the colours of a theme. */
  paint(colours) {
    this.chart.paint(colours);
  }

  destroy() {
    this.chart.destroy();
  }

  #compare(figures) {
    const value = (id) => figures[`calibration.${id}`]?.[0] ?? null;
    const [asked, held] = [value("asked_tps"), value("sustained_tps")];
    show(this.asked, asked !== null);
    for (const each of [this.asks, this.held, this.share]) {
      each.textContent = figures[each.dataset.figure]?.[1] ?? "";
    }
    this.limit = held;
    show(this.holds, held !== null);
    show(this.fits, held !== null && asked <= held);
    show(this.exceeds, held !== null && asked > held);
    say(this.note, figures["calibration.note"]?.[1] ?? "", "calibration.note");
  }

  #prove(state) {
    const [numbers, others] = [state.criteria ?? [], state.must_hold ?? []];
    const key = JSON.stringify([numbers, others]);
    show(this.proofs, numbers.length + others.length > 0);
    if (key === this.shown) return;
    this.shown = key;
    const proof = ({ key: name, label, value, unit }) => {
      const id = `criterion.${name}.threshold`;
      const limit = say(h("b"), `${value.toLocaleString("en-US")} ${unit}`, id);
      return h("li", {}, icon("circle"), say(h("span"), label, id), limit);
    };
    this.proofs.replaceChildren(
      h("li", { class: "ll-label" }, "What it has to hold"),
      ...others.map((label) => h("li", {}, icon("circle"), h("span", {}, label))),
      ...numbers.map(proof),
    );
  }

  #options(colours) {
    const compact = (_, splits) => splits.map((y) => (y >= 1_000 ? `${y / 1_000}k` : String(y)));
    return {
      scales: { x: { time: false, range: () => [0, this.end] }, y: { range: () => [0, this.top] } },
      axes: axes(colours, { values: compact, space: 48 }),
      series: [
        {},
        {
          stroke: colours.accent,
          width: 2.5,
          fill: colours["accent-fill"],
          points: { show: false },
        },
      ],
      hooks: { draw: [(plot) => this.#marks(plot, colours)] },
    };
  }

  #marks(plot, colours) {
    if (this.limit !== null && this.limit < this.top) {
      const y = plot.valToPos(this.limit, "y", true);
      const { left, width } = plot.bbox;
      const points = [
        [left, y],
        [left + width, y],
      ];
      strokeLine(plot, points, { colour: colours.muted, width: 1.5, dash: [6, 5] });
    }
    for (const fault of this.state.faults ?? []) {
      for (const x of [fault.start_seconds, fault.end_seconds]) {
        if (x === null) continue;
        const at = plot.valToPos(x, "x", true);
        const points = [
          [at, plot.bbox.top],
          [at, plot.bbox.top + plot.bbox.height],
        ];
        strokeLine(plot, points, { colour: colours.warn, width: 1.25, dash: [2, 4] });
      }
    }
  }

  #label() {
    const area = this.chart.area;
    if (!area) return;
    const faults = this.state.faults ?? [];
    while (this.faults.length < faults.length) {
      this.faults.push(
        h("span", { class: "ll-fault", "data-status": "planned" }, icon("bolt"), h("span")),
      );
      this.over.append(this.faults.at(-1));
    }
    this.faults.forEach((label, at) => {
      show(label, at < faults.length);
      if (at >= faults.length) return;
      say(label.lastChild, `${faults[at].name}, on purpose`, "run.faults");
      place(label, area, this.chart.at(faults[at].start_seconds), area.top + 10);
    });
  }
}
