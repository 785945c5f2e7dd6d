/**
 * The stage: everything a room sees of a run, mounted into one element or shadow root.
 *
 * `mountStage(root, {url, token, theme})` may be called again on the same root with a new token or
 * theme; it draws nothing twice. The returned cleanup takes effect a moment later, unless the stage
 * is mounted again meanwhile, so that a re-render of the page around it does not make it flicker.
 */
import { h, show } from "./dom.js";
import { openFeed } from "./feed.js";
import { FigureBoard } from "./figure.js";
import { Flow } from "./flow.js";
import { heroRow } from "./hero.js";
import { Idle } from "./idle.js";
import { instrumentLine } from "./instrument.js";
import { Latency } from "./latency.js";
import { focus, Moment, moments } from "./moment.js";
import { goneNotice, ticker } from "./notices.js";
import { palette } from "./palette.js";
import { panels } from "./panels.js";
import { Timeline } from "./timeline.js";
import { titleRow, warningLine } from "./title.js";
import { attachTooltip } from "./tooltip.js";
import { finalSummary, verdictPanel } from "./verdict.js";

const CLEANUP_MS = 200;
const PARTS = [
  "",
  "-title",
  "-hero",
  "-instrument",
  "-flow",
  "-charts",
  "-moment",
  "-close",
  "-idle",
  "-sizes",
];
const SHEETS = ["../vendor/uPlot/uPlot.min.css", ...PARTS.map((part) => `../css/stage${part}.css`)];
const FONT = "../fonts/inter-latin-wght-normal.woff2";
const FINAL = new Set(["completed", "failed", "cancelled"]);
const STAGES = Symbol.for("limelight.stages");

/**
 * Mounts the stage into `root`, or updates the one that is there; returns the cleanup.
 *
 * With `onStart` the idle stage has a Start of its own; `lowerRateKey` names the key of the page
 * around it that lowers the rate. The cleanup also carries `update(settings)`
 * and `destroy()`, for a caller that keeps it.
 */
export function mountStage(root, settings) {
  const { url, token } = settings;
  const stages = (window[STAGES] ??= new WeakMap());
  let stage = stages.get(root);
  if (stage && stage.url !== url) {
    stage.destroy();
    stage = null;
  }
  if (!stage) {
    loadFont();
    stage = new Stage(url, token, () => stages.delete(root));
    stages.set(root, stage);
  }
  const mounted = stage;
  mounted.keep(root, settings);
  const cleanup = () => mounted.leave();
  return Object.assign(cleanup, {
    update: (newer) => mounted.keep(root, newer),
    destroy: cleanup,
  });
}

/** Switches the theme of the stage mounted in `root`: "dark" or "light". */
export function setTheme(root, theme) {
  window[STAGES]?.get(root)?.setTheme(theme);
}

function loadFont() {
  if ([...document.fonts].some((face) => face.family === "Inter")) return;
  const source = `url(${new URL(FONT, import.meta.url)}) format("woff2")`;
  document.fonts.add(new FontFace("Inter", source, { weight: "100 900", display: "swap" }));
}

/** Canvases do not repaint themselves when a font arrives, so the first paint waits for it. */
function fontLoaded() {
  const patience = new Promise((done) => setTimeout(done, 1_500));
  return Promise.race([document.fonts.load("600 13px Inter").catch(() => null), patience]);
}

function sheetLinks() {
  return SHEETS.map((path) =>
    h("link", { rel: "stylesheet", href: new URL(path, import.meta.url).href }),
  );
}

