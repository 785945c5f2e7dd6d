"""DecisionAggregator: from four scores to one decision, by a weighted vote.

    vote = Σ weight × score / Σ weight        over the agents that answered

The vote decides by two bounds: from `review` on REVIEW, from `decline` on DECLINE. Each agent also
has bounds of its own, by which it would decide alone. Two rules resolve conflicts, both towards
the more cautious side (DECLINE before REVIEW before APPROVE):
- near: a vote within a tenth below a bound takes the next decision up if an agent asks for it;
- required: compliance at or above 0.9 makes it at least REVIEW, at 1 DECLINE.
Without any agent it is REVIEW.

A transaction whose risk reaches `escalate` goes to the second stage (`reasoning`), where a larger
model gives a second opinion in place of the RiskAssessor's score, under a policy of its own.

risk = the vote on a scale on which `review` is 0.5 and `decline` 0.75, linear between, so the risk
level's words and the decision agree. A decision raised by a conflict rule has the risk of its
bound. confidence = share of the weight of those agents whose own decision it is.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.platform import reasons

APPROVE, REVIEW, DECLINE = 0, 1, 2
NEAR = 0.9
REQUIRED_REVIEW = 0.9
REQUIRED_DECLINE = 1.0
LEARNED, COMPLIANCE = 2, 3  # indices among the agents
_FLOOR_RISK = (0.0, 0.5, 0.75)
_ALL_APPROVE = [APPROVE] * 4


class Policy(NamedTuple):
    """Weights and bounds; set by training on validation traffic, held in the model's card.

    `escalate` is a risk, the other bounds are votes and scores.
    """

    weights: tuple[float, ...]
    review: float
    decline: float
    agent_review: tuple[float, ...]
    agent_decline: tuple[float, ...]
    escalate: float


class Outcome(NamedTuple):
    """A decision (0 APPROVE, 1 REVIEW, 2 DECLINE), and the conflict rule that raised it or 0."""

    decision: int
    risk: float
    confidence: float
    raised_by: int


def policy_of(card: dict[str, Any]) -> Policy:
    """The policy in a model's card, or in the part of it that is about the second stage."""
    held = card["policy"]
    return Policy(
        tuple(held["weights"]),
        held["review"],
        held["decline"],
        tuple(held["agent_review"]),
        tuple(held["agent_decline"]),
        held["escalate"],
    )


def vote_of(policy: Policy, scores: tuple[float | None, ...]) -> float | None:
    """The weighted mean of the scores there are; None if there is none."""
    total = weight = 0.0
    for share, score in zip(policy.weights, scores, strict=True):
        if score is not None:
            total += share * score
            weight += share
    return total / weight if weight else None


def _alone(policy: Policy, scores: tuple[float | None, ...]) -> list[int]:
    """What each agent would decide; -1 for one that did not answer."""
    return [
        -1 if score is None else (score >= review) + (score >= decline)
        for score, review, decline in zip(
            scores, policy.agent_review, policy.agent_decline, strict=True
        )
    ]


def _risk(policy: Policy, vote: float) -> float:
    if vote < policy.review:
        return 0.5 * vote / policy.review
    if vote < policy.decline:
        return 0.5 + 0.25 * (vote - policy.review) / (policy.decline - policy.review)
    return min(1.0, 0.75 + 0.25 * (vote - policy.decline) / max(1.0 - policy.decline, 1e-9))


def decide(policy: Policy, scores: tuple[float | None, ...]) -> Outcome:
    """One decision from the agents' scores, in their order; None for one that did not answer."""
    vote = vote_of(policy, scores)
    if vote is None:
        return Outcome(REVIEW, _FLOOR_RISK[REVIEW], 0.0, reasons.SILENCE)
    alone = _alone(policy, scores)
    nobody_asks = alone == _ALL_APPROVE or max(alone) == APPROVE  # of those that answered
    if vote < policy.review and nobody_asks:  # nearly all transactions
        return Outcome(APPROVE, 0.5 * vote / policy.review, 1.0, 0)
    decision, raised_by = _resolve(policy, vote, max(alone), scores[COMPLIANCE])
    risk = max(_risk(policy, vote), _FLOOR_RISK[decision])
    return Outcome(decision, risk, _confidence(policy, alone, decision), raised_by)


def _resolve(
    policy: Policy, vote: float, strictest: int, compliance: float | None
) -> tuple[int, int]:
    """The decision, and the conflict rule that raised it above the vote's or 0."""
    decision = (vote >= policy.review) + (vote >= policy.decline)
    raised_by = 0
    if decision < DECLINE and strictest > decision:
        bound = policy.review if decision == APPROVE else policy.decline
        if vote >= NEAR * bound:
            decision, raised_by = decision + 1, reasons.CONSERVATIVE
    if compliance is not None and compliance >= REQUIRED_REVIEW:
        required = DECLINE if compliance >= REQUIRED_DECLINE else REVIEW
        if required > decision:
            decision, raised_by = required, reasons.REQUIRED
    return decision, raised_by


def _confidence(policy: Policy, alone: list[int], decision: int) -> float:
    """Share of the weight of those who answered that would decide the same alone."""
    agreed = whole = 0.0
    for share, own in zip(policy.weights, alone, strict=True):
        if own >= 0:
            whole += share
            if own == decision:
                agreed += share
    return agreed / whole
