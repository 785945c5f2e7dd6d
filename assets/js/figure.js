/**
 * Figures on the page: a number with the id that says where it came from.
 *
 * The text of a figure is made in Python and shown as it came. Only whole counters move between two
 * measured values, never beyond the newest; everything else changes on a common beat of half a
 * second, so that a row of tiles turns over together and can be read.
 */
import { calm, h } from "./dom.js";

const BEAT_MS = 500;
const EASE_MS = 260;
const STEP_MS = 80;
const WHOLE = /^\d{1,3}(,\d{3})*$/;
const PARTS = /^([^\dA-Za-z]*\d[\d.,:]*)(.*)$/s;
const GROUPED = new Intl.NumberFormat("en-US");

/** All figures of one stage; `feed` may be replaced by nothing else than its own next message. */
export class FigureBoard {
  constructor(feed) {
    this.feed = feed;
    this.entries = new Set();
    this.nextBeat = 0;
    this.nextStep = 0;
  }

  /**
   * An element that shows figure `id`.
   *
   * `pace` is "beat" (default), or "now" for clocks and whatever must not lag; `eased` makes a whole
   * counter move between measured values; `empty` is shown while the figure is not there.
   */
  create(id, { pace = "beat", eased = false, empty = "–", className = "" } = {}) {
    const number = h("span", { class: "ll-n" });
    const unit = h("span", { class: "ll-u" });
    const element = h("span", { class: `ll-fig ${className}`, figure: id }, number, unit);
    const entry = { id, element, number, unit, pace, eased, empty, shown: null };
    this.entries.add(entry);
    this.#write(entry, empty, "");
    return element;
  }

  /** Stops updating the figures inside an element that is about to go. */
  drop(element) {
    for (const entry of this.entries) {
      if (element.contains(entry.element)) this.entries.delete(entry);
    }
  }

  /** Called once a frame; cheap when there is nothing to do. */
  frame(now) {
    const beat = now >= this.nextBeat;
    const step = now >= this.nextStep;
    if (!beat && !step) return;
    if (beat) this.nextBeat = now + BEAT_MS;
    this.nextStep = now + STEP_MS;
    for (const entry of this.entries) {
      if (entry.eased) this.#ease(entry, now);
      else if (beat || entry.pace === "now") this.#settle(entry);
    }
  }

  /** Shows everything as measured, at once. */
  flush() {
    this.nextBeat = 0;
    this.nextStep = 0;
    for (const entry of this.entries) this.#settle(entry);
  }

  #settle(entry) {
    const figure = this.feed.figures[entry.id];
    const text = figure?.[1] ?? entry.empty;
    const value = figure?.[0];
    Object.assign(entry, { at: value, from: value, target: value, since: -Infinity });
    this.#write(entry, text);
  }

  #ease(entry, now) {
    const figure = this.feed.figures[entry.id];
    const [value, text] = figure ?? [null, entry.empty];
    const number = text.match(PARTS)?.[1] ?? text;
    if (!Number.isInteger(value) || !WHOLE.test(number) || calm()) return this.#settle(entry);
    if (entry.target !== value) {
      const from = Math.min(entry.at ?? value, value);
      Object.assign(entry, { from, target: value, since: now });
    }
    const share = Math.min(1, (now - entry.since) / EASE_MS);
    entry.at = Math.min(value, Math.floor(entry.from + (value - entry.from) * share));
    return this.#write(entry, text.replace(number, GROUPED.format(entry.at)));
  }

  #write(entry, text) {
    if (entry.shown === text) return;
    entry.shown = text;
    const [, number, unit] = text.match(PARTS) ?? [null, text, ""];
    entry.number.textContent = number;
    entry.unit.textContent = unit.trim();
    entry.element.dataset.tight = String(unit !== "" && !/^\s/.test(unit));
    entry.element.dataset.words = String(!/\d/.test(number));
    entry.element.setAttribute("aria-label", text);
  }
}
