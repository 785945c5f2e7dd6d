"""When a failed attempt is tried again: pure data and one pure function.

Exponential backoff with full jitter: before retry k (1, 2, …) the delay in seconds is

    u · min(cap, base · 2^(k - 1))        u uniform in [0, 1)

or what the answer's Retry-After asked for, if that is longer. u depends on (seed, arrival
number, k) only, so a run repeats whatever the order of its answers.
Source: M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.load.outcome import RETRYABLE, Outcome

RETRY_AFTER_LIMIT_SECONDS = 60.0

_MASK = (1 << 64) - 1


@dataclass(frozen=True)
class RetryPolicy:
    """How often and after what delay; the transaction keeps its id."""

    attempts: int = 3
    base_seconds: float = 0.05
    cap_seconds: float = 1.0
    seed: int = 0

    def delay_seconds(
        self, outcome: Outcome, made: int, number: int, retry_after: float | None = None
    ) -> float | None:
        """Seconds until the next attempt of arrival `number`, or None if there is none.

        `made` counts the attempts made so far, `retry_after` is in seconds as the answer asked.
        """
        if outcome not in RETRYABLE or made >= self.attempts:
            return None
        ceiling = min(self.cap_seconds, self.base_seconds * float(1 << (made - 1)))
        delay = ceiling * jitter(self.seed, number, made)
        return max(delay, min(retry_after or 0.0, RETRY_AFTER_LIMIT_SECONDS))


def jitter(seed: int, number: int, made: int) -> float:
    """Uniform in [0, 1) by splitmix64 of its arguments."""
    z = (
        seed * 0x9E3779B97F4A7C15 + number * 0xD1B54A32D192ED03 + made * 0x8CB92BA72F3D8DD7
    ) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((z ^ (z >> 31)) >> 11) / (1 << 53)
