import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.measure.histogram import Histogram
from engine.metrics.aggregator import LOOK_SECONDS, PATIENCE_SECONDS, Aggregator
from engine.metrics.newest import MOST
from engine.model.control import SparseHistogram, WorkerReport
from engine.model.dead_letter import DeadLetter, LetterState, Why
from engine.model.tick import COLUMNS

TICK = 0.25


def sparse(values_us=()):
    histogram = Histogram()
    if len(values_us):
        histogram.record(np.array(values_us, dtype=np.int64))
    return histogram.sparse()


def report(share=0, tick=0, **values):
    counts = dict.fromkeys(
        (
            "due",
            "sent",
            "dropped",
            "decided",
            "rejected",
            "failed",
            "attempts",
            "answer_mismatches",
            "not_offered",
            "backlog_now",
            "in_flight_now",
            "rss_bytes_now",
            "connections_now",
        ),
        0,
    )
    plain = {
        "schedule_seconds": (tick + 1) * TICK,
        "outcomes": {},
        "decisions": {},
        "confusion": {},
        "fraud_value_usd": {},
        "response": SparseHistogram(),
        "service": SparseHistogram(),
        "lateness": SparseHistogram(),
        "queue": SparseHistogram(),
        "acknowledged": b"",
        "cpu_seconds": 0.0,
        "loop_lag_ms_now": 0.0,
    }
    return WorkerReport(share=share, tick=tick, **{**counts, **plain, **values})


def test_a_tick_waits_for_every_living_worker_but_not_for_ever():
    aggregator = Aggregator(2, TICK)
    aggregator.add(report(share=0))
    assert not aggregator.ready(TICK + 0.01)
    looks = round(PATIENCE_SECONDS / LOOK_SECONDS)
    waited = [aggregator.ready(TICK + look * LOOK_SECONDS) for look in range(1, looks + 2)]
    assert waited[: looks - 1] == [False] * (looks - 1)
    assert waited[-1]
    aggregator.close_tick()
    aggregator.add(report(share=0, tick=1))
    aggregator.add(report(share=1, tick=1))
    assert aggregator.ready(2 * TICK + 0.01)
    assert not aggregator.ready(2 * TICK - 0.01), "not before its end"


def test_an_app_that_stood_still_has_not_waited():
    aggregator = Aggregator(1, TICK)
    assert not aggregator.ready(TICK)
    assert not aggregator.ready(TICK + 5 * PATIENCE_SECONDS)
    aggregator.add(report(share=0))
    assert aggregator.ready(TICK + 5 * PATIENCE_SECONDS + 0.01)


def test_a_final_report_that_came_ahead_waits_for_its_row():
    aggregator = Aggregator(1, TICK)
    aggregator.add(report(tick=0, due=5, sent=5, in_flight_now=5))
    aggregator.add(report(tick=1, decided=3, in_flight_now=2))
    aggregator.add(report(tick=2, decided=2, final=True))
    rows = []
    while not aggregator.finished:
        rows.append(aggregator.close_tick())
        assert_conserved(rows)
    assert [row["decided"] for row in rows] == [0, 3, 2]


def test_what_a_lost_worker_had_under_way_counts_as_failed_and_dropped():
    aggregator = Aggregator(1, TICK)
    aggregator.add(report(due=10, sent=7, backlog_now=3, decided=5, in_flight_now=2))
    aggregator.lose(0)
    row = aggregator.close_tick()
    assert (row["failed"], row["dropped"]) == (2, 3)
    assert (row["in_flight_now"], row["backlog_now"]) == (0, 0)
    assert aggregator.finished


def test_the_dead_letters_of_a_lost_worker_are_stranded_and_so_is_what_it_had_under_way():
    aggregator = Aggregator(2, TICK)
    aggregator.add(report(share=0, sent=9, failed=5, dead_lettered=5, dead_letters_now=5))
    aggregator.add(report(share=1, failed=4, dead_lettered=4, dead_letters_now=4))
    aggregator.close_tick()
    aggregator.add(report(share=0, tick=1, redriven=2, in_flight_now=4, dead_letters_now=3))
    aggregator.lose(0)
    row = aggregator.close_tick()
    assert row["dead_letters_now"] == 4
    totals = aggregator.totals
    assert (totals["failed"], totals["dead_lettered"]) == (13, 13)
    assert (totals["redriven"], totals["stranded"]) == (2, 3 + 4)
    assert totals["dead_lettered"] == totals["redriven"] + totals["stranded"] + 4


def test_the_breakers_of_living_workers_are_counted_by_state():
    aggregator = Aggregator(4, TICK)
    for share, state in enumerate((0, 1, 2, 2)):
        aggregator.add(report(share=share, breaker_now=state, breaker_trips=state))
    row = aggregator.close_tick()
    assert (row["breakers_half_open_now"], row["breakers_open_now"]) == (1, 2)
    assert row["breaker_trips"] == 5
    aggregator.lose(3)
    assert aggregator.close_tick()["breakers_open_now"] == 1


