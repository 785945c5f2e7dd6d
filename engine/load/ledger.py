"""What a worker counted: totals that obey the conservation laws, and the deltas it reports.

    due  = sent + dropped + backlog
    sent = decided + rejected + failed + in flight

`sent` counts transactions by their first attempt, retries are attempts of the same transaction. An
attempt counts when it is made and its outcome when it ends, so outcomes lag attempts by those under
way; one that is under way when the run ends has no outcome. What is redriven stays failed, and is
in no other count but those of dead letters (`engine.load.dead_letters`). All counters are totals of
the run; a report holds what was added since the previous one, so a report that is not sent is
contained in the next. Of a long row of reports that are not sent, the ids decided are kept as a
bitmap, and given `MOST_LISTED` a report.

A true duplicate, whose body is that of an earlier arrival, counts as a transaction like any other,
but the quality of the decision is the original's alone, and so is what is acknowledged.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from engine.load.arrival import Arrival
from engine.load.judge import DECISIONS
from engine.load.outcome import Outcome
from engine.load.usage import WorkerUsage
from engine.load.voices import Voices
from engine.measure.arrivals import ArrivalSet
from engine.measure.histogram import Histogram
from engine.model.control import WorkerReport
from engine.model.dead_letter import DeadLetter

RAW_SHOWN = 2048
MOST_LISTED = 1 << 17
MEASURED = ("response", "service", "lateness", "queue")
_APPROVE, _DECISIONS = DECISIONS.index("APPROVE"), len(DECISIONS)
_OK = Outcome.OK


@dataclass(slots=True)
class Totals:
    """Counts of transactions, and of attempts."""

    due: int = 0
    sent: int = 0
    dropped: int = 0
    decided: int = 0
    rejected: int = 0
    failed: int = 0
    attempts: int = 0
    answer_mismatches: int = 0
    not_offered: int = 0
    dead_lettered: int = 0
    redriven: int = 0
    redrive_failed: int = 0
    stranded: int = 0
    retries_refused: int = 0
    breaker_trips: int = 0
    breaker_recoveries: int = 0

    def since(self, before: Totals) -> dict[str, int]:
        """What was added."""
        return {
            field.name: getattr(self, field.name) - getattr(before, field.name)
            for field in fields(self)
        }

    def copy(self) -> Totals:
        """The totals as they are now."""
        return Totals(**{field.name: getattr(self, field.name) for field in fields(self)})


@dataclass(frozen=True, slots=True)
class Gauges:
    """What is true at the end of a tick."""

    tick: int
    schedule_seconds: float
    backlog: int
    in_flight: int
    loop_lag_ms: float
    connections: int
    final: bool
    accounted_seconds: tuple[float, ...] = ()
    dead_letters: int = 0
    breaker: int = 0
    news: tuple[DeadLetter, ...] = ()


class Ledger:
    """Counts what happens, and cuts it into reports."""

    def __init__(
        self,
        share: int,
        kinds: tuple[str, ...],
        usage: WorkerUsage | None = None,
        agent_bounds: Mapping[str, float] | None = None,
    ) -> None:
        self._share, self._kinds = share, kinds
        self._usage = usage or WorkerUsage()
        self.totals = Totals()
        self._reported = Totals()
        self.queue_ns: list[int] = []
        self._due_ns: list[int] = []
        self._turns: list[tuple[int, int]] = []
        self._response_ns: list[int] = []
        self._service_ns: list[int] = []
        self._exchange: tuple[bytes, bytes] | None = None
        self.hide: Callable[[bytes], bytes] = bytes  # the sender's: no secret is shown
        self._voices = Voices(agent_bounds or {}, kinds)
        self._keep, self._keeps = ArrivalSet(), False
        self._acknowledged = array("I")
        self._histograms = {name: Histogram() for name in MEASURED}
        self._clear()

    def taken(self, schedule_ns: int, due_ns: list[int]) -> None:
        """A turn at this schedule time took arrivals that were due at these."""
        self._turns.append((schedule_ns, len(due_ns)))
        self._due_ns += due_ns

    def decided(self, arrival: Arrival, code: int, now_ns: int, answer: bytes) -> None:
        """A valid decision came for this transaction, in this answer."""
        self.totals.decided += 1
        self._outcomes[_OK] += 1
        self._exchange = (arrival.request, answer)
        self._response_ns.append(now_ns - arrival.due_ns)
        self._service_ns.append(now_ns - arrival.written_ns)
        self._acknowledged.append(arrival.id)
        if arrival.id != arrival.number:
            self._repeated[code] += 1
            return
        self._confusion[arrival.kind * _DECISIONS + code] += 1
        self._voices.heard(arrival.number, arrival.kind, answer)
        if arrival.kind:
            key = "missed" if code == _APPROVE else "flagged"
            self._fraud_value_usd[key] += arrival.value_usd

    def redriven(self, arrival: Arrival, code: int) -> None:
        """A dead letter got this decision: it is acknowledged, and measured nowhere."""
        self._acknowledged.append(arrival.id)
        self.heard(arrival, code)

    def heard(self, arrival: Arrival, code: int) -> None:
        """A decision was heard for this transaction: any further one must be the same."""
        if arrival.decision >= 0 and arrival.decision != code:
            self.totals.answer_mismatches += 1
        arrival.decision = code

    def ended(self, outcome: Outcome) -> None:
        """An attempt ended."""
        self._outcomes[outcome] += 1

    def report(self, gauges: Gauges) -> WorkerReport:
        """Everything since the previous report."""
        measured = self._fill_histograms()
        own_seconds, maker_seconds = self._usage.cpu_seconds()
        report = WorkerReport(
            share=self._share,
            tick=gauges.tick,
            schedule_seconds=gauges.schedule_seconds,
            **self.totals.since(self._reported),
            backlog_now=gauges.backlog,
            in_flight_now=gauges.in_flight,
            outcomes={key.value: count for key, count in self._outcomes.items() if count},
            decisions=self._decisions(),
            confusion=self._by_kind(),
            agent_confusion=self._voices.taken(),
            fraud_value_usd=dict(self._fraud_value_usd),
            response=measured["response"].sparse(),
            service=measured["service"].sparse(),
            lateness=measured["lateness"].sparse(),
            queue=measured["queue"].sparse(),
            acknowledged=self._shown_acknowledged(),
            cpu_seconds=own_seconds + maker_seconds,
            maker_cpu_seconds=maker_seconds,
            rss_bytes_now=self._usage.rss_bytes(),
            loop_lag_ms_now=gauges.loop_lag_ms,
            connections_now=gauges.connections,
            exchange=self._shown_exchange(),
            final=gauges.final,
            accounted_seconds=gauges.accounted_seconds,
            dead_letters_now=gauges.dead_letters,
            breaker_now=gauges.breaker,
            dead_letters=gauges.news,
        )
        self._reported = self.totals.copy()
        self._clear()
        return report

    @property
    def holds_back(self) -> bool:
        """Whether more transactions were decided than one report says."""
        return self._keeps

    def settle(self) -> None:
        """Put the values of this tick where they take no room however many ticks there are."""
        self._fill_histograms()
        if len(self._acknowledged) > MOST_LISTED:
            self._keeps = True
            self._keep.add(np.frombuffer(self._acknowledged, dtype=np.uint32))
            self._acknowledged = array("I")

    def _fill_histograms(self) -> dict[str, Histogram]:
        for name, values in (
            ("response", self._response_ns),
            ("service", self._service_ns),
            ("lateness", self._lateness_ns()),
            ("queue", self.queue_ns),
        ):
            if len(values):
                self._histograms[name].record(np.asarray(values, dtype=np.int64) // 1000)
        for taken in (self._response_ns, self._service_ns, self.queue_ns, self._due_ns):
            taken.clear()
        self._turns.clear()
        return self._histograms

    def _lateness_ns(self) -> NDArray[np.int64]:
        if not self._turns:
            return np.zeros(0, dtype=np.int64)
        turns, counts = np.asarray(self._turns, dtype=np.int64).T
        return np.repeat(turns, counts) - np.asarray(self._due_ns, dtype=np.int64)

    def _clear(self) -> None:
        self._outcomes = dict.fromkeys(Outcome, 0)
        self._confusion = [0] * (len(self._kinds) * len(DECISIONS))
        self._repeated = [0] * _DECISIONS
        self._fraud_value_usd = {"flagged": 0.0, "missed": 0.0}
        self._acknowledged = array("I")
        self._exchange = None
        for histogram in self._histograms.values():
            histogram.clear()

    def _decisions(self) -> dict[str, int]:
        return {
            name: sum(self._confusion[code::_DECISIONS]) + self._repeated[code]
            for code, name in enumerate(DECISIONS)
        }

    def _by_kind(self) -> dict[str, int]:
        names = (f"{kind}:{decision}" for kind in self._kinds for decision in DECISIONS)
        return {name: count for name, count in zip(names, self._confusion, strict=True) if count}

    def _shown_acknowledged(self) -> bytes:
        shown = self._acknowledged.tobytes()
        if self._keeps:
            numbers = self._keep.take(MOST_LISTED)
            self._keeps = bool(self._keep)
            shown += numbers.astype("<u4").tobytes()
        return shown

    def _shown_exchange(self) -> tuple[str, str] | None:
        if self._exchange is None:
            return None
        request, answer = (
            self.hide(part)[:RAW_SHOWN].decode("utf-8", "replace") for part in self._exchange
        )
        return request, answer
