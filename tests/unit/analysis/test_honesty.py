import pytest

from engine.analysis.honesty import Doubt, Instrument, doubts

SOUND = {
    "due": 10_000,
    "dropped": 0,
    "lateness_p99_ms": 1.0,
    "service_p99_ms": 3.0,
    "busiest_worker_cpu_cores": 0.4,
    "workers_lost": 0,
    "unreachable_share": 0.0,
}


def test_a_sound_instrument_has_no_doubts():
    assert doubts(Instrument(**SOUND)) == []


@pytest.mark.parametrize(
    ("change", "doubt"),
    [
        ({"dropped": 11}, Doubt.DROPPED),
        ({"lateness_p99_ms": 101.0}, Doubt.LATE),
        ({"busiest_worker_cpu_cores": 0.96}, Doubt.BUSY),
        ({"workers_lost": 1}, Doubt.WORKER_LOST),
    ],
)
def test_each_limit_passed_is_a_doubt_of_its_own(change, doubt):
    assert doubts(Instrument(**{**SOUND, **change})) == [doubt]


@pytest.mark.parametrize(
    "target", [{"service_p99_ms": 2_000.0}, {"unreachable_share": 0.2}, {"service_p99_ms": None}]
)
def test_a_slow_or_absent_target_is_not_held_against_the_generator(target):
    late = {"dropped": 500, "lateness_p99_ms": 900.0}
    assert doubts(Instrument(**{**SOUND, **late, **target})) == []
