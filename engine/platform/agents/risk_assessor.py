"""RiskAssessor: the learned model, gradient-boosted trees served by ONNX Runtime on one thread.

The second stage has a larger one of the same kind (`SECOND`): more trees, fitted to what the first
finds suspicious. It is asked about few transactions, so it may cost ten times as much.

Its causes are found by taking each of its most used features away in turn (the middle value of
honest training transactions in its place) and asking the model again: what the score falls by is
what that feature contributed. That is one more run of the model, so only few transactions get it.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # it ships no types

from engine.model.errors import ConfigurationError
from engine.platform import reasons
from engine.platform.agents.rules import Cause
from engine.platform.features import INDEX, NAMES, Row
from engine.platform.wire import Facts

ASSETS = Path(__file__).parents[3] / "assets" / "model"
MODEL, SECOND = "risk_assessor.onnx", "second_opinion.onnx"
CARD = "card.json"
_LEAST = 0.01  # contributions below this are not worth a reason


def load_card(folder: Path) -> dict[str, Any]:
    """The models' card, checked against the models and against the features of this version.

    Raises:
        ConfigurationError: a file is missing or broken, or the two do not belong together.
    """
    try:
        card: dict[str, Any] = json.loads((folder / CARD).read_text(encoding="utf-8"))
        digests = {
            name: sha256((folder / name).read_bytes()).hexdigest() for name in (MODEL, SECOND)
        }
    except (OSError, ValueError) as error:
        raise ConfigurationError([f"model {folder}: cannot be read: {error}"]) from error
    for name, held in ((MODEL, card), (SECOND, card.get("second", {}))):
        if held.get("sha256") != digests[name]:
            raise ConfigurationError([f"{folder / CARD}: sha256 is not that of {name}"])
    if tuple(card.get("features", ())) != NAMES:
        message = f"{folder / CARD}: features are not those of this version; train it again"
        raise ConfigurationError([message])
    return card


class RiskAssessor:
    """One of the models of a folder."""

    def __init__(self, folder: Path, card: dict[str, Any], model: str = MODEL) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(folder / model), options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name
        self._outputs = [self._session.get_outputs()[-1].name]
        self._explained = [INDEX[name] for name in card["explained"]]
        middle = [card["middle"][name] for name in card["explained"]]
        self._middle = np.array(middle, dtype=np.float32)
        self._each = np.arange(len(middle))

    def _run(self, rows: Any) -> Any:
        return self._session.run(self._outputs, {self._input: rows})[0][:, 1]

    def score(self, rows: list[Row], facts: list[Facts]) -> list[float]:  # noqa: ARG002 - agents are alike
        """Score 0..1 of each transaction of a batch."""
        scores: list[float] = self._run(np.array(rows, dtype=np.float32)).tolist()
        return scores

    def causes(self, row: Row, facts: Facts) -> list[Cause]:  # noqa: ARG002 - agents are alike
        """What each feature contributed to the score of one transaction, where it raised it."""
        without = np.tile(np.array(row, dtype=np.float32), (len(self._explained) + 1, 1))
        without[self._each, self._explained] = self._middle
        scores = self._run(without)
        falls = (scores[-1] - scores[:-1]).tolist()
        return [
            Cause(fall, reasons.LEARNED + index, (fall,))
            for index, fall in zip(self._explained, falls, strict=True)
            if fall >= _LEAST
        ]
