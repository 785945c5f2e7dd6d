"""What a run on own data says of itself: whose data it is, and no quality without labels."""

import numpy as np
import pytest

from engine.analysis.quality import Confusion, confusion, quality
from engine.load.pacer import Pacer
from engine.load.profiles import Profile
from engine.metrics.aggregator import Aggregator
from engine.model.errors import ConfigurationError
from engine.model.request import RunRequest
from engine.model.traffic import TrafficSource
from engine.report.figures import stage_figures
from engine.report.snapshot import render
from engine.report.terminal import run_lines
from engine.run.own_data import planned_traffic
from engine.run.rates import Rates
from tests.own_rows import MAPPING, converted, rows
from tests.run_records import record, scenario, summary
from tests.unit.metrics.test_aggregator import TICK, report
from tests.unit.report.test_figures import stage

OWN = TrafficSource(own=True, name="bank", transactions=1_234, sha256="ab12")
MUTE = OWN.model_copy(update={"labelled": False})
SIMULATED = TrafficSource(own=False, name="demo")
DECISIONS = {"unlabelled:DECLINE": 400, "unlabelled:APPROVE": 900}


def page(traffic, **changes):
    text = render(record(traffic=traffic, **changes)).decode()
    return text.partition("<main")[2].partition("</main")[0]


def test_decisions_on_unlabelled_rows_count_for_no_figure_of_quality():
    assert confusion(DECISIONS) == Confusion()
    assert quality(DECISIONS, 0.001).recall_by_kind == {}
    aggregator = Aggregator(1, TICK)
    aggregator.add(report(confusion=DECISIONS))
    row = aggregator.close_tick()
    assert row["fraud_flagged"] == row["fraud_missed"] == row["legitimate_passed"] == 0
    shown = {f.id: f.value for f in stage_figures(stage(confusion=DECISIONS, traffic=MUTE))}
    assert shown["quality.recall"] is None
    assert shown["quality.prevalence"] is None
    assert "Not measured: the own data has no labels." in page(MUTE, confusion=DECISIONS)


@pytest.mark.parametrize(
    ("traffic", "words"),
    [
        (OWN, "bank (own data, 1,234 transactions, labels yes)"),
        (MUTE, "bank (own data, 1,234 transactions, labels no)"),
        (OWN.model_copy(update={"repeated": True}), "bank (own data, 1,234 transactions, labels "),
    ],
)
def test_own_data_is_called_so_and_never_simulated(traffic, words):
    for said in (page(traffic), "\n".join(run_lines(summary(traffic=traffic)))):
        assert words in said
        assert "imulated" not in said
    figures = {figure.id: figure for figure in stage_figures(stage(traffic=traffic))}
    assert str(figures["run.traffic"].value).startswith(words)
    assert "own data" in figures["quality.prevalence"].label
    assert "on purpose" not in (figures["quality.prevalence"].note or "")


def test_simulated_traffic_is_called_so_with_its_mix():
    assert "Traffic: simulated, mix demo" in run_lines(summary(traffic=SIMULATED))
    figures = {figure.id: figure for figure in stage_figures(stage(traffic=SIMULATED))}
    assert figures["run.traffic"].value == "simulated traffic"
    assert figures["quality.prevalence"].note.startswith("enriched on purpose")


def test_a_record_that_does_not_say_is_told_as_before():
    assert not any("Traffic:" in line for line in run_lines(summary()))
    assert "Fraud is enriched in this traffic" in page(None)


def request_and_pacer(out, seconds=10.0, repeat=False):
    asked = scenario(duration_seconds=seconds, failure_scenarios=(), acts=())
    request = RunRequest(scenario=asked, traffic_file=str(out), repeat_traffic=repeat)
    return request, asked, Pacer(Profile(asked.load_profile, seconds, 7))


def test_data_lasts_up_to_the_arrival_that_has_no_row_any_more(tmp_path):
    out = converted(tmp_path, rows(200), MAPPING).out
    request, asked, pacer = request_and_pacer(out)
    assert pacer.total > 200
    first_missing = pacer.due_seconds(np.array([200]))[0]
    with pytest.raises(ConfigurationError, match=f"which last {first_missing:,.1f} s of the 10.0"):
        planned_traffic(request, asked, pacer)
    planned = planned_traffic(*request_and_pacer(out, repeat=True))
    assert planned.source.line == "Traffic: own (own data, 200 transactions, labels no, repeated)"


def test_no_rate_is_taken_live_at_which_own_data_would_end_before_the_run():
    _, asked, pacer = request_and_pacer("x")
    tight = Rates(pacer.profile, asked.load_profile.max_tps, pacer.total)
    with pytest.raises(ConfigurationError, match="its own data holds"):
        tight.change(2.0, 1.0)
    assert tight.changes == ()
    tight.change(0.5, 1.0)
    assert tight.factor == 0.5
