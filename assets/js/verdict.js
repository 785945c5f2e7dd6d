/**
 * The close: the verdict with every criterion, in the flow's place once a run is final.
 */
import { flag, h, icon, say, show, swapIcon } from "./dom.js";

const VERDICTS = {
  passed: ["Passed", "check"],
  failed: ["Did not pass", "cross"],
  inconclusive: ["Inconclusive", "warning"],
  aborted: ["Stopped before the end", "square"],
};
const OUTCOMES = { held: "check", "did not hold": "cross" };

/** The verdict as an element with `update(feed)`; `finalSummary(state)` says whether there is one. */
export function verdictPanel(board) {
  const word = h("span");
  const reason = h("p", { class: "ll-verdict-reason" });
  const list = h("ul", { class: "ll-criteria" });
  const big = h("p", { class: "ll-verdict-word" }, icon("dash"), word);
  const element = h(
    "section",
    { class: "ll-verdict", "aria-label": "Verdict" },
    h("div", { class: "ll-verdict-head" }, h("h2", { class: "ll-label" }, "Verdict"), big, reason),
    list,
  );
  let shown = "";

  function update({ state }) {
    const summary = finalSummary(state);
    if (!summary) return;
    const [text, symbol] = VERDICTS[summary.verdict] ?? [summary.verdict, "dash"];
    say(word, text, "run.verdict");
    swapIcon(big, symbol);
    flag(element, "verdict", summary.verdict);
    say(reason, summary.verdict_reason ?? summary.reason ?? "", "run.verdict");
    const criteria = summary.criteria ?? [];
    const key = JSON.stringify(criteria);
    if (key === shown) return;
    shown = key;
    board.drop(list);
    list.replaceChildren(...criteria.map((one) => criterion(one, state)));
  }
  return { element, update };
}

/** The verdict of a final run: `state.verdict` as an object, or the summary of the run. */
export function finalSummary(state) {
  const own = state.verdict && typeof state.verdict === "object" ? state.verdict : null;
  return own ?? state.summary ?? null;
}

function criterion({ key, label, outcome, explanation, formula }, state) {
  const id = `criterion.${key}.threshold`;
  const known = (state.criteria ?? []).find((line) => line.key === key)?.label;
  const name = say(h("span", { class: "ll-criterion-name" }), label ?? known ?? plainName(key), id);
  const result = h(
    "span",
    { class: "ll-criterion-outcome" },
    icon(OUTCOMES[outcome] ?? "dash"),
    say(h("span"), outcome, id),
  );
  const because = say(
    h("p", { class: "ll-criterion-why" }),
    explanation || formula || "",
    `criterion.${key}.measured`,
  );
  const item = h("li", {}, result, h("div", {}, name, because));
  flag(item, "outcome", outcome);
  return item;
}

function plainName(key) {
  const words = key.replace(/_ms$/, "").replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
