"""What became of a transaction that got no decision after its retries."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Why(StrEnum):
    """Why it was not tried again when it failed; each reads on in a sentence."""

    RETRIES = "its retries were used up"
    BREAKER = "the breaker was open"
    BUDGET = "the retry budget was spent"
    REFUSED = "a retry would be answered the same"


class LetterState(StrEnum):
    """What is to become of it now."""

    WAITING = "waiting"  # to be redriven as soon as the target answers
    PARKED = (
        "parked"  # redriven by hand only: it would be answered the same, or was redriven in vain
    )
    REDRIVEN = "redriven"
    NOT_KEPT = "not kept"  # there was no room


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One dead letter, for people.

    `id` is the transaction id, which a redrive keeps; `customer` is empty where its body names
    none. Instants are `time.monotonic_ns()`. `outcome` is how its last attempt ended, one of
    `engine.load.outcome`; `attempts` are those before it failed, `redrives` those made since.
    """

    id: str
    customer: str
    due_ns: int
    failed_ns: int
    attempts: int
    redrives: int
    outcome: str
    why: Why
    state: LetterState