class Stage {
  constructor(url, token, forget) {
    this.url = url;
    this.forget = forget;
    this.feed = openFeed(url, token);
    this.board = new FigureBoard(this.feed);
    this.#build();
    this.unsubscribe = this.feed.subscribe(() => this.#update());
    this.loop = (now) => {
      this.frame = requestAnimationFrame(this.loop);
      this.board.frame(now);
      if (this.visible) this.flow.animate(now, this.feed.alive);
    };
  }

  /** Puts the stage into its root if it is not there, with the newest token, theme and Start. */
  keep(root, { token, theme = "dark", onStart = null, lowerRateKey = null }) {
    clearTimeout(this.leaving);
    this.feed.token = token;
    this.idle.offer(onStart);
    this.instrument.offer(lowerRateKey);
    if (this.element.parentNode !== root) root.append(this.element);
    this.setTheme(theme);
    if (!this.frame) this.frame = requestAnimationFrame(this.loop);
  }

  /** Ends the stage a moment from now, unless it is kept meanwhile. */
  leave() {
    clearTimeout(this.leaving);
    this.leaving = setTimeout(() => this.destroy(), CLEANUP_MS);
  }

  /** Takes the stage out of the page and lets go of all it holds. */
  destroy() {
    clearTimeout(this.leaving);
    cancelAnimationFrame(this.frame);
    this.unsubscribe();
    this.watch.disconnect();
    for (const part of this.parts) part.destroy?.();
    this.moment?.destroy();
    this.feed.release();
    this.element.remove();
    this.forget();
  }

  /** Takes "dark" or "light"; canvases follow the style sheet's colours. */
  setTheme(theme) {
    if (this.element.dataset.theme === theme && this.colours) return;
    this.element.dataset.theme = theme;
    if (this.styled) this.#paint();
  }

  #build() {
    const { board } = this;
    this.title = titleRow(board);
    this.gone = goneNotice();
    this.hero = heroRow(board);
    this.instrument = instrumentLine(board);
    this.flow = new Flow(board);
    this.verdict = verdictPanel(board);
    this.timeline = new Timeline(board);
    this.latency = new Latency(board);
    this.idle = new Idle();
    this.ticker = ticker();
    const warnings = warningLine();
    const below = panels(board);
    const charts = h(
      "section",
      { class: "ll-charts" },
      this.timeline.element,
      this.latency.element,
    );
    this.charts = charts;
    this.moments = moments(board);
    this.run = h(
      "div",
      { class: "ll-run" },
      this.hero.element,
      this.instrument.element,
      this.flow.element,
      this.verdict.element,
      this.ticker.element,
      charts,
      this.moments.element,
    );
    this.parts = [
      this.title,
      this.gone,
      warnings,
      this.hero,
      this.instrument,
      this.flow,
      this.verdict,
      this.timeline,
      this.latency,
      this.moments,
      this.idle,
      this.ticker,
      below,
    ];
    const inside = h(
      "div",
      { class: "ll-inside" },
      this.title.element,
      this.gone.element,
      warnings.element,
      this.idle.element,
      this.run,
      below.element,
    );
    const links = sheetLinks();
    this.element = h(
      "div",
      { class: "ll", "data-ll-stage": true, "data-ready": "false", style: "visibility:hidden" },
      ...links,
      inside,
    );
    attachTooltip(this.element, this.feed);
    this.watch = new IntersectionObserver(
      (entries) => (this.visible = entries.at(-1).isIntersecting),
    );
    this.watch.observe(this.flow.element);
    const loaded = links.map((link) => new Promise((done) => (link.onload = link.onerror = done)));
    Promise.all([...loaded, fontLoaded()]).then(() => this.#styled());
  }

  #styled() {
    this.styled = true;
    this.element.style.visibility = "";
    this.#paint();
    this.#update();
    this.element.dataset.ready = "true";
  }

  #paint() {
    this.colours = palette(this.element);
    for (const part of this.parts) part.paint?.(this.colours);
    this.moment?.paint(this.colours);
    this.#update();
  }

  #update() {
    if (!this.styled) return;
    const { feed } = this;
    const { status } = feed.state;
    const idle = !status || status === "not_started";
    const final = FINAL.has(status) && Boolean(finalSummary(feed.state));
    this.element.dataset.status = status ?? "connecting";
    this.element.dataset.gone = String(feed.gone);
    show(this.idle.element, status === "not_started");
    show(this.run, !idle);
    show(this.flow.element, !final);
    show(this.verdict.element, final);
    const hidden = new Set(
      idle ? [this.hero, this.flow, this.verdict, this.timeline, this.latency] : [this.idle],
    );
    this.#look(idle || final ? -1 : focus(feed));
    for (const part of this.parts) if (!hidden.has(part)) part.update?.(feed, this.colours);
    if (feed.version !== this.version) this.board.flush();
    this.version = feed.version;
  }

  /** Puts the moment of this fault in the place of the response time, or takes it away. */
  #look(place) {
    if (this.moment && this.moment.place !== place) {
      this.moment.element.remove();
      this.moment.destroy();
      this.moment = null;
    }
    if (!this.moment && place >= 0) {
      this.moment = new Moment(this.board, place);
      this.charts.append(this.moment.element);
      this.moment.paint(this.colours);
      this.board.flush();
    }
    show(this.latency.element, place < 0);
    this.moment?.update(this.feed);
  }
}
