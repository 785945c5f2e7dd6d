"""What a soak computes, without running one."""

import re
import subprocess
import sys

import numpy as np
import pytest

from tests.benchmarks import memory, soaked
from tests.benchmarks.evidence import about_the_machine

SECONDS = np.arange(0, 1_800, 5.0)


def sampled(**grown):
    """Memory that grows by so many MB a minute in each part, over half an hour."""
    made = memory.Memory(seconds=SECONDS.tolist())
    for part in made.megabytes:
        made.megabytes[part] = (100 + grown.get(part, 0) * SECONDS / 60).tolist()
    return made


def test_the_slope_of_a_line_is_its_own_and_has_no_error():
    found = memory.slope(SECONDS, 80 + 0.25 * SECONDS / 60)
    assert found.mb_per_minute == pytest.approx(0.25)
    assert found.standard_error == pytest.approx(0, abs=1e-9)
    assert found.samples == len(SECONDS)


def test_noise_widens_the_error_and_the_true_slope_lies_within_a_few_of_them():
    noise = np.random.default_rng(7).normal(0, 2, len(SECONDS))
    found = memory.slope(SECONDS, 80 + 0.25 * SECONDS / 60 + noise)
    assert 0 < found.standard_error < 0.1
    assert abs(found.mb_per_minute - 0.25) < 4 * found.standard_error


def test_two_samples_tell_no_slope():
    assert memory.slope([0, 5], [1, 2]) is None


def test_what_filled_up_while_warm_is_not_in_the_judged_span():
    filling = np.minimum(SECONDS, 500)
    made = sampled()
    made.megabytes["app"] = (100 + filling).tolist()
    judged = {(one.part, one.span): one.mb_per_minute for one in soaked.slopes(made)}
    assert judged["app", "whole"] > 1
    assert judged["app", soaked.JUDGED] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("grown", "met"), [(0.4, True), (0.6, False), (-0.6, False)])
def test_a_part_is_held_to_its_slope_whichever_way_it_goes(grown, met):
    made = soaked.slopes(sampled(worker=grown))
    verdicts = {bar.what: bar.met for bar in soaked.growth_bars(made, SECONDS)}
    assert verdicts == {
        "|app memory|, MB/min": True,
        "|worker memory|, MB/min": met,
        "|platform memory|, MB/min": True,
    }


def test_a_short_soak_judges_no_slope():
    short = sampled(app=9)
    bars = soaked.growth_bars(soaked.slopes(short), SECONDS[:60])
    assert {bar.met for bar in bars} == {None}


def test_a_process_is_sampled_only_together_with_its_workers_and_its_platform():
    alone = memory.Memory()
    alone.sample(1.0)
    assert alone.seconds == []
    idle = "import sys; sys.stdin.read()"
    started = [
        subprocess.Popen([sys.executable, "-c", idle, module], stdin=subprocess.PIPE)
        for module in memory.PARTS.values()
    ]
    try:
        alone.sample(2.0)
    finally:
        for one in started:
            one.communicate()
    assert alone.seconds == [2.0]
    assert alone.processes == {"app": 1, "worker": 1, "platform": 1}
    assert all(series[0] > 1 for series in alone.megabytes.values())


def test_the_report_names_the_machine_and_every_bar():
    found = soaked.Soak(
        setup=soaked.SoakSetup(
            date="2026-11-23",
            machine=about_the_machine(),
            rate=2_000,
            seconds=1_800,
            mix="demo",
            app="the engine alone",
            workers=1,
        ),
        definitions=soaked.DEFINITIONS,
        bars=soaked.growth_bars(soaked.slopes(sampled(app=1)), SECONDS),
        status="completed",
        verdict="passed",
        verdict_reason="Every criterion held.",
        counts={"due": 10},
        journal=None,
        response_ms={"p95": 1.0},
        processes={"app": 1},
        slopes=soaked.slopes(sampled(app=1)),
        minutes=[
            soaked.Minute(minute=0, due=9, sent=9, decided=8, failed=1, p95_ms=1.0, p99_ms=None)
        ],
        sampled_seconds=[5.0],
        memory_mb={"app": [100.0]},
    )
    text = soaked.render(found)
    assert "2,000/s for 1,800 s" in text
    assert re.search(r"\|app memory\|, MB/min +≤ 0\.5 +1\.000 +MISSED", text)
