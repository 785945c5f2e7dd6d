import pandas as pd
import pytest

from engine.analysis.resilience import Window, steady_state, violations, window
from engine.model.results import SteadyState
from engine.model.tick import COLUMNS, Tick

STEADY = SteadyState(
    window_seconds=10,
    achieved_tps=1_000,
    offered_tps=1_000,
    error_rate=0,
    timeout_rate=0,
    p99_ms=10,
)
GOOD = Window(
    start_seconds=0,
    offered_tps=1_000,
    achieved_tps=1_000,
    error_rate=0,
    timeout_rate=0,
    p99_ms=10,
    all_up=True,
)


def ticks(*, seconds=12, failed=0, **values):
    rows = [
        Tick(tick=n, t_seconds=(n + 1) / 4, due=100, decided=100 - failed, failed=failed, **values)
        for n in range(seconds * 4)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def test_a_window_sums_the_ticks_within_it():
    found = window(ticks(failed=25), 2.0, 4.0, lambda _a, _b: 7.5)
    assert found.offered_tps == 400
    assert found.achieved_tps == 300
    assert found.error_rate == 0.25
    assert found.p99_ms == 7.5


def test_the_steady_state_takes_the_highest_window_before_the_fault():
    p99 = {0: 5.0, 2: 9.0, 4: 6.0, 6: None, 8: 7.0}
    state = steady_state(ticks(), 10.0, lambda a, b: p99[int(a)] if b - a == 2 else 5.5)
    assert state.p99_ms == 9.0
    assert state.achieved_tps == 400


def test_without_anything_before_it_there_is_no_steady_state():
    assert steady_state(ticks(), 0.0, lambda _a, _b: 1.0) is None


def test_a_window_like_the_steady_state_is_back():
    assert violations(GOOD, STEADY) == []


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        ({"error_rate": 0.021}, "errors"),
        ({"achieved_tps": 849}, "rate"),
        ({"p99_ms": 12.1}, "p99"),
        ({"timeout_rate": 0.011}, "timeouts"),
        ({"all_up": False}, "scorers down"),
    ],
)
def test_each_criterion_alone_keeps_a_window_from_being_back(change, missed):
    values = {name: getattr(GOOD, name) for name in GOOD.__dataclass_fields__}
    assert violations(Window(**{**values, **change}), STEADY) == [missed]


def test_a_planned_change_of_rate_is_no_loss_of_rate():
    values = {name: getattr(GOOD, name) for name in GOOD.__dataclass_fields__}
    eased = Window(**{**values, "offered_tps": 500, "achieved_tps": 500})
    assert violations(eased, STEADY) == []
