/**
 * How far back the percentiles shown reach: said wherever it is more than the usual second.
 */
import { h, show } from "./dom.js";

const WINDOW = "hero.response_window_seconds";
const USUAL_SECONDS = 1;

/** Words and window as an element with `update(feed)`, which says whether it is shown. */
export function percentileWindow(board, words) {
  const element = h("span", { hidden: true }, words, board.create(WINDOW, { pace: "now" }));

  function update({ figures }) {
    const longer = (figures[WINDOW]?.[0] ?? 0) > USUAL_SECONDS;
    show(element, longer);
    return longer;
  }
  return { element, update };
}
