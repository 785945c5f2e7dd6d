"""The inside of a run, as the operations and agents pages show it, from made-up reports."""

import msgspec
import numpy as np
import pytest

from engine.measure.histogram import Histogram
from engine.metrics.view import RunView
from engine.model.control import (
    AgentTelemetry,
    DegradationTelemetry,
    EdgeTelemetry,
    FaultState,
    PlatformReport,
    ScorerTelemetry,
)
from engine.model.event import EventKind, RunEvent
from engine.model.results import TestStatus
from engine.model.tick import Tick
from engine.report.format import text
from engine.report.parts import parts_state
from engine.report.parts_faults import OPERATOR_SHOWN, OTHERS_SHOWN
from engine.report.stage import run_state
from tests.run_records import fault, meta

TICK_NS = 250_000_000


def histogram(*values_us):
    made = Histogram()
    made.record(np.asarray(values_us))
    return made.sparse()


def scorer(index, t, *, status="up", share=0.5):
    return ScorerTelemetry(
        index=index,
        pid=100 + index,
        status=status,
        restarts=index,
        scored=round(400 * t),
        busy_seconds=share * t,
        cpu_seconds=0.6 * t,
        rss_bytes=80_000_000,
        queue_depth=3,
        latency_ms=1.0,
        customers=40,
        latency=histogram(*[2_000] * 300),
    )


def agent(name, t, **changes):
    fields = {"scored": round(800 * t), "busy_seconds": 0.1 * t, "latency_ms": 0.4, "errors": 0}
    return AgentTelemetry(name=name, **{**fields, "latency": histogram(*[400] * 300), **changes})


def report(t, **changes):
    edge = EdgeTelemetry(
        pid=7, status="up", restarts=0, requests=0, decided=round(800 * t), invalid=0, shed=0,
        replayed=0, in_flight=9, connections=4, queue_depth=6, queue_age_ms=20.0,
        commits=round(100 * t), commit_ms=2.0, journal_rows=round(800 * t), latency_ms=1.0,
        cpu_seconds=0.4 * t, rss_bytes=50_000_000, journal_depth=5, journal_age_ms=400.0,
    )  # fmt: skip
    fields = {
        "at_ns": round(t * 1e9),
        "supervisor_pid": 5,
        "edge": edge,
        "scorers": [scorer(0, t), scorer(1, t)],
        "agents": [agent("risk_assessor", t), agent("compliance_agent", t)],
        "held_down": [],
        "cpu_seconds": 1.7 * t,
        "utilisation": 0.3,
        "degradation": DegradationTelemetry(signals={"cpu_share": 0.25}),
    }
    return PlatformReport(**{**fields, **changes})


def steady(**changes):
    """Two seconds of reports, the last with these changes."""
    reports = [report(10 + tick * 0.25) for tick in range(8)]
    return (*reports, report(12, **changes))


def state(reports=None, **changes):
    fields = {"status": TestStatus.RUNNING, "tick": Tick(t_seconds=12.0, schedule_seconds=12.0)}
    reports = steady() if reports is None else reports
    view = RunView(**{"meta": meta(), **fields, "reports": reports, **changes})
    return parts_state(run_state(view, meta(), []), view)


def values(shown):
    return {figure.id: figure.value for figure in shown.figures}


def test_a_process_is_told_by_its_id_cpu_memory_and_deaths():
    shown = values(state())
    told = [shown[f"part.scorer.1.{name}"] for name in ("pid", "cpu", "rss", "restarts")]
    assert told == ["101", pytest.approx(0.6), 80.0, 1]
    assert shown["part.supervisor.pid"] == "5"
    assert shown["part.supervisor.cpu"] == pytest.approx(1.7 - 0.4 - 2 * 0.6)
    assert [shown["part.processes.up"], shown["part.processes.all"]] == [4, 4]


def test_a_scorer_that_a_fault_holds_down_has_no_process_and_says_why():
    dead = [scorer(0, 12), scorer(1, 12, status="down")]
    shown = state(steady(scorers=dead, held_down=[1]))
    assert [row.status for row in shown.processes] == ["up", "up", "up", "held"]
    assert [row.status for row in shown.scorers] == ["up", "held"]
    assert values(shown)["part.scorer.1.pid"] is None
    assert values(shown)["part.scorer.1.load"] is None
    assert values(shown)["part.processes.up"] == 3


def test_percentiles_need_their_samples_and_an_agent_that_rests_has_none():
    shown = values(state())
    assert shown["part.agent.risk_assessor.p99"] == pytest.approx(0.4, rel=0.01)
    few = (report(11.75), report(12))
    assert values(state(few))["part.agent.risk_assessor.p50"] is not None
    assert values(state(few))["part.agent.risk_assessor.p99"] is None
    resting = [report(10 + t) for t in (0, 0.25)]
    quiet = [agent("risk_assessor", 1, latency=histogram())]
    reports = (*resting, report(12, agents=quiet), report(12.25, agents=quiet))
    assert values(state(reports))["part.agent.risk_assessor.p50"] is None


