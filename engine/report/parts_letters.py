"""Dead letters and the load generator's own breaker, as rows and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.model.dead_letter_record import DeadLetterRecord
from engine.model.figure import Figure
from engine.model.parts import Part
from engine.model.tick import Tick
from engine.report.make import Number, known, measured, whole

SHOWN = 12
COUNTED = {
    "dead_lettered": ("Failed and kept", "sent, no decision after its retries"),
    "redriven": ("Redriven", "sent again with the same id, and decided"),
    "redrive_failed": ("Redriven in vain", "sent again, and again no decision"),
    "stranded": ("Stranded", "nobody can send them again: their load worker is gone"),
    "retries_refused": ("Retries refused", "failed with attempts left: breaker or retry budget"),
    "breaker_trips": ("Breaker trips", "of the load generator's breakers"),
    "breaker_recoveries": ("Breaker recoveries", "of the load generator's breakers"),
}


def letter_rows(letters: Sequence[DeadLetterRecord]) -> list[Part]:
    """The newest, each with the reason in words."""
    return [
        Part(
            key=f"letter.{place}",
            name=letter.outcome.replace("_", " "),
            status=letter.state.value,
            note=letter.why.value,
        )
        for place, letter in enumerate(letters[:SHOWN])
    ]


def letter_figures(
    letters: Sequence[DeadLetterRecord], tick: Tick, totals: Mapping[str, float]
) -> list[Figure]:
    """Figures `part.letter.<place>.*` and `part.letters.*`."""
    since = known(tick.t_seconds)
    return [
        measured(
            "part.letters.waiting",
            "Waiting",
            whole(tick.dead_letters_now),
            "count",
            samples=1,
            note="kept, and neither redriven nor stranded",
        ),
        measured(
            "part.letters.breakers_open",
            "Load workers whose breaker is open",
            whole(tick.breakers_open_now),
            "count",
            samples=1,
        ),
        measured(
            "part.letters.breakers_half_open",
            "Load workers whose breaker is half open",
            whole(tick.breakers_half_open_now),
            "count",
            samples=1,
        ),
        *(_total(name, totals, since) for name in COUNTED),
        *(figure for place, one in enumerate(letters[:SHOWN]) for figure in _letter(place, one)),
    ]


def _total(name: str, totals: Mapping[str, float], since: Number) -> Figure:
    label, note = COUNTED[name]
    value = None if since is None else whole(totals.get(name, 0.0))
    return measured(f"part.letters.{name}", label, value, "count", window=since, note=note)


def _letter(place: int, letter: DeadLetterRecord) -> list[Figure]:
    key, name = f"part.letter.{place}", "Dead letter"
    return [
        measured(f"{key}.id", f"{name}: id", letter.id, "text", samples=1),
        measured(f"{key}.failed", f"{name}: failed at", letter.failed_seconds, "clock", samples=1),
        measured(f"{key}.attempts", f"{name}: attempts", letter.attempts, "count", samples=1),
        measured(f"{key}.redrives", f"{name}: redrives", letter.redrives, "count", samples=1),
    ]
