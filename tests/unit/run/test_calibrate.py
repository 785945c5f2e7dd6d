import numpy as np
import pandas as pd
import pytest

from engine.load.pacer import Pacer
from engine.load.profiles import Profile
from engine.measure.machine import described, this_machine
from engine.run.calibrate import (
    CRITERION,
    FIRST_TPS,
    MAX_P99_MS,
    MIN_ANSWERED_SHARE,
    SECONDS,
    TOP_TPS,
    calibration,
    request,
    sustained,
)


def ramp() -> pd.DataFrame:
    """The ticks of a calibration on a machine that holds all of it, and of the drain after."""
    scenario = request().scenario
    pacer = Pacer(Profile(scenario.load_profile, scenario.duration_seconds, 0))
    at = np.arange(1, 25) * 0.25
    frame = pd.DataFrame({"t_seconds": at})
    frame["due"] = np.diff(pacer.count_by(np.minimum(at, SECONDS)), prepend=0).astype(float)
    frame["rejected"] = np.floor(frame["due"] * 0.05)
    frame["decided"] = frame["due"] - frame["rejected"]
    frame["failed"] = frame["dropped"] = 0.0
    frame["response_p99_ms"] = 5.0
    return frame


def spoil(frame: pd.DataFrame, begin: float, end: float) -> pd.DataFrame:
    """Slow answers in the ticks that end after `begin` and until `end`."""
    frame.loc[(frame["t_seconds"] > begin) & (frame["t_seconds"] <= end), "response_p99_ms"] = 400.0
    return frame


def second(frame: pd.DataFrame, end: float) -> pd.DataFrame:
    return frame[(frame["t_seconds"] > end - 1) & (frame["t_seconds"] <= end)]


def held(frame: pd.DataFrame) -> float | None:
    found = sustained(frame)
    return None if found is None else found.tps


def test_a_machine_that_holds_the_whole_ramp_holds_its_last_second():
    frame = ramp()
    assert held(frame) == second(frame, SECONDS)["due"].sum()
    assert FIRST_TPS < held(frame) < TOP_TPS


def test_the_answer_is_the_second_before_the_machine_gave_way():
    frame = spoil(ramp(), 3.0, 99.0)
    assert held(frame) == second(frame, 3.0)["due"].sum()


def test_a_single_bad_second_in_the_lower_half_hides_no_higher_rate_that_was_held():
    frame = spoil(ramp(), 1.25, 2.25)
    assert held(frame) == second(frame, SECONDS)["due"].sum()


def test_one_slow_tick_of_a_second_is_forgiven_and_two_are_not():
    one = spoil(ramp(), 4.25, 4.5)
    assert held(one) == second(one, SECONDS)["due"].sum()
    two = spoil(ramp(), 4.25, 4.75)
    assert held(two) == second(two, 4.25)["due"].sum()


def test_a_slow_tick_at_the_end_of_a_second_is_not_forgiven():
    frame = spoil(ramp(), 4.75, 99.0)
    assert held(frame) == second(frame, 4.75)["due"].sum()


def test_what_holds_in_the_first_second_alone_is_not_judged():
    assert held(spoil(ramp(), 1.0, 99.0)) is None
    assert held(spoil(ramp(), 0.0, 1.0)) == held(ramp())


def test_a_p99_that_is_not_known_is_no_good_sign():
    frame = ramp()
    frame.loc[frame["t_seconds"] > 3.0, "response_p99_ms"] = np.nan
    assert held(frame) == second(frame, 3.0)["due"].sum()


def test_by_the_first_tick_that_is_judged_more_were_due_than_a_p99_needs():
    assert second(ramp(), 1.0)["due"].sum() > 1_000


@pytest.mark.parametrize("column", ["failed", "dropped"])
def test_what_failed_or_was_dropped_is_the_limit(column):
    frame = ramp()
    frame.loc[frame["t_seconds"] > 3.0, column] = 1.0
    assert held(frame) == second(frame, 3.0)["due"].sum()


def test_a_queue_that_grows_is_the_limit():
    frame = ramp()
    frame.loc[frame["t_seconds"] > 3.0, "decided"] *= 0.9
    assert held(frame) == second(frame, 3.0)["due"].sum()


def test_answers_that_fall_into_the_next_tick_of_their_second_are_no_growing_queue():
    frame = ramp()
    late = np.floor(frame["decided"] * 0.1) * (frame["t_seconds"] * 4 % 2)
    frame["decided"] += late.shift(fill_value=0.0) - late
    assert held(frame) == second(frame, SECONDS)["due"].sum()


def test_the_drain_after_the_ramp_holds_no_rate():
    frame = ramp()
    frame.loc[frame["t_seconds"] <= SECONDS, "response_p99_ms"] = 400.0
    assert sustained(frame) is None


def test_a_calibration_says_over_what_it_was_measured_and_where():
    frame, machine = spoil(ramp(), 3.0, 99.0), this_machine()
    found = calibration(frame, machine)
    assert found.window_seconds == 1.0
    assert found.sample_size == second(frame, 3.0)[["decided", "rejected"]].to_numpy().sum()
    assert (found.machine, found.version) == (described(machine), machine.limelight)


def test_the_written_criterion_has_the_numbers_of_the_rule():
    for words in (f"{MAX_P99_MS:g} ms", f"{MIN_ANSWERED_SHARE:.0%}".replace("%", " %"), "rejected"):
        assert words in CRITERION
