"""LIMELIGHT_HOME: where results, logs, journals and the calibration lie."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from pydantic import ValidationError

from engine.measure.machine import described, this_machine
from engine.model.calibration import Calibration

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

    def calibration(self) -> Calibration | None:
        """The stored calibration; None without one of this machine and version, or unreadable."""
        try:
            kept = Calibration.model_validate_json(self._calibration.read_text("utf-8"))
        except (OSError, ValidationError):
            return None
        here = this_machine()
        return kept if (kept.machine, kept.version) == (described(here), here.limelight) else None

    def keep_calibration(self, calibration: Calibration) -> None:
        """Store a calibration."""
        self._calibration.write_text(calibration.model_dump_json(indent=2), "utf-8")

    @property
    def _calibration(self) -> Path:
        return self.folder / "calibration.json"


def find_home(wanted: Path | None) -> Home:
    """The folder asked for, LIMELIGHT_HOME, or the user's data directory; else a temporary one."""
    named = os.environ.get(VARIABLE)
    default = Path(named) if named else platformdirs.user_data_path("limelight", appauthor=False)
    folder = wanted or default
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
