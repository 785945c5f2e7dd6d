"""A rate changed on the way is a function of time like any other."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.load.pacer import NEVER_NS, Pacer
from engine.load.profiles import Profile
from engine.model.errors import LimelightError
from engine.model.scenario import LoadProfile
from tests.unit.load.plans import durations, load_profiles

factors = st.floats(0.01, 20)
changes_within = st.lists(st.tuples(st.floats(0, 1.2), factors), min_size=1, max_size=6)


def changed(load, duration, drawn):
    """The plan, and the same with changes at these parts of its duration."""
    profile = Profile(load, duration, seed=7)
    changes = sorted((part * duration, factor) for part, factor in drawn)
    return profile, profile.changed(changes), changes


@settings(deadline=None)
@given(load_profiles, durations, changes_within)
def test_the_area_is_the_plans_between_two_changes_times_the_factor(load, duration, drawn):
    plan, other, changes = changed(load, duration, drawn)
    corners = [(0.0, 1.0), *changes, (duration, 0.0)]
    for (begin, factor), (end, _) in pairwise(corners):
        if begin + 1e-6 > min(end, duration):
            continue
        times = np.linspace(begin, min(end, duration), 20)
        grown, planned = other.area(times) - other.area(begin), plan.area(times) - plan.area(begin)
        assert grown == pytest.approx(factor * planned, rel=1e-9, abs=1e-6)
        assert other.rate_tps(times[1:-1]) == pytest.approx(factor * plan.rate_tps(times[1:-1]))


@settings(deadline=None)
@given(load_profiles, durations, changes_within)
def test_the_area_never_falls_and_never_jumps(load, duration, drawn):
    _, other, changes = changed(load, duration, drawn)
    assert (np.diff(other.area(np.linspace(0, duration, 2000))) >= -1e-9).all()
    at = np.clip(np.asarray([t for t, _ in changes]), 0, duration)
    assert other.area(at + 1e-9) - other.area(at - 1e-9) == pytest.approx(0, abs=1e-3)


@settings(deadline=None)
@given(load_profiles, durations, changes_within, st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_due_instants_count_the_changed_area(load, duration, drawn, parts):
    pacer = Pacer(changed(load, duration, drawn)[1])
    assume(pacer.total > 0)
    numbers = np.unique(np.linspace(0, pacer.total - 1, 500).astype(np.int64))
    due = pacer.due_seconds(numbers)
    assert (np.diff(due) >= 0).all()
    assert due[0] >= 0
    assert due[-1] <= duration
    fuzz = 1e-5 * max(1.0, max(factor for _, factor in drawn))
    assert (pacer.profile.area(due + 1e-6) > numbers + 1 - fuzz).all()
    assert (pacer.profile.area(due - 1e-6) < numbers + 1 + fuzz).all()
    due_ns = pacer.due_ns(np.arange(min(pacer.total, 20_000)))
    for instant_ns in (np.asarray(parts) * due_ns[-1]).astype(np.int64).tolist():
        assert pacer.count_before_ns(instant_ns) == (due_ns < instant_ns).sum()


@given(load_profiles, durations, changes_within)
def test_arrivals_before_a_change_stay_where_they_were(load, duration, drawn):
    plan, other, changes = changed(load, duration, drawn)
    before, after = Pacer(plan), Pacer(other)
    stay = np.arange(min(before.count_by(changes[0][0]) - 1, 20_000))
    assert after.due_ns(stay) == pytest.approx(before.due_ns(stay), abs=2)


def sustained(tps=100, seconds=10):
    return Profile(LoadProfile(profile_type="sustained", sustained_tps=tps), seconds, 0)


def test_the_total_shrinks_and_grows_with_the_factor_and_what_it_leaves_out_is_never_due():
    halved = Pacer(sustained().changed([(4, 0.5)]))
    assert halved.total == 400 + 300
    due = halved.due_ns(np.array([399, 400, 699, 700]))
    assert due[:3] == pytest.approx(np.array([4.0, 4.02, 10.0]) * 1e9, abs=1)
    assert due[3] == NEVER_NS
    assert Pacer(sustained().changed([(4, 0.5), (6, 3)])).total == 400 + 100 + 1200


def test_the_same_changes_told_twice_are_told_once_and_the_latest_of_one_instant_counts():
    once = sustained().changed([(2, 0.5), (4, 2)])
    again = once.changed([(2, 9), (4, 2), (2, 0.5)])
    every = np.linspace(0, 10, 101)
    assert (again.area(every) == once.area(every)).all()


def test_a_change_back_to_the_plan_keeps_the_distance_it_made():
    back = sustained().changed([(2, 0.5), (4, 1)])
    assert [back.area(float(t)) for t in (2, 4, 10)] == [200, 300, 900]


def test_a_change_is_drawn_as_a_corner():
    ramp = LoadProfile(profile_type="ramp_up", peak_tps=100, ramp_up_seconds=10)
    drawn = Profile(ramp, 20, 0).changed([(5, 0.5)]).corner_points()
    assert drawn == [(0, 0), (5, 50), (5, 25), (10, 50), (10, 50), (20, 50)]
    wave = LoadProfile(profile_type="wave", sustained_tps=10, wave_period_seconds=2)
    points = Profile(wave, 10, 0).changed([(5, 0.1)]).corner_points()
    assert max(rate for t, rate in points if t > 5) == pytest.approx(1, rel=0.6)


@pytest.mark.parametrize("factor", [0, -1, float("inf"), float("nan")])
def test_a_factor_that_stops_the_clock_of_arrivals_is_refused(factor):
    with pytest.raises(LimelightError, match="must be > 0"):
        sustained().changed([(1, factor)])
