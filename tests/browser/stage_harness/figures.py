"""The figures of the scripted run, in the form in which the live feed sends them."""

from __future__ import annotations

from tests.browser.stage_harness.script import (
    AGENTS,
    CLEARED,
    CRASH,
    DURATION,
    PHASES,
    RECOVERED,
    SHARES,
)

Entry = tuple[str, float | str | None, str]  # label, value, unit

QUOTED = {
    "benchmark.stripe_radar_latency": (
        "Harness: decision latency, upper bound, self-reported",
        100,
        "ms",
    ),
    "benchmark.stripe_radar_fpr": ("Harness: honest payments blocked", 0.001, "ratio"),
    "benchmark.fraud_share": ("Harness: share of fraud among card payments", 0.000153, "ratio"),
}


def text(value: float | str | None, unit: str) -> str:
    """Roughly what `engine.report.format.text` writes."""
    if value is None:
        return "not measured" if unit in {"usd", "ratio"} else "–"
    if isinstance(value, str):
        return value
    if unit == "clock":
        return f"{int(value) // 60:02}:{int(value) % 60:02}"
    if unit == "ratio":
        return f"{value * 100:.4g} %"
    if unit == "usd":
        return f"${value:.5f}".rstrip("0")
    if unit == "cpu_seconds":
        return f"{value:.3f} s"
    if unit == "cores":
        return f"{value:.3g} cores"
    return number(value) + {"tps": "/s", "ms": " ms", "seconds": " s", "count": ""}[unit]


def number(value: float) -> str:
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:,.1f}"


def entries(t: float, rows: list[list[float | None]], status: str) -> dict[str, Entry]:
    latest: list[float | None] = rows[-1] if rows else [None] * 14
    began = status != "not_started"
    return {
        "run.traffic": ("Traffic", "simulated traffic", "text"),
        "run.clock": ("Run clock", t if began else None, "clock"),
        "run.duration": ("Planned duration", DURATION, "clock"),
        **hero(t, rows, latest, began),
        **flow(t, latest, began),
        **instrument(began, status, 123 if t == PHASES["doubtful"] else 0),
        **{
            f"chart.{key}": (key.replace("_", " "), value, unit)
            for key, value, unit in [
                ("plan_tps", latest[2], "tps"),
                ("achieved_tps", latest[4], "tps"),
                ("response_p50_ms", latest[5], "ms"),
                ("response_p95_ms", latest[6], "ms"),
                ("response_p99_ms", latest[7], "ms"),
            ]
        },
        "criterion.p99_latency_ms.threshold": ("Response p99 at most", 1_000, "ms"),
        **closing(t, status),
        **QUOTED,
    }


def hero(
    t: float, rows: list[list[float | None]], latest: list[float | None], began: bool
) -> dict[str, Entry]:
    decided = int(sum(row[9] or 0 for row in rows))
    failed = int(sum(row[10] or 0 for row in rows))
    recovering = t - CRASH if CRASH <= t < RECOVERED else None
    return {
        "hero.decided": ("Transactions decided", decided if began else None, "count"),
        "hero.achieved_tps": ("Achieved rate", latest[4], "tps"),
        "hero.offered_tps": ("Offered rate", latest[3], "tps"),
        "hero.response_p99_ms": ("Response time, p99", latest[7], "ms"),
        "hero.response_window_seconds": (
            "Percentiles are over the latest",
            None if latest[7] is None else 4.3 if t < 20 else 1.0,
            "seconds",
        ),
        "hero.failed": ("Failed", failed if began else None, "count"),
        "hero.lost": ("Lost", 0 if t >= DURATION else None, "count"),
        "hero.recovering_seconds": ("Since onset", recovering, "seconds"),
        "hero.recovery_seconds": (
            "Recovery from onset",
            RECOVERED - CRASH if t >= RECOVERED else None,
            "seconds",
        ),
    }


def flow(t: float, latest: list[float | None], began: bool) -> dict[str, Entry]:
    shaken = CRASH <= t < CLEARED
    achieved = latest[4]
    out: dict[str, Entry] = {
        "flow.source.tps": ("Sent", latest[3], "tps"),
        "flow.edge.tps": ("Requests at the edge", latest[3], "tps"),
        "flow.edge.latency_ms": ("Time inside the edge", 1.3 if began else None, "ms"),
        "flow.scorers_up": ("Scorers up", (3 if shaken else 4) if began else None, "count"),
        "flow.scorers_asked": ("Scorers asked for", 4 if began else None, "count"),
        "flow.scorers_down": ("Scorers down", (1 if shaken else 0) if began else None, "count"),
        "flow.journal.tps": ("Rows committed", achieved, "tps"),
        "flow.journal.commit_ms": ("Commit", 1.1 if began else None, "ms"),
        "flow.queue_depth": ("Queued at the edge", latest[13], "count"),
        "flow.failed.tps": ("Failed", None if latest[10] is None else latest[10] * 4, "tps"),
    }
    for k in range(4):
        dark = k == 2 and shaken
        rate = None if achieved is None else 0.0 if dark else achieved / 4
        out[f"flow.scorer.{k}.tps"] = ("Scored", rate, "tps")
        out[f"flow.scorer.{k}.latency_ms"] = (
            "Scoring",
            None if dark or not began else 0.6 + k / 20,
            "ms",
        )
    for k, name in enumerate(AGENTS):
        out[f"flow.agent.{name}.latency_ms"] = ("Mean batch", 0.1 + k / 10 if began else None, "ms")
    for name, share in SHARES.items():
        out[f"flow.outcome.{name}.share"] = (name, share if began else None, "ratio")
        out[f"flow.outcome.{name}.tps"] = (
            name,
            None if achieved is None else achieved * share,
            "tps",
        )
    return out


