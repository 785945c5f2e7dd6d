"""The platform beside four baselines, on the same held-out stream: `limelight bench platforms`.

Simulated traffic of seeds that no model was fitted to and no bound was set on, at a realistic share
of fraud (the `realistic` mix: one in a thousand). Every batch of `BATCH` transactions of one scorer
is scored by all of them in turn, the first one another each time, with the customers' past as it
is after what was committed before; the platform by the very code its scorers run.

CPU is the thread's own time. A decision costs admission + learning from it, and for the platform
its pipeline, for a baseline features + its score; for `approve everything` admission alone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.analysis.sources import PRESETS, Entry, read_entries
from engine.bench.contenders import (
    ApproveEverything,
    BoostedAlone,
    Contender,
    StaticRules,
    fit_regression,
)
from engine.bench.detection import MEASURES, RATES, TAILS, Floats, Judged, Order, resampled
from engine.bench.stream import ADMISSION, FEATURES, LEARNING, PLATFORM, Stage
from engine.measure.machine import described, this_machine
from engine.model.scenario import TrafficMix
from engine.platform.agents.risk_assessor import ASSETS, RiskAssessor, load_card
from engine.platform.replay import Stream

SEEDS = (5001, 5002, 5003)
BLOCKS = 500  # of each seed
LEARNED_FROM = [Stream(1001, TrafficMix.STRESS, 120), Stream(1002, TrafficMix.DEMO, 120)]
RESAMPLES, SEED = 400, 1
MIX = TrafficMix.REALISTIC
QUICK_BLOCKS, QUICK_RESAMPLES = 12, 40
COMMAND = "limelight bench platforms"
PREVALENCE = "handbook_real_prevalence"  # in presets/facts.toml
TOO_EASY = 0.999  # an AUC beyond which the traffic says nothing


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One contender.

    `precision` is at the cited prevalence, by false-positive rate; `ahead` is the platform's value
    less its own, paired, by measure. `batch_us` are the median and the 99th percentile of scoring a
    batch (the platform: of deciding it).
    """

    name: str
    measures: dict[str, Measure]
    precision: dict[str, Measure]
    ahead: dict[str, Measure]
    cpu_us: float
    per_core_second: float
    batch_us: tuple[float, float]


class Operating(msgspec.Struct, frozen=True, kw_only=True):
    """What the platform's own decisions (REVIEW or DECLINE) came to, with its bounds as shipped."""

    recall: Measure
    false_positive_rate: Measure
    value: Measure


class PlatformsResult(msgspec.Struct, frozen=True, kw_only=True):
    """What `limelight bench platforms` found, and from what."""

    command: str
    date: str
    machine: str
    versions: dict[str, str]
    model_sha256: str
    prevalence: float
    prevalence_source: str
    seeds: list[int]
    mix: str
    transactions: int
    frauds: int
    fraud_usd: float
    customers: int
    interval: str
    results: list[Result]
    operating: Operating
    failures: list[str]


def run(*, quick: bool = False) -> PlatformsResult:
    """Score the whole stream and judge everybody; several minutes, or seconds with `quick`.

    Args:
        quick: A few blocks of an enriched mix, to see that it works; measures nothing.
    """
    card = load_card(ASSETS)
    learned = [Stream(one.seed, one.mix, QUICK_BLOCKS) for one in LEARNED_FROM]
    baselines: list[Contender] = [
        BoostedAlone(RiskAssessor(ASSETS, card)),
        fit_regression(
            learned if quick else LEARNED_FROM,
            {name: number for number, name in enumerate(card["categories"])},
        ),
        StaticRules(),
        ApproveEverything(),
    ]
    stage = Stage(baselines)
    mix = TrafficMix.DEMO if quick else MIX
    seeds = SEEDS[:1] if quick else SEEDS
    for seed in seeds:
        stage.run(seed, mix, QUICK_BLOCKS if quick else BLOCKS)
    return _result(stage, list(seeds), mix, quick, card["sha256"])


