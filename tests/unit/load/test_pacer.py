"""Due instants count the area under the rate, for every profile."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.load.pacer import Pacer
from engine.load.profiles import Profile
from engine.model.scenario import LoadProfile, LoadProfileType

rates = st.floats(0.5, 3000)
seconds = st.floats(0, 40)
some = st.floats(0.2, 40)


def ramps():
    return st.builds(
        LoadProfile,
        profile_type=st.just(LoadProfileType.RAMP_UP),
        start_tps=st.floats(0, 2000),
        peak_tps=rates,
        sustained_tps=st.floats(0, 2000),
        ramp_up_seconds=seconds,
        hold_seconds=st.none() | seconds,
        ease_seconds=seconds,
        ramp_down_seconds=seconds,
    )


def bursts():
    return st.builds(
        LoadProfile,
        profile_type=st.just(LoadProfileType.BURST),
        sustained_tps=rates,
        burst_tps=rates,
        burst_duration_seconds=some,
        burst_interval_seconds=some,
        first_burst_seconds=seconds,
    )


def waves():
    return st.builds(
        LoadProfile,
        profile_type=st.just(LoadProfileType.WAVE),
        sustained_tps=rates,
        wave_amplitude=st.floats(0, 1),
        wave_period_seconds=some,
    )


def chaos():
    return st.builds(
        LoadProfile,
        profile_type=st.just(LoadProfileType.CHAOS),
        chaos_min_tps=st.floats(0, 0.5),
        chaos_max_tps=rates,
        chaos_change_interval_seconds=some,
    )


def sustained():
    return st.builds(
        LoadProfile, profile_type=st.just(LoadProfileType.SUSTAINED), sustained_tps=rates
    )


load_profiles = st.one_of(ramps(), bursts(), waves(), chaos(), sustained())
durations = st.floats(1, 60)


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
