import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.measure.histogram import Histogram
from engine.model.scenario import LoadProfile, LoadProfileType
from engine.ports import TickLatencies
from engine.run.window import measurement_window, within
from tests.run_records import meta, scenario, ticks

RAMP = LoadProfile(
    profile_type=LoadProfileType.RAMP_UP,
    peak_tps=400,
    ramp_up_seconds=10,
    hold_seconds=10,
    sustained_tps=200,
    ease_seconds=5,
    ramp_down_seconds=5,
)
RAMP_SECONDS = 40
STEADY = [(10.0, 20.0), (25.0, 35.0)]


def run(profile=RAMP, seconds=RAMP_SECONDS):
    planned = scenario(load_profile=profile, duration_seconds=seconds, failure_scenarios=())
    return meta(scenario=planned, scaled=planned)


def histograms(frame, milliseconds):
    """For every tick its decisions, all of the response time given for it, half that of service."""
    made = []
    for count, ms in zip(frame["decided"].astype(int), milliseconds, strict=True):
        response, service, none = Histogram(), Histogram(), Histogram().sparse()
        response.record(np.full(count, round(ms * 1000)))
        service.record(np.full(count, round(ms * 500)))
        made.append(TickLatencies(response.sparse(), service.sparse(), none, none))
    return made


def steady(clock):
    return ((clock > 10) & (clock <= 20)) | ((clock > 25) & (clock <= 35))


def test_rates_and_percentiles_are_those_of_the_steady_ticks_alone():
    frame = ticks(RAMP_SECONDS)
    clock = frame["schedule_seconds"].to_numpy()
    by_tick = histograms(frame, np.where(steady(clock), 2.0, 900.0))
    window = measurement_window(run(), frame, by_tick)
    inside = frame[steady(clock)]
    assert window.spans == STEADY
    assert window.seconds == pytest.approx(20)
    assert window.offered_tps == pytest.approx(inside["due"].sum() / 20)
    assert window.achieved_tps == pytest.approx(inside["decided"].sum() / 20)
    assert window.response_ms.count == inside["decided"].sum()
    assert window.response_ms.max == pytest.approx(2.0, rel=0.001)
    assert window.service_ms.max == pytest.approx(1.0, rel=0.001)


def test_a_pause_and_the_drain_do_not_belong_to_it():
    frame = ticks(RAMP_SECONDS)
    flat = LoadProfile(profile_type=LoadProfileType.SUSTAINED, sustained_tps=300)
    clock = np.minimum(np.concatenate([np.arange(1, 61), np.full(20, 60), np.arange(61, 141)]), 120)
    frame["schedule_seconds"] = clock * 0.25  # a pause of five seconds, and a drain of as many
    still = np.diff(frame["schedule_seconds"], prepend=0) == 0
    assert still.sum() == 40
    by_tick = histograms(frame, np.where(still, 900.0, 2.0))
    window = measurement_window(run(flat, 30), frame, by_tick)
    assert window.seconds == pytest.approx(30)
    assert window.achieved_tps == pytest.approx(frame["decided"][~still].sum() / 30)
    assert window.response_ms.max == pytest.approx(2.0, rel=0.001)


def test_a_run_that_did_nothing_but_ramp_has_no_window():
    ramp = LoadProfile(profile_type=LoadProfileType.RAMP_UP, peak_tps=400, ramp_up_seconds=40)
    frame = ticks(RAMP_SECONDS)
    window = measurement_window(run(ramp), frame, histograms(frame, np.full(len(frame), 2.0)))
    assert (window.spans, window.seconds) == ([], 0)
    assert window.offered_tps is window.achieved_tps is None
    assert window.response_ms.count == 0


def test_a_run_without_ticks_has_no_rates():
    window = measurement_window(run(), ticks(0), [])
    assert window.seconds == 0
    assert window.achieved_tps is None


@given(
    steps=st.lists(st.sampled_from([0.0, 0.1, 0.25]), max_size=60),
    edges=st.lists(st.floats(0, 12), min_size=4, max_size=4, unique=True),
)
def test_no_tick_is_counted_that_is_partly_outside(steps, edges):
    clock = np.cumsum(steps)
    a, b, c, d = sorted(edges)
    inside = within(clock, [(a, b), (c, d)])
    for at in np.flatnonzero(inside):
        begin, end = (clock[at - 1] if at else 0.0), clock[at]
        assert begin < end
        assert (a - 1e-6 <= begin and end <= b + 1e-6) or (c - 1e-6 <= begin and end <= d + 1e-6)
    moved = np.diff(clock, prepend=0.0)
    assert moved[inside].sum() <= (b - a) + (d - c) + 1e-3
