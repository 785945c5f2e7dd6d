import time

import pytest

from engine.model.figure import Provenance
from engine.model.presentation import TransactionFlowNode
from engine.model.results import JournalReconciliation, TestStatus
from engine.model.tick import Tick
from engine.report.figures import StageInput, stage_figures
from tests.run_records import AGENTS, fault, scenario, summary, target

CONTRACT = {
    "run.clock", "run.duration", "run.speed", "run.rate_scale", "run.rate_factor",
    "run.traffic",
    *(f"instrument.{name}" for name in (
        "lateness_p99_ms", "queue_p99_ms", "loop_lag_ms", "worker_cores", "app_cores",
        "workers_up", "workers_asked", "connections", "dropped", "not_offered",
    )),
    "hero.decided", "hero.achieved_tps", "hero.offered_tps", "hero.response_p99_ms",
    "hero.failed", "hero.lost", "hero.recovery_seconds", "hero.recovering_seconds",
    "flow.source.tps", "flow.edge.tps", "flow.edge.latency_ms", "flow.scorers_up",
    "flow.scorers_asked", "flow.scorer.0.tps", "flow.scorer.0.latency_ms",
    *(f"flow.agent.{name}.latency_ms" for name in AGENTS),
    "flow.journal.tps", "flow.journal.commit_ms", "flow.queue_depth", "flow.failed.tps",
    *(f"flow.outcome.{o}.{p}" for o in ("approve", "review", "decline") for p in ("share", "tps")),
    "chart.achieved_tps", "chart.plan_tps",
    *(f"chart.response_{p}_ms" for p in ("p50", "p95", "p99")),
    "criterion.p99_latency_ms.threshold",
    *(f"quality.{q}{e}" for q in ("recall", "false_positive_rate") for e in ("", ".low", ".high")),
    "benchmark.stripe_radar_latency", "cost.per_thousand_usd", "cost.cpu_seconds_per_thousand",
    "cost.vcpu_hour_usd", "cost.per_hour_usd", "fault.0.recovery_seconds",
}  # fmt: skip


def stage(**changes):
    nodes = [
        TransactionFlowNode(node_id="scorer.0", node_type="scorer", node_name="Scorer"),
        *(
            TransactionFlowNode(node_id=f"agent.{name}", node_type="agent", node_name=name)
            for name in AGENTS
        ),
    ]
    fields = {
        "status": TestStatus.RUNNING,
        "clock_seconds": 80.0,
        "duration_seconds": 180.0,
        "target": target(),
        "tick": Tick(tick=320, t_seconds=80.0, schedule_seconds=80.0, achieved_tps=1_990.0),
        "totals": {"decided": 100_000.0, "failed": 3.0, "approved": 93_000.0},
        "faults": [fault()],
        "nodes": nodes,
        "journal": None,
        "confusion": {"legitimate:APPROVE": 900, "card_testing:DECLINE": 60},
        "platform_cpu_seconds": 4.25,
        "scenario": scenario(),
        "criteria": [("p99_latency_ms", 1_000.0)],
    }
    return StageInput(**{**fields, **changes})


def by_id(**changes):
    return {figure.id: figure for figure in stage_figures(stage(**changes))}


def test_every_figure_of_the_stage_is_made_once():
    figures = stage_figures(stage())
    ids = [figure.id for figure in figures]
    assert len(ids) == len(set(ids))
    assert set(ids) >= CONTRACT


def test_every_figure_with_a_value_says_where_it_came_from():
    for figure in stage_figures(stage(summary=summary())):
        if figure.value is not None and figure.provenance is Provenance.MEASURED:
            assert figure.window_seconds is not None or figure.sample_size is not None
        if figure.value is not None and figure.provenance is Provenance.DERIVED:
            assert figure.formula
            assert figure.inputs is not None


def test_before_the_first_tick_nothing_counts_as_measured():
    figures = by_id(tick=None, totals={}, faults=[], nodes=[], confusion={})
    for name in (
        "hero.decided",
        "hero.failed",
        "hero.achieved_tps",
        "hero.lost",
        "flow.failed.tps",
        "instrument.workers_up",
        "instrument.connections",
        "instrument.dropped",
        "instrument.not_offered",
    ):
        assert figures[name].value is None


