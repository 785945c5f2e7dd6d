"""The five profiles, corner by corner."""

import numpy as np
import pytest
from hypothesis import given

from engine.load.profiles import Profile
from engine.model.scenario import LoadProfile
from tests.unit.load.plans import durations, load_profiles


def rates_at(profile, *instants):
    return pytest.approx([profile.rate_tps(float(t)) for t in instants])


def ramp(duration, **fields):
    return Profile(LoadProfile(profile_type="ramp_up", **fields), duration, seed=0)


def test_a_ramp_climbs_holds_eases_and_comes_down():
    profile = ramp(
        100,
        start_tps=10,
        peak_tps=110,
        sustained_tps=50,
        ramp_up_seconds=10,
        hold_seconds=30,
        ease_seconds=10,
        ramp_down_seconds=20,
    )
    assert rates_at(profile, 0, 5, 10, 40, 45, 50, 80, 90, 100) == [
        10,
        60,
        110,
        110,
        80,
        50,
        50,
        25,
        0,
    ]
    assert profile.area(100.0) == 600 + 30 * 110 + 800 + 30 * 50 + 500


def test_a_ramp_without_a_hold_time_holds_to_the_ramp_down_or_the_end():
    held = ramp(100, peak_tps=100, sustained_tps=50, ramp_up_seconds=10, ease_seconds=5)
    assert rates_at(held, 10, 100) == [100, 100]
    down = ramp(100, peak_tps=100, ramp_up_seconds=10, ramp_down_seconds=10)
    assert rates_at(down, 90, 95, 100) == [100, 50, 0]


def test_a_ramp_that_is_cut_short_only_climbs():
    profile = ramp(
        10, peak_tps=10_000, ramp_up_seconds=300, hold_seconds=1200, ramp_down_seconds=300
    )
    assert rates_at(profile, 0, 5, 10) == [0, 10_000 / 60, 10_000 / 30]


def test_a_ramp_down_begins_after_the_ramp_up_and_still_ends_at_nothing():
    profile = ramp(100, peak_tps=100, ramp_up_seconds=60, ramp_down_seconds=80)
    assert rates_at(profile, 60, 80, 100) == [100, 50, 0]


def test_a_ramp_down_inside_the_ease_starts_from_the_rate_reached():
    profile = ramp(
        40,
        peak_tps=100,
        sustained_tps=0,
        ramp_up_seconds=10,
        hold_seconds=10,
        ease_seconds=20,
        ramp_down_seconds=10,
    )
    assert rates_at(profile, 20, 30, 35, 40) == [100, 50, 25, 0]


def test_a_ramp_of_a_nanosecond_is_a_jump():
    profile = ramp(10, peak_tps=1000, ramp_up_seconds=1e-9)
    assert profile.area(0.0) == 0
    assert profile.area(10.0) == pytest.approx(10_000)


def test_bursts_come_at_their_interval_and_are_cut_at_the_end():
    profile = Profile(
        LoadProfile(
            profile_type="burst",
            sustained_tps=1000,
            burst_tps=10_000,
            burst_duration_seconds=5,
            burst_interval_seconds=180,
            first_burst_seconds=180,
        ),
        363,
        seed=0,
    )
    assert rates_at(profile, 0, 179.999, 180, 184.999, 185, 360, 363) == [
        1000,
        1000,
        10_000,
        10_000,
        1000,
        10_000,
        10_000,
    ]
    assert profile.area(363.0) == 363 * 1000 + 8 * 9000


def test_a_burst_as_long_as_its_interval_never_ends():
    profile = Profile(
        LoadProfile(
            profile_type="burst",
            sustained_tps=1,
            burst_tps=10,
            burst_duration_seconds=0.3,
            burst_interval_seconds=0.1,
        ),
        5,
        seed=0,
    )
    assert profile.area(5.0) == pytest.approx(50)


def test_a_wave_swings_around_its_mean():
    profile = Profile(
        LoadProfile(
            profile_type="wave", sustained_tps=100, wave_amplitude=0.5, wave_period_seconds=40
        ),
        80,
        seed=0,
    )
    assert rates_at(profile, 0, 10, 20, 30, 40) == [100, 150, 100, 50, 100]
    assert profile.area(80.0) == pytest.approx(8000)


def chaos(seed, duration=100):
    return Profile(
        LoadProfile(
            profile_type="chaos",
            chaos_min_tps=10,
            chaos_max_tps=90,
            chaos_change_interval_seconds=5,
        ),
        duration,
        seed=seed,
    )


def test_chaos_draws_anew_every_interval_and_repeats_with_its_seed():
    every = np.arange(0, 100, 0.5)
    rates = chaos(1).rate_tps(every)
    assert len(set(rates.tolist())) == 20
    assert (rates >= 10).all()
    assert (rates <= 90).all()
    assert (rates == chaos(1).rate_tps(every)).all()
    assert (rates != chaos(2).rate_tps(every)).any()


def test_chaos_does_not_depend_on_how_long_the_run_is():
    every = np.arange(0, 20, 0.5)
    assert (chaos(1).rate_tps(every) == chaos(1, duration=20.5).rate_tps(every)).all()


def test_corners_draw_jumps_as_two_points_and_long_plans_are_sampled():
    burst = Profile(
        LoadProfile(
            profile_type="burst",
            sustained_tps=1,
            burst_tps=5,
            burst_duration_seconds=1,
            burst_interval_seconds=10,
            first_burst_seconds=4,
        ),
        10,
        seed=0,
    )
    assert burst.corner_points() == [(0, 1), (4, 1), (4, 5), (5, 5), (5, 1), (10, 1)]
    assert len(burst.corner_points(max_points=5)) == 5
    wave = LoadProfile(profile_type="wave", sustained_tps=1, wave_period_seconds=2)
    assert len(Profile(wave, 10, seed=0).corner_points()) == 400


def test_a_ramp_is_steady_while_it_holds_and_after_it_eased():
    fields = {"start_tps": 10, "peak_tps": 110, "sustained_tps": 50, "ramp_up_seconds": 10}
    eased = fields | {"hold_seconds": 30, "ease_seconds": 10, "ramp_down_seconds": 20}
    assert ramp(100, **eased).steady_spans() == [(10, 40), (50, 80)]
    assert ramp(45, **eased).steady_spans() == [(10, 25)]
    assert ramp(30, **eased).steady_spans() == []
    assert ramp(10, **eased).steady_spans() == []
    assert ramp(60, **fields | {"hold_seconds": 30}).steady_spans() == [(10, 60)]
    assert ramp(60, **fields).steady_spans() == [(10, 60)]
    assert ramp(60, **fields | {"ramp_down_seconds": 20}).steady_spans() == [(10, 40)]
    assert ramp(5, **fields).steady_spans() == []


def test_other_profiles_are_measured_throughout_and_changes_make_no_ramp():
    assert chaos(1).steady_spans() == [(0, 100)]
    assert chaos(1).changed([(4, 0.5)]).steady_spans() == [(0, 100)]


@given(load_profiles, durations)
def test_steady_spans_are_ascending_apart_and_within_the_run(load, duration):
    spans = Profile(load, duration, seed=7).steady_spans()
    corners = [t for span in spans for t in span]
    assert corners == sorted(set(corners))
    assert all(0 <= t <= duration for t in corners)
