"""The edge's level: the worst signal counts, one burst does not, and it falls step by step."""

from __future__ import annotations

import itertools

import pytest

from engine.platform.degradation import (
    BOUNDS,
    CRITICAL,
    FALL_SECONDS,
    MODERATE,
    NONE,
    RISE_SECONDS,
    SEVERE,
    Degradation,
    asked_by,
)

STEP = 0.1


def calm() -> dict[str, float]:
    return dict.fromkeys(BOUNDS, 0.0)


def looked(degradation: Degradation, signals: dict[str, float], since: float, until: float) -> None:
    for step in range(round((until - since) / STEP) + 1):
        degradation.look(signals, since + step * STEP)


@pytest.mark.parametrize("name", BOUNDS)
def test_each_signal_alone_asks_for_each_level_at_its_bound(name: str):
    for level, bound in enumerate(BOUNDS[name], start=MODERATE):
        assert asked_by(calm() | {name: bound}) == (level, name)
        assert asked_by(calm() | {name: bound - 1e-9}).level == level - 1


def test_the_worst_signal_counts():
    signals = calm() | {"cpu_share": 0.85, "error_share": 0.2, "commit_seconds": 0.2}
    assert asked_by(signals) == (CRITICAL, "error_share")


def test_a_burst_changes_nothing_and_what_lasts_does():
    pressed = calm() | {"queue_age_seconds": 0.6}
    degradation = Degradation()
    looked(degradation, pressed, 0.0, RISE_SECONDS - STEP)
    looked(degradation, calm(), RISE_SECONDS, RISE_SECONDS)
    looked(degradation, pressed, RISE_SECONDS + STEP, 2 * RISE_SECONDS)
    assert (degradation.level, degradation.changes) == (NONE, 0)
    looked(degradation, pressed, 2 * RISE_SECONDS, 3 * RISE_SECONDS)
    assert (degradation.level, degradation.worst) == (SEVERE, "queue_age_seconds")
    assert degradation.changes == 1


def test_a_level_is_left_step_by_step_and_not_while_a_signal_hovers_below_its_bound():
    degradation = Degradation()
    looked(degradation, calm() | {"cpu_share": 1.0}, 0.0, RISE_SECONDS)
    assert degradation.level == CRITICAL
    hovering = calm() | {"cpu_share": 0.95 * 0.9}
    looked(degradation, hovering, RISE_SECONDS, 100.0)
    assert degradation.level == CRITICAL
    instants = [100.0 + step * STEP for step in range(200)]
    fell = [(at, degradation.level) for at in instants if degradation.look(calm(), at)]
    assert [level for _, level in fell] == [SEVERE, MODERATE, NONE]
    for earlier, later in itertools.pairwise([100.0, *[at for at, _ in fell]]):
        assert later - earlier == pytest.approx(FALL_SECONDS, abs=2 * STEP)
    assert (degradation.worst, degradation.changes) == ("", 4)
