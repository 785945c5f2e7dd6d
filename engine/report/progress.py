"""The progress of a run on a terminal; elsewhere a plain line now and then.

It is fed live states and draws; it asks nothing of the engine.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from engine.model.event import EventKind, RunEvent
from engine.model.live import LiveState
from engine.report import format as words

SECONDS_BETWEEN_LINES = 5.0
FIGURES = (
    ("offered", "hero.offered_tps"),
    ("achieved", "hero.achieved_tps"),
    ("p99", "hero.response_p99_ms"),
    ("failed", "hero.failed"),
)
STYLES = {
    EventKind.FAULT_APPLIED: "red",
    EventKind.FAULT_PROVEN: "red",
    EventKind.ERROR: "red",
    EventKind.ALERT: "red",
    EventKind.WARNING: "yellow",
    EventKind.DEGRADED: "yellow",
    EventKind.RECOVERED: "green",
}


def printable(text: str) -> str:
    """The text without characters that steer a terminal."""
    return "".join(char if char.isprintable() else "·" for char in text)


def progress_line(state: LiveState) -> str:
    """One line: clock, state, rates, p99 and failures."""
    return "  ".join([_clock(state), str(state.status), *_figures(state)])


def event_line(event: RunEvent) -> str:
    """One event: when and what."""
    return f"{words.clock(event.t_seconds)}  {event.kind.replace('_', ' ')}: {event.message}"


class Progress:
    """Shows a run while it goes on; use as a context manager."""

    def __init__(
        self,
        console: Console,
        *,
        quiet: bool = False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._quiet = quiet
        self._now = now
        moving = console.is_terminal and not quiet
        self._live = Live(console=console, refresh_per_second=4, transient=True) if moving else None
        self._seen: set[tuple[float, str, str]] = set()
        self._next_line = 0.0

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def say(self, text: str, style: str = "") -> None:
        """A line that stays, above what moves."""
        line = Text(printable(text), style=style)
        self._console.print(line, soft_wrap=True)

    def show(self, state: LiveState) -> None:
        """Draw the newest state, and every event not yet told."""
        if self._quiet:
            return
        for event in state.events:
            key = (event.t_seconds, event.kind.value, event.message)
            if key not in self._seen:
                self._seen.add(key)
                self.say(event_line(event), STYLES.get(event.kind, "dim"))
        if self._live is not None:
            self._live.update(_panel(state))
        elif self._now() >= self._next_line:
            self._next_line = self._now() + SECONDS_BETWEEN_LINES
            self.say(progress_line(state))


def _panel(state: LiveState) -> Group:
    head = Table.grid(padding=(0, 2), expand=False)
    bar = ProgressBar(
        total=max(state.duration_seconds, 1e-9), completed=state.clock_seconds, width=28
    )
    head.add_row(Text(printable(state.name), style="bold"), str(state.status), _clock(state), bar)
    faults = [span.name for span in state.faults if span.status == "active"]
    rest = [*state.marks, *([f"fault: {', '.join(faults)}"] if faults else []), *state.warnings]
    lines: list[RenderableType] = [head, Text("  ".join(_figures(state)))]
    lines += [Text(printable(doubt), style="bold yellow") for doubt in state.doubts]
    if rest:
        lines.append(Text(printable("  ".join(rest)), style="yellow"))
    return Group(*lines)


def _clock(state: LiveState) -> str:
    return f"{words.clock(state.clock_seconds)} / {words.clock(state.duration_seconds)}"


def _figures(state: LiveState) -> list[str]:
    figures = {figure.id: figure for figure in state.figures}
    return [
        f"{name} {words.text(figures[key]) if key in figures else words.DASH}"
        for name, key in FIGURES
    ]
