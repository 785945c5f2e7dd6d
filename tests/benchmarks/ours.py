"""Our client on the stand: one worker process, driven over its pipes as the app drives it.

It makes the traffic (unique, serialised, simulated transactions), validates every decision and
fills the histograms; all of that is in its CPU time.
"""

from engine.measure.machine import this_machine
from engine.model.control import Abort, SetRate, Stop
from tests.benchmarks.stand import StandError
from tests.integration.load.harness import Worker, assert_conserved, plan

NAME = "limelight"
NOTE = "one worker process; unique simulated transactions, every decision validated"
MOST_PLANNED_TPS = 50_000  # of a profile; above it the rate is raised live
MORE_SECONDS = 30.0


def version():
    return this_machine().limelight


class Ours:
    """A worker at work; `sums` are its reports added up, once it has finished.

    It makes traffic some seconds ahead of time and would have none to make near the end of its
    plan, so unless the `whole` plan is to be run, the plan is longer than the measurement. It has
    no closed loop: to be saturated it is asked for `ask_tps`.
    """

    command = "python -m engine.load.worker"

    def __init__(self, job, *, whole=False, ask_tps=0):
        self._saturated, self._whole = not job.rate, whole
        rate = job.rate or ask_tps
        planned = min(rate, MOST_PLANNED_TPS)
        seconds = job.seconds + (0.0 if whole else MORE_SECONDS)
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
            if not self._whole:  # the backlog of a saturated one would take long to settle
                self._worker.say(Abort() if self._saturated else Stop())
            self.sums = self._worker.finish(timeout)
        if self.sums.failed and not self._saturated:
            msg = f"{self.sums.failed} transactions failed"
            raise StandError(msg)
        assert_conserved(self.sums.reports)
        return {"p99": self.sums.response.quantile_ms(99)}
