"""The vote: weights, bounds, conflicts, and agents that do not answer."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.platform import reasons
from engine.platform.aggregator import APPROVE, DECLINE, REVIEW, Policy, decide, vote_of

POLICY = Policy((0.2, 0.2, 0.5, 0.1), 0.3, 0.6, (0.5,) * 4, (0.8, 0.8, 0.8, 1.0), 0.3)
scores = st.tuples(*[st.none() | st.floats(0, 1)] * 4)


def test_the_vote_is_the_weighted_mean():
    assert abs(vote_of(POLICY, (1.0, 0.0, 0.5, 0.0)) - 0.45) < 1e-12


def test_an_agent_that_did_not_answer_leaves_its_weight_to_the_others():
    assert abs(vote_of(POLICY, (1.0, 0.0, None, 0.0)) - 0.4) < 1e-12


def test_the_bounds_make_the_decision():
    assert decide(POLICY, (0.0, 0.0, 0.1, 0.0)).decision == APPROVE
    assert decide(POLICY, (0.0, 0.0, 0.7, 0.0)).decision == REVIEW
    assert decide(POLICY, (0.5, 0.5, 0.9, 0.0)).decision == DECLINE


def test_near_a_bound_the_more_cautious_agent_wins():
    near = decide(POLICY, (0.0, 0.0, 0.56, 0.0))
    assert (near.decision, near.raised_by) == (REVIEW, reasons.CONSERVATIVE)
    assert near.risk == 0.5
    quiet = decide(POLICY, (0.28, 0.28, 0.28, 0.28))
    assert (quiet.decision, quiet.raised_by) == (APPROVE, 0)


def test_compliance_can_require_a_decision():
    assert decide(POLICY, (0.0, 0.0, 0.0, 0.94)).decision == REVIEW
    required = decide(POLICY, (0.0, 0.0, 0.0, 1.0))
    assert (required.decision, required.raised_by) == (DECLINE, reasons.REQUIRED)
    assert required.risk == 0.75


def test_without_any_agent_a_person_looks():
    assert decide(POLICY, (None, None, None, None)).decision == REVIEW


def test_confidence_is_the_weight_of_those_who_would_decide_the_same():
    assert decide(POLICY, (0.0, 0.0, 0.1, 0.0)).confidence == 1.0
    assert abs(decide(POLICY, (0.0, 0.0, 0.7, 0.0)).confidence - 0.5) < 1e-12


@given(scores)
def test_risk_and_decision_agree(given_scores: tuple[float | None, ...]):
    outcome = decide(POLICY, given_scores)
    assert 0 <= outcome.risk <= 1
    assert 0 <= outcome.confidence <= 1 + 1e-9
    floor = (0.0, 0.5, 0.75)[outcome.decision]
    assert outcome.risk >= floor
    assert outcome.decision != APPROVE or outcome.risk < 0.5


@given(scores, st.integers(0, 3))
def test_a_higher_score_never_makes_a_milder_decision(
    given_scores: tuple[float | None, ...], index: int
):
    if given_scores[index] is None:
        return
    raised = (*given_scores[:index], 1.0, *given_scores[index + 1 :])
    assert decide(POLICY, raised).decision >= decide(POLICY, given_scores).decision
