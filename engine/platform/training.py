"""Trains the RiskAssessor's model and sets the aggregator's bounds; writes assets/model/.

    python -m engine.platform.training [--out DIR] [--blocks N]

Seeds are disjoint from each other and from those runs use: the model is fitted on TRAIN, weights
and bounds are set on VALIDATION, and what the card says of quality is measured on TEST, once.
Bounds: REVIEW at a false-positive rate of `REVIEW_FPR` of the honest transactions of the `demo`
mix (REVIEW and DECLINE together), DECLINE at `DECLINE_FPR`. The same command gives the same bytes.

Only this module needs LightGBM (and Debian's libgomp1); the platform serves the ONNX file.
"""

from __future__ import annotations

import argparse
import json
import sys
from hashlib import sha256
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from engine.load.traffic.simulator import FRAUD_KINDS
from engine.model.scenario import TrafficMix
from engine.platform.agents.risk_assessor import ASSETS, CARD, MODEL
from engine.platform.aggregator import REQUIRED_DECLINE, Policy
from engine.platform.features import NAMES
from engine.platform.judging import auc, judged
from engine.platform.onnx_export import export, single_precision
from engine.platform.replay import Replay, Replayed, Stream

BLOCKS = 120
REVIEW_FPR = 0.0075
DECLINE_FPR = 0.0010
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
EXPLAINED = 12  # features whose contribution is asked for, those the trees gain most by
COMPLIANCE_WEIGHT = 0.10
WEIGHTS = (0.05, 0.10, 0.15, 0.20)  # tried for the analyzer and for the detector
RULE_BOUNDS = (0.5, 0.8)  # by which the three agents without a fit would decide alone

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


def fit(parts: list[Replayed]) -> lightgbm.Booster:
    """The gradient-boosted trees; fraud or not is all they learn."""
    rows = np.concatenate([part.rows for part in parts])
    fraud = np.concatenate([part.fraud for part in parts])
    data = lightgbm.Dataset(rows, fraud, feature_name=list(NAMES))
    return single_precision(lightgbm.train(PARAMETERS, data, TREES))


def scores_of(booster: lightgbm.Booster, part: Replayed) -> Floats:
    """All four agents' scores, columns in their order."""
    learned = np.asarray(booster.predict(part.rows), dtype=np.float64)
    analyzer, detector, compliance = part.others.T
    return np.column_stack([analyzer, detector, learned, compliance])


def bound(values: Floats, fraud: NDArray[np.bool_], rate: float) -> float:
    """The value that this share of the honest transactions reaches or exceeds."""
    return round(float(np.quantile(values[~fraud], 1.0 - rate)), 6)


def policy_for(scores: Floats, fraud: NDArray[np.bool_]) -> Policy:
    """Weights with the highest recall at the review bound, and the bounds."""
    best: tuple[float, tuple[float, ...]] = (-1.0, ())
    for analyzer, detector in product(WEIGHTS, WEIGHTS):
        learned = round(1.0 - COMPLIANCE_WEIGHT - analyzer - detector, 2)
        tried = (analyzer, detector, learned, COMPLIANCE_WEIGHT)
        vote = scores @ np.array(tried)
        recall = float((vote[fraud] >= bound(vote, fraud, REVIEW_FPR)).mean())
        best = max(best, (recall, tried))
    weights = best[1]
    vote = scores @ np.array(weights)
    learned_alone = scores[:, 2]
    review, decline = RULE_BOUNDS
    learned_review = bound(learned_alone, fraud, REVIEW_FPR)
    learned_decline = bound(learned_alone, fraud, DECLINE_FPR)
    return Policy(
        weights,
        bound(vote, fraud, REVIEW_FPR),
        bound(vote, fraud, DECLINE_FPR),
        (review, review, learned_review, review),
        (decline, decline, learned_decline, REQUIRED_DECLINE),
    )


def card_of(
    plan: dict[str, list[Stream]], model: bytes, policy: Policy, blocks: int
) -> dict[str, Any]:
    """What the card says, but for what was measured."""
    packages = ("lightgbm", "onnxmltools", "onnx", "onnxruntime", "numpy")
    return {
        "model": MODEL,
        "sha256": sha256(model).hexdigest(),
        "command": f"python -m engine.platform.training --blocks {blocks}",
        "versions": {"python": sys.version.split()[0]} | {name: version(name) for name in packages},
        "features": list(NAMES),
        "parameters": PARAMETERS | {"trees": TREES},
        "streams": {name: [one.describe() for one in part] for name, part in plan.items()},
        "policy": policy._asdict(),
        "bounds": {
            "set_on": "honest transactions of the validation stream",
            "review_false_positive_rate": REVIEW_FPR,
            "decline_false_positive_rate": DECLINE_FPR,
        },
        "fraud_kinds": list(FRAUD_KINDS),
        "limits": "Simulated traffic only; says nothing of any real portfolio.",
    }


def train(out: Path, blocks: int) -> dict[str, Any]:
    """Train, export, judge, and write model and card to `out`; return the card."""
    plan = streams(blocks)
    categories: dict[str, int] = {}
    replay = Replay(categories)
    training = [replay.run(stream) for stream in plan["train"]]
    known = dict(categories)
    validation = replay.run(plan["validation"][0])
    booster = fit(training)
    scores = scores_of(booster, validation)
    policy = policy_for(scores, validation.fraud)
    model, difference = export(booster, validation.rows)
    card = card_of(plan, model, policy, blocks)
    card["categories"] = list(known)
    honest = np.concatenate([part.rows[~part.fraud] for part in training])
    middle = np.median(honest, axis=0).tolist()
    card["middle"] = dict(zip(NAMES, [round(value, 6) for value in middle], strict=True))
    gains = booster.feature_importance("gain")
    card["explained"] = [NAMES[index] for index in np.argsort(-gains, kind="stable")[:EXPLAINED]]
    card["onnx_largest_difference"] = difference
    card["validation"] = {"auc": auc(validation.fraud, scores[:, 2])}
    card["test"] = [
        stream.describe() | judged(policy, scores_of(booster, part), part)
        for stream in plan["test"]
        for part in [replay.run(stream)]
    ]
    out.mkdir(parents=True, exist_ok=True)
    (out / MODEL).write_bytes(model)
    (out / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return card


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Train the platform's model.")
    parser.add_argument("--out", type=Path, default=ASSETS)
    parser.add_argument("--blocks", type=int, default=BLOCKS, help="of 1,024 arrivals, a stream")
    options = parser.parse_args()
    card = train(options.out, options.blocks)
    sys.stdout.write(json.dumps({"sha256": card["sha256"], "test": card["test"]}, indent=1) + "\n")


if __name__ == "__main__":
    main()
