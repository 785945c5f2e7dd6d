"""From a trained booster to the bytes of an ONNX model that gives the same scores."""

from __future__ import annotations

import lightgbm
import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # it ships no types
from numpy.typing import NDArray
from onnxmltools.convert import convert_lightgbm  # type: ignore[import-untyped]  # no types
from onnxmltools.convert.common.data_types import (  # type: ignore[import-untyped]  # no types
    FloatTensorType,
)

OPSET = 15
LARGEST_DIFFERENCE = 1e-6


def single_precision(booster: lightgbm.Booster) -> lightgbm.Booster:
    """The same trees with every threshold t lowered to the next float32 at or below it.

    ONNX holds thresholds as float32. Rounded to the nearest, one could come to lie above a value
    it was below; lowered, `x <= t` is the same for every float32 x.
    """
    text = booster.model_to_string()
    lines = [line for line in text.split("\n") if not line.startswith("tree_sizes=")]
    for index, line in enumerate(lines):
        if line.startswith("threshold="):
            exact = np.array(line[len("threshold=") :].split(), dtype=np.float64)
            near = exact.astype(np.float32)
            lower = np.where(near > exact, np.nextafter(near, np.float32(-np.inf)), near)
            texts = [repr(float(value)) for value in lower]
            lines[index] = "threshold=" + " ".join(texts)
    return lightgbm.Booster(model_str="\n".join(lines))


def export(booster: lightgbm.Booster, rows: NDArray[np.float32]) -> tuple[bytes, float]:
    """The model's bytes, and the largest difference of its scores from the booster's on `rows`.

    Raises:
        ValueError: they differ by more than 1e-6.
    """
    shape = [("features", FloatTensorType([None, rows.shape[1]]))]
    converted = convert_lightgbm(booster, "risk_assessor", shape, target_opset=OPSET, zipmap=False)
    model: bytes = converted.SerializeToString(deterministic=True)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    scores = session.run([session.get_outputs()[-1].name], {"features": rows})[0][:, 1]
    difference = float(np.abs(scores - np.asarray(booster.predict(rows))).max())
    if difference > LARGEST_DIFFERENCE:
        msg = f"ONNX and LightGBM must agree within {LARGEST_DIFFERENCE}, got {difference}"
        raise ValueError(msg)
    return model, difference
