"""Where the transactions of a run come from: the simulator, or a file of somebody's own."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

LEGITIMATE = "legitimate"
FRAUD = "fraud"  # of own data whose labels do not say which kind
UNLABELLED = "unlabelled"  # nothing is known, so it counts for no figure of quality


class TrafficSource(BaseModel):
    """What a run sends, as the screen, the record and every export say it.

    Attributes:
        own: Whether it is own data; it is simulated otherwise.
        name: The simulator's mix, or the name of the own data.
        transactions: How many the own data holds; None for the simulator, which does not end.
        labelled: Whether frauds are known, so that figures of quality exist.
        repeated: Whether own data begins again when it ends.
        sha256: Of the file the own data was converted from.
        command: How it was converted.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    own: bool
    name: str
    transactions: int | None = None
    labelled: bool = True
    repeated: bool = False
    sha256: str = ""
    command: str = ""

    @property
    def words(self) -> str:
        """In the middle of a sentence."""
        return self.line.removeprefix("Traffic: ") if self.own else "simulated traffic"

    @property
    def line(self) -> str:
        """One line for people."""
        if not self.own:
            return f"Traffic: simulated, mix {self.name}"
        labels = "yes" if self.labelled else "no"
        again = ", repeated" if self.repeated else ""
        count = f"{self.transactions or 0:,} transactions"
        return f"Traffic: {self.name} (own data, {count}, labels {labels}{again})"