def _result(
    stage: Stage, seeds: list[int], mix: TrafficMix, quick: bool, digest: str
) -> PlatformsResult:
    judged, resamples = stage.judged(), QUICK_RESAMPLES if quick else RESAMPLES
    orders = {name: Order(stage.scores_of(name), judged) for name in stage.scores}
    whole = np.ones(len(judged.fraud))
    values = {name: order.measures(whole) for name, order in orders.items()}
    flagged = np.array(stage.flagged)
    operating = [_operating(judged, flagged, whole)]
    drawn: dict[str, list[Floats]] = {name: [] for name in orders}
    for weights in resampled(judged, resamples, SEED):
        for name, order in orders.items():
            drawn[name].append(order.measures(weights))
        operating.append(_operating(judged, flagged, weights))
    samples = {name: np.array(rows) for name, rows in drawn.items()}
    cited = _cited()
    results = [_of(name, stage, (values, samples), cited.value) for name in orders]
    recall, wrong, value = _measures(operating[0], np.array(operating[1:]))
    return PlatformsResult(
        command=COMMAND + (" --quick" if quick else ""),
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        machine=described(this_machine()),
        versions={name: version(name) for name in ("onnxruntime", "numpy")},
        model_sha256=digest,
        prevalence=cited.value,
        prevalence_source=f"{cited.publisher}, {cited.title}, {cited.date}, {cited.address}",
        seeds=seeds,
        mix=str(mix),
        transactions=len(judged.fraud),
        frauds=int(judged.fraud.sum()),
        fraud_usd=round(float(judged.values_usd[judged.fraud].sum()), 2),
        customers=int(judged.customers.max()) + 1,
        interval=f"95 %, customers drawn anew (Poisson bootstrap), {resamples} resamples, "
        f"seed {SEED}",
        results=results,
        operating=Operating(recall=recall, false_positive_rate=wrong, value=value),
        failures=_failures(results),
    )


def _operating(judged: Judged, flagged: NDArray[np.bool_], weights: Floats) -> Floats:
    """Recall, false-positive rate and value detected of the platform's own decisions."""
    fraud = np.where(judged.fraud, weights, 0.0)
    honest = weights - fraud
    usd = fraud * judged.values_usd
    return np.array([(part * flagged).sum() / part.sum() for part in (fraud, honest, usd)])


def _of(
    name: str,
    stage: Stage,
    found: tuple[dict[str, Floats], dict[str, NDArray[np.float64]]],
    prevalence: float,
) -> Result:
    values, samples = found
    ahead: list[Measure] = []
    if name != PLATFORM:
        ahead = _measures(values[PLATFORM] - values[name], samples[PLATFORM] - samples[name])
    measures = dict(zip(MEASURES, _measures(values[name], samples[name]), strict=True))
    cpu_us = _cpu_us(stage, name)
    batches = np.array(stage.costs[name].wall_ns) / 1e3
    middle, late = np.percentile(batches, (50, 99))
    return Result(
        name=name,
        measures=measures,
        precision={
            f"{rate:g}": _precision(measures[f"recall_{rate:g}"], rate, prevalence)
            for rate in RATES
        },
        ahead=dict(zip(MEASURES, ahead, strict=True)) if ahead else {},
        cpu_us=round(cpu_us, 2),
        per_core_second=round(1e6 / cpu_us),
        batch_us=(round(float(middle), 1), round(float(late), 1)),
    )


def _cited() -> Entry:
    return next(one for one in read_entries(PRESETS / "facts.toml") if one.id == PREVALENCE)


def _precision(recall: Measure, rate: float, prevalence: float) -> Measure:
    """R·π / (R·π + f·(1 - π)): rises with R, so the ends of its interval are those of R's."""

    def at(value: float) -> float:
        right = value * prevalence
        return round(right / (right + rate * (1.0 - prevalence)), 6)

    return Measure(value=at(recall.value), low=at(recall.low), high=at(recall.high))


def _cpu_us(stage: Stage, name: str) -> float:
    """CPU of one decision, as the module's head says."""
    parts = [ADMISSION]
    if name == PLATFORM:
        parts += [PLATFORM, LEARNING]
    elif name != ApproveEverything.name:
        parts += [FEATURES, name, LEARNING]
    return sum(stage.costs[part].cpu_ns for part in parts) / 1e3 / len(stage.flagged)


def _measures(values: Floats, samples: NDArray[np.float64]) -> list[Measure]:
    lows, highs = np.percentile(samples, TAILS, axis=0)
    return [
        Measure(value=round(float(value), 6), low=round(float(low), 6), high=round(float(high), 6))
        for value, low, high in zip(values, lows, highs, strict=True)
    ]


def _failures(results: list[Result]) -> list[str]:
    """What this stream shows that it should not."""
    found = [
        f"the platform's {measure} is not above that of {one.name}"
        for one in results
        for measure, ahead in one.ahead.items()
        if ahead.value <= 0.0
    ]
    found += [
        f"AUC of {one.name} is above {TOO_EASY}: the traffic is too easy to say anything"
        for one in results
        if one.measures["auc"].value > TOO_EASY
    ]
    return found