def test_the_newest_dead_letters_are_listed_each_as_it_was_last_heard_of():
    aggregator = Aggregator(1, TICK)
    for tick in range(MOST + 10):
        aggregator.add(report(tick=tick, dead_letters=(letter(tick),)))
    aggregator.add(report(tick=MOST + 10, dead_letters=(letter(30, LetterState.REDRIVEN),)))
    while not aggregator.dead_letters.listed() or aggregator.next_tick < MOST + 11:
        aggregator.close_tick()
    listed = aggregator.dead_letters.listed()
    assert [one.failed_ns for one in listed] == list(range(MOST + 9, 9, -1))
    assert [one.failed_ns for one in listed if one.state is LetterState.REDRIVEN] == [30]


def letter(at, state=LetterState.WAITING):
    return DeadLetter(
        id=f"run-{at}",
        customer="customer",
        due_ns=0,
        failed_ns=at,
        attempts=3,
        redrives=0,
        outcome="reset",
        why=Why.RETRIES,
        state=state,
    )


def test_a_late_report_counts_in_the_next_row_and_conservation_holds_in_each():
    aggregator = Aggregator(2, TICK)
    aggregator.add(report(share=0, due=4, sent=4, in_flight_now=4))
    rows = [aggregator.close_tick()]
    aggregator.add(report(share=1, tick=0, due=3, sent=2, backlog_now=1, in_flight_now=2))
    aggregator.add(report(share=0, tick=1, decided=4))
    aggregator.add(report(share=1, tick=1, sent=1, decided=3))
    rows.append(aggregator.close_tick())
    assert_conserved(rows)
    assert sum(row["due"] for row in rows) == 7


def assert_conserved(rows):
    due = sent = dropped = answered = 0
    for row in rows:
        due += row["due"]
        sent += row["sent"]
        dropped += row["dropped"]
        answered += row["decided"] + row["rejected"] + row["failed"]
        assert due == sent + dropped + row["backlog_now"]
        assert sent == answered + row["in_flight_now"]


steps = st.lists(st.tuples(*[st.integers(0, 9)] * 3, st.booleans()), min_size=1, max_size=12)


@given(st.lists(steps, min_size=1, max_size=3), st.data())
def test_conservation_holds_in_every_row_whatever_arrives_late_or_never(workers, data):
    aggregator = Aggregator(len(workers), TICK)
    rows = []
    for tick in range(max(len(plan) for plan in workers)):
        for share, plan in enumerate(workers):
            if tick < len(plan) and not plan[tick][3]:
                due, decided, failed, _late = plan[tick]
                aggregator.add(
                    report(
                        share=share,
                        tick=tick,
                        due=due + decided + failed,
                        sent=decided + failed,
                        dropped=due,
                        decided=decided,
                        failed=failed,
                    )
                )
        if data.draw(st.booleans()):
            aggregator.lose(data.draw(st.integers(0, len(workers) - 1)))
        rows.append(aggregator.close_tick())
    assert_conserved(rows)


def test_percentiles_stay_blank_until_there_are_enough_samples():
    aggregator = Aggregator(1, TICK)
    aggregator.add(report(response=sparse([1_000] * 999)))
    row = aggregator.close_tick()
    assert math.isnan(row["response_p99_ms"])
    assert row["response_p50_ms"] > 0
    aggregator.add(report(tick=1, response=sparse([1_000] * 2)))
    assert aggregator.close_tick()["response_p99_ms"] > 0


def test_the_live_window_is_the_latest_that_holds_a_thousand_samples():
    aggregator = Aggregator(1, TICK)
    aggregator.add(report(response=sparse([900_000] * 1_000)))
    aggregator.close_tick()
    aggregator.add(report(tick=1, response=sparse([1_000] * 1_000)))
    row = aggregator.close_tick()
    assert row["response_window_seconds"] == TICK
    assert row["response_p99_ms"] < 2


def test_rates_are_over_the_latest_second():
    aggregator = Aggregator(1, TICK)
    rows = []
    for tick in range(8):
        many = 100 if tick >= 4 else 0
        aggregator.add(report(tick=tick, due=many, sent=many, decided=many))
        rows.append(aggregator.close_tick())
    assert rows[-1]["achieved_tps"] == rows[-1]["offered_tps"] == 400
    assert rows[4]["achieved_tps"] == 100


def test_truth_and_decision_are_counted_apart_for_fraud_and_legitimate():
    aggregator = Aggregator(1, TICK)
    confusion = {
        "legitimate:APPROVE": 90,
        "legitimate:REVIEW": 2,
        "legitimate:DECLINE": 1,
        "card_testing:DECLINE": 3,
        "account_takeover:APPROVE": 1,
    }
    aggregator.add(report(confusion=confusion, fraud_value_usd={"flagged": 30.0, "missed": 9.5}))
    row = aggregator.close_tick()
    assert (row["legitimate_passed"], row["legitimate_flagged"]) == (90, 3)
    assert row["legitimate_declined"] == 1
    assert (row["fraud_flagged"], row["fraud_missed"]) == (3, 1)
    assert (row["fraud_flagged_usd"], row["fraud_missed_usd"]) == (30.0, 9.5)


