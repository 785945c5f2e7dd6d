"""A circuit breaker around the target, one a worker: it governs retries and redrives, nothing else.

An open-loop generator must offer what its plan says however the target feels, because a breaker
that stopped first attempts would hide the very outage a run is there to show (coordinated omission,
made on purpose). In a service the breaker stands between a caller and what it calls, and stops all
calls; here the callers are the simulated customers, who do come, and what is ours to spare the
target are second helpings. So first attempts always pass, and are the breaker's best witnesses.

    closed     everything passes. Opens when of ≥ 20 attempts of the latest second that were
               answered or failed (`engine.load.health`) ≥ 50 % failed.
    open       for a second no retry and no redrive; what would have been tried again has failed,
               and is a dead letter.
    half open  up to 10 retries and redrives pass, as probes beside the first attempts. After 10
               attempts that were answered, or that failed and were begun since, or after a
               quarter of a second with fewer: opens again if ≥ 50 % failed (that is a trip too),
               else closes (a recovery).

So in the midst of a run an outage shorter than about half a second does not open it, and a share of
the target that is down, one scorer of four, does not either: then the retry budget alone bounds the
retries.
Sources: M. Nygard, "Release It!", 2007; the defaults of Hystrix (50 % of ≥ 20 requests) and of
Resilience4j (10 calls permitted half open). Their 10 s windows and 5 to 60 s of standing open are
made for services; a run of three minutes needs seconds. A rehearsal does not shorten them.
"""

from __future__ import annotations

from enum import IntEnum

from engine.load.health import Health, Seen

LEAST_ATTEMPTS = 20
FAILED_SHARE = 0.5
OPEN_NS = 1_000_000_000
PROBE_NS = 250_000_000
PROBES = 10
WINDOW_NS = 1_000_000_000


class BreakerState(IntEnum):
    """As `breaker_now` in a worker's report."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


class CircuitBreaker:
    """The states and what moves them; all instants are `time.monotonic_ns()`.

    Attributes:
        trips: How often it opened.
        recoveries: How often it closed again.
    """

    def __init__(self, health: Health, *, enabled: bool = True) -> None:
        self._health, self._enabled = health, enabled
        self.state = BreakerState.CLOSED
        self.trips = self.recoveries = 0
        self._since_ns = 0
        self._permits = 0
        self._probed = Seen()

    def allows(self) -> bool:
        """Whether one more retry or redrive may be sent now; half open, it counts as a probe."""
        if self.state is BreakerState.HALF_OPEN:
            self._permits -= 1
            return self._permits >= 0
        return self.state is BreakerState.CLOSED

    def failed(self, begun_ns: int) -> None:
        """An attempt begun at this instant failed in a way that says the target is sick."""
        if self.state is BreakerState.HALF_OPEN and begun_ns >= self._since_ns:
            self._probed = Seen(0, self._probed.answered, self._probed.failed + 1)

    def resumed(self, stood_ns: int) -> None:
        """A pause of this length ended: it is no part of any state's time."""
        self._since_ns += stood_ns

    def look(self, now_ns: int, new: Seen) -> None:
        """Move, if it is time to; `new` was seen since the previous look."""
        if not self._enabled:
            return
        if self.state is BreakerState.CLOSED:
            seen = self._health.since(max(self._since_ns, now_ns - WINDOW_NS))
            if seen.ended >= LEAST_ATTEMPTS and seen.failed_share >= FAILED_SHARE:
                self._open(now_ns)
        elif self.state is BreakerState.OPEN:
            if now_ns - self._since_ns >= OPEN_NS:
                self._half_open(now_ns)
        else:
            self._judge_probes(now_ns, new)

    def _judge_probes(self, now_ns: int, new: Seen) -> None:
        """An answer counts whenever its attempt began: it was given now."""
        before = self._probed
        self._probed = probed = Seen(0, before.answered + new.answered, before.failed)
        waited = now_ns - self._since_ns >= PROBE_NS
        if probed.ended < (1 if waited else PROBES):
            if waited:  # nothing was heard that says anything: probe again
                self._half_open(now_ns)
            return
        if probed.failed_share >= FAILED_SHARE:
            self._open(now_ns)
        else:
            self.recoveries += 1
            self._move(BreakerState.CLOSED, now_ns)

    def _open(self, now_ns: int) -> None:
        self.trips += 1
        self._move(BreakerState.OPEN, now_ns)

    def _half_open(self, now_ns: int) -> None:
        self._permits, self._probed = PROBES, Seen()
        self._move(BreakerState.HALF_OPEN, now_ns)

    def _move(self, state: BreakerState, now_ns: int) -> None:
        self.state, self._since_ns = state, now_ns