def test_imbalance_is_between_those_that_are_up_and_names_who_has_most():
    uneven = [scorer(0, 12, share=0.5), scorer(1, 12, share=0.5)]
    later = [
        msgspec.structs.replace(one, busy_seconds=one.busy_seconds + more)
        for one, more in zip(uneven, (0.0, 0.4), strict=True)
    ]
    shown = values(state((report(11, scorers=uneven), report(12, scorers=later))))
    assert shown["part.imbalance.scorers.most"] == "scorer 2"
    assert shown["part.imbalance.scorers"] == pytest.approx(1.0)
    alone = [scorer(0, 12), scorer(1, 12, status="down")]
    assert values(state(steady(scorers=alone)))["part.imbalance.scorers"] is None


def test_the_bottleneck_is_the_journal_when_what_waits_there_is_oldest():
    shown = state()
    assert values(shown)["part.bottleneck"] == "Journal"
    assert values(shown)["part.bottleneck.pressure"] == pytest.approx(0.4)
    assert [row.key for row in shown.stages if row.status == "most"] == ["stage.journal"]
    assert values(shown)["part.stage.journal.utilisation"] == pytest.approx(100 * 2.0 / 1e3)


def test_a_breaker_that_is_open_is_the_agents_status():
    agents = [agent("risk_assessor", 12, breaker="half_open", breakers_open=2), agent("x", 12)]
    shown = state(steady(agents=agents))
    assert [row.status for row in shown.agents] == ["half open", "closed"]
    assert values(shown)["part.agent.risk_assessor.breakers_open"] == 2


def test_health_falls_with_what_was_decided_without_an_agent():
    agents = [agent("risk_assessor", 12, fallbacks=200), agent("compliance_agent", 12)]
    shown = values(state(steady(agents=agents)))
    assert shown["part.agent.risk_assessor.health"] == pytest.approx(0.8)
    assert shown["part.agent.compliance_agent.health"] == 1.0


def test_each_agent_is_judged_alone_where_enough_labels_are_known():
    counts = {"legitimate:passed": 90, "legitimate:flagged": 10, "card_testing:flagged": 40}
    alone = {f"risk_assessor:{key}": count for key, count in counts.items()}
    alone |= {"compliance_agent:legitimate:passed": 3}
    shown = values(state(agent_confusion=alone))
    quality = [shown[f"part.agent.risk_assessor.{name}"] for name in ("accuracy", "fpr", "fnr")]
    assert quality == [pytest.approx(130 / 140), pytest.approx(0.1), 0.0]
    assert shown["part.agent.compliance_agent.fpr"] is None


def test_faults_that_are_on_come_apart_from_those_that_are_over():
    on, over = fault(clear_seconds=None, recovered_at_seconds=None, by_hand=True), fault()
    shown = state(faults=(over, on))
    assert [(row.key, row.status, row.note) for row in shown.on] == [
        ("fault.1", "proven", "by hand")
    ]
    assert [(row.key, row.status) for row in shown.over] == [("fault.0", "recovered")]


def test_an_order_that_the_platform_holds_says_when_it_ends_and_what_it_did():
    held = FaultState(
        tag="journal_limit", began_ns=0, until_ns=1, seconds_left=7.5, did={"refused": 1_234}
    )
    shown = state(steady(faults=[held]))
    assert [row.name for row in shown.orders] == ["Journal's capacity cut"]
    assert values(shown)["part.order.journal_limit.left"] == 7.5
    assert values(shown)["part.order.journal_limit.did"] == "refused 1,234"


def test_no_act_of_an_operator_falls_out_of_the_log_for_what_the_engine_says():
    event = RunEvent(t_seconds=1, kind=EventKind.WARNING, message="late")
    own = RunEvent(t_seconds=0.5, kind=EventKind.OPERATOR, message="pause")
    by_hand = RunEvent(t_seconds=2, kind=EventKind.FAULT_APPLIED, message="Cascade, by hand: x")
    log = state(events=(own, *[event] * 3 * OTHERS_SHOWN, by_hand)).log
    assert len(log) == OTHERS_SHOWN + 2 < OPERATOR_SHOWN
    assert [line.message for line in log if line.kind == "operator"] == [by_hand.message, "pause"]
    assert log[0].message == by_hand.message


def test_a_silent_platform_has_no_rows_and_an_ended_one_says_so():
    silent = state(())
    assert silent.processes == silent.agents == silent.scorers == []
    assert values(silent)["part.queue.scoring.depth"] is None
    ended = state(status=TestStatus.CANCELLED)
    assert {row.status for row in ended.processes} == {"ended"}
    assert values(ended)["part.processes.up"] is None


def test_without_a_run_there_are_no_parts():
    running = run_state(RunView(meta=meta(), status=TestStatus.RUNNING), meta(), [])
    nothing = parts_state(running, None)
    assert nothing.processes == nothing.log == []
    assert {figure.id.split(".")[0] for figure in nothing.figures} == {"run"}


def test_every_figure_has_an_id_of_its_own_and_can_be_told():
    figures = state(faults=(fault(),)).figures
    assert len({figure.id for figure in figures}) == len(figures) > 100
    assert all(text(figure) for figure in figures)