def test_lost_is_unknown_until_the_journal_was_compared():
    assert by_id()["hero.lost"].value is None
    assert by_id()["hero.lost"].note == "checked at the end of the run"
    found = JournalReconciliation(
        acknowledged=9, found=8, missing=1, duplicated=0, unacknowledged=0
    )
    assert by_id(journal=found)["hero.lost"].value == 1


def test_a_target_without_a_journal_claims_no_loss_figure():
    lost = by_id(target=target(has_journal=False))["hero.lost"]
    assert lost.value is None
    assert "not measured on this target" in (lost.note or "")


def test_while_a_fault_is_not_recovered_from_the_time_counts():
    hurt = fault(recovered_at_seconds=None, recovery_from_onset_seconds=None)
    figures = by_id(faults=[hurt])
    assert figures["hero.recovering_seconds"].value == 10.0
    assert figures["hero.recovery_seconds"].value is None
    assert by_id()["hero.recovery_seconds"].value == 18.25


def test_a_fault_that_was_not_proven_never_recovers():
    assert by_id(faults=[fault(proven=False)])["hero.recovery_seconds"].value is None


def test_a_finished_run_shows_the_whole_run_not_its_last_second():
    run = summary()
    figures = by_id(summary=run, status=TestStatus.COMPLETED)
    assert figures["hero.achieved_tps"].value == run.achieved_tps
    assert figures["hero.response_p99_ms"].sample_size == run.response_ms.count
    assert figures["instrument.lateness_p99_ms"].value == run.lateness_ms.p99
    assert figures["instrument.queue_p99_ms"].sample_size == run.queue_ms.count
    assert figures["instrument.loop_lag_ms"].value == run.instrument.loop_lag_ms
    assert figures["instrument.worker_cores"].value == run.instrument.busiest_worker_cpu_cores
    assert "instrument.connections" not in figures, "a gauge of now"


def test_shares_of_outcomes_come_from_the_counts():
    assert by_id()["flow.outcome.approve.share"].value == pytest.approx(0.93)


def test_how_far_back_percentiles_reach_is_a_figure_of_its_own():
    slow = Tick(t_seconds=9.0, response_p99_ms=4.0, response_window_seconds=4.25)
    shown = by_id(tick=slow)["hero.response_window_seconds"]
    assert (shown.value, shown.unit) == (4.25, "seconds")
    assert by_id(tick=Tick(t_seconds=9.0))["hero.response_window_seconds"].value is None


def test_rates_of_a_tick_and_of_two_reports_do_not_claim_a_second():
    figures = by_id()
    for name in ("flow.source.tps", "flow.edge.tps", "flow.scorer.0.tps", "flow.journal.tps"):
        assert figures[name].window_seconds == 0.25
    assert figures["hero.achieved_tps"].window_seconds == 1.0


def test_an_agents_time_is_said_to_be_of_a_batch():
    note = by_id()[f"flow.agent.{AGENTS[0]}.latency_ms"].note or ""
    assert note.startswith("per batch: every transaction in it waits for it")


def test_after_the_end_nothing_shown_is_of_the_last_tick():
    run = summary()
    figures = by_id(summary=run, status=TestStatus.COMPLETED)
    cost = figures["cost.per_hour_usd"]
    assert cost.inputs["achieved per second"] == run.achieved_tps
    assert cost.label.endswith("at this run's rate")
    assert figures["chart.achieved_tps"].value == run.achieved_tps
    for part in ("p50", "p95", "p99"):
        assert figures[f"chart.response_{part}_ms"].value == getattr(run.response_ms, part)


def test_a_rate_of_nothing_costs_nothing_an_hour():
    still = by_id(tick=Tick(t_seconds=80.0, achieved_tps=0.0))
    assert still["cost.per_hour_usd"].value == 0


@pytest.mark.parametrize(("frauds", "said"), [(60, True), (1, False)])
def test_fraud_is_called_enriched_only_where_there_is_more_than_in_real_payments(frauds, said):
    decisions = {"legitimate:APPROVE": 100_000, "card_testing:DECLINE": frauds * 20}
    note = by_id(confusion=decisions)["quality.prevalence"].note
    assert bool(note and "enriched" in note) is said


def test_making_all_figures_costs_little_of_a_tick():
    whole = stage()
    stage_figures(whole)
    began = time.process_time()
    for _ in range(50):
        stage_figures(whole)
    assert (time.process_time() - began) / 50 < 0.02  # of a tick of 0.25 s; measured 0.0003
