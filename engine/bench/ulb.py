"""The ULB card data: the platform's kind of model on 284,807 real card transactions.

`limelight bench ulb --csv creditcard.csv`. The rows are split in time as the Fraud Dataset
Benchmark does: the first 227,845 to learn from, the last 56,962 to test on. The model is LightGBM
with the parameters of `engine.platform.training`, chosen before these rows were seen and changed
by nothing in them; it is tested once. The published results on the same rows stand beside it
(presets/ulb.toml).

The data: European card holders, two days of September 2013, collected by Worldline and the Machine
Learning Group of ULB. It is not part of this project.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.analysis.sources import PRESETS, read_entries
from engine.bench.ranking import RESAMPLES, SEED, Floats, intervals, ranked
from engine.measure.machine import described, this_machine
from engine.model.errors import ConfigurationError, LimelightError
from engine.model.metrics import Interval

SHA256 = "76274b691b16a6c49d3f159c883398e03ccd6d1ee12d9d8ee38f4b4b98551a89"
ROWS = 284_807
FEATURES = (*(f"V{index}" for index in range(1, 29)), "Amount")
COLUMNS = ("Time", *FEATURES, "Class")
FALSE_POSITIVES = 0.01
COMMAND = "limelight bench ulb --csv creditcard.csv"
PUBLISHED = PRESETS / "ulb.toml"
DIFFERENCES = (
    "Same rows and the same split in time; the published ones give no scores, so no paired test of "
    "the difference is possible, and no intervals.",
    "Ours sees V1 to V28 and Amount; Time only orders the rows. The published ones were fed by the "
    "benchmark's own loader.",
    "Ours is one LightGBM model with the parameters of the platform's own, fitted to simulated "
    "traffic, nothing of it tuned on these rows; the published ones are services and toolkits that "
    "choose and tune models by themselves.",
    "Our recall is read off the test rows' own ROC curve, no bound was set before; the published "
    "table does not say how its own was read.",
    "The test rows hold few frauds: where a published value lies within our interval, these rows "
    "do not tell the two apart.",
    "The columns are principal components, without customer, merchant, device or place: this tests "
    "the kind of model, not the platform's agents, customer state or rules.",
)


class Data(NamedTuple):
    """The rows in order of time."""

    features: Floats
    is_fraud: NDArray[np.bool_]
    sha256: str


class Quoted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A published pair of results; `within` says whether each lies within our interval."""

    name: str
    auc: float
    recall: float
    auc_within: bool
    recall_within: bool
    publisher: str
    date: str
    address: str


class Measure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


