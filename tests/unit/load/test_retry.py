"""Retries: who gets one, and after how long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.load.outcome import RETRYABLE, Outcome, of_status
from engine.load.retry import RETRY_AFTER_LIMIT_SECONDS, RetryPolicy

policy = RetryPolicy(attempts=3, base_seconds=0.05, cap_seconds=1.0, seed=7)


def test_only_what_may_pass_is_tried_again():
    assert {o for o in Outcome if policy.delay_seconds(o, 1, 0) is not None} == RETRYABLE
    assert set(Outcome) - RETRYABLE == {
        Outcome.OK,
        Outcome.REJECTED,
        Outcome.HTTP_4XX,
        Outcome.PROTOCOL,
        Outcome.INVALID_DECISION,
    }


def test_there_are_three_attempts():
    made = [policy.delay_seconds(Outcome.RESET, attempts, 0) for attempts in (1, 2, 3, 4)]
    assert [delay is not None for delay in made] == [True, True, False, False]


@given(st.integers(1, 20), st.integers(0, 2**31), st.integers(0, 2**32))
def test_a_delay_is_below_its_exponential_ceiling(made, number, seed):
    patient = RetryPolicy(attempts=30, base_seconds=0.05, cap_seconds=1.0, seed=seed)
    delay = patient.delay_seconds(Outcome.TIMEOUT, made, number)
    assert 0 <= delay < min(1.0, 0.05 * 2 ** (made - 1))
    assert delay == patient.delay_seconds(Outcome.RESET, made, number)


def test_delays_are_spread_over_the_whole_range():
    delays = [policy.delay_seconds(Outcome.RESET, 1, number) for number in range(10_000)]
    assert sum(delays) / len(delays) == pytest.approx(0.025, rel=0.03)
    assert min(delays) < 0.0001
    assert max(delays) > 0.0499
    other = RetryPolicy(seed=8)
    assert other.delay_seconds(Outcome.RESET, 1, 0) != policy.delay_seconds(Outcome.RESET, 1, 0)


def test_retry_after_is_a_lower_bound_with_a_limit():
    def delay(retry_after):
        return policy.delay_seconds(Outcome.THROTTLED, 1, 5, retry_after)

    assert delay(2.0) == 2.0
    assert delay(0.0) == delay(None) > 0
    assert delay(1e9) == RETRY_AFTER_LIMIT_SECONDS


@pytest.mark.parametrize(
    ("status", "rejects", "outcome"),
    [
        (400, True, Outcome.REJECTED),
        (400, False, Outcome.HTTP_4XX),
        (404, True, Outcome.HTTP_4XX),
        (429, True, Outcome.THROTTLED),
        (503, False, Outcome.THROTTLED),
        (500, True, Outcome.HTTP_5XX),
        (504, False, Outcome.HTTP_5XX),
        (204, False, Outcome.PROTOCOL),
        (302, False, Outcome.PROTOCOL),
        (999, False, Outcome.PROTOCOL),
    ],
)
def test_a_status_has_one_class(status, rejects, outcome):
    assert of_status(status, rejects) is outcome
