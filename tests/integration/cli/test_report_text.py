"""What a terminal is told of a run, line by line."""

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from engine.model.event import EventKind, RunEvent
from engine.model.fault import FailureType
from engine.model.figure import Figure, Provenance
from engine.model.live import FaultSpan, LiveState
from engine.model.results import (
    Counts,
    DegradedInterval,
    FaultRecord,
    JournalReconciliation,
    LatencySummary,
    Machine,
    MeasurementWindow,
    PerSecond,
    RateChange,
    RunSummary,
    Target,
    TestStatus,
    Verdict,
)
from engine.report.progress import Progress, printable, progress_line
from engine.report.terminal import run_lines

NO_LATENCY = LatencySummary(
    p50=None, p90=None, p95=None, p99=None, p99_9=None, max=None, mean=None, count=0
)
FAULT = FaultRecord(
    failure_type=FailureType.LAMBDA_CRASH,
    display_name="Worker crash",
    severity=0.3,
    by_hand=True,
    onset_seconds=70,
    clear_seconds=None,
    share="1 of 4",
    proven=False,
    proof="",
    steady_state=None,
    detected_after_seconds=None,
    recovered_at_seconds=None,
    recovery_from_onset_seconds=None,
    recovery_from_clear_seconds=None,
    failed_during=1234,
    explanation="It never came back.",
)


def summary(**changes):
    """A run of which nothing is known but its counts."""
    values = {
        "run_id": "r",
        "preset": "pitch",
        "name": "Pitch",
        "seed": 7,
        "target": Target(
            name="t",
            kind="embedded",
            line="Target: the one",
            url="",
            has_journal=True,
            has_faults=True,
            has_telemetry=True,
        ),
        "environment": Machine(cpu_count=2, memory_gb=4, system="Linux", python="3", limelight="0"),
        "marks": [],
        "speed": 1,
        "rate_scale": 1,
        "status": TestStatus.COMPLETED,
        "verdict": Verdict.FAILED,
        "verdict_reason": "Why.",
        "warnings": [],
        "criteria": [],
        "started_at": datetime(2026, 1, 31, tzinfo=UTC),
        "ended_at": None,
        "duration_seconds": 10,
        "counts": Counts(
            due=10, sent=8, dropped=1, backlog=1, decided=5, rejected=1, failed=1, in_flight=1
        ),
        "attempts": 9,
        "outcomes": {},
        "decisions": {},
        "offered_tps": None,
        "achieved_tps": None,
        "response_ms": NO_LATENCY,
        "service_ms": NO_LATENCY,
        "lateness_ms": NO_LATENCY,
        "queue_ms": NO_LATENCY,
        "measured": window(NO_LATENCY),
        "per_second": PerSecond.model_validate({name: [] for name in PerSecond.model_fields}),
        "faults": [],
        "journal": None,
        "confusion": {},
        "cpu_seconds": {},
    }
    return RunSummary.model_validate(values | changes)


def window(response, spans=()):
    return MeasurementWindow(
        spans=list(spans),
        seconds=sum(end - begin for begin, end in spans),
        offered_tps=400.0 if spans else None,
        achieved_tps=396.0 if spans else None,
        response_ms=response,
        service_ms=NO_LATENCY,
    )


def report(**changes):
    return "\n".join(run_lines(summary(**changes)))


def test_the_verdict_comes_first_and_the_target_next():
    lines = run_lines(summary())
    assert lines[0] == "FAILED: Why."
    assert lines[2] == "Target: the one"


def test_both_conservation_laws_are_spelt_out():
    text = report()
    assert "due 10 = sent 8 + dropped 1 + backlog 1\n" in text
    assert "sent 8 = decided 5 + rejected 1 + failed 1 + in flight 1\n" in text
    assert "DOES NOT HOLD" not in text


@pytest.mark.parametrize(("field", "line"), [("due", "backlog 1"), ("failed", "in flight 1")])
def test_a_law_that_does_not_hold_says_so(field, line):
    counts = summary().counts.model_copy(update={field: 4})
    assert f"{line}  DOES NOT HOLD" in report(counts=counts)


def test_what_was_not_measured_is_no_zero():
    text = report()
    assert "offered not measured, achieved not measured" in text
    assert "Journal: could not be checked" in text
    assert "0.0 ms" not in text


def test_a_percentile_of_too_few_samples_says_so():
    few = NO_LATENCY.model_copy(update={"p50": 1.5, "max": 2.0, "mean": 1.6, "count": 40})
    lines = run_lines(summary(response_ms=few))
    (row,) = [line for line in lines if line.startswith("  response  ")]
    assert row.split()[1:3] == ["1.5", "ms"]
    assert row.count("too few") == 4
    assert any("p90 needs 100, p95 needs 200, p99 needs 1,000" in line for line in lines)


