import json
from datetime import UTC, datetime

import pytest

from engine.adapters.home import Home
from engine.measure.machine import described, this_machine
from engine.model.calibration import Calibration


def made_here(**changes: object) -> Calibration:
    here = this_machine()
    fields = {
        "sustained_tps": 5_000.0,
        "criterion": "a test's",
        "window_seconds": 1.0,
        "sample_size": 5_000,
        "machine": described(here),
        "version": here.limelight,
        "measured_at": datetime.now(UTC),
    }
    return Calibration.model_validate({**fields, **changes})


def test_a_calibration_of_this_machine_and_version_is_read_again(tmp_path):
    kept = made_here()
    Home(tmp_path).keep_calibration(kept)
    assert Home(tmp_path).calibration() == kept


@pytest.mark.parametrize(
    "other", [{"machine": "64 cores, 256 GB, Linux x86_64"}, {"version": "0.0.1"}]
)
def test_a_calibration_of_another_machine_or_version_is_not_this_ones(tmp_path, other):
    Home(tmp_path).keep_calibration(made_here(**other))
    assert Home(tmp_path).calibration() is None
    [value] = other.values()
    assert value in Home(tmp_path).kept_calibration().why_none


@pytest.mark.parametrize("text", ["", "{}", "[]", "7", "not JSON", '{"schema_version": 2}'])
def test_a_calibration_that_cannot_be_read_is_none(tmp_path, text):
    (tmp_path / "calibration.json").write_text(text, "utf-8")
    assert Home(tmp_path).calibration() is None
    assert "cannot be read" in Home(tmp_path).kept_calibration().why_none


@pytest.mark.parametrize("schema", [{}, {"schema_version": 1}, {"schema_version": 99}])
def test_a_calibration_of_another_form_is_not_taken_for_one_of_this(tmp_path, schema):
    fields = json.loads(made_here().model_dump_json())
    del fields["schema_version"]
    (tmp_path / "calibration.json").write_text(json.dumps({**fields, **schema}), "utf-8")
    assert Home(tmp_path).calibration() is None


def test_without_a_calibration_there_is_none(tmp_path):
    assert Home(tmp_path).calibration() is None
    assert "not been measured" in Home(tmp_path).kept_calibration().why_none
