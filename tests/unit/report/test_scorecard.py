import re

import pytest

from engine.analysis.scorecard import Compared, scorecard
from engine.analysis.uptime import ResilienceTally, tallied
from engine.model.figure import Provenance
from engine.model.metrics import ResilienceMetrics
from engine.report.figures_fault import fault_figures
from engine.report.figures_resilience import degradation_figures, resilience_figures
from engine.report.snapshot import render
from engine.report.terminal import run_lines
from engine.run.attribution import times_of
from tests.run_records import TICK_SECONDS, fault, record, ticks

COUNTED = ("failed", "retried", "redriven", "lost", "duplicated", "unacknowledged")


@pytest.fixture(scope="module")
def carded():
    made, rows = fault(), ticks()
    for column, count in (("fraud_flagged", 3), ("fraud_missed", 1), ("legitimate_passed", 90)):
        rows[column] = count
    card = scorecard(rows, times_of(made, [made]), Compared(0, 0, 2))
    return made.model_copy(update={"scorecard": card})


@pytest.fixture(scope="module")
def scored(carded):
    rows = ticks()
    rows["degradation_level"] = rows["faults_active_now"] * 2
    tally = tallied(rows, TICK_SECONDS)
    return record(
        faults=[carded], resilience=tally.metrics([carded]), degradation=tally.degradation()
    )


@pytest.fixture(scope="module")
def shown(scored):
    """The snapshot's text of each figure, by id."""
    page = render(scored).decode().split("</main>")[0]
    return dict(re.findall(r'data-figure="([^"]+)" data-value="([^"]+)"', page))


def test_every_number_of_the_card_is_a_figure_that_says_how_it_came(carded):
    found = {figure.id: figure for figure in fault_figures([carded])}
    for name in COUNTED:
        figure = found[f"fault.0.card.{name}"]
        assert figure.value == getattr(carded.scorecard, name)
        assert figure.provenance is Provenance.MEASURED
    recall = found["fault.0.card.recall_during"]
    assert (recall.value, recall.inputs) == (0.75, {"decisions": 240})
    ends = [found[f"fault.0.card.recall_during_{end}"].value for end in ("low", "high")]
    assert ends[0] < 0.75 < ends[1]


def test_a_rate_on_too_few_decisions_says_how_many_it_takes():
    made = fault()
    card = scorecard(ticks(), times_of(made, [made]))
    found = {f.id: f for f in fault_figures([made.model_copy(update={"scorecard": card})])}
    recall = found["fault.0.card.recall_before"]
    assert (recall.value, recall.note) == (None, "fewer than 30 decisions: too few to tell")
    assert found["fault.0.card.lost"].value is None


def test_the_snapshot_shows_the_card_and_the_resilience_of_the_run(scored, shown):
    card = scored.summary.faults[0].scorecard
    assert shown["fault.0.card.failed"] == str(card.failed)
    assert shown["fault.0.card.unacknowledged"] == "2"
    assert shown["resilience.failures_injected"] == "1"
    assert shown["degradation.worst"] == "severe"
    assert shown["degradation.severe_seconds"] == "15.0"


def test_a_record_of_an_earlier_version_has_no_card_and_says_so():
    page = render(record()).decode()
    assert "fault.0.card" not in page
    assert "Not summed up in this record." in page


def test_the_terminal_says_lost_beside_failed_and_rates_with_their_intervals(scored):
    text = "\n".join(run_lines(scored.summary))
    card = scored.summary.faults[0].scorecard
    assert f"cost: {card.failed:,} failed, " in text
    assert "0 lost, 0 duplicated, 2 unacknowledged" in text
    assert re.search(r"recall 75 % \(\S+ % to \S+ %\) during, 75 % \(", text)
    assert "1 of 1 faults recovered from" in text
    assert "degradation at worst severe: none 165 s, moderate 0 s, severe 15 s" in text


def test_before_the_first_tick_nothing_is_known_of_the_resilience():
    begun = ResilienceTally(TICK_SECONDS).metrics([])
    for found in (None, begun):
        for before in (None, float("nan")):
            assert {figure.value for figure in resilience_figures(found, before)} == {None}
    assert degradation_figures(None, None) == []
    found = {f.id: f.value for f in resilience_figures(ResilienceMetrics(uptime_percentage=50), 9)}
    assert found["resilience.uptime"] == 0.5
