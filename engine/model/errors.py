"""The one tree of exceptions: mistakes a person can mend, saying what, where and what to do."""

from __future__ import annotations


class LimelightError(Exception):
    """A mistake with a message fit for the person who made it."""


class ConfigurationError(LimelightError):
    """One or more values of a preset, a settings file or a request are wrong.

    Attributes:
        problems: One message each, naming file, key, value and bound.
    """

    def __init__(self, problems: list[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class IllegalTransitionError(LimelightError):
    """The state machine has no row for this event in this state."""


class TargetError(LimelightError):
    """The system under test cannot be started, reached or understood."""


class FleetError(LimelightError):
    """Load workers cannot be started or commanded."""


class StoreError(LimelightError):
    """The results store cannot be opened, read or written."""
