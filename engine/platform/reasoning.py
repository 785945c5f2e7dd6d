"""ReasoningEngine: the second stage, for the few transactions that are not simply approved.

It asks each agent what raised its score, weighs each cause with the agent's share of the vote, and
states the largest ones: so a reason is a cause that was there, with its measured values. On AWS
this tier is a language model; on every transaction that would cost more than the fraud.
"""

from __future__ import annotations

from engine.platform import reasons
from engine.platform.agents.panel import Panel
from engine.platform.aggregator import APPROVE, Outcome, Policy
from engine.platform.answer import Reason
from engine.platform.features import Row
from engine.platform.wire import Facts

MOST = 4
NO_REASON = (Reason(reasons.NOTHING),)


def explain(
    panel: Panel, policy: Policy, row: Row, facts: Facts, outcome: Outcome
) -> tuple[Reason, ...]:
    """The causes of a decision, the heaviest first."""
    if outcome.decision == APPROVE:
        return NO_REASON
    found = [
        (share * cause.weight, cause)
        for share, agent in zip(policy.weights, panel.agents, strict=True)
        for cause in agent.causes(row, facts)
    ]
    found.sort(key=lambda pair: -pair[0])
    stated = [Reason(cause.code, cause.values) for _, cause in found[:MOST]]
    if outcome.raised_by:
        stated.append(Reason(outcome.raised_by))
    return tuple(stated)