def test_every_column_the_aggregator_names_is_a_column_of_the_buffer():
    aggregator = Aggregator(1, TICK)
    aggregator.add(report())
    assert set(aggregator.close_tick()) <= set(COLUMNS)


def test_with_no_sample_in_the_latest_second_no_percentile_is_shown():
    aggregator = Aggregator(1, TICK)
    aggregator.add(report(response=sparse([1_000] * 1_000)))
    assert aggregator.close_tick()["response_p99_ms"] > 0
    rows = []
    for tick in range(1, 5):
        aggregator.add(report(tick=tick))
        rows.append(aggregator.close_tick())
    assert rows[2]["response_p99_ms"] > 0
    assert math.isnan(rows[3]["response_p99_ms"])


def rows_of(aggregator, *ticks):
    """Close one row after the other, each after these reports."""
    rows = []
    for reports in ticks:
        for one in reports:
            aggregator.add(one)
        rows.append(aggregator.close_tick())
    return rows


def missing(rows):
    return [row["reports_missing"] for row in rows]


def test_a_row_that_lacks_a_report_and_the_row_it_comes_in_are_both_marked():
    late = [report(share=1, tick=1), report(share=1, tick=2)]
    rows = rows_of(
        Aggregator(2, TICK),
        [report(share=0), report(share=1)],
        [report(share=0, tick=1)],
        [report(share=0, tick=2), *late],
        [report(share=0, tick=3), report(share=1, tick=3)],
    )
    assert missing(rows) == [0, 1, 1, 0]


def test_a_report_that_holds_two_ticks_because_the_pipe_was_full_is_marked():
    rows = rows_of(
        Aggregator(1, TICK), [report()], [], [report(tick=2, due=20, cpu_seconds=0.25)], []
    )
    assert missing(rows) == [0, 1, 1, 1]
    assert rows[2]["busiest_worker_cpu_cores"] == 0.5, "its time was spent in two ticks"


def test_the_busiest_worker_is_the_busiest_at_pacing_and_all_cpu_counts_in_the_sum():
    made = report(share=0, cpu_seconds=0.2, maker_cpu_seconds=0.15)
    (row,) = rows_of(Aggregator(2, TICK), [made, report(share=1, cpu_seconds=0.1)])
    assert row["worker_cpu_cores"] == pytest.approx(0.3 / TICK)
    assert row["busiest_worker_cpu_cores"] == pytest.approx(0.1 / TICK)


def test_workers_that_have_ended_are_not_missed():
    aggregator = Aggregator(2, TICK)
    (first,) = rows_of(aggregator, [report(share=0), report(share=1)])
    aggregator.lose(1)
    rows = rows_of(aggregator, [report(share=0, tick=1, final=True)], [])
    assert missing([first, *rows]) == [0, 0, 0]


def test_what_was_not_offered_is_counted_apart_from_what_was_due():
    aggregator = Aggregator(1, TICK)
    rows = rows_of(aggregator, [report(due=5, sent=5, decided=5, not_offered=7)], [])
    assert [(row["due"], row["not_offered"]) for row in rows] == [(5, 7), (0, 0)]
    assert aggregator.totals["not_offered"] == 7


def test_once_nobody_reports_what_no_report_accounts_for_was_not_offered_and_counts_once():
    aggregator = Aggregator(2, TICK)
    rows_of(aggregator, [report(due=5, not_offered=1), report(share=1, due=4)])
    assert aggregator.reporting
    aggregator.add(report(tick=1, due=3))
    aggregator.lose(0)
    aggregator.lose(1)
    assert not aggregator.reporting
    for _look in range(2):
        aggregator.account_for(20)
    rows = rows_of(aggregator, [], [])
    assert [(row["due"], row["not_offered"]) for row in rows] == [(3, 7), (0, 0)]
    assert aggregator.finished


def test_the_pacer_s_lateness_and_the_wait_for_a_connection_are_told_apart():
    aggregator = Aggregator(1, TICK)
    (row,) = rows_of(
        aggregator, [report(lateness=sparse([500] * 1_000), queue=sparse([80_000] * 1_000))]
    )
    assert row["lateness_p50_ms"] == row["lateness_p99_ms"] == row["lateness_max_ms"] == 0.5
    assert row["queue_p50_ms"] == row["queue_p99_ms"] == pytest.approx(80, rel=0.01)
    kept = aggregator.tick_histograms(0)
    assert kept.lateness == sparse([500] * 1_000)
    assert kept.queue == sparse([80_000] * 1_000)
    assert kept.response == kept.service == SparseHistogram()


def test_the_histograms_of_many_workers_are_one_a_tick():
    aggregator = Aggregator(100, TICK)
    rows_of(aggregator, [report(share=share, response=sparse([1_000])) for share in range(100)])
    assert aggregator.tick_histograms(0).response == sparse([1_000] * 100)
    assert aggregator.response.total.count == 100
