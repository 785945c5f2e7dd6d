"""The panel: the four agents in their fixed order, asked over one batch at a time.

An agent that does not answer within its deadline, or fails, is left out of that batch and counted;
one whose breaker is open, or that hangs in an earlier call, is not asked at all. Its weight falls
to the others (`aggregator`). Where the panel is watched (`runner.keep_working`), it answers within

    4 agents × (DEADLINE_SECONDS + POLL_SECONDS) = 0.4 s

of being asked, and conflicts are resolved in a few microseconds more, whatever the agents do; and
as one that hangs is not asked again before it returns, a hang costs a scorer its part of this once.

On the fast path only two are asked: the one with the greatest weight, and compliance, which must
not be left out. That halves the longest wait above; of a scorer's time it saves a few percent only,
because features cost most and the model needs them all. Rules and statistics without the model
would cost less, but see too little: of simulated traffic (demo mix, seed 991) they flagged 0.5 % of
the frauds and 0.03 % of the rest, these two 76 % and 0.88 %, all four 74 % and 0.78 %. So there is
no fast path while the heaviest agent cannot be asked.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from engine.platform.agents import compliance_agent, pattern_detector, transaction_analyzer
from engine.platform.agents.risk_assessor import RiskAssessor
from engine.platform.agents.runner import Calls, Miss, Round
from engine.platform.agents.seat import DEADLINE_NS, Agent, Seat
from engine.platform.agents.slowness import Slowness
from engine.platform.aggregator import COMPLIANCE, policy_of
from engine.platform.features import Row
from engine.platform.wire import Delay, Facts


class Panel:
    """Asks every agent that is to be asked; all of them, always, without `breakers`."""

    def __init__(self, folder: Path, card: dict[str, Any], breakers: bool = True) -> None:
        self.agents: tuple[Agent, ...] = (
            transaction_analyzer,
            pattern_detector,
            RiskAssessor(folder, card),
            compliance_agent,
        )
        self.calls = Calls(DEADLINE_NS)
        weights = policy_of(card).weights
        self._heaviest = weights.index(max(weights))
        self._breakers = breakers
        self.reset()

    def reset(self) -> None:
        """Count from nothing."""
        self.seats = tuple(Seat(agent, self._breakers) for agent in self.agents)

    def burden(self, delays: list[Delay]) -> None:
        """Slow these agents down from now on, and no others; called in any thread."""
        wanted = {delay.agent: delay for delay in delays if delay.until_ns > time.monotonic_ns()}
        for index, seat in enumerate(self.seats):
            former, order = seat.slowness, wanted.get(index)
            if former is not None and former.order == order:
                continue
            seat.slowness = None if order is None else Slowness(order)
            if former is not None:
                former.end()

    def can_be_fast(self) -> bool:
        """Whether the fast path may be taken: not without the heaviest agent."""
        return self.seats[self._heaviest].free()

    def round(self, rows: list[Row], facts: list[Facts], fast: bool = False) -> Round:
        """The calls to make over a batch; on the fast path fewer."""
        asked = self.seats
        if fast:
            asked = tuple(asked[index] for index in sorted({self._heaviest, COMPLIANCE}))
        return Round([seat for seat in asked if seat.free()], (rows, facts))

    def answers(
        self, made: Round, rows: list[Row], facts: list[Facts], fast: bool = False
    ) -> tuple[list[list[float] | None], tuple[int, ...]]:
        """Each agent's scores of the batch, None for one left out, and its time in µs.

        Called once for each round, when its calls are made; `fast` as it was then.
        """
        answers: list[list[float] | None] = [None] * len(self.seats)
        times = [0] * len(self.seats)
        place = 0
        for index, seat in enumerate(self.seats):
            if not made.asks(seat, place):
                if fast and seat.free():
                    seat.cost.bypassed += len(rows)
                else:
                    seat.skip(rows, facts)
                continue
            answer, took_ns = made.answers[place], made.times_ns[place]
            seat.take(answer, took_ns, len(rows))
            answers[index] = None if isinstance(answer, Miss) else answer
            times[index] = took_ns // 1000
            place += 1
        return answers, tuple(times)
