"""What is under a run: target, load workers and the ticker that reads them both.

Everything started here is ended by `close`, whatever happened in between.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from engine.measure.machine import this_machine
from engine.metrics.buffer import MetricsBuffer
from engine.model.control import Abort, PlatformReport, Stop, WorkerCommand
from engine.model.dead_letter_record import DeadLetterRecord, recorded
from engine.model.errors import FleetError
from engine.model.event import EventKind
from engine.model.presentation import TransactionFlowNode
from engine.model.results import Target
from engine.model.run import RunMeta
from engine.model.tick import Tick
from engine.ports import Clock, Fleet, RunStore, TargetSystem
from engine.run.crew import Crew
from engine.run.plan import TICK_SECONDS, RunPlan
from engine.run.rates import Rates
from engine.run.scalings import Scalings
from engine.run.ticker import Ticker

POLL_SECONDS = 0.02
DRAIN_LIMIT_SECONDS = 13.0


@dataclass(frozen=True)
class Parts:
    """What a run is made of: adapters of the ports, and the buffer it shares.

    `changed` is called in the run's thread after every tick and state change.
    """

    target: TargetSystem
    fleet: Fleet
    store: RunStore
    buffer: MetricsBuffer
    clock: Clock
    changed: Callable[[], None]


class Rig:
    """Target, crew and ticker of one run; owned by the run's thread, the crew as it says."""

    def __init__(self, plan: RunPlan, parts: Parts) -> None:
        self.plan = plan
        self.target, self._fleet, self._clock = parts.target, parts.fleet, parts.clock
        highest_tps, most = plan.scaled.load_profile.max_tps, plan.traffic.most_arrivals
        rates = Rates(plan.pacer().profile, highest_tps, most)
        self.ticker = Ticker(rates, plan.workers, TICK_SECONDS)
        self.scalings = Scalings()
        self.crew = Crew(parts.fleet, parts.clock, self.ticker.aggregator, rates)

    def start_target(self) -> RunMeta:
        """Start the target; what is now known of the run. Raises TargetError."""
        plan = self.plan
        return RunMeta(
            run_id=plan.run_id,
            id_prefix=plan.id_prefix,
            seed=plan.seed,
            target=self.target.start(plan.run_id),
            machine=this_machine(),
            marks=plan.marks,
            speed=plan.request.speed,
            rate_scale=plan.request.rate_scale,
            scenario=plan.scenario,
            scaled=plan.scaled,
            config=plan.config,
            workers=plan.workers,
            tick_seconds=TICK_SECONDS,
            started_at=datetime.now(UTC),
            traffic=plan.traffic.source,
        )

    def start_load(self, target: Target) -> None:
        """Start the workers on their plans."""
        self.crew.start(self.plan.worker_plans(target.url, target.agent_bounds))

    def command(self, command: WorkerCommand) -> None:
        """Tell every worker; from any thread."""
        self.crew.command(command)

    def now(self) -> float:
        """Seconds since Start, 0 before it."""
        if self.crew.start_ns is None:
            return 0.0
        return max(0.0, (self._clock.monotonic_ns() - self.crew.start_ns) / 1e9)

    def collect(self, log: Callable[..., None]) -> None:
        """Take what workers and target have sent; raises FleetError if a worker cannot go on."""
        self.crew.collect(log)
        report = self.target.poll()
        if report is not None:
            self.ticker.flow.add(report)
            self.scalings.look(report, self.crew.start_ns, log)

    def tick_ready(self) -> bool:
        """Whether a tick can be closed; waits `POLL_SECONDS` if not."""
        if self.ticker.aggregator.ready(self.now()):
            return True
        self._clock.sleep(POLL_SECONDS)
        return False

    def nodes(self) -> tuple[TransactionFlowNode, ...]:
        """The platform's parts as they are now."""
        return tuple(self.ticker.flow.nodes(self.target.alive(), self._clock.monotonic_ns()))

    def dead_letters(self) -> tuple[DeadLetterRecord, ...]:
        """The newest, the newest first."""
        start_ns = self.crew.start_ns or 0
        newest = self.ticker.aggregator.dead_letters.listed()
        return tuple(recorded(letter, start_ns) for letter in newest)

    def close_tick(self, faults_active: int) -> Tick:
        """The next tick's row."""
        now_ns = self._clock.monotonic_ns()
        return self.ticker.close(faults_active, self.target.alive(), now_ns)

    def report(self) -> PlatformReport | None:
        """The platform's newest report, if it is of the latest second and somebody lives."""
        flow = self.ticker.flow
        current = self.target.alive() and flow.fresh(self._clock.monotonic_ns())
        return flow.latest if current else None

    def reports(self) -> tuple[PlatformReport, ...]:
        """The platform's of the latest half minute; none while it is silent or gone."""
        return tuple(self.ticker.flow.recent) if self.report() is not None else ()

    def drain(
        self,
        *,
        at_once: Callable[[], bool],
        close_tick: Callable[[], Tick],
        log: Callable[..., None],
    ) -> None:
        """Let the workers finish what is under way, or not, and count what is left.

        Args:
            at_once: Whether an emergency stop was asked for, before or meanwhile.
            close_tick: Closes one tick.
            log: Takes events.
        """
        aborted = at_once()
        if self.crew.start_ns is None:
            return
        self.command(Abort() if aborted else Stop())
        deadline = self.now() + DRAIN_LIMIT_SECONDS
        aggregator = self.ticker.aggregator
        while not aggregator.finished and self.now() < deadline:
            if not aborted and at_once():
                aborted = True
                self.command(Abort())
            try:
                self.collect(log)
            except FleetError as error:
                log(EventKind.ERROR, str(error))
            if self.tick_ready():
                close_tick()
        if not aggregator.finished:
            self.crew.abandon(log)
            close_tick()

    def close(self) -> None:
        """End workers and target; idempotent. The one is ended even if the other cannot be."""
        try:
            self._fleet.close()
        finally:
            self.target.close()
