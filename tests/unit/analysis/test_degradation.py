import pytest

from engine.analysis.degradation import BOUNDS, HELD_TICKS, Levels, level_of, signals, worst
from engine.analysis.uptime import ResilienceTally
from engine.model.metrics import DegradationLevel
from engine.model.tick import Tick
from tests.run_records import fault

CORES = 4
COLUMNS = {
    "errors": lambda value: {"error_rate": value},
    "p99": lambda value: {"response_p99_ms": value},
    "cpu": lambda value: {"platform_cpu_cores": value * CORES, "scorers_asked": 8.0},
    "memory": lambda value: {"memory_share": value},
    "timeouts": lambda value: {"timeout_rate": value},
    "agent health": lambda value: {"agent_health": value},
}
WELL = {
    "error_rate": 0.0,
    "response_p99_ms": 12.0,
    "platform_cpu_cores": 1.0,
    "scorers_asked": 4.0,
    "memory_share": 0.3,
    "timeout_rate": 0.0,
    "agent_health": 1.0,
}
PRODUCT = [
    ("errors", (0.01, 0.05, 0.10)),
    ("p99", (5_000, 10_000, 20_000)),
    ("cpu", (0.80, 0.90, 0.95)),
    ("memory", (0.85, 0.92, 0.97)),
    ("timeouts", (0.02, 0.05, 0.10)),
    ("agent health", (0.80, 0.60, 0.40)),
]


@pytest.mark.parametrize(("name", "bounds"), PRODUCT)
def test_each_signal_alone_makes_the_level_from_its_bound_on(name, bounds):
    step = -1e-6 if name == "agent health" else 1e-6
    for level, bound in enumerate(bounds, start=1):
        at = Tick(**{**WELL, **COLUMNS[name](bound + step)})
        before = Tick(**{**WELL, **COLUMNS[name](bound - step)})
        assert (level_of(at, CORES), level_of(before, CORES)) == (level, level - 1)
        assert worst(signals(at, CORES)).name == name


def test_the_bounds_are_reached_at_their_own_value():
    for bounds in BOUNDS:
        levels = [
            bounds.level(value) for value in (bounds.moderate, bounds.severe, bounds.critical)
        ]
        assert levels == [1, 2, 3]


def test_the_worst_of_several_signals_counts():
    tick = Tick(**{**WELL, "error_rate": 0.02, "timeout_rate": 0.06, "memory_share": 0.86})
    assert level_of(tick, CORES) == 2
    assert worst(signals(tick, CORES)).name == "timeouts"


def test_cpu_is_held_against_the_cores_the_processes_can_use():
    busy = Tick(platform_cpu_cores=1.95, scorers_asked=1.0)
    assert level_of(busy, 16) == 3
    assert level_of(Tick(platform_cpu_cores=1.95, scorers_asked=7.0), 16) == 0
    assert level_of(Tick(platform_cpu_cores=1.95, scorers_asked=7.0), 2) == 3


def test_what_was_not_measured_asks_for_nothing():
    assert signals(Tick(), CORES) == []
    assert level_of(Tick(), CORES) != level_of(Tick(), CORES)
    assert [signal.name for signal in signals(Tick(error_rate=0.5), CORES)] == ["errors"]


def changes(levels):
    told = Levels()
    return told, [index for index, level in enumerate(levels) if told.add(level)]


def test_a_level_counts_once_it_has_held_for_some_ticks():
    told, at = changes([0, 0, 2, 0, 2, 2, 2, 2, 0, 0, 0])
    assert at == [6, 10]
    assert (told.now, told.worst, told.events) == (0, 2, 1)
    assert told.ticks == [6, 0, 5, 0]


def test_a_level_that_changes_among_degraded_ones_is_one_event():
    told, at = changes([1] * HELD_TICKS + [3] * HELD_TICKS + [0] * HELD_TICKS + [1] * HELD_TICKS)
    assert len(at) == 4
    assert told.events == 2


def test_ticks_without_a_level_change_nothing():
    told, at = changes([float("nan")] * 5)
    assert (told.now, told.worst, at) == (None, None, [])


def tally(rows):
    made = ResilienceTally(0.25)
    for row in rows:
        made.add(Tick(**row))
    return made


ANSWERED = {"due": 10, "decided": 10, "in_flight_now": 2}
SILENT = {"due": 10, "in_flight_now": 20}
IDLE = {"due": 0}


def test_a_second_without_an_answer_to_what_was_waiting_is_down():
    found = tally([ANSWERED] * 8 + [SILENT] * 8 + [ANSWERED] * 4).metrics([])
    assert found.downtime_seconds == pytest.approx(2.0)
    assert found.uptime_percentage == pytest.approx(60.0)


def test_an_outage_of_less_than_a_second_and_a_pause_are_no_downtime():
    assert tally([ANSWERED] * 8 + [SILENT] * 3 + [ANSWERED] * 4).metrics([]).downtime_seconds == 0
    done = {"due": 10, "decided": 12}
    assert tally([ANSWERED] * 4 + [done] + [IDLE] * 9).metrics([]).downtime_seconds == 0


def test_an_edge_that_says_it_is_down_is_down_at_once():
    found = tally([ANSWERED] * 3 + [{**SILENT, "edge_up": 0.0}]).metrics([])
    assert found.downtime_seconds == 0.25
    assert found.uptime_percentage == 75


def test_of_a_run_in_which_nothing_was_asked_no_uptime_is_known():
    found = tally([IDLE] * 8).metrics([])
    assert (found.uptime_percentage, found.downtime_seconds) == (None, None)
    assert (found.degradation_level, found.recovery_time_avg_seconds) == (None, None)


def test_only_faults_that_were_proven_count_as_injected():
    open_one = fault(recovered_at_seconds=None, recovery_from_onset_seconds=None)
    slow = fault(recovery_from_onset_seconds=20.25)
    found = tally([ANSWERED]).metrics([fault(), slow, open_one, fault(proven=False)])
    assert (found.failures_injected, found.failures_recovered) == (3, 2)
    assert found.recovery_time_avg_seconds == pytest.approx((18.25 + 20.25) / 2)


def test_what_retries_breakers_and_redrives_did_is_summed():
    rows = [
        {"breaker_trips": 1, "agent_trips": 2, "dead_lettered": 5, "redriven": 3, "stranded": 2},
        {"breaker_recoveries": 1, "agent_recoveries": 1, "retries_refused": 7, "redrive_failed": 1},
    ]
    found = tally(rows).metrics([])
    assert (found.circuit_breaker_trips, found.circuit_breaker_recoveries) == (3, 2)
    assert (found.dead_lettered, found.redriven, found.stranded) == (5, 3, 2)
    assert (found.retries_refused, found.redrive_failed) == (7, 1)


def test_the_summary_names_the_worst_level_and_the_seconds_at_each():
    made = tally([{**ANSWERED, "degradation_level": level} for level in (0, 0, 1, 1, 1, 3, 0, 0)])
    found = made.degradation()
    assert found.worst is DegradationLevel.CRITICAL
    assert found.seconds[DegradationLevel.NONE] == 1.0
    assert found.seconds[DegradationLevel.MODERATE] == 0.75
    assert found.seconds[DegradationLevel.CRITICAL] == 0.25
    assert found.events == 1
