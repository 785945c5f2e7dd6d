/**
 * Tables of a run's parts: rows come and go with the state, numbers are figures of the board.
 *
 * A row `{key, name, status, note}` owns the figures `part.<key>.<column>`; only a change of keys
 * builds rows anew, so a number under the pointer stays where it is.
 */
import { flag, h, say, show, swapIcon } from "./dom.js";

const ICONS = {
  up: "check",
  starting: "clock",
  down: "cross",
  held: "bolt",
  ended: "square",
  closed: "check",
  "half open": "warning",
  open: "bolt",
  proven: "bolt",
  unproven: "warning",
  cleared: "check",
  recovered: "check",
  waiting: "clock",
  parked: "pause",
  redriven: "check",
  "not kept": "cross",
  on: "bolt",
};
const WORDS = {
  held: "held down",
  proven: "proven on",
  unproven: "not proven",
  cleared: "cleared, not yet back",
  recovered: "back to steady",
};
const LEVELS = {
  good: new Set(["up", "closed", "recovered", "redriven"]),
  warn: new Set(["starting", "held", "half open", "proven", "unproven", "cleared", "parked", "on"]),
  bad: new Set(["down", "open", "not kept"]),
};

/** A card with a title, words at its right, and a body. */
export function card(title, words, ...body) {
  const unit = h("p", { class: "ll-unit" }, words);
  const heading = h("h2", {}, title);
  const element = h("article", { class: "ll-card lp-card" }, h("header", {}, heading, unit), ...body);
  return Object.assign(element, { unit });
}

/** A column of figures: `part.<key>.<name>`. */
export function number(title, name, options = {}) {
  const { kind = "number", ...rest } = options;
  return { title, kind, cell: (board, row) => still(board.create(`part.${row.key}.${name}`, rest)) };
}

/** The row's name with its note beneath. */
export function named(title) {
  const cell = (board, row) => {
    const name = h("b");
    const note = h("small");
    const update = (now) => {
      say(name, now.name, `part.${row.key}`);
      say(note, now.note, `part.${row.key}`);
      show(note, Boolean(now.note));
    };
    return { element: h("div", { class: "lp-name" }, name, note), update };
  };
  return { title, kind: "name", cell };
}

/** The row's status as a word with a symbol. */
export function status(title) {
  const cell = () => {
    const word = h("span");
    const element = h("span", { class: "lp-status" }, word);
    const update = (now) => setStatus(element, word, now.status);
    return { element, update };
  };
  return { title, kind: "status", cell };
}

/** A share as a figure with a bar. */
export function bar(title, name) {
  const cell = (board, row) => {
    const id = `part.${row.key}.${name}`;
    const fill = h("i");
    const track = h("span", { class: "lp-bar", "aria-hidden": "true" }, fill);
    const element = h("div", { class: "lp-load" }, track, board.create(id));
    const update = (now, feed) => {
      const value = feed.figures[id]?.[0] ?? 0;
      fill.style.width = `${Math.min(100, value * 100)}%`;
      flag(track, "high", value > 0.8);
    };
    return { element, update };
  };
  return { title, kind: "load", cell };
}

/** A table of these columns as an element with `update(rows, feed)`; `empty` is said without rows. */
export function table(board, columns, empty) {
  const head = h("tr", {}, ...columns.map(({ title, kind }) => h("th", { class: kind }, title)));
  const body = h("tbody");
  const grid = h("table", { class: "lp-table" }, h("thead", {}, head), body);
  const nothing = h("p", { class: "lp-empty" }, empty);
  const element = h("div", { class: "lp-scroll" }, grid, nothing);
  let keys = null;
  let cells = [];

  function build(rows) {
    board.drop(body);
    cells = rows.map((row) => columns.map((column) => column.cell(board, row)));
    body.replaceChildren(
      ...rows.map((row, at) =>
        h(
          "tr",
          { "data-key": row.key },
          ...columns.map(({ kind, title }, place) =>
            h("td", { class: kind, "data-title": title }, cells[at][place].element),
          ),
        ),
      ),
    );
  }
  function update(rows, feed) {
    const wanted = rows.map((row) => row.key).join();
    show(grid, rows.length > 0);
    show(nothing, rows.length === 0);
    if (wanted !== keys) build(rows);
    keys = wanted;
    rows.forEach((row, at) => {
      flag(body.children[at], "status", row.status);
      for (const cell of cells[at]) cell.update?.(row, feed);
    });
  }
  return { element, update };
}

/** Shows a status word in `element`, whose text stands in `word`. */
export function setStatus(element, word, now) {
  const level = Object.keys(LEVELS).find((name) => LEVELS[name].has(now)) ?? "plain";
  flag(element, "level", level);
  say(word, WORDS[now] ?? now, "run.status");
  if (ICONS[now]) swapIcon(element, ICONS[now]);
}

/** A list of terms: `[figure id, label]`, as an element. */
export function terms(board, entries) {
  const lines = entries.map(([id, label, ...more]) =>
    h("li", {}, h("span", {}, label), h("span", {}, board.create(id), ...more)),
  );
  return h("ul", { class: "lp-terms" }, ...lines);
}

function still(element) {
  return { element };
}
