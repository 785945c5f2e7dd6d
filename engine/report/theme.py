"""The colours of charts, dark and light; the same as the stage's CSS."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Theme:
    """Hex colours by role; text on `surface` has a contrast of at least 4.5 to 1."""

    name: str
    surface: str
    line: str
    grid: str
    text: str
    muted: str
    accent: str
    flow: str
    warn: str
    bad: str

    def faint(self, colour: str, share: float) -> str:
        """A colour with an opacity of `share`, as plotly takes it."""
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        return f"rgba({red},{green},{blue},{share:g})"


DARK = Theme(
    name="dark",
    surface="#10151E",
    line="#1D2531",
    grid="#161D28",
    text="#E8ECF3",
    muted="#98A3B6",
    accent="#2BD4A8",
    flow="#6FA8FF",
    warn="#F2B84B",
    bad="#FF7A7A",
)
LIGHT = Theme(
    name="light",
    surface="#FFFFFF",
    line="#E3E7ED",
    grid="#EEF1F5",
    text="#101828",
    muted="#556176",
    accent="#08775B",
    flow="#2563EB",
    warn="#B54708",
    bad="#D92D20",
)
