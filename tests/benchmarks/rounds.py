"""All rounds of all tools on one target, interleaved: each round runs every tool once."""

import subprocess
import sys
from dataclasses import dataclass

from engine.load.traffic.simulator import Simulator
from engine.model.scenario import TrafficMix
from tests.benchmarks import lateness
from tests.benchmarks.evidence import Measurement
from tests.benchmarks.ours import NAME, Ours
from tests.benchmarks.stand import StandError, Timing, observe
from tests.benchmarks.tools import Job

CONNECTIONS = 64
PACED_TPS = (2_000, 5_000, 10_000)
FROZEN_TPS, FREEZE_SECONDS = 5_000, 1.0
ASKS_TPS = range(40_000, 200_001, 10_000)
TAIL_SECONDS = 0.25
BODIES = 1_000
MOST_WORDS = 200  # characters


@dataclass(frozen=True)
class Tempo:
    """Rounds, and the windows of each scenario in seconds."""

    rounds: int = 3
    warm: float = 0.75
    saturated: float = 3.0
    paced: float = 5.0
    frozen: float = 5.0

    @classmethod
    def quick(cls):
        return cls(rounds=1, warm=0.6, saturated=1.1, paced=1.1, frozen=3.1)


class Rounds:
    """Measures what it is told to, and keeps every measurement."""

    def __init__(self, target, scratch, tempo, scenarios):
        self._target, self._scratch, self._tempo = target, scratch, tempo
        self._scenarios = scenarios
        self._body = scratch / "body.json"
        self._body.write_bytes(static_body())
        self.body_bytes = self._body.stat().st_size
        self.measurements = []
        self._ask_tps = 0

    def run(self, tools, wanted):
        """Run these tools (and their paths), and ours if it is among those wanted."""
        ours = [(None, None)] if NAME in wanted else []
        if ours and "saturated" in self._scenarios:
            self._find_ask()
        for number in range(1, self._tempo.rounds + 1):
            for scenario, rate in self._plan():
                for tool, path in ours + tools:
                    if tool is None or tool.paced or not rate:
                        made = self._measured(tool, path, (scenario, rate, number))
                        self.measurements.append(made)
                        sys.stderr.write(progress(made) + "\n")

    def _find_ask(self):
        """What to ask of ours: far more than it can send would cost it the making of all that."""
        best = 0.0
        for ask_tps in ASKS_TPS:
            before, self._ask_tps = self._ask_tps, ask_tps
            made = self._measured(None, None, ("saturated", 0, 0))
            sys.stderr.write(progress(made) + f" asked for {ask_tps:,}/s\n")
            if made.achieved_per_second <= best:
                self._ask_tps = before
                return
            best = made.achieved_per_second

    def _plan(self):
        both = {"saturated": [0], "paced": PACED_TPS, "frozen": [FROZEN_TPS]}
        return [(scenario, rate) for scenario in self._scenarios for rate in both[scenario]]

    def _client(self, tool, path, job, scenario):
        if tool:
            return tool.start(path, job)
        return Ours(job, whole=scenario == "frozen", ask_tps=self._ask_tps)

    def _timing(self, scenario):
        window = getattr(self._tempo, scenario)
        if scenario == "frozen":
            return Timing(self._tempo.warm, window, self._tempo.warm + 0.5, FREEZE_SECONDS)
        return Timing(self._tempo.warm, window)

    def _measured(self, tool, path, what):
        scenario, rate, number = what
        made = Measurement(
            tool=tool.name if tool else NAME, scenario=scenario, rate=rate, round=number, command=""
        )
        timing = self._timing(scenario)
        seconds = round(timing.warm + timing.window + TAIL_SECONDS)
        started = []

        def start():
            job = Job(self._target.url, rate, seconds, CONNECTIONS, self._body, self._scratch)
            started.append(self._client(tool, path, job, scenario))
            return started[0]

        try:
            stated, seen = observe(self._target, start, timing)
            made.command = started[0].command
            _fill(made, seen)
            if scenario == "paced" and tool is None:
                known = lateness.known_lateness_ms(seen.arrivals_ns, rate, started[0].at_ns)
                made.known_lateness_ms = lateness.quantiles(known)
            if scenario == "frozen":
                _fill_frozen(made, seen, seconds)
                made.stated_ms = stated
        except (StandError, subprocess.SubprocessError, OSError, AssertionError) as error:
            words = " ".join(str(error).replace(str(self._scratch), "").split())
            made.failure = words[:MOST_WORDS] or type(error).__name__
        return made


def static_body():
    """A simulated transaction of the middle length."""
    simulator = Simulator(7, TrafficMix.REALISTIC, "0a1b2c3d-")
    bodies = sorted(simulator.block(0).bodies[:BODIES], key=len)
    return bodies[len(bodies) // 2]


def progress(made):
    """One line on a run that is over."""
    head = f"round {made.round}  {made.scenario} {made.rate or '':>6}  {made.tool:10}"
    if made.failure:
        return f"{head} failed: {made.failure}"
    late = f"  late p99 {made.lateness_ms['99']:.2f} ms" if made.lateness_ms else ""
    return f"{head} {made.achieved_per_second:>9,.0f}/s {made.cpu_us_per_request:6.1f} µs{late}"


def _fill(made, seen):
    window = seen.window_ns
    if len(window) < 2:
        msg = "nothing arrived in the window"
        raise StandError(msg)
    client, target = (
        getattr(seen.end, name) - getattr(seen.begin, name) for name in ("client", "target")
    )
    machine = seen.end.machine - seen.begin.machine
    made.window_seconds, made.requests = round(seen.seconds, 3), len(window)
    made.achieved_per_second = round(len(window) / seen.seconds, 1)
    made.cpu_us_per_request = round(client / len(window) * 1e6, 2)
    made.client_cpu_cores = round(client / seen.seconds, 3)
    made.target_cpu_cores = round(target / seen.seconds, 3)
    made.others_cpu_cores = round(max(machine - client - target, 0.0) / seen.seconds, 3)
    if made.scenario == "paced":
        made.lateness_ms = lateness.quantiles(lateness.lateness_ms(window, made.rate))


def _fill_frozen(made, seen, seconds):
    before = seen.arrivals_ns[seen.arrivals_ns < seen.freeze_ns[0]]
    start_ns = lateness.schedule_start_ns(before, made.rate)
    end_ns = seen.arrivals_ns[0] + seconds * 1_000_000_000
    made.planned = round(made.rate * seconds)
    made.arrived = int((seen.arrivals_ns < end_ns).sum())
    made.true_p99_ms = round(
        lateness.true_response_ms(99, made.rate, seconds, start_ns, seen.freeze_ns), 3
    )
