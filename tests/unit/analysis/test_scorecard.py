import pandas as pd
import pytest

from engine.analysis.quality import MIN_SAMPLES, wilson
from engine.analysis.scorecard import Compared, FaultTimes, scorecard
from engine.model.tick import COLUMNS, Tick

ONSET, CLEAR, RECOVERED = 30.0, 40.0, 43.0
TIMES = FaultTimes(ONSET, CLEAR, RECOVERED)
WELL = {"sent": 100, "attempts": 100, "decided": 100, "in_flight_now": 5}
QUALITY = {
    "fraud_flagged": 2,
    "fraud_missed": 1,
    "legitimate_flagged": 3,
    "legitimate_passed": 60,
    "legitimate_declined": 1,
    "fraud_missed_usd": 2.5,
}


def frame(seconds=60, **by_span):
    """Ticks of a quarter second; `by_span` maps `from_to` in seconds to columns."""
    rows = []
    for n in range(seconds * 4):
        at = (n + 1) / 4
        values = dict(WELL)
        for span, columns in by_span.items():
            begin, end = (float(part) for part in span.removeprefix("s").split("_"))
            if begin < at <= end:
                values.update(columns)
        rows.append(Tick(tick=n, t_seconds=at, schedule_seconds=at, **values))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def test_failed_and_retried_count_from_onset_to_the_window_of_recovery():
    found = scorecard(frame(s29_30={"failed": 9}, s30_45={"failed": 1, "attempts": 103}), TIMES)
    assert found.until_seconds == 45.0
    assert (found.failed, found.retried) == (60, 180)


def test_a_fault_not_recovered_from_counts_to_the_newest_tick():
    ticks = frame(50, s30_60={"failed": 1})
    found = scorecard(ticks, FaultTimes(ONSET, None, None))
    assert (found.until_seconds, found.failed) == (50.0, 80)
    assert (found.backlog_at_clear, found.backlog_drained_seconds) == (None, None)


def test_what_is_redriven_counts_until_the_next_fault():
    ticks = frame(s44_60={"redriven": 1})
    assert scorecard(ticks, TIMES).redriven == 64
    assert scorecard(ticks, FaultTimes(ONSET, CLEAR, RECOVERED, next_onset=50.0)).redriven == 24


def test_before_the_first_tick_after_the_onset_there_is_no_card():
    assert scorecard(frame(30), TIMES) is None
    assert scorecard(frame(0), TIMES) is None


def test_recall_and_false_positives_are_of_the_fault_against_before_with_intervals():
    worse = {**QUALITY, "fraud_flagged": 1, "fraud_missed": 2}
    found = scorecard(frame(s10_30=QUALITY, s30_40=worse, s40_60=QUALITY), TIMES)
    assert found.recall_before.value == pytest.approx(2 / 3)
    assert found.recall_during.value == pytest.approx(1 / 3)
    assert found.recall_during.sample_size == 120
    low, high = wilson(40, 120)
    assert (found.recall_during.low, found.recall_during.high) == (low, high)
    assert found.false_positive_rate_before.value == pytest.approx(3 / 63)
    assert found.false_positive_rate_during.sample_size == 40 * 63


def test_a_rate_from_too_few_decisions_is_blank_and_the_least_is_told():
    found = scorecard(frame(s29_30=QUALITY, s30_40=QUALITY), TIMES)
    assert found.recall_before is None
    assert found.recall_during is not None
    assert found.least_samples == MIN_SAMPLES


def test_ticks_in_which_another_fault_was_on_are_not_before():
    ticks = frame(s0_30={**QUALITY, "faults_active_now": 1})
    assert scorecard(ticks, TIMES).recall_before is None


def test_missed_fraud_and_false_declines_are_of_the_degraded_time_alone():
    found = scorecard(frame(s0_60=QUALITY), TIMES)
    assert (found.missed_fraud, found.false_declines) == (40, 40)
    assert found.missed_fraud_usd == pytest.approx(100.0)


def test_the_backlog_is_drained_when_no_more_waits_than_before():
    ticks = frame(s35_42={"backlog_now": 400})
    found = scorecard(ticks, TIMES)
    assert (found.backlog_at_clear, found.backlog_drained_seconds) == (405, 2.25)
    assert scorecard(frame(), TIMES).backlog_drained_seconds == 0.0
    never = scorecard(frame(s35_60={"backlog_now": 400}), TIMES)
    assert (never.backlog_at_clear, never.backlog_drained_seconds) == (405, None)


def test_what_only_the_journal_knows_is_blank_until_it_was_compared():
    assert scorecard(frame(), TIMES).lost is None
    found = scorecard(frame(), TIMES, Compared(lost=0, duplicated=0, unacknowledged=3))
    assert (found.lost, found.duplicated, found.unacknowledged) == (0, 0, 3)
