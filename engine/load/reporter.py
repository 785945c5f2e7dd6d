"""One worker's reports, a tick each, to an app that may not be listening for a while.

A report that the pipe has no room for is not sent: its counts stay in the ledger and go out with
the next one that is. So an app that stands still costs the worker nothing and misses nothing.
"""

from __future__ import annotations

from engine.load.dispatcher import Dispatcher
from engine.load.feeds import Feeds
from engine.load.ledger import Gauges, Ledger
from engine.load.redrive import Redriver
from engine.load.senders.contract import Sender
from engine.load.wire import UpPipe

FLUSH_SECONDS = 30.0
Shown = tuple[Dispatcher, Redriver]


class Reporter:
    """Cuts what a ledger counted into reports and sends them up the pipe."""

    def __init__(
        self, ledger: Ledger, pipe: UpPipe, shown: Shown, sender: Sender, feeds: Feeds
    ) -> None:
        self._ledger, self._pipe = ledger, pipe
        self._dispatcher, self._redriver = shown
        self._sender, self._feeds = sender, feeds
        self._tick = 0
        self._lag_ns = 0

    def woke(self, late_ns: int) -> None:
        """The loop came so much later than it was to be woken."""
        self._lag_ns = max(self._lag_ns, late_ns)

    def tick_ended(self, schedule_seconds: float, before_ns: int) -> None:
        """Report a tick, in which all that is due before this schedule time was to be taken."""
        if self._pipe.backed_up:
            self._ledger.settle()
        else:
            self._send(schedule_seconds, before_ns)
        self._tick += 1

    def finish(self, schedule_seconds: float, before_ns: int) -> None:
        """Report for the last time, and wait until it is written."""
        while self._ledger.holds_back:
            self._send(schedule_seconds, before_ns)
            if not self._pipe.flush(FLUSH_SECONDS):
                break
        self._send(schedule_seconds, before_ns, final=True)
        self._pipe.flush(FLUSH_SECONDS)

    def _send(self, schedule_seconds: float, before_ns: int, *, final: bool = False) -> None:
        self._ledger.totals.not_offered = self._feeds.not_offered
        gauges = Gauges(
            tick=self._tick,
            schedule_seconds=schedule_seconds,
            backlog=self._dispatcher.backlog,
            in_flight=self._dispatcher.in_flight,
            loop_lag_ms=self._lag_ns / 1e6,
            connections=self._sender.connections,
            final=final,
            accounted_seconds=self._accounted_seconds(schedule_seconds, before_ns),
            dead_letters=self._redriver.dead_letters,
            breaker=self._redriver.breaker,
            news=self._redriver.news(),
        )
        self._pipe.send(self._ledger.report(gauges))
        self._lag_ns = 0

    def _accounted_seconds(self, schedule_seconds: float, before_ns: int) -> tuple[float, ...]:
        accounted = self._feeds.accounted_seconds(before_ns)
        return tuple(min(seconds, schedule_seconds) for seconds in accounted)
