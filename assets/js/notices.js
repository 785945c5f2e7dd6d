/**
 * What the stage says about itself: that the engine is gone, and what happened lately.
 */
import { flag, h, icon, instant, say, show } from "./dom.js";

const LATEST = 3;
const ICONS = {
  fault_applied: "bolt",
  fault_proven: "bolt",
  fault_cleared: "check",
  fault_removed: "check",
  recovered: "check",
  degraded: "warning",
  warning: "warning",
  alert: "warning",
  error: "cross",
};

/** The notice that nothing is heard of the engine any more, as an element with `update(feed)`. */
export function goneNotice() {
  const words = h("span");
  const element = h(
    "div",
    { class: "ll-gone", role: "alert", hidden: true },
    icon("unplug"),
    h("p", {}, h("strong", {}, "The engine is gone."), words),
  );

  function update(feed) {
    show(element, feed.gone);
    const before = feed.everConnected
      ? " All figures below are the last ones received, not of now."
      : " It does not answer.";
    const after = feed.attempts > 4 ? " If it stays so, reload the page." : "";
    say(words, `${before} Trying to reach it again.${after}`, "run.status");
  }
  return { element, update };
}

/** The last few events of the run, newest first, as an element with `update(feed)`. */
export function ticker() {
  const list = h("ol", {
    class: "ll-ticker",
    "aria-label": "Latest events",
    "aria-live": "polite",
  });

  function update({ state }) {
    const events = state.events ?? [];
    const latest = events
      .map((event, at) => [event, at])
      .slice(-LATEST)
      .reverse();
    const key = JSON.stringify(latest);
    if (key === list.key) return;
    list.key = key;
    list.replaceChildren(...latest.map(([event, at]) => line(event, at)));
  }
  return { element: list, update };
}

function line(event, at) {
  const id = `event.${at}`;
  const item = h(
    "li",
    {},
    icon(ICONS[event.kind] ?? "info"),
    h("time", { figure: id }, instant(event.t_seconds)),
    say(h("span"), event.message, id),
  );
  flag(item, "kind", event.kind);
  return item;
}