def instrument(began: bool, status: str, not_offered: int) -> dict[str, Entry]:
    out: dict[str, Entry] = {
        "run.rate_factor": ("Rate, of the plan", 0.8, "ratio"),
        "instrument.lateness_p99_ms": ("Sent late, p99", 0.4 if began else None, "ms"),
        "instrument.queue_p99_ms": ("Due to written, p99", 0.6 if began else None, "ms"),
        "instrument.dropped": ("Dropped", 0 if began else None, "count"),
        "instrument.not_offered": ("Not offered", not_offered if began else None, "count"),
    }
    gauges: dict[str, Entry] = {
        "instrument.loop_lag_ms": ("Held up, longest", 1.2 if began else None, "ms"),
        "instrument.worker_cores": ("Busiest load worker", 0.42 if began else None, "cores"),
        "instrument.app_cores": ("The app itself", 0.08 if began else None, "cores"),
        "instrument.workers_up": ("Load workers up", 1 if began else None, "count"),
        "instrument.workers_asked": ("Load workers asked for", 2 if began else None, "count"),
        "instrument.connections": ("Connections", 128 if began else None, "count"),
    }
    return out if status == "completed" else {**out, **gauges}


def card(t: float) -> dict[str, Entry]:
    began = t >= CRASH
    counts = {"failed": 1_080, "retried": 3_120, "redriven": 1_080}
    out: dict[str, Entry] = {
        f"fault.0.card.{key}": (key, value if began else None, "count")
        for key, value in counts.items()
    }
    out["fault.0.card.lost"] = ("Lost", 0 if t >= DURATION else None, "count")
    out["fault.0.share"] = ("Share hit", "1 of 4" if began else None, "text")
    out["fault.0.detected_seconds"] = ("Seen after", 1.2 if began else None, "seconds")
    return out


def closing(t: float, status: str) -> dict[str, Entry]:
    shown = status != "not_started"
    return {
        "fault.0.recovery_seconds": (
            "Recovery",
            RECOVERED - CRASH if t >= RECOVERED else None,
            "seconds",
        ),
        **card(t),
        "quality.prevalence": ("Fraud in the traffic", 0.02 if shown else None, "ratio"),
        "quality.recall": ("Recall", 0.871 if shown else None, "ratio"),
        "quality.recall.low": ("Recall, lower end", 0.86 if shown else None, "ratio"),
        "quality.recall.high": ("Recall, upper end", 0.882 if shown else None, "ratio"),
        "quality.false_positive_rate": ("False-positive rate", 0.0172 if shown else None, "ratio"),
        "quality.false_positive_rate.low": ("Lower end", 0.0168 if shown else None, "ratio"),
        "quality.false_positive_rate.high": ("Upper end", 0.0176 if shown else None, "ratio"),
        "cost.per_thousand_usd": (
            "Cost of a thousand decisions",
            0.00041 if shown else None,
            "usd",
        ),
        "cost.cpu_seconds_per_thousand": ("CPU", 0.036 if shown else None, "cpu_seconds"),
        "cost.vcpu_hour_usd": ("Price of a vCPU hour", 0.041, "usd"),
        "cost.per_hour_usd": ("Cost of an hour", 0.0089 if shown else None, "usd"),
    }


def figures(t: float, rows: list[list[float | None]], status: str) -> dict[str, list[object]]:
    return {
        key: [value, text(value, unit), 1.0, 6_000]
        for key, (_, value, unit) in entries(t, rows, status).items()
    }


def definitions() -> dict[str, dict[str, object]]:
    out: dict[str, dict[str, object]] = {}
    for key, (label, _, unit) in entries(1.0, [], "not_started").items():
        quoted = key in QUOTED or key == "cost.vcpu_hour_usd"
        derived = key in {"cost.per_thousand_usd", "cost.per_hour_usd"}
        out[key] = {
            "label": label,
            "unit": unit,
            "provenance": "quoted" if quoted else "derived" if derived else "measured",
            "formula": "CPU-seconds × price of a vCPU hour / 3,600" if derived else None,
            "inputs": {"cpu_seconds": 0.036} if derived else None,
            "source": {"publisher": "Harness", "title": "A title", "date": "2023-03", "address": ""}
            if quoted
            else None,
            "note": "this machine, no network" if key == "hero.response_p99_ms" else None,
        }
    return out
