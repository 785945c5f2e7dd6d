"""What `limelight bench ulb` found, as lines of text: measured and quoted never in one column."""

from __future__ import annotations

from textwrap import wrap

from engine.bench.ulb import Measure, UlbResult

WIDTH = 96


def ulb_lines(result: UlbResult) -> list[str]:
    """The result, what others published on the same rows, and what differs."""
    known = "the ULB card data" if result.data_is_known else "NOT the known ULB file"
    lines = [
        f"LightGBM on {known}, SHA-256 {result.data_sha256}",
        f"learned from {result.learned_rows:,} rows ({result.learned_frauds} frauds), tested on "
        f"the {result.tested_rows:,} after them ({result.tested_frauds} frauds)",
        f"{result.date}, {result.machine}, LightGBM {result.versions['lightgbm']}",
        "",
        f"Measured here ({result.interval})",
        f"  AUC                           {_shown(result.auc)}",
        f"  recall at {result.false_positive_rate:.0%} false positives  {_shown(result.recall)}",
    ]
    if not result.published:
        return [*lines, "", "No published result is on these rows."]
    first = result.published[0]
    lines += ["", "Published by others, quoted", f"  {'':14}{'AUC':>8}  {'recall at 1%':>14}"]
    lines += [f"  {one.name:14}{one.auc:>8.3f}  {one.recall:>14.3f}" for one in result.published]
    lines += [f"  {first.publisher}, {first.date}", f"  {first.address}", ""]
    for what, name in (("AUC", "auc_within"), ("recall", "recall_within")):
        within = sum(getattr(one, name) for one in result.published)
        lines.append(
            f"{within} of the {len(result.published)} published values of {what} lie within the "
            "interval measured here."
        )
    lines += ["", "What differs"]
    for text in result.differences:
        lines += wrap(text, WIDTH, initial_indent="  - ", subsequent_indent="    ")
    return lines


def _shown(found: Measure) -> str:
    return f"{found.value:.4f}  ({found.low:.4f} to {found.high:.4f})"
