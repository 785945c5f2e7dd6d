"""Recovery from a fault, measured against the steady state before it.

Steady state: the `STEADY_SECONDS` before the onset, merged. Recovery is judged on windows of
`WINDOW_SECONDS` (so that one lucky tick is no recovery), like with like: a window's p99 is held
against the highest p99 of such a window in the steady state. A window is back within criteria when

    error rate   = failed / (decided + rejected + failed)    ≤ 2 %
    rate share   = (achieved / offered) / (the same before)  ≥ 85 %
    p99          ≤ 120 % of the steady state's
    timeout rate = timeouts / attempts                       ≤ 1 %
    every scorer is up again (where the target says so).

Recovered at = the start of the first such window that begins at or after the clear; recovery is
that instant minus the onset, and minus the clear. The resolution is one tick.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from engine.model.results import SteadyState

STEADY_SECONDS = 10.0
WINDOW_SECONDS = 2.0
MAX_ERROR_RATE = 0.02
MIN_RATE_SHARE = 0.85
MAX_P99_RATIO = 1.2
MAX_TIMEOUT_RATE = 0.01

P99 = Callable[[float, float], float | None]


@dataclass(frozen=True)
class Window:
    """One stretch of ticks, summed: rates per second, shares 0..1, p99 in ms."""

    start_seconds: float
    offered_tps: float
    achieved_tps: float
    error_rate: float
    timeout_rate: float
    p99_ms: float | None
    all_up: bool


def window(ticks: pd.DataFrame, start: float, end: float, p99: P99) -> Window | None:
    """The ticks that lie within [start, end] seconds as one window; None without load.

    Args:
        ticks: Rows of the buffer, at least those of the window.
        start: Seconds since Start.
        end: Seconds since Start.
        p99: Merged response p99 in ms between two instants, None with too few samples.
    """
    tick_seconds = 0.25
    inside = ticks[
        (ticks["t_seconds"] > start + tick_seconds / 2)
        & (ticks["t_seconds"] <= end + tick_seconds / 2)
    ]
    if inside.empty:
        return None
    if inside["due"].sum() + inside["in_flight_now"].sum() == 0:
        return None  # a pause: nothing was asked of the target
    seconds = len(inside) * tick_seconds
    answered = inside[["decided", "rejected", "failed"]].to_numpy().sum()
    attempts = inside["attempts"].sum()
    last = inside.iloc[-1]
    return Window(
        start_seconds=start,
        offered_tps=float(inside["due"].sum()) / seconds,
        achieved_tps=float(inside["decided"].sum()) / seconds,
        error_rate=float(inside["failed"].sum() / answered) if answered else 1.0,
        timeout_rate=float(inside["outcome_timeout"].sum() / attempts) if attempts else 0.0,
        p99_ms=p99(start, end),
        all_up=not last["scorers_up_now"] < last["scorers_asked"],
    )


def steady_state(ticks: pd.DataFrame, onset: float, p99: P99) -> SteadyState | None:
    """The target in the `STEADY_SECONDS` before `onset`; None if nothing ran before it."""
    start = max(0.0, onset - STEADY_SECONDS)
    whole = window(ticks, start, onset, p99)
    if whole is None or whole.achieved_tps <= 0:
        return None
    highest = [
        value
        for step in range(int((onset - start) / WINDOW_SECONDS))
        if (value := p99(start + step * WINDOW_SECONDS, start + (step + 1) * WINDOW_SECONDS))
        is not None
    ]
    return SteadyState(
        window_seconds=onset - start,
        achieved_tps=whole.achieved_tps,
        offered_tps=whole.offered_tps,
        error_rate=whole.error_rate,
        timeout_rate=whole.timeout_rate,
        p99_ms=max(highest, default=None),
    )


def violations(now: Window, steady: SteadyState) -> list[str]:
    """Which criteria the window misses, in words; empty when it is back within all."""
    missed = []
    if now.error_rate > MAX_ERROR_RATE:
        missed.append("errors")
    before = steady.achieved_tps / steady.offered_tps if steady.offered_tps else 1.0
    share = now.achieved_tps / now.offered_tps if now.offered_tps else 1.0
    if share < MIN_RATE_SHARE * before:
        missed.append("rate")
    if (
        steady.p99_ms is not None
        and now.p99_ms is not None
        and now.p99_ms > MAX_P99_RATIO * steady.p99_ms
    ):
        missed.append("p99")
    if now.timeout_rate > MAX_TIMEOUT_RATE:
        missed.append("timeouts")
    if not now.all_up:
        missed.append("scorers down")
    return missed
