"""What there is for a transaction whose attempt ended badly."""

from __future__ import annotations

from typing import NamedTuple

from engine.load.dead_letters import DeadLetters
from engine.load.guard import Guard
from engine.load.retry import RetryPolicy


class Remedies(NamedTuple):
    """Another attempt, if the guard lets it; else it is kept as a dead letter."""

    policy: RetryPolicy
    guard: Guard
    letters: DeadLetters
