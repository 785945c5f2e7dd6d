"""Where a run is measured."""

from __future__ import annotations

from engine.measure.machine import this_machine

__all__ = ["this_machine"]
