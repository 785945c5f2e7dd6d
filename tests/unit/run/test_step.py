"""A step is judged by the ticks of its window, each part of the criterion by itself."""

import numpy as np
import pandas as pd
import pytest

from engine.analysis.honesty import MAX_LATENESS_P99_MS, MAX_LOOP_LAG_MS, MAX_WORKER_CPU_CORES
from engine.measure.histogram import Histogram
from engine.model.calibration import Limit
from engine.model.tick import COLUMNS, NAN, Tick
from engine.run.plan import TICK_SECONDS
from engine.run.step import (
    DISTURBED_SHARE,
    MAX_P99_MS,
    MIN_ANSWERED_SHARE,
    MIN_OFFERED_SHARE,
    Window,
    hopeless,
    judge,
    was_disturbed,
)

RATE, TICKS, PROCESSORS = 8_000, 4, 2


def latencies(*parts):
    """A histogram of (ms, how many)."""
    histogram = Histogram()
    for ms, count in parts:
        histogram.record(np.full(round(count), round(ms * 1_000)))
    return histogram


def window(*, ticks=TICKS, response=None, lateness=None, **columns):
    """A second of a machine on which nothing is wrong, but for what is named."""
    due = RATE * TICK_SECONDS
    row = Tick(
        due=due,
        sent=due,
        decided=due * 0.99,
        rejected=due * 0.01,
        attempts=due,
        workers_asked=1,
        workers_up_now=1,
        worker_cpu_cores=0.3,
        busiest_worker_cpu_cores=0.3,
        worker_loop_lag_ms=1.0,
        app_cpu_cores=0.1,
        platform_cpu_cores=0.6,
        machine_cpu_percentage=50.0,
    )
    frame = pd.DataFrame([[getattr(row, name) for name in COLUMNS]] * ticks, columns=list(COLUMNS))
    decided = ticks * row.decided
    return Window(
        asked_tps=RATE,
        ticks=frame.assign(**columns),
        response=response or latencies((5, decided)),
        lateness=lateness or latencies((0.2, ticks * due)),
        processors=PROCESSORS,
    )


def test_a_second_in_which_nothing_is_wrong_is_held():
    step = judge(window())
    assert (step.held, step.why_not, step.limited_by, step.disturbed) == (True, None, None, False)
    assert (step.asked_tps, step.offered_tps, step.window_seconds) == (RATE, RATE, 1.0)
    assert step.sample_size == RATE * 0.99
    assert step.response_p99_ms == pytest.approx(5, rel=0.001)
    assert step.lateness_p99_ms == pytest.approx(0.2, rel=0.001)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"failed": [0, 0, 1, 0]}, "1 failed"),
        ({"dropped": [0, 2, 0, 0]}, "2 dropped"),
        ({"decided": RATE / 4 * 0.96}, "97 % answered"),
        ({"response": latencies((5, 7_800), (MAX_P99_MS * 2, 120))}, "response p99 100 ms"),
        ({"response": latencies((5, 999))}, "999 decisions, too few for a p99"),
        ({"response": latencies((5, 9), (400, 90))}, "of 99 decisions 90 took over 50 ms"),
    ],
)
def test_what_the_target_does_not_do_is_its_limit(wrong, words):
    step = judge(window(**wrong))
    assert not step.held
    assert words in step.why_not
    assert step.limited_by is Limit.TARGET


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"lateness": latencies((1, 7_900), (MAX_LATENESS_P99_MS * 2, 100))}, "sent late"),
        ({"busiest_worker_cpu_cores": MAX_WORKER_CPU_CORES + 0.02}, "all of a processor core"),
        ({"worker_loop_lag_ms": MAX_LOOP_LAG_MS * 1.1}, "held up by this machine"),
        ({"workers_up_now": [1, 1, 0, 0]}, "ended before the run"),
        ({"due": RATE / 4 * (MIN_OFFERED_SHARE - 0.01)}, "only 7,520/s offered"),
        ({"reports_missing": [0, 1, 0, 0]}, "reports of load workers"),
    ],
)
def test_what_the_generator_does_not_do_is_its_own_limit(wrong, words):
    step = judge(window(**wrong))
    assert not step.held
    assert words in step.why_not
    assert step.limited_by is Limit.GENERATOR


def test_where_both_gave_way_it_was_the_generator():
    slow = latencies((MAX_P99_MS * 4, RATE))
    step = judge(window(response=slow, lateness=latencies((MAX_LATENESS_P99_MS * 2, RATE))))
    assert step.limited_by is Limit.GENERATOR
    assert "response p99" in step.why_not


def test_a_slow_target_alone_is_no_doubt_about_the_generator():
    slow = latencies((4_000, RATE))
    assert judge(window(response=slow, service_p99_ms=4_000.0)).limited_by is Limit.TARGET


def test_a_second_at_each_limit_is_held():
    share = RATE / 4 * (MIN_ANSWERED_SHARE - 0.01)
    assert judge(window(decided=share)).held  # one more of a hundred is rejected: answered too
    assert judge(window(response=latencies((MAX_P99_MS - 0.1, RATE)))).held
    assert judge(window(response=latencies((5, RATE * 0.991), (900, RATE * 0.009)))).held


def test_the_machine_was_disturbed_when_others_used_more_than_their_share_of_all_processors():
    ours = (0.3 + 0.1 + 0.6) / PROCESSORS
    most = 100 * (ours + DISTURBED_SHARE)
    assert not was_disturbed(window(machine_cpu_percentage=most - 1))
    assert was_disturbed(window(machine_cpu_percentage=most + 1))
    assert was_disturbed(window(reports_missing=[0, 0, 0, 1]))


def test_what_disturbed_the_machine_is_not_charged_to_the_target():
    busy = judge(window(machine_cpu_percentage=100.0, response=latencies((400, RATE))))
    assert (busy.limited_by, busy.disturbed) == (Limit.OTHERS, True)
    assert judge(window(machine_cpu_percentage=100.0)).held


def test_a_machine_whose_processors_were_not_watched_is_not_called_disturbed():
    assert not was_disturbed(window(machine_cpu_percentage=NAN))
    assert not was_disturbed(window(platform_cpu_cores=NAN, machine_cpu_percentage=40.0))


def test_a_step_is_given_up_as_soon_as_it_cannot_hold_any_more():
    slow, quick = latencies((400, 2_000)), latencies((5, 2_000))
    assert hopeless(window(ticks=1, response=slow), TICKS)
    assert hopeless(window(ticks=1, failed=1.0), TICKS)
    assert not hopeless(window(ticks=1, response=quick), TICKS)
    assert hopeless(window(ticks=1, response=latencies((400, 200))), TICKS)
    assert not hopeless(window(ticks=1, response=latencies((400, 150), (5, 9_000))), TICKS)


def test_a_step_that_is_given_up_would_not_have_held():
    spoiled = latencies((5, 1_780), (400, 200))
    assert hopeless(window(ticks=1, response=spoiled), TICKS)
    spoiled.merge(latencies((5, 3 * 1_980)))
    assert not judge(window(response=spoiled)).held


def test_a_window_in_which_nothing_was_due_holds_nothing():
    empty = judge(window(due=0.0, decided=0.0, rejected=0.0, response=latencies()))
    assert not empty.held
    assert "nothing was due" in empty.why_not
