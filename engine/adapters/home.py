"""LIMELIGHT_HOME: where results, logs, journals and the calibration lie."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from engine.measure.machine import described, this_machine
from engine.model.calibration import CALIBRATION_SCHEMA, Calibration, KeptCalibration

VARIABLE = "LIMELIGHT_HOME"


@dataclass(frozen=True)
class Home:
    """A writable folder; `warning` says so if it is only a temporary one."""

    folder: Path
    warning: str | None = None

    @property
    def store(self) -> Path:
        """The results file."""
        return self.folder / "results.sqlite"

    @property
    def logs(self) -> Path:
        """What child processes write to standard error."""
        return self.folder / "logs"

    @property
    def journals(self) -> Path:
        """Journals of embedded platforms, until reconciled."""
        return self.folder / "journals"

    @property
    def letters(self) -> Path:
        """Dead letters of load workers, in files without a name."""
        return self.folder / "letters"

    @property
    def traffic(self) -> Path:
        """Own data, converted."""
        return self.folder / "traffic"

    def kept_calibration(self) -> KeptCalibration:
        """The stored calibration of this machine and version, or why there is none."""
        try:
            kept = _read(self._calibration.read_bytes())
        except FileNotFoundError:
            return _none("it has not been measured yet")
        except OSError as error:
            return _none(f"{self._calibration}: cannot be read ({error.strerror})")
        if kept is None:
            return _none("what is kept was written by another version and cannot be read")
        here = this_machine()
        if kept.machine != described(here):
            return _none(f"what is kept was measured on another machine ({kept.machine})")
        if kept.version != here.limelight:
            return _none(f"what is kept was measured by another version ({kept.version})")
        return KeptCalibration(calibration=kept)

    def calibration(self) -> Calibration | None:
        """The stored calibration; None without one of this machine and version, or unreadable."""
        return self.kept_calibration().calibration

    def keep_calibration(self, calibration: Calibration) -> None:
        """Store a calibration, whole or not at all."""
        new = self._calibration.with_suffix(".new")
        new.write_text(calibration.model_dump_json(indent=2), "utf-8")
        new.replace(self._calibration)

    @property
    def _calibration(self) -> Path:
        return self.folder / "calibration.json"


def _read(text: bytes) -> Calibration | None:
    """A calibration as `keep_calibration` writes it; None if it is anything else."""
    try:
        fields = json.loads(text)
        if fields["schema_version"] != CALIBRATION_SCHEMA:
            return None
        return Calibration.model_validate(fields)
    except (ValueError, KeyError, TypeError):
        return None


def _none(why: str) -> KeptCalibration:
    return KeptCalibration(calibration=None, why_none=why)


def usual_folder() -> Path:
    """LIMELIGHT_HOME or the user's data directory, whether it is there or not."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else platformdirs.user_data_path("limelight", appauthor=False)


def find_home(wanted: Path | None) -> Home:
    """The folder asked for, LIMELIGHT_HOME, or the user's data directory; else a temporary one."""
    folder = wanted or usual_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        temporary = Path(tempfile.mkdtemp(prefix="limelight-"))
        warning = (
            f"{folder}: cannot be written ({error.strerror}), so results go to {temporary} and may "
            f"not be kept: set {VARIABLE} to a folder that can be written"
        )
        return Home(temporary, warning)
    return Home(folder)
