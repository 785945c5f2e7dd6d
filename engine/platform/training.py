"""Trains the two models and sets the aggregator's bounds; writes assets/model/.

    python -m engine.platform.training [--out DIR] [--blocks N]

Seeds are disjoint from each other and from those runs use: the models are fitted on TRAIN, weights
and bounds are set on VALIDATION, and what the card says of quality is measured on TEST, once.
The second stage's model is fitted to the rows that the first finds more suspicious than nine in ten
honest ones, and is asked where the vote is among the highest `ESCALATED_FPR` of the honest ones.
Bounds: REVIEW at a false-positive rate of `REVIEW_FPR` of the honest transactions of the `demo`
mix (REVIEW and DECLINE together), DECLINE at `DECLINE_FPR`; once for the first stage alone, once
with the second. The streams cover five weeks of event time, so that the models have seen customers
with a long past, new devices and renewed addresses. The same command gives the same bytes.

Only this module needs LightGBM (and Debian's libgomp1); the platform serves the ONNX file.
"""

from __future__ import annotations

import argparse
import json
import sys
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import lightgbm
import numpy as np
from numpy.typing import NDArray

from engine.load.traffic.simulator import FRAUD_KINDS
from engine.model.scenario import TrafficMix
from engine.platform.agents.risk_assessor import ASSETS, CARD, MODEL, SECOND
from engine.platform.aggregator import LEARNED, Policy
from engine.platform.bounds import (
    DECLINE_FPR,
    ESCALATED_FPR,
    REVIEW_FPR,
    bound,
    first_policy,
    second_policy,
)
from engine.platform.features import NAMES
from engine.platform.judging import auc, judged
from engine.platform.onnx_export import export, single_precision
from engine.platform.replay import Replay, Replayed, Stream

BLOCKS = 360
SECOND_FROM_FPR = 0.10  # the second model learns from what is above this
PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "num_leaves": 31,
    "learning_rate": 0.15,
    "min_data_in_leaf": 100,
    "lambda_l2": 5.0,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
TREES = 60
SECOND_PARAMETERS = PARAMETERS | {"num_leaves": 63, "learning_rate": 0.05}
SECOND_TREES = 400
EXPLAINED = 12  # features whose contribution is asked for, those the trees gain most by

Floats = NDArray[np.float64]


def streams(blocks: int) -> dict[str, list[Stream]]:
    """What is trained, validated and tested on."""
    demo, stress = TrafficMix.DEMO, TrafficMix.STRESS
    return {
        "train": [
            Stream(1001, stress, blocks),
            Stream(1002, demo, blocks),
            Stream(1003, stress, blocks),
            Stream(1004, demo, blocks),
        ],
        "validation": [Stream(2001, demo, blocks)],
        "test": [Stream(3001, demo, blocks), Stream(3001, stress, blocks)],
    }


def fit(
    rows: NDArray[np.float32], fraud: NDArray[np.bool_], parameters: dict[str, Any], trees: int
) -> lightgbm.Booster:
    """Gradient-boosted trees; fraud or not is all they learn."""
    data = lightgbm.Dataset(rows, fraud, feature_name=list(NAMES))
    return single_precision(lightgbm.train(parameters, data, trees))


def scored(booster: lightgbm.Booster, part: Replayed) -> Floats:
    """A model's scores."""
    return np.asarray(booster.predict(part.rows), dtype=np.float64)


def scores_of(booster: lightgbm.Booster, part: Replayed) -> Floats:
    """All four agents' scores, columns in their order."""
    learned = scored(booster, part)
    analyzer, detector, compliance = part.others.T
    return np.column_stack([analyzer, detector, learned, compliance])


class Fitted(NamedTuple):
    """The two models, and the policies that decide by them."""

    first: lightgbm.Booster
    second: lightgbm.Booster
    policy: Policy
    second_policy: Policy

    def judged(self, part: Replayed) -> dict[str, Any]:
        """What the platform would decide, judged."""
        scores, second = scores_of(self.first, part), scored(self.second, part)
        return judged((self.policy, self.second_policy), scores, second, part)


