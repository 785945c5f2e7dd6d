/**
 * Where a figure came from, on hover or focus: the provenance chip of the stage.
 *
 * Measured figures say over which window and from how many samples, derived ones by which formula
 * from which inputs, quoted ones who published them and when.
 */
import { h } from "./dom.js";

const PROVENANCE = {
  measured: "Measured in this run",
  derived: "Derived by formula",
  assumed: "Assumed",
  quoted: "Quoted, not measured by us",
  estimated: "Estimated",
};
const NUMBER = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 6 });

/** Attaches the chip to every figure inside `stage`, present and future. */
export function attachTooltip(stage, feed) {
  const chip = h("div", { class: "ll-chip", role: "tooltip", hidden: true });
  stage.append(chip);
  let owner = null;
  const close = () => {
    owner = null;
    chip.hidden = true;
  };
  const open = (event) => {
    const element = event.target.closest?.("[data-figure]");
    if (element === owner || chip.contains(event.target)) return;
    if (!element) return close();
    const lines = explain(feed, element.dataset.figure);
    if (lines.length === 0) return close();
    owner = element;
    chip.dataset.figure = element.dataset.figure;
    chip.replaceChildren(...lines);
    chip.hidden = false;
    place(chip, element, stage);
  };
  stage.addEventListener("pointerover", open);
  stage.addEventListener("focusin", open);
  stage.addEventListener("pointerleave", close);
  stage.addEventListener("focusout", close);
}

function explain(feed, id) {
  const definition = feed.definitions[id];
  if (!definition) return [];
  const figure = feed.figures[id];
  const lines = [h("b", {}, definition.label), h("i", {}, origin(id, definition))];
  const sampled = samples(figure);
  if (sampled) lines.push(h("p", {}, sampled));
  if (definition.formula) lines.push(h("p", {}, definition.formula));
  for (const [name, value] of Object.entries(definition.inputs ?? {})) {
    lines.push(h("p", { class: "ll-input" }, `${name} = ${plain(value)}`));
  }
  if (definition.source) lines.push(h("p", {}, sourceText(definition.source)));
  if (definition.note) lines.push(h("p", { class: "ll-note" }, definition.note));
  return lines;
}

function origin(id, { provenance }) {
  const before = provenance === "measured" && id.startsWith("calibration.");
  return before ? "Measured on this machine, before the run" : (PROVENANCE[provenance] ?? "");
}

function samples(figure) {
  if (!figure) return "";
  const [, , window, size] = figure;
  const over = window === null || window === undefined ? "" : `over ${plain(window)} s`;
  const of = size === null || size === undefined ? "" : `from ${plain(size)} samples`;
  return [over, of].filter(Boolean).join(", ");
}

function plain(value) {
  if (value === null) return "not measured";
  return typeof value === "number" ? NUMBER.format(value) : String(value);
}

/** Publisher, title and date of a quoted or assumed figure. */
export function sourceText({ publisher, title, date }) {
  return [publisher, title, date].filter(Boolean).join(", ");
}

function place(chip, element, stage) {
  const frame = stage.getBoundingClientRect();
  const box = element.getBoundingClientRect();
  const left = Math.min(box.left - frame.left, frame.width - chip.offsetWidth - 8);
  const below = box.bottom - frame.top + 8;
  const fits = box.bottom + chip.offsetHeight + 16 < window.innerHeight;
  const top = fits ? below : box.top - frame.top - chip.offsetHeight - 8;
  chip.style.transform = `translate(${Math.max(8, left)}px, ${Math.max(0, top)}px)`;
}
