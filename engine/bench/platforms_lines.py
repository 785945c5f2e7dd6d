"""What `limelight bench platforms` found, as lines of text."""

from __future__ import annotations

from engine.bench.detection import RATES
from engine.bench.platforms import Measure, PlatformsResult, Result

_HEADS = {
    **{f"recall_{rate:g}": f"recall at {rate:.1%} false positives" for rate in RATES},
    **{f"value_{rate:g}": f"value detected at {rate:.1%}" for rate in RATES},
    "average_precision": "average precision",
    "auc": "AUC",
}


def platforms_lines(result: PlatformsResult) -> list[str]:
    """A table for each measure, what a decision costs, and what did not hold."""
    lines = [
        f"{result.transactions:,} simulated transactions of {result.customers:,} customers, "
        f"{result.frauds:,} fraud (mix {result.mix}, seeds {', '.join(map(str, result.seeds))})",
        "No model was fitted to these seeds and no bound was set on them.",
        f"{result.date}, {result.machine}",
        f"Intervals: {result.interval}",
    ]
    for key, head in _HEADS.items():
        lines += ["", f"{head:44}{'':26}  the platform is ahead by"]
        lines += [_line(one, key) for one in result.results]
    for rate in RATES:
        head = f"precision at {rate:.1%} false positives if {result.prevalence:.2%} were fraud"
        lines += ["", f"{head} (recall·π / (recall·π + f·(1 - π)))"]
        lines += [f"  {one.name:32}{_shown(one.precision[f'{rate:g}'])}" for one in result.results]
    lines += [f"  π: {result.prevalence_source}"]
    lines += ["", f"{'cost of a decision, this thread alone':34}{'CPU µs':>8}{'per core, 1/s':>15}"]
    lines[-1] += f"{'batch p50 µs':>14}{'p99':>9}"
    lines += [
        f"  {one.name:32}{one.cpu_us:>8.1f}{one.per_core_second:>15,.0f}"
        f"{one.batch_us[0]:>14.0f}{one.batch_us[1]:>9.0f}"
        for one in result.results
    ]
    own = result.operating
    lines += [
        "",
        "The platform's own decisions (REVIEW or DECLINE), with its bounds as shipped",
        f"  recall {_shown(own.recall)}",
        f"  false-positive rate {_shown(own.false_positive_rate)}",
        f"  value detected {_shown(own.value)}",
    ]
    if result.failures:
        return [*lines, "", "DID NOT HOLD", *(f"  {one}" for one in result.failures)]
    return [*lines, "", "The platform is above every baseline in every measure."]


def _line(one: Result, key: str) -> str:
    ahead = one.ahead.get(key)
    more = "" if ahead is None else f"{ahead.value:+.4f} ({ahead.low:+.4f} to {ahead.high:+.4f})"
    return f"  {one.name:32}{_shown(one.measures[key]):36}  {more}".rstrip()


def _shown(found: Measure) -> str:
    return f"{found.value:.4f} ({found.low:.4f} to {found.high:.4f})"
