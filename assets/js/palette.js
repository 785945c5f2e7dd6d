/**
 * The stage's colours for canvases: read from the CSS custom properties, their one home.
 */
const NAMES = [
  "bg",
  "surface",
  "line",
  "grid",
  "text",
  "muted",
  "accent",
  "accent-fill",
  "flow",
  "flow-fill",
  "warn",
  "warn-fill",
  "bad",
  "bad-fill",
  "dead",
];

/** Colours of the theme that applies to `element`, by name. */
export function palette(element) {
  const style = getComputedStyle(element);
  return Object.fromEntries(
    NAMES.map((name) => [name, style.getPropertyValue(`--ll-${name}`).trim()]),
  );
}
