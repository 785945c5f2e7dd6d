import math

import msgspec
import pytest

from engine.metrics.flow import STALE_NS, PlatformFlow
from engine.model.control import AgentTelemetry, EdgeTelemetry, PlatformReport, ScorerTelemetry


def report(at_ns=0, *, decided=0, shed=0, status="up", cpu=0.0):
    edge = EdgeTelemetry(
        pid=1,
        status="up",
        restarts=0,
        requests=decided,
        decided=decided,
        invalid=0,
        shed=shed,
        replayed=0,
        in_flight=0,
        connections=1,
        queue_depth=0,
        queue_age_ms=0.0,
        commits=1,
        commit_ms=0.2,
        journal_rows=decided,
        latency_ms=1.0,
        cpu_seconds=0.0,
        rss_bytes=1,
    )
    scorer = ScorerTelemetry(
        index=0,
        pid=2,
        status=status,
        restarts=0,
        scored=decided,
        busy_seconds=0.0,
        cpu_seconds=0.0,
        rss_bytes=1,
        queue_depth=0,
        latency_ms=1.0,
        customers=1,
    )
    agent = AgentTelemetry(name="rules", scored=decided, busy_seconds=0.0, latency_ms=0.1, errors=0)
    return PlatformReport(
        at_ns=at_ns,
        supervisor_pid=3,
        edge=edge,
        scorers=[scorer],
        agents=[agent],
        held_down=[],
        cpu_seconds=cpu,
    )


def flow_of(*reports):
    flow = PlatformFlow()
    for one in reports:
        flow.add(one)
    return flow


def test_rates_are_differences_over_the_time_between_two_reports():
    flow = flow_of(report(0, decided=100, cpu=1.0), report(500_000_000, decided=200, cpu=1.25))
    row = flow.columns(alive=True, now_ns=500_000_000)
    assert row["edge_tps"] == 200
    assert row["platform_cpu_cores"] == 0.5
    assert flow.cpu_seconds == 0.25


def test_a_silent_platform_says_nothing_of_now():
    flow = flow_of(report(0), report(250_000_000, decided=50))
    late = 250_000_000 + STALE_NS + 1
    assert flow.columns(alive=True, now_ns=late) == {}
    nodes = flow.nodes(alive=True, now_ns=late)
    assert {node.status for node in nodes} == {"unknown"}
    assert all(node.throughput is None and node.latency_ms is None for node in nodes)


def test_a_dead_platform_is_down_everywhere():
    flow = flow_of(report(0), report(250_000_000, decided=50))
    assert {node.status for node in flow.nodes(alive=False, now_ns=0)} == {"down"}
    assert flow.columns(alive=False, now_ns=0)["scorers_up_now"] == 0


def test_agents_are_down_when_every_scorer_is():
    flow = flow_of(report(0), report(250_000_000, status="down"))
    nodes = {node.node_id: node.status for node in flow.nodes(alive=True, now_ns=250_000_000)}
    assert nodes["agent.rules"] == nodes["scorer.0"] == "down"


def test_what_was_shed_is_counted_once_however_reports_and_ticks_meet():
    flow = flow_of(report(0), report(250_000_000, shed=5))
    told = [flow.columns(alive=True, now_ns=250_000_000)["shed"] for _tick in range(2)]
    assert told == [5, 0]
    flow.add(report(500_000_000, shed=6))
    flow.add(report(750_000_000, shed=9))
    assert math.isclose(flow.columns(alive=True, now_ns=750_000_000)["shed"], 4)


def with_agents(at_ns, *agents):
    """A report whose agents scored, were decided without, and tripped so often."""
    rows = [
        AgentTelemetry(
            name=f"agent{index}",
            scored=scored,
            busy_seconds=0.0,
            latency_ms=0.1,
            errors=0,
            fallbacks=without,
            trips=trips,
            recoveries=trips,
        )
        for index, (scored, without, trips) in enumerate(agents)
    ]
    return msgspec.structs.replace(report(at_ns), agents=rows)


def test_the_health_of_the_agents_is_the_mean_of_those_that_were_asked():
    flow = flow_of(
        with_agents(0, (100, 0, 0), (100, 0, 0), (5, 0, 0)),
        with_agents(250_000_000, (200, 0, 0), (120, 80, 0), (5, 0, 0)),
    )
    row = flow.columns(alive=True, now_ns=250_000_000)
    assert row["agent_health"] == pytest.approx((1.0 + 0.2) / 2)
    assert math.isnan(flow_of(report(0), report(1)).columns(alive=True, now_ns=1)["agent_health"])


def test_a_trip_of_an_agents_breaker_is_told_once_however_reports_and_ticks_meet():
    flow = flow_of(with_agents(0, (0, 0, 0)), with_agents(1, (0, 0, 2)))
    told = [flow.columns(alive=True, now_ns=1)["agent_trips"] for _tick in range(3)]
    flow.add(with_agents(2, (0, 0, 3)))
    again = flow.columns(alive=True, now_ns=2)
    assert (told, again["agent_trips"], again["agent_recoveries"]) == ([2, 0, 0], 1, 1)
