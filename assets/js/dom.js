/**
 * Small DOM helpers of the stage: elements, icons, and text that may hold a number.
 *
 * Every text with a number outside chart axes stands in an element with `data-figure`; a number is
 * `(?<![A-Za-z_])\d`, so even the name "p99" stands in one. Text that comes from Python (a
 * scenario's name, an event) goes through `say`, which marks it when it holds one.
 */

const NUMBER = /(?<![A-Za-z_])\d/;

/** An element: `h("div", {class: "ll-tile", figure: "hero.decided"}, child, "text")`. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "figure") element.dataset.figure = value;
    else if (key === "html") element.innerHTML = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Sets an element's text once it differs, and marks it as figure `id` if it holds a number. */
export function say(element, text, id) {
  const wanted = text ?? "";
  if (element.textContent !== wanted) element.textContent = wanted;
  if (NUMBER.test(wanted)) element.dataset.figure = id;
  else delete element.dataset.figure;
  return element;
}

/** Shows or hides an element without touching layout when nothing changes. */
export function show(element, visible) {
  if (element.hidden === visible) element.hidden = !visible;
}

/** Sets a data attribute once it differs; CSS hangs on these. */
export function flag(element, name, value) {
  const wanted = String(value);
  if (element.dataset[name] !== wanted) element.dataset[name] = wanted;
}

const PATHS = {
  check: "M3.2 8.4 6.6 11.8 12.8 4.6",
  cross: "M4 4 12 12M12 4 4 12",
  warning: "M8 2.4 14.4 13.4H1.6ZM8 6.6V9.6M8 11.4V11.5",
  bolt: "M9 1.8 3.6 9H7.4L7 14.2 12.4 7H8.6Z",
  pause: "M5.4 3.6V12.4M10.6 3.6V12.4",
  dash: "M3.6 8H12.4",
  clock: "M8 4.4V8L10.6 9.6M14 8A6 6 0 1 1 2 8 6 6 0 0 1 14 8Z",
  info: "M8 7.4V11.4M8 4.8V4.9M14 8A6 6 0 1 1 2 8 6 6 0 0 1 14 8Z",
  unplug: "M5 2.6V5.4M11 2.6V5.4M3.4 5.4H12.6V7.6A4.6 4.6 0 0 1 3.4 7.6ZM8 12.2V14.4M2 14 14 2",
  play: "M4.6 2.8 12.8 8 4.6 13.2Z",
  circle: "M12.6 8A4.6 4.6 0 1 1 3.4 8 4.6 4.6 0 0 1 12.6 8Z",
  square: "M4 4H12V12H4Z",
  diamond: "M8 2.6 13.4 8 8 13.4 2.6 8Z",
};

/** A 16 × 16 line icon in the current colour. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "ll-icon");
  svg.setAttribute("aria-hidden", "true");
  svg.dataset.icon = name;
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** Puts another icon into an element that holds one, if it is not there yet. */
export function swapIcon(element, name) {
  const old = element.querySelector(":scope > .ll-icon");
  if (old?.dataset.icon === name) return;
  if (old) old.replaceWith(icon(name));
  else element.prepend(icon(name));
}

/** Seconds as m:ss, the one way the stage writes an instant. */
export function instant(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Whether the person asked for less motion. */
export function calm() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
