"""When a scorer is added or removed, and how fast one is fed."""

from __future__ import annotations

import pytest

from engine.platform.provision import Provision
from engine.platform.scaling import (
    ABOVE_SECONDS,
    BELOW_SECONDS,
    WINDOW_SECONDS,
    Scaler,
    Used,
    Utilisation,
)

TICK = 0.25


def said(utilisation: Utilisation, index: int, cpu: float, tps: float, seconds: float) -> None:
    """One scorer's reports while it uses so much."""
    for step in range(int(seconds / TICK) + 1):
        at = step * TICK
        utilisation.heard(index, Used(at, cpu * at, tps * at))


def test_utilisation_is_the_mean_of_processor_shares_once_its_window_is_covered():
    measured = Utilisation(tps=0)
    assert measured.now() is None
    said(measured, 0, cpu=0.9, tps=500, seconds=1.0)
    assert measured.now() is None
    said(measured, 0, cpu=0.9, tps=500, seconds=2 * WINDOW_SECONDS)
    said(measured, 1, cpu=0.3, tps=500, seconds=2 * WINDOW_SECONDS)
    assert measured.now() == pytest.approx(0.6)
    measured.forget(0)
    assert measured.now() == pytest.approx(0.3)


def test_a_provisioned_scorer_is_used_by_the_rate_it_takes_if_that_is_more():
    measured = Utilisation(tps=1000)
    said(measured, 0, cpu=0.1, tps=900, seconds=3)
    assert measured.now() == pytest.approx(0.9)
    measured = Utilisation(tps=100_000)
    said(measured, 0, cpu=0.7, tps=900, seconds=3)
    assert measured.now() == pytest.approx(0.7)


def test_only_the_latest_window_counts():
    measured = Utilisation(tps=0)
    said(measured, 0, cpu=0.0, tps=0, seconds=60)
    for step in range(1, int(WINDOW_SECONDS / TICK) + 1):
        measured.heard(0, Used(60 + step * TICK, step * TICK, 0))
    assert measured.now() == pytest.approx(1.0)


def looks(scaler: Scaler, utilisation: float, scorers: int, seconds: float) -> list[int]:
    steps = range(int(seconds / TICK) + 1)
    wishes = [scaler.look(step * TICK, utilisation, scorers) for step in steps]
    return [wish.scorers for wish in wishes if wish is not None]


def test_a_scorer_is_added_once_utilisation_has_stayed_high_and_removed_once_low():
    assert looks(Scaler(1, 4), 0.81, 2, ABOVE_SECONDS - TICK) == []
    assert looks(Scaler(1, 4), 0.81, 2, ABOVE_SECONDS) == [3]
    assert looks(Scaler(1, 4), 0.80, 2, 60) == []
    assert looks(Scaler(1, 4), 0.29, 2, BELOW_SECONDS - TICK) == []
    assert looks(Scaler(1, 4), 0.29, 2, BELOW_SECONDS) == [1]


def test_no_scorer_is_added_or_removed_beyond_the_bounds():
    assert looks(Scaler(1, 2), 1.0, 2, 60) == []
    assert looks(Scaler(2, 4), 0.0, 2, 60) == []
    assert looks(Scaler(4, 4), 1.0, 4, 60) == []
    assert [Scaler(2, 4).bounded(wanted) for wanted in (0, 3, 9)] == [2, 3, 4]


def test_a_moment_below_the_limit_or_unknown_begins_the_count_anew():
    for moment in (0.5, None):
        scaler = Scaler(1, 4)
        assert scaler.look(0.0, 0.9, 1) is None
        assert scaler.look(ABOVE_SECONDS - TICK, moment, 1) is None
        assert scaler.look(ABOVE_SECONDS, 0.9, 1) is None
        wish = scaler.look(2 * ABOVE_SECONDS, 0.9, 1)
        assert wish is not None
        assert wish.since == ABOVE_SECONDS


def test_a_provision_is_kept_over_any_time_and_never_saved_up():
    provision, sent = Provision(1000.0), 0
    for millisecond in range(2_001):
        sent += provision.grant(50, millisecond * 1_000_000)
    assert sent == pytest.approx(2_000 + 100, abs=1)
    assert provision.grant(10**6, 60 * 10**9) == 100
    assert Provision(0.0).grant(10**6, 0) == 10**6