def fitted(training: list[Replayed], validation: Replayed) -> Fitted:
    """Fit both models, and set the bounds."""
    rows = np.concatenate([part.rows for part in training])
    fraud = np.concatenate([part.fraud for part in training])
    first = fit(rows, fraud, PARAMETERS, TREES)
    scores = scores_of(first, validation)
    least = bound(scores[:, LEARNED], validation.fraud, SECOND_FROM_FPR)
    suspicious = np.asarray(first.predict(rows)) >= least
    second = fit(rows[suspicious], fraud[suspicious], SECOND_PARAMETERS, SECOND_TREES)
    policy = first_policy(scores, validation.fraud)
    after = second_policy(policy, scores, scored(second, validation), validation.fraud)
    return Fitted(first, second, policy, after)


def card_of(plan: dict[str, list[Stream]], made: Fitted, blocks: int) -> dict[str, Any]:
    """What the card says, but for the models' digests and what was measured."""
    packages = ("lightgbm", "onnxmltools", "onnx", "onnxruntime", "numpy")
    gains = made.first.feature_importance("gain")
    return {
        "model": MODEL,
        "command": f"python -m engine.platform.training --blocks {blocks}",
        "versions": {"python": sys.version.split()[0]} | {name: version(name) for name in packages},
        "features": list(NAMES),
        "parameters": PARAMETERS | {"trees": TREES},
        "streams": {name: [one.describe() for one in part] for name, part in plan.items()},
        "policy": made.policy._asdict(),
        "second": {
            "model": SECOND,
            "parameters": SECOND_PARAMETERS | {"trees": SECOND_TREES},
            "learns_from": f"rows that the first model scores as the highest {SECOND_FROM_FPR:.0%} "
            "of honest validation transactions",
            "policy": made.second_policy._asdict(),
        },
        "bounds": {
            "set_on": "honest transactions of the validation stream",
            "review_false_positive_rate": REVIEW_FPR,
            "decline_false_positive_rate": DECLINE_FPR,
            "escalated_share_of_honest": ESCALATED_FPR,
        },
        "fraud_kinds": list(FRAUD_KINDS),
        "limits": "Simulated traffic only; says nothing of any real portfolio.",
        "explained": [NAMES[index] for index in np.argsort(-gains, kind="stable")[:EXPLAINED]],
    }


def train(out: Path, blocks: int) -> dict[str, Any]:
    """Train, export, judge, and write models and card to `out`; return the card."""
    plan = streams(blocks)
    categories: dict[str, int] = {}
    replay = Replay(categories)
    training = [replay.run(stream) for stream in plan["train"]]
    known = dict(categories)
    validation = replay.run(plan["validation"][0])
    made = fitted(training, validation)
    card = card_of(plan, made, blocks)
    card["categories"] = list(known)
    honest = np.concatenate([part.rows[~part.fraud] for part in training])
    middle = np.median(honest, axis=0).tolist()
    card["middle"] = dict(zip(NAMES, [round(value, 6) for value in middle], strict=True))
    out.mkdir(parents=True, exist_ok=True)
    for name, booster, part in (
        (MODEL, made.first, card),
        (SECOND, made.second, card["second"]),
    ):
        model, part["onnx_largest_difference"] = export(booster, validation.rows)
        part["sha256"] = sha256(model).hexdigest()
        (out / name).write_bytes(model)
    card["validation"] = {"auc": auc(validation.fraud, scored(made.first, validation))}
    card["test"] = [stream.describe() | made.judged(replay.run(stream)) for stream in plan["test"]]
    (out / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return card


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Train the platform's models.")
    parser.add_argument("--out", type=Path, default=ASSETS)
    parser.add_argument("--blocks", type=int, default=BLOCKS, help="of 1,024 arrivals, a stream")
    options = parser.parse_args()
    card = train(options.out, options.blocks)
    sys.stdout.write(json.dumps({"sha256": card["sha256"], "test": card["test"]}, indent=1) + "\n")


if __name__ == "__main__":
    main()
