"""Agents that answer late, in real processes: everything is decided, in time, and counted.

And the stage after them: under load its explanations are shed before any decision is.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from engine.model.control import AgentDelay, ReasoningLimit, Release
from engine.platform.answer import AGENTS
from engine.platform.reasons import REFUSED, SHED, TEXTS

SECONDS = dict(zip(AGENTS, (0.1, 0.5, 2.0, 5.0), strict=True))
BY_ITSELF, BY_ORDER = AGENTS[:2], AGENTS[2:]
CLIENTS, PARTS, EACH = 12, 10, 10
LONG = 30.0
HUGE = 500_000.0  # EUR: compliance wants a person to look, so it is explained


def send(platform, bodies: list[dict[str, object]] | bytes) -> list[dict[str, object]]:
    """One request with all of them: their results, each with its status."""
    status, answer, _ = platform.request("POST", "/v1/transactions:batch", bodies)
    assert status == 200
    return answer["results"]


class Asked:
    """Sends transactions and keeps what was answered, by agent."""

    def __init__(self, platform, transaction, users: list[str]) -> None:
        self._platform, self._transaction, self._users = platform, transaction, users
        self.answered = 0
        self.with_agent: Counter[str] = Counter()

    def bodies(self, number: int) -> list[dict[str, object]]:
        users = self._users
        first = self.answered
        return [
            self._transaction(first + n, users[n % len(users)], amount=10.0 + n)
            for n in range(number)
        ]

    def note(self, results: list[dict[str, object]]) -> None:
        assert {one["status"] for one in results} == {200}
        self.answered += len(results)
        for one in results:
            self.with_agent.update(list(one["body"]["agents"]))

    def answer_of_all(self) -> set[str]:
        """The agents that answer for a customer of every scorer now."""
        results = send(self._platform, self.bodies(len(self._users)))
        self.note(results)
        return set.intersection(*[set(one["body"]["agents"]) for one in results])

    def until(self, wanted: set[str]) -> None:
        """Ask until exactly these agents answer in every scorer."""
        deadline = time.monotonic() + LONG
        while self.answer_of_all() != wanted:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_with_all_four_agents_late_every_transaction_is_decided_and_every_gap_counted(
    platform, transaction
):
    users = [f"u{n}" for n in range(8)]
    assert {platform.scorer_of(user) for user in users} == {0, 1}
    asked = Asked(platform, transaction, users)
    asked.until(set(AGENTS))
    for agent, seconds in SECONDS.items():
        lease = 3.5 if agent in BY_ITSELF else 600.0
        platform.tell(AgentDelay(agent=agent, seconds=seconds, lease_seconds=lease))
    asked.until(set())

    bodies = asked.bodies(CLIENTS * PARTS * EACH)
    with ThreadPoolExecutor(CLIENTS) as pool:
        parts = [bodies[at : at + EACH] for at in range(0, len(bodies), EACH)]
        told = list(pool.map(lambda part: send(platform, part), parts))
    results = [one for part in told for one in part]
    asked.note(results)
    assert [one["body"]["transaction_id"] for one in results] == [one["id"] for one in bodies]
    slowest_ms = max(one["body"]["processing_time_ms"] for one in results)
    assert slowest_ms < 1000 * max(SECONDS.values())  # nobody waited for the slowest agent

    asked.until(set(BY_ITSELF))  # their lease ends; the others are still slow
    for _ in range(2):
        platform.tell(Release())
    asked.until(set(AGENTS))
    told_all = platform.report(
        lambda report: sum(one.scored for one in report.scorers) == asked.answered
    )
    for agent in told_all.agents:
        assert agent.scored == asked.with_agent[agent.name]
        assert agent.scored + agent.fallbacks == asked.answered
        assert agent.timeouts >= 2  # in both scorers
        assert agent.delayed >= 2
        assert agent.trips == agent.recoveries >= 2
        assert agent.breaker == "closed"
    assert len(platform.rows()) == asked.answered
    assert {applied for _, applied in platform.rows()} == {1}
    assert [scorer.restarts for scorer in told_all.scorers] == [0, 0]


def test_under_load_explanations_are_shed_before_any_decision(platform, transaction):
    amounts = [HUGE if n % 20 == 0 else 10.0 for n in range(4_000)]  # few need an explanation
    made = [transaction(n, f"u{n}", amount=amount) for n, amount in enumerate(amounts)]
    parts = [json.dumps(made[at : at + 1_000]).encode() for at in range(0, len(made), 1_000)]
    with ThreadPoolExecutor(len(parts)) as pool:
        told = list(pool.map(lambda body: send(platform, body), parts))
    results = [one for part in told for one in part]
    assert {one["status"] for one in results} == {200}
    flagged = [one["body"] for one in results if one["body"]["decision"] != "APPROVE"]
    shed = [body for body in flagged if TEXTS[SHED] in body["reasons"]]
    assert 0 < len(shed) < len(flagged)
    report = platform.report(lambda report: report.reasoning.asked == len(flagged))
    assert report.edge.shed == 0
    assert report.reasoning.shed == len(shed)
    assert report.reasoning.explained == len(flagged) - len(shed)
    calm = platform.decide(transaction(9_999, amount=HUGE))[1]
    assert TEXTS[SHED] not in calm["reasons"]


def test_a_limit_on_reasoning_refuses_explanations_until_it_is_cleared(platform, transaction):
    def refused(number: int) -> bool:
        status, answer = platform.decide(transaction(number, amount=HUGE))
        assert status == 200
        return TEXTS[REFUSED] in answer["reasons"]

    assert not refused(0)
    platform.tell(ReasoningLimit(per_second=0.0, lease_seconds=600.0))
    assert any(refused(number) for number in range(1, 1_000))
    assert platform.report(lambda report: report.reasoning.refused > 0).edge.shed == 0
    platform.tell(Release())
    assert not all(refused(number) for number in range(1_000, 2_000))
