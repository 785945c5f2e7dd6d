"""What each agent alone would have flagged, held against the labels, from the answers themselves.

An answer names the score of every agent that took part. An agent alone flags a transaction when its
score reaches the bound that the target declares for it. One decided transaction in `EVERY` is
looked at, by its arrival number, which has nothing to do with what is in it; a target that declares
no bounds is not judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

EVERY = 8


class _Score(msgspec.Struct, gc=False):
    score: float


class _Answer(msgspec.Struct, gc=False):
    agents: dict[str, _Score]


_decode = msgspec.json.Decoder(_Answer).decode


class Voices:
    """Counts by `agent:kind:flagged` or `agent:kind:passed` since they were last taken."""

    def __init__(self, bounds: Mapping[str, float], kinds: Sequence[str]) -> None:
        self._bounds, self._kinds = dict(bounds), tuple(kinds)
        self._counts: dict[str, int] = {}

    def heard(self, number: int, kind: int, answer: bytes) -> None:
        """A decision of arrival `number`, whose answer this is with or without its head."""
        if number % EVERY or not self._bounds:
            return
        try:
            agents = _decode(answer[answer.find(b"{") :]).agents
        except (msgspec.MsgspecError, ValueError):
            return
        for name, bound in self._bounds.items():
            if name in agents:
                flagged = "flagged" if agents[name].score >= bound else "passed"
                key = f"{name}:{self._kinds[kind]}:{flagged}"
                self._counts[key] = self._counts.get(key, 0) + 1

    def taken(self) -> dict[str, int]:
        """The counts, which begin anew."""
        counts, self._counts = self._counts, {}
        return counts
