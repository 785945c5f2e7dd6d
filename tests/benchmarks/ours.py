"""Our client on the stand: one worker process, driven over its pipes as the app drives it.

It makes the traffic (unique, serialised, simulated transactions), validates every decision and
fills the histograms; all of that is in its CPU time.
"""

from engine.measure.machine import this_machine
from engine.model.control import Abort, SetRate
from tests.benchmarks.stand import StandError
from tests.integration.load.harness import Worker, assert_conserved, plan

NAME = "limelight"
NOTE = "one worker process; unique simulated transactions, every decision validated"
MOST_PLANNED_TPS = 50_000  # of a profile; above it the rate is raised live
SATURATING_TPS = 150_000
MORE_SECONDS = 30.0


def version():
    return this_machine().limelight


class Ours:
    """A worker at work; `sums` are its reports added up, once it has finished."""

    command = "python -m engine.load.worker"

    def __init__(self, job):
        self._saturated = not job.rate
        rate = job.rate or SATURATING_TPS
        planned = min(rate, MOST_PLANNED_TPS)
        seconds = job.seconds + (MORE_SECONDS if self._saturated else 0.0)
        self._worker = Worker(
            plan(job.url, planned, seconds, connections=job.connections, mix="realistic")
        )
        self.process = self._worker.process
        self.sums = None
        self._worker.ready()
        if rate > planned:
            self._worker.say(SetRate([(0.0, rate / planned)]))
        self._worker.start()

    @property
    def at_ns(self):
        """The instant its schedule began."""
        return self._worker.at_ns

    def finish(self, timeout):
        """Wait for its end; return the p99 response it states."""
        with self._worker:
            if self._saturated:  # its backlog would take long to settle
                self._worker.say(Abort())
            self.sums = self._worker.finish(timeout)
        if self.sums.failed and not self._saturated:
            msg = f"{self.sums.failed} transactions failed"
            raise StandError(msg)
        assert_conserved(self.sums.reports)
        return {"p99": self.sums.response.quantile_ms(99)}
