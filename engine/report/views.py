"""A run's record in, plotly figures out: the same views for pages and for the snapshot.

Every trace names in `meta` the columns its points come from, so that a snapshot can draw it from
the data it carries instead of carrying the points twice. Axes begin at zero and are of one unit.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go  # type: ignore[import-untyped]  # no types

from engine.analysis.criteria import CRITERIA
from engine.metrics.record import RunRecord
from engine.report.theme import LIGHT, Theme

FONT = "Inter, system-ui, -apple-system, 'Segoe UI', sans-serif"
TICK_SECONDS = 0.25
HEADROOM = 1.18
CHART_COLUMNS = (
    "t_seconds",
    "schedule_seconds",
    "plan_tps",
    "offered_tps",
    "achieved_tps",
    "failed_tps",
    "response_p50_ms",
    "response_p95_ms",
    "response_p99_ms",
)


def chart_frame(record: RunRecord) -> pd.DataFrame:
    """The columns charts draw from, one row a tick; `failed_tps` = failed ÷ tick length."""
    frame = record.ticks.copy(deep=False)
    frame["failed_tps"] = frame["failed"] / TICK_SECONDS
    return frame[list(CHART_COLUMNS)]


def timeline(record: RunRecord, theme: Theme = LIGHT) -> go.Figure:
    """The whole run: planned and achieved rate, failures, faults and recoveries, per second."""
    frame = chart_frame(record)
    figure = go.Figure()
    _add(figure, frame, "plan_tps", "Planned", {"color": theme.muted, "dash": "dash", "width": 1.5})
    _add(figure, frame, "achieved_tps", "Achieved", {"color": theme.accent, "width": 2})
    _add(figure, frame, "failed_tps", "Failed", {"color": theme.bad, "width": 2})
    figure.data[1].update(fill="tozeroy", fillcolor=theme.faint(theme.accent, 0.10))
    figure.data[2].update(fill="tozeroy", fillcolor=theme.faint(theme.bad, 0.14))
    top = _highest(frame, ("plan_tps", "achieved_tps", "failed_tps")) * HEADROOM
    _dress(figure, record, theme, top, "transactions per second")
    _mark_faults(figure, record, theme)
    _mark_gaps(figure, record, theme)
    return figure


def response(record: RunRecord, theme: Theme = LIGHT) -> go.Figure:
    """Response time p50, p95 and p99 in ms, with the criteria that limit them as lines."""
    frame = chart_frame(record)
    figure = go.Figure()
    _add(figure, frame, "response_p50_ms", "p50", {"color": theme.muted, "width": 1.5})
    flow = {"color": theme.flow, "dash": "4px,2px", "width": 1.75}
    _add(figure, frame, "response_p95_ms", "p95", flow)
    _add(figure, frame, "response_p99_ms", "p99", {"color": theme.accent, "width": 2})
    highest = _highest(frame, ("response_p99_ms", "response_p95_ms", "response_p50_ms"))
    limits = [c for c in record.summary.criteria if c.unit == "ms"]
    near = [c for c in limits if float(c.threshold) <= 4 * highest]
    top = max([highest, *(float(c.threshold) for c in near)]) * HEADROOM
    _dress(figure, record, theme, top, "milliseconds")
    _mark_faults(figure, record, theme)
    for limit in near:
        name = (CRITERIA[limit.key].label if limit.key in CRITERIA else limit.label).lower()
        _limit_line(figure, float(limit.threshold), f"limit: {name}", theme)
    return figure


def _add(
    figure: go.Figure, frame: pd.DataFrame, column: str, name: str, line: dict[str, object]
) -> None:
    figure.add_trace(
        go.Scatter(
            x=frame["t_seconds"].to_numpy(dtype=float),
            y=frame[column].to_numpy(dtype=float),
            name=name,
            mode="lines",
            line=line,
            connectgaps=False,
            meta={"x": "t_seconds", "y": column},
            hovertemplate="%{y:,.4~g}",
        )
    )


def _highest(frame: pd.DataFrame, columns: tuple[str, ...]) -> float:
    values = frame[list(columns)].to_numpy(dtype=float)
    return float(np.nanmax(values)) if np.isfinite(values).any() else 1.0


def _dress(figure: go.Figure, record: RunRecord, theme: Theme, top: float, unit: str) -> None:
    axis = {
        "gridcolor": theme.grid,
        "linecolor": theme.line,
        "tickfont": {"size": 11, "color": theme.muted},
        "zeroline": False,
        "fixedrange": True,
    }
    end = max(record.summary.duration_seconds, 1.0)
    figure.update_layout(
        template=None,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "size": 13, "color": theme.text},
        margin={"l": 48, "r": 22, "t": 30, "b": 24, "pad": 0},
        hovermode="x unified",
        hoverlabel={
            "bgcolor": theme.surface,
            "bordercolor": theme.line,
            "font": {"color": theme.text},
        },
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "xanchor": "left"},
        showlegend=True,
        xaxis={**axis, "range": [0, end], "ticksuffix": " s", "nticks": 10, "showgrid": False},
        yaxis={**axis, "range": [0, top if top > 0 else 1], "nticks": 5, "separatethousands": True},
        meta={"unit": unit},
    )


def _mark_faults(figure: go.Figure, record: RunRecord, theme: Theme) -> None:
    """Each fault as a marked span, each recovery as a dotted line; both with their names."""
    end = record.summary.duration_seconds
    for fault in record.summary.faults:
        cleared = fault.clear_seconds if fault.clear_seconds is not None else end
        figure.add_vrect(
            x0=fault.onset_seconds,
            x1=cleared,
            fillcolor=theme.faint(theme.warn, 0.16),
            line={"color": theme.warn, "width": 1},
            layer="below",
        )
        _label(figure, fault.onset_seconds, f"▲ {fault.display_name}", theme.warn, "right")
        if fault.recovered_at_seconds is not None:
            figure.add_vline(
                x=fault.recovered_at_seconds, line={"color": theme.accent, "dash": "dot"}
            )
            _label(figure, fault.recovered_at_seconds, "✓ recovered", theme.accent, "left")


def _mark_gaps(figure: go.Figure, record: RunRecord, theme: Theme) -> None:
    """Each span in which nobody offered a lost worker's arrivals, on the charts' own clock."""
    for gap in record.summary.degraded:
        begin = _since_start(record, gap.from_seconds)
        figure.add_vrect(
            x0=begin,
            x1=_since_start(record, gap.to_seconds),
            fillcolor=theme.faint(theme.warn, 0.3),
            line={"color": theme.warn, "width": 1},
            layer="below",
        )
        _label(figure, begin, "load worker lost", theme.warn, "right")


def _since_start(record: RunRecord, clock_seconds: float | None) -> float:
    """The instant, pauses included, at which the run clock showed this; None is the end."""
    clock = record.ticks["schedule_seconds"].to_numpy(dtype=float)
    at = record.ticks["t_seconds"].to_numpy(dtype=float)
    if clock_seconds is None or not len(clock):
        return record.summary.duration_seconds
    first = int(np.searchsorted(clock, clock_seconds))
    if first == len(clock):
        return float(at[-1])
    return float(at[first] - (clock[first] - clock_seconds))


def _label(figure: go.Figure, x: float, words: str, colour: str, anchor: str) -> None:
    figure.add_annotation(
        x=x,
        y=1,
        yref="paper",
        yanchor="top",
        xanchor=anchor,
        text=words,
        showarrow=False,
        font={"size": 12, "color": colour},
    )


def _limit_line(figure: go.Figure, at: float, words: str, theme: Theme) -> None:
    figure.add_hline(y=at, line={"color": theme.bad, "dash": "dot", "width": 1.5})
    figure.add_annotation(
        x=0,
        xref="paper",
        xanchor="left",
        y=at,
        yanchor="bottom",
        text=words,
        showarrow=False,
        font={"size": 11, "color": theme.bad},
    )
