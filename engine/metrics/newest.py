"""The newest dead letters of a run, each as it was last heard of."""

from __future__ import annotations

from collections.abc import Iterable

from engine.model.dead_letter import DeadLetter

MOST = 50


class Newest:
    """At most `MOST`; one that failed earlier gives way to one that failed later."""

    def __init__(self) -> None:
        self._by_id: dict[str, DeadLetter] = {}

    def add(self, letters: Iterable[DeadLetter]) -> None:
        """What a worker said, oldest first."""
        for letter in letters:
            self._by_id[letter.id] = letter
        if len(self._by_id) > MOST:
            self._by_id = {letter.id: letter for letter in reversed(self.listed())}

    def listed(self) -> tuple[DeadLetter, ...]:
        """The newest first."""
        newest = sorted(self._by_id.values(), key=lambda letter: letter.failed_ns, reverse=True)
        return tuple(newest[:MOST])
