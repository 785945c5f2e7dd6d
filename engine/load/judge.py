"""Whether an answer is a valid decision for the transaction it answers."""

from __future__ import annotations

import msgspec

from engine.load.arrival import Arrival
from engine.load.outcome import Outcome, of_status
from engine.model.decision import Decision, DecisionResponse

DECISIONS: tuple[str, ...] = tuple(decision.value for decision in Decision)

_CODES = {name: code for code, name in enumerate(DECISIONS)}
_NONE = -1
_OK = Outcome.OK


class Judge:
    """Judges answers of one run, whose ids begin with `id_prefix`."""

    def __init__(self, id_prefix: str) -> None:
        self._id = id_prefix + "%012d"
        self._decode = msgspec.json.Decoder(DecisionResponse).decode

    def judge(self, arrival: Arrival, status: int, body: bytes) -> tuple[Outcome, int]:
        """The outcome of a complete answer, and the index of its decision (-1 for none)."""
        if status != 200:
            return of_status(status, arrival.rejects), _NONE
        code = self.decision(arrival, body)
        if code < 0 or arrival.rejects:
            return Outcome.INVALID_DECISION, _NONE
        return _OK, code

    def decision(self, arrival: Arrival, body: bytes) -> int:
        """The index of the decision in a 200 body, -1 unless it is one for this id."""
        try:
            answer = self._decode(body)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return _NONE
        if answer.transaction_id != self._id % arrival.id:
            return _NONE
        return _CODES.get(answer.decision, _NONE)
