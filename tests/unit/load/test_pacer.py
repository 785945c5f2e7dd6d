"""Due instants count the area under the rate, for every profile."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.load.pacer import NEVER_NS, Pacer
from engine.load.profiles import Profile
from engine.model.scenario import LoadProfile
from tests.unit.load.plans import durations, load_profiles


def numbers_of(pacer):
    return np.unique(np.linspace(0, pacer.total - 1, 500).astype(np.int64))


@settings(deadline=None)
@given(load_profiles, durations)
def test_an_arrival_is_due_when_the_area_reaches_it_and_not_a_microsecond_before(load, duration):
    pacer = Pacer(Profile(load, duration, seed=7))
    if not pacer.total:
        return
    numbers = numbers_of(pacer)
    due = pacer.due_seconds(numbers)
    assert (np.diff(due) >= 0).all()
    assert due[0] >= 0
    assert due[-1] <= duration
    assert (pacer.profile.area(due + 1e-6) > numbers + 1 - 1e-5).all()
    assert (pacer.profile.area(due - 1e-6) < numbers + 1 + 1e-5).all()


@settings(deadline=None)
@given(load_profiles, durations, st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_arrivals_due_by_an_instant_are_as_many_as_its_area(load, duration, shares):
    pacer = Pacer(Profile(load, duration, seed=7))
    due = pacer.due_seconds(np.arange(min(pacer.total, 20_000)))
    instants = np.asarray(shares) * duration
    early = np.searchsorted(due, instants - 1e-6, side="right")
    late = np.searchsorted(due, instants + 1e-6, side="right")
    counts = np.minimum(pacer.count_by(instants), len(due))
    assert (early <= counts).all()
    assert (counts <= late).all()


@settings(deadline=None)
@given(load_profiles, durations)
def test_the_area_is_the_integral_of_the_rate(load, duration):
    profile = Profile(load, duration, seed=7)
    middles = (np.arange(20_000) + 0.5) * duration / 20_000
    numeric = profile.rate_tps(middles).sum() * duration / 20_000
    jumps = load.max_tps * duration / 20_000 * 400
    assert profile.area(duration) == pytest.approx(numeric, rel=1e-4, abs=jumps)


@settings(deadline=None)
@given(load_profiles, durations)
def test_the_rate_stays_between_nothing_and_the_most_the_profile_asks(load, duration):
    profile = Profile(load, duration, seed=7)
    every = profile.rate_tps(np.linspace(-1, duration + 1, 500))
    assert (every >= -1e-9).all()
    assert (every <= load.max_tps + 1e-6).all()
    assert profile.rate_tps(-0.001) == 0
    assert profile.rate_tps(duration + 0.001) == 0


def test_one_float_and_an_array_of_one_give_the_same():
    pacer = Pacer(Profile(LoadProfile(profile_type="sustained", sustained_tps=3), 10, seed=0))
    assert pacer.total == 30
    assert pacer.count_by(1.0) == pacer.count_by(np.asarray([1.0]))[0] == 3
    assert pacer.profile.rate_tps(1.0) == pacer.profile.rate_tps(np.asarray([1.0]))[0] == 3
    assert pacer.profile.area(1.0) == pacer.profile.area(np.asarray([1.0]))[0] == 3
    assert pacer.due_seconds(np.arange(3)) == pytest.approx([1 / 3, 2 / 3, 1])


@settings(deadline=None)
@given(load_profiles, durations, st.floats(0, 1))
def test_a_worker_counts_whole_nanoseconds_and_what_is_never_reached_is_never_due(
    load, duration, part
):
    pacer = Pacer(Profile(load, duration, seed=7))
    numbers = np.arange(min(pacer.total, 20_000) + 3)
    due = pacer.due_ns(numbers)
    assert (np.diff(due) >= 0).all()
    assert (due[numbers >= pacer.total] == NEVER_NS).all()
    assert (due[numbers < pacer.total] <= duration * 1e9).all()
    instant_ns = int(duration * part * 1e9)
    if len(numbers) > pacer.total or instant_ns < due[-1]:
        assert pacer.count_before_ns(instant_ns) == (due < instant_ns).sum()
    assert pacer.count_before_ns(NEVER_NS) == pacer.total


@settings(deadline=None)
@given(load_profiles, durations)
def test_a_jump_of_the_rate_lands_within_a_tick(load, duration):
    """Around every corner, arrivals of a tick are as many as the plan's area over that tick."""
    profile = Profile(load, duration, seed=7)
    pacer, tick = Pacer(profile), 0.25
    edges = np.asarray([t for t, _ in profile.corner_points()[:50]])
    begins = np.clip(np.concatenate([edges - tick, edges]), 0, duration)
    ends = np.minimum(begins + tick, duration)
    counted = pacer.count_by(ends) - pacer.count_by(begins)
    assert (np.abs(counted - (profile.area(ends) - profile.area(begins))) <= 1).all()
