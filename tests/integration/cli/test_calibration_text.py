"""What a terminal is told of a calibration, and of presets against it."""

from datetime import UTC, datetime

import pytest

from engine.config.presets import presets
from engine.model.calibration import Calibration, CalibrationStep, Limit
from engine.report.calibration_lines import StepTable, calibration_lines
from engine.report.terminal import preset_lines


def calibrated(rate):
    return Calibration(
        sustained_tps=rate,
        limited_by=Limit.TARGET,
        criterion="the rule",
        window_seconds=1,
        sample_size=2_480 if rate else 0,
        machine="2 cores",
        version="0",
        measured_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
    )


@pytest.mark.parametrize("rate", [2_500.0, None])
def test_a_calibration_names_its_samples_only_where_a_rate_was_held(rate):
    text = "\n".join(calibration_lines(calibrated(rate)))
    assert ("over 1 s, 2,480 samples, " in text) == (rate is not None)
    assert ("samples" in text) == (rate is not None)
    assert "2026-01-02 03:04" in text
    assert ("above that, the limit was the target" in text) == (rate is not None)


def test_a_staircase_is_told_a_line_a_step_and_each_step_once():
    held = CalibrationStep(
        asked_tps=2_000,
        offered_tps=1_999.6,
        response_p99_ms=9.19,
        lateness_p99_ms=1.6,
        window_seconds=1,
        sample_size=1_981,
        held=True,
    )
    failed = held.model_copy(
        update={
            "asked_tps": 16_000.0,
            "response_p99_ms": None,
            "held": False,
            "why_not": "77 % answered",
            "disturbed": True,
        }
    )
    table = StepTable()
    [first] = table.news((held,))
    [second] = table.news((held, failed))
    assert table.news((held, failed)) == []
    assert " ".join(first.split()) == "2,000/s 2,000/s 9.2 ms 1.6 ms 1 s 1,981 yes"
    assert second.endswith("no: 77 % answered; the machine was disturbed")
    assert "too few" in second


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (None, "up to 6,000/s, "),
        (7_000, "(this machine held 7,000/s), "),
        (3_050, "at 50 %)"),
    ],
)
def test_a_preset_is_listed_with_what_it_asks_against_what_this_machine_held(held, words):
    pitch = presets()[0]
    known = None if held is None else calibrated(held)
    assert words in preset_lines([pitch], known)[-1]
