"""What became of one transaction of a real run, while it goes on and after its end."""

from __future__ import annotations

import time

import pytest

from engine.model.errors import TargetError
from engine.model.metrics import AgentMetrics
from engine.model.request import RunRequest
from engine.model.results import TestStatus
from engine.platform.answer import AGENTS
from engine.platform.journal import connect
from engine.service import Engine
from tests.integration.run.conftest import steady


def seen(engine: Engine, ids: int) -> list[str]:
    deadline = time.monotonic() + 60
    while len(found := engine.latest_transactions()) < ids:
        assert time.monotonic() < deadline
        assert not engine.live().status.final
        time.sleep(0.05)
    return found


def wait_for_agents(engine: Engine) -> list[AgentMetrics]:
    """As the platform's metrics page has them, once they have something to show."""
    deadline = time.monotonic() + 60
    while not (found := engine.agents()) or not all(agent.current_load for agent in found):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def test_a_transaction_is_told_while_its_run_goes_on_and_not_once_its_journal_is_gone(
    engine: Engine,
):
    with pytest.raises(TargetError, match="no run has sent a transaction yet"):
        engine.transaction("t-000000000001")
    engine.start(RunRequest(scenario=steady(rate=100, seconds=4.0), workers=1))
    newest = seen(engine, 2)[0]
    story = engine.transaction(newest)
    passage = story.passage
    assert story.transaction_id == newest
    assert story.decision in {"APPROVE", "REVIEW", "DECLINE"}
    assert len(story.agents) + len(passage.silent_agents) == 4
    assert passage.committed_ms is not None
    assert 0 < passage.decided_ms < passage.committed_ms
    assert passage.applied == 1
    with pytest.raises(TargetError, match=r"holds no such transaction; ids look like .*-0000"):
        engine.transaction("nobody' OR 1=1; --/../?x=%00")
    for bad in ("", " ", "x" * 65, "a\nb"):
        with pytest.raises(TargetError, match="1 to 64 printable characters"):
            engine.transaction(bad)
    agents = wait_for_agents(engine)
    assert [agent.agent_id for agent in agents] == list(AGENTS)
    assert all(agent.current_load > 0 and agent.success_rate > 0 for agent in agents)
    summary = engine.wait(60)
    assert summary.status is TestStatus.COMPLETED
    with pytest.raises(TargetError, match="its journal was deleted once every row"):
        engine.transaction(newest)
    kept = engine.home.journals / f"evidence-{summary.run_id}.sqlite"
    connect(kept).close()
    with pytest.raises(TargetError, match="holds no such transaction"):
        engine.transaction(newest)