class UlbResult(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `limelight bench ulb` found, and from what."""

    command: str
    date: str
    machine: str
    versions: dict[str, str]
    data_sha256: str
    data_is_known: bool
    learned_rows: int
    learned_frauds: int
    tested_rows: int
    tested_frauds: int
    parameters: dict[str, Any]
    false_positive_rate: float
    interval: str
    auc: Measure
    recall: Measure
    published: list[Quoted]
    differences: list[str]


def run(csv: Path, *, any_file: bool = False) -> UlbResult:
    """Train on the first rows, test on the last.

    Args:
        csv: The data.
        any_file: Also take a file of these columns that is not the known one, cut at 80 %.

    Raises:
        ConfigurationError: The file is missing, is not the known one, or lacks columns.
        LimelightError: LightGBM is not installed.
    """
    _lightgbm()
    data = read(csv, any_file=any_file)
    cut = learned_rows(len(data.is_fraud))
    scores, parameters = _scores(data, cut)
    tested = data.is_fraud[cut:]
    found = intervals(ranked(tested, scores), FALSE_POSITIVES)
    return UlbResult(
        command=COMMAND + (" --any" if any_file else ""),
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        machine=described(this_machine()),
        versions={name: version(name) for name in ("lightgbm", "numpy", "pandas")},
        data_sha256=data.sha256,
        data_is_known=data.sha256 == SHA256,
        learned_rows=cut,
        learned_frauds=int(data.is_fraud[:cut].sum()),
        tested_rows=len(tested),
        tested_frauds=int(tested.sum()),
        parameters=parameters,
        false_positive_rate=FALSE_POSITIVES,
        interval=f"95 %, bootstrap of frauds and honest rows, {RESAMPLES} resamples, seed {SEED}",
        auc=_measure(found["auc"]),
        recall=_measure(found["recall"]),
        published=published(found) if data.sha256 == SHA256 else [],
        differences=list(DIFFERENCES) if data.sha256 == SHA256 else [],
    )


def read(csv: Path, *, any_file: bool) -> Data:
    """The rows in order of time, equal times as in the file.

    Raises:
        ConfigurationError: The file is missing, is not the known one, or lacks columns.
    """
    try:
        with csv.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _refused(csv, f"cannot be read: {(error.strerror or str(error)).lower()}") from error
    if sha256 != SHA256 and not any_file:
        raise _refused(
            csv,
            f"its SHA-256 must be {SHA256} ({ROWS:,} rows: the ULB card data as published), got "
            f"{sha256}; take the original file, or give --any to test on this one, beside which no "
            "published result is shown",
        )
    try:
        table = pd.read_csv(csv, usecols=list(COLUMNS), dtype=np.float64)
    except (ValueError, pd.errors.ParserError) as error:
        problem = f"must hold the columns {COLUMNS[0]}, V1 to V28, Amount and Class, all numbers"
        raise _refused(csv, f"{problem}: {error}") from error
    ordered = table.sort_values("Time", kind="stable")
    is_fraud = ordered["Class"].to_numpy() == 1
    cut = learned_rows(len(table))
    if not all(0 < int(part.sum()) < len(part) for part in (is_fraud[:cut], is_fraud[cut:])):
        raise _refused(
            csv, "the first 80 % and the rest must each hold frauds (Class 1) and others"
        )
    return Data(ordered[list(FEATURES)].to_numpy(), is_fraud, sha256)


def learned_rows(rows: int) -> int:
    """How many of so many rows are learned from: of the known file's, the 227,845 published."""
    return rows * 4 // 5


def published(found: dict[str, Interval]) -> list[Quoted]:
    """The published results, in the order of their file.

    Raises:
        ConfigurationError: The file is missing or an entry does not say who published it.
    """
    entries = {entry.id: entry for entry in read_entries(PUBLISHED)}
    auc, recall = found["auc"], found["recall"]
    quoted = []
    for key, entry in entries.items():
        if not key.startswith("ulb_auc_"):
            continue
        other = entries[key.replace("_auc_", "_recall1fpr_")]
        quoted.append(
            Quoted(
                name=entry.label,
                auc=entry.value,
                recall=other.value,
                auc_within=auc.low <= entry.value <= auc.high,
                recall_within=recall.low <= other.value <= recall.high,
                publisher=entry.publisher,
                date=entry.date,
                address=entry.address,
            )
        )
    return quoted


def _scores(data: Data, cut: int) -> tuple[Floats, dict[str, Any]]:
    lightgbm = _lightgbm()
    from engine.platform.training import PARAMETERS, TREES

    rows = lightgbm.Dataset(data.features[:cut], data.is_fraud[:cut], feature_name=list(FEATURES))
    booster = lightgbm.train(PARAMETERS, rows, TREES)
    scores = np.asarray(booster.predict(data.features[cut:]), dtype=np.float64)
    return scores, PARAMETERS | {"trees": TREES}


def _lightgbm() -> Any:
    try:
        import lightgbm
    except (ImportError, OSError) as error:  # without libgomp1 it is installed and cannot load
        msg = (
            f"limelight bench ulb needs LightGBM: {error}. It is a development dependency: install "
            "requirements-dev.lock, and on Debian the package libgomp1"
        )
        raise LimelightError(msg) from error
    return lightgbm


def _measure(found: Interval) -> Measure:
    return Measure(**{name: round(getattr(found, name), 6) for name in ("value", "low", "high")})


def _refused(csv: Path, problem: str) -> ConfigurationError:
    return ConfigurationError([f"{csv}: {problem}"])
