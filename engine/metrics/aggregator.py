"""Worker reports in, one tick out.

Workers report deltas for ticks of the same grid, so rows add up by simple sums. A row is complete
when every living worker has reported its tick, and is closed without a worker that stays silent
for `PATIENCE_SECONDS`; what that worker still sends counts in the row after, so nothing is lost and
`due = sent + dropped + backlog` holds in every row: counts and gauges of one worker always come
from the same report. Both rows say so in `reports_missing`, the number of workers whose counts in
this row are not those of its tick alone: too few in the first, too many in the other.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from engine.measure.arrivals import ArrivalSet
from engine.measure.histogram import Histogram
from engine.metrics.newest import Newest
from engine.metrics.series import HistogramSeries
from engine.metrics.workers import GAUGES, Workers
from engine.model.control import WorkerReport
from engine.model.tick import NAN
from engine.model.traffic import LEGITIMATE, UNLABELLED
from engine.ports import TickLatencies

PATIENCE_SECONDS = 1.0
LOOK_SECONDS = 0.1
COUNTS = (
    "due",
    "sent",
    "dropped",
    "decided",
    "rejected",
    "failed",
    "attempts",
    "answer_mismatches",
    "not_offered",
    "dead_lettered",
    "redriven",
    "redrive_failed",
    "stranded",
    "retries_refused",
    "breaker_trips",
    "breaker_recoveries",
)
OUTCOMES = (
    "ok",
    "rejected",
    "http_4xx",
    "http_5xx",
    "throttled",
    "timeout",
    "connect",
    "reset",
    "protocol",
    "invalid_decision",
)
DECISIONS = {"APPROVE": "approved", "REVIEW": "review", "DECLINE": "declined"}
ACCOUNTED = ("due", "not_offered")
QUALITY = (
    "fraud_flagged",
    "fraud_missed",
    "legitimate_flagged",
    "legitimate_passed",
    "legitimate_declined",
    "fraud_flagged_usd",
    "fraud_missed_usd",
)
SECOND_TICKS = 4
_SUMMED = frozenset(
    {*COUNTS, *(f"outcome_{name}" for name in OUTCOMES), *DECISIONS.values(), *QUALITY}
)


class Aggregator:
    """Turns the reports of `workers` load workers into the load columns of one tick after another.

    Feed with `add` and `lose`; `close_tick` returns the columns of the next tick as a dict.
    """

    def __init__(self, workers: int, tick_seconds: float) -> None:
        self.tick_seconds = tick_seconds
        self.response = HistogramSeries(tick_seconds)
        self.service = HistogramSeries(tick_seconds)
        self.lateness = HistogramSeries(tick_seconds)
        self.queue = HistogramSeries(tick_seconds)
        self.acknowledged = ArrivalSet()
        self.totals: dict[str, float] = {}
        self.confusion: dict[str, int] = {}
        self.agent_confusion: dict[str, int] = {}
        self.exchange: tuple[str, str] | None = None
        self.dead_letters = Newest()
        self.next_tick = 0
        self._workers = Workers(workers, tick_seconds)
        self._waiting: list[WorkerReport] = []
        self._recent: list[dict[str, float]] = []
        self._lost_counts: dict[str, float] = {}
        self._looked_seconds = self._waited_seconds = 0.0

    def add(self, report: WorkerReport) -> None:
        """Take one report."""
        self._workers.add(report)
        self._waiting.append(report)

    def lose(self, share: int) -> bool:
        """A worker ended without a final report; whether that was not known yet.

        What it had under way got no decision: it counts as failed; its backlog as dropped. Its dead
        letters went with it: they, and what was under way, are stranded.
        """
        if not self._workers.lose(share):
            return False
        gauges = dict(self._workers.gauges(share))
        for report in self._waiting:
            if report.share == share:
                gauges = {name: getattr(report, name) for name in GAUGES}
        under_way, lost = gauges["in_flight_now"], Counter(self._lost_counts)
        lost.update(failed=under_way, dead_lettered=under_way, dropped=gauges["backlog_now"])
        lost.update(stranded=under_way + gauges["dead_letters_now"])
        self._lost_counts = dict(lost)
        return True

    @property
    def reporting(self) -> bool:
        """Whether any worker has neither sent its final report nor died."""
        return bool(self._workers.up)

    def account_for(self, planned: int) -> None:
        """Count as not offered what no report accounts for of so many arrivals planned.

        not offered = planned - due - not offered so far, in all rows and reports there are
        """
        known = sum(self.totals.get(name, 0) for name in ACCOUNTED)
        known += sum(getattr(report, name) for report in self._waiting for name in ACCOUNTED)
        known += sum(self._lost_counts.get(name, 0) for name in ACCOUNTED)
        if planned > known:
            counts = self._lost_counts
            counts["not_offered"] = counts.get("not_offered", 0) + planned - known

    @property
    def finished(self) -> bool:
        """Whether every worker has sent its final report or died, and all of it is in a row."""
        return not self._workers.up and not self._waiting and not self._lost_counts

    @property
    def clock_seconds(self) -> float:
        """The run clock as the workers last reported it: it stands still in a pause."""
        return self._workers.clock_seconds

    @property
    def paused_seconds(self) -> float:
        """How long the run has been paused so far, as of the newest tick."""
        return max(0.0, self.next_tick * self.tick_seconds - self.clock_seconds)

    def ready(self, now_seconds: float) -> bool:
        """Whether the next tick can be closed at `now_seconds` since Start.

        Of the time between two looks at most `LOOK_SECONDS` count as waiting: an app that stood
        still has not waited for reports that lie unread in its pipes.
        """
        end = (self.next_tick + 1) * self.tick_seconds
        passed = now_seconds - max(self._looked_seconds, end)
        self._looked_seconds = now_seconds
        if now_seconds < end:
            return False
        self._waited_seconds += min(max(passed, 0.0), LOOK_SECONDS)
        complete = self._workers.complete(self.next_tick)
        return complete or self._waited_seconds >= PATIENCE_SECONDS

    def close_tick(self) -> dict[str, float]:
        """The load columns of the next tick; raises nothing, missing workers are just absent."""
        tick, self.next_tick = self.next_tick, self.next_tick + 1
        self._waited_seconds = 0.0
        reports = [r for r in self._waiting if self._belongs(r, tick)]
        self._waiting = [r for r in self._waiting if not self._belongs(r, tick)]
        row = self._sums(reports)
        row.update(self._workers.count(tick, reports))
        self._latencies(tick, reports, row)
        for name, value in row.items():
            if is_count(name):
                self.totals[name] = self.totals.get(name, 0) + value
        self._rates(row)
        row["tick"] = tick
        row["t_seconds"] = (tick + 1) * self.tick_seconds
        return row

    def _belongs(self, report: WorkerReport, tick: int) -> bool:
        return report.tick <= tick or not self._workers.alive(report.share)

    def _sums(self, reports: list[WorkerReport]) -> dict[str, float]:
        row: dict[str, float] = {name: sum(getattr(r, name) for r in reports) for name in COUNTS}
        for name, value in self._lost_counts.items():
            row[name] += value
        self._lost_counts = {}
        for name in OUTCOMES:
            row[f"outcome_{name}"] = sum(r.outcomes.get(name, 0) for r in reports)
        for decision, column in DECISIONS.items():
            row[column] = sum(r.decisions.get(decision, 0) for r in reports)
        self._quality(reports, row)
        for report in reports:
            self.acknowledged.add(np.frombuffer(report.acknowledged, dtype=np.uint32))
            self.exchange = report.exchange or self.exchange
            self.dead_letters.add(report.dead_letters)
        return row

    def _quality(self, reports: list[WorkerReport], row: dict[str, float]) -> None:
        row.update(dict.fromkeys(QUALITY, 0.0))
        for report in reports:
            for key, count in report.agent_confusion.items():
                self.agent_confusion[key] = self.agent_confusion.get(key, 0) + count
            for key, count in report.confusion.items():
                self.confusion[key] = self.confusion.get(key, 0) + count
                kind, _, decision = key.partition(":")
                passed = decision == "APPROVE"
                if kind == LEGITIMATE:
                    row["legitimate_declined"] += count * (decision == "DECLINE")
                    row["legitimate_passed" if passed else "legitimate_flagged"] += count
                elif kind != UNLABELLED:
                    row["fraud_missed" if passed else "fraud_flagged"] += count
        for name in ("flagged", "missed"):
            row[f"fraud_{name}_usd"] = sum(r.fraud_value_usd.get(name, 0.0) for r in reports)

    def _latencies(self, tick: int, reports: list[WorkerReport], row: dict[str, float]) -> None:
        for name in ("response", "service", "lateness", "queue"):
            series: HistogramSeries = getattr(self, name)
            series.append(tick, [getattr(report, name) for report in reports])
        response, window_seconds = self.response.latest()
        row.update(_percentiles("response", response))
        row["response_max_ms"] = _number(response.max_ms if response.count else None)
        row["response_samples"] = response.count
        row["response_window_seconds"] = window_seconds
        row.update(_percentiles("service", self.service.latest()[0]))
        row.update(_percentiles("queue", self.queue.latest()[0]))
        lateness = self.lateness.latest()[0]
        for name in ("p50", "p99"):
            row[f"lateness_{name}_ms"] = _number(lateness.percentile_ms(float(name[1:])))
        row["lateness_max_ms"] = _number(lateness.max_ms)

    def _rates(self, row: dict[str, float]) -> None:
        """Rates and shares over the latest second (fewer ticks at the very start)."""
        self._recent = [*self._recent[-(SECOND_TICKS - 1) :], row]
        seconds = len(self._recent) * self.tick_seconds
        total = {
            name: sum(recent[name] for recent in self._recent)
            for name in ("due", "decided", "rejected", "failed", "attempts", "outcome_timeout")
        }
        answered = total["decided"] + total["rejected"] + total["failed"]
        row["offered_tps"] = total["due"] / seconds
        row["achieved_tps"] = total["decided"] / seconds
        row["error_rate"] = total["failed"] / answered if answered else NAN
        row["timeout_rate"] = (
            total["outcome_timeout"] / total["attempts"] if total["attempts"] else NAN
        )

    def tick_histograms(self, tick: int) -> TickLatencies:
        """The histograms of one recent tick, for the store."""
        return TickLatencies(
            *(
                series.between(tick, tick).sparse()
                for series in (self.response, self.service, self.lateness, self.queue)
            )
        )


def is_count(column: str) -> bool:
    """Whether a tick's column counts load in that tick, so that ticks may be summed."""
    return column in _SUMMED


def _percentiles(name: str, histogram: Histogram) -> dict[str, float]:
    return {f"{name}_p{q}_ms": _number(histogram.percentile_ms(q)) for q in (50, 95, 99)}


def _number(value: float | None) -> float:
    return NAN if value is None else value