def test_what_was_measured_without_ramps_stands_apart_with_its_spans():
    steady = NO_LATENCY.model_copy(update={"p50": 1.5, "p99": 6.5, "count": 12_000})
    lines = run_lines(summary(measured=window(steady, [(20.0, 60.0), (70.0, 90.0)])))
    at = lines.index(
        "Without ramps (60 s within 20 s to 60 s, 70 s to 90 s of the run clock): "
        "offered 400/s, achieved 396/s"
    )
    assert lines[at + 1].split()[:3] == ["response", "1.5", "ms"]
    assert lines[at + 1].endswith("12,000")
    assert "Without ramps: nothing, the plan did not hold a rate for a tick" in report()


def test_a_changed_rate_and_a_lost_worker_are_said_with_what_nobody_offered():
    lost = DegradedInterval(
        share=1, shares=2, reason="killed by signal 9", from_seconds=4.25, to_seconds=5.75
    )
    changed = RateChange(schedule_seconds=7, factor=0.8)
    text = report(rate_changes=[changed], degraded=[lost], not_offered=1_234)
    assert "rate changed live: 80 % of the plan from 7 s of the run clock" in text
    assert (
        "degraded: load worker 2 of 2 lost (killed by signal 9), its share offered by nobody "
        "from 4.25 s to 5.75 s" in text
    )
    assert "not offered 1,234, besides what was due" in text
    assert "not offered" not in report()
    assert "to the end" in report(degraded=[lost.model_copy(update={"to_seconds": None})])


def test_a_fault_that_was_not_proven_or_recovered_from_says_so():
    text = report(faults=[FAULT])
    assert "Worker crash, 1 of 4, by hand, NOT proven: on at 70 s, never cleared" in text
    assert "recovered not measured from onset" in text
    assert "1,234 failed meanwhile" in text
    assert "It never came back." in text


def test_what_to_do_is_a_heading_only_where_there_is_something_to_do():
    assert "What to do" not in "\n".join(run_lines(summary()))
    advised = "\n".join(run_lines(summary(recommendations=["Lower the rate."])))
    assert advised.endswith("What to do\n  Lower the rate.")


def test_losses_and_failures_stand_together():
    journal = JournalReconciliation(
        acknowledged=5, found=4, missing=1, duplicated=0, unacknowledged=2
    )
    assert (
        "Journal: acknowledged 5, found 4, missing 1, duplicated 0, unacknowledged 2; failed 1"
        in report(journal=journal)
    )


def state(*events, **changes):
    values = {
        "status": TestStatus.RUNNING,
        "target_line": "t",
        "name": "Pitch\x1b[31m",
        "clock_seconds": 65,
        "duration_seconds": 180,
        "events": list(events),
    }
    return LiveState.model_validate(values | changes)


def test_one_line_holds_the_clock_and_the_rates():
    decided = Figure(
        id="hero.achieved_tps",
        label="Achieved",
        value=5990,
        unit="tps",
        provenance=Provenance.MEASURED,
        window_seconds=1,
    )
    assert progress_line(state(figures=[decided])) == (
        "01:05 / 03:00  running  offered –  achieved 5,990/s  p99 –  failed –"
    )


def test_without_a_terminal_a_line_comes_every_five_seconds_and_an_event_once():
    out, now = io.StringIO(), [0.0]
    event = RunEvent(t_seconds=70, kind=EventKind.FAULT_APPLIED, message="Worker crash")
    with Progress(Console(file=out, width=200), now=lambda: now[0]) as progress:
        for second in range(11):
            now[0] = float(second)
            progress.show(state(event))
    lines = out.getvalue().splitlines()
    assert lines.count("01:10  fault applied: Worker crash") == 1
    assert len(lines) == 1 + 3


def test_a_terminal_sees_marks_and_the_fault_under_way():
    out = io.StringIO()
    console = Console(file=out, width=120, force_terminal=True)
    fault = FaultSpan(name="Worker crash", start_seconds=60, end_seconds=None, status="active")
    with Progress(console) as progress:
        seen = state(
            marks=["REHEARSAL ×10"], faults=[fault], warnings=["late"], doubts=["Slow: stop"]
        )
        progress.show(seen)
    assert "Slow: stop" in out.getvalue()
    assert "REHEARSAL ×10  fault: Worker crash  late" in out.getvalue()
    assert "\x1b[31m" not in out.getvalue(), "a name must not steer the terminal"


def test_characters_that_steer_a_terminal_are_shown_as_dots():
    assert printable("a\x1b[2Jb\nc\x00é") == "a·[2Jb·c·é"
