/**
 * The pages beside the stage: live views of a run's inside, each mounted into one element.
 *
 * `mountPart(root, {url, token, theme, part})` mounts the part of that name, one of `BUILDERS`, and
 * may be called again on the same root with a new token or theme; it draws nothing twice. All parts
 * of a page share one feed. The returned cleanup takes effect a moment later, unless the part is
 * mounted again meanwhile, so that a rerun of the page around it does not make it flicker.
 */
import { h } from "./dom.js";
import { openFeed } from "./feed.js";
import { FigureBoard } from "./figure.js";
import { palette } from "./palette.js";
import { agentsBody, agentsHead, stagesBody } from "./parts-agents.js";
import { operationsBody, operationsHead, operationsLog } from "./parts-operations.js";
import { attachTooltip } from "./tooltip.js";

const CLEANUP_MS = 200;
const SHEETS = ["stage", "stage-title", "stage-hero", "stage-charts", "stage-sizes", "parts"];
const FONT = "../fonts/inter-latin-wght-normal.woff2";
const MOUNTED = Symbol.for("limelight.parts");
const BUILDERS = {
  "operations.head": operationsHead,
  "operations.body": operationsBody,
  "operations.log": operationsLog,
  "agents.head": agentsHead,
  "agents.body": agentsBody,
  "agents.stages": stagesBody,
};

/** Mounts a part into `root`, or updates the one that is there; returns the cleanup. */
export function mountPart(root, settings) {
  const mounted = (window[MOUNTED] ??= new WeakMap());
  let part = mounted.get(root);
  if (!part) {
    loadFont();
    part = new Part(settings, () => mounted.delete(root));
    mounted.set(root, part);
  }
  part.keep(root, settings);
  return () => part.leave();
}

function loadFont() {
  if ([...document.fonts].some((face) => face.family === "Inter")) return;
  const source = `url(${new URL(FONT, import.meta.url)}) format("woff2")`;
  document.fonts.add(new FontFace("Inter", source, { weight: "100 900", display: "swap" }));
}

function sheetLinks() {
  return SHEETS.map((name) =>
    h("link", { rel: "stylesheet", href: new URL(`../css/${name}.css`, import.meta.url).href }),
  );
}

class Part {
  constructor({ url, token, part }, forget) {
    this.forget = forget;
    this.feed = openFeed(url, token);
    this.board = new FigureBoard(this.feed);
    this.content = BUILDERS[part](this.board);
    const links = sheetLinks();
    this.element = h(
      "div",
      { class: "ll lp", "data-ll-part": part, "data-ready": "false", style: "visibility:hidden" },
      ...links,
      this.content.element,
    );
    attachTooltip(this.element, this.feed);
    this.unsubscribe = this.feed.subscribe(() => this.#update());
    this.loop = (now) => {
      this.frame = requestAnimationFrame(this.loop);
      this.board.frame(now);
    };
    const loaded = links.map((link) => new Promise((done) => (link.onload = link.onerror = done)));
    Promise.all(loaded).then(() => this.#styled());
  }

  /** Puts the part into its root if it is not there, with the newest token and theme. */
  keep(root, { token, theme = "dark" }) {
    clearTimeout(this.leaving);
    this.feed.token = token;
    if (this.element.parentNode !== root) root.append(this.element);
    if (this.element.dataset.theme !== theme || !this.colours) {
      this.element.dataset.theme = theme;
      if (this.styled) this.#paint();
    }
    if (!this.frame) this.frame = requestAnimationFrame(this.loop);
  }

  /** Ends the part a moment from now, unless it is kept meanwhile. */
  leave() {
    clearTimeout(this.leaving);
    this.leaving = setTimeout(() => this.#destroy(), CLEANUP_MS);
  }

  #destroy() {
    cancelAnimationFrame(this.frame);
    this.unsubscribe();
    this.content.destroy?.();
    this.feed.release();
    this.element.remove();
    this.forget();
  }

  #styled() {
    this.styled = true;
    this.element.style.visibility = "";
    this.#paint();
    this.element.dataset.ready = "true";
  }

  #paint() {
    this.colours = palette(this.element);
    this.#update();
  }

  #update() {
    if (!this.styled) return;
    const { feed } = this;
    this.element.dataset.status = feed.state.status ?? "connecting";
    this.element.dataset.gone = String(feed.gone);
    this.content.update(feed, this.colours);
    if (feed.version !== this.version) this.board.flush();
    this.version = feed.version;
  }
}
