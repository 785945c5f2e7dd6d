"""One run over fakes, in time that passes only where it sleeps."""

from engine.config.derive import config_for_scenario
from engine.metrics.buffer import MetricsBuffer
from engine.model.request import RunRequest
from engine.model.scenario import LoadProfile, LoadProfileType, TestScenario
from engine.run.orchestrator import StressTestOrchestrator
from engine.run.plan import make_plan
from engine.run.rig import Parts
from tests.fakes import FakeFleet, FakeStore, FakeTarget, JumpingClock

RATE, SECONDS = 40, 5


class Rigged:
    """A run over fakes; each is there to be looked at.

    `at` is what to do when the run clock has come to a second: {second: what}; the run is its
    argument, and its own thread does it, right after a tick.
    """

    def __init__(self, *, store=None, clock=None, target=None, workers=2, at=None, **fleet):
        self._at = dict(at or {})
        self.store, self.clock = store or FakeStore(), clock or JumpingClock()
        self.fleet = FakeFleet(self.clock, **fleet)
        self.target = FakeTarget(self.fleet, **(target or {}))
        scenario = TestScenario(
            scenario_id="short",
            name="Short",
            load_profile=LoadProfile(profile_type=LoadProfileType.SUSTAINED, sustained_tps=RATE),
            duration_seconds=SECONDS,
        )
        request = RunRequest(scenario=scenario, workers=workers)
        parts = Parts(
            target=self.target,
            fleet=self.fleet,
            store=self.store,
            buffer=MetricsBuffer(),
            clock=self.clock,
            changed=self._changed,
        )
        self.run = StressTestOrchestrator(make_plan(request, config_for_scenario(scenario)), parts)

    def finish(self):
        """Run to the end; its summary. A run that hangs fails here."""
        self.run.start()
        summary = self.run.wait(30)
        assert self.run.view.status.final, "wait() timed out"
        assert (self.fleet.closed, self.target.closed) == (True, True)
        return summary

    def _changed(self):
        for second in [second for second in self._at if self.run.view.clock_seconds >= second]:
            self._at.pop(second)(self.run)

    def said(self, kind):
        return [event.message for event in self.run.view.events if event.kind is kind]
