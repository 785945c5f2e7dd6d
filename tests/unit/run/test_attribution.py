import numpy as np

from engine.measure.arrivals import ArrivalSet
from engine.model.scenario import LoadProfile, LoadProfileType
from engine.ports import JournalRows
from engine.run.attribution import MARGIN_SECONDS, attribute, scored, spans_of, times_of, with_cards
from tests.run_records import fault, meta, scenario, ticks

FLAT = scenario(
    load_profile=LoadProfile(profile_type=LoadProfileType.SUSTAINED, sustained_tps=100),
)
FIRST, SECOND = fault(), fault(onset_seconds=120.0, recovered_at_seconds=None)
SPAN = (round((70 - MARGIN_SECONDS) * 100), 9_025)  # to 88.25 s + the window of two


def spans(rows, faults=(FIRST, SECOND)):
    return spans_of(meta(scenario=FLAT, scaled=FLAT), [], faults, rows)


def sets(acknowledged, kept, twice=0):
    found = ArrivalSet()
    found.add(np.array(acknowledged))
    return found, JournalRows(np.array(kept, dtype=np.uint32), twice)


def test_the_arrivals_of_a_fault_are_those_due_from_a_margin_before_it_to_its_end():
    assert spans(ticks()) == [SPAN, (11_500, 18_000)]


def test_a_pause_before_the_fault_moves_its_arrivals():
    rows = ticks()
    rows["schedule_seconds"] = np.maximum(rows["t_seconds"] - 10, 0)
    assert spans(rows)[0] == (SPAN[0] - 1_000, SPAN[1] - 1_000)


def test_lost_and_unacknowledged_belong_to_the_fault_in_whose_time_they_were_due():
    acknowledged, rows = sets([1, 7_000, 7_001, 12_000], [1, 7_001, 8_000, 12_000, 13_000])
    first, second = attribute([FIRST, SECOND], spans(ticks()), acknowledged, rows, ticks())
    assert (first.lost, first.unacknowledged) == (1, 1)
    assert (second.lost, second.unacknowledged) == (0, 1)


def test_contradicting_answers_are_duplicates_unless_the_journal_has_some_it_does_not_name():
    table = ticks()
    table.loc[table["t_seconds"] == 75.0, "answer_mismatches"] = 2
    found = attribute([FIRST], spans(table, [FIRST]), *sets([1], [1]), table)
    assert found[0].duplicated == 2
    unnamed = attribute([FIRST], spans(table, [FIRST]), *sets([1], [1], twice=1), table)
    assert unnamed[0].duplicated is None


def test_a_fault_s_redriven_end_with_the_next_fault_that_began_after_it_was_over():
    within = fault(onset_seconds=80.0)
    assert times_of(FIRST, [FIRST, within, SECOND]).next_onset == 120.0
    assert times_of(SECOND, [FIRST, SECOND]).next_onset is None


def test_cards_without_a_journal_are_made_anew_and_those_with_one_are_kept():
    (made,) = with_cards([FIRST], ticks())
    assert made.scorecard.lost is None
    table = ticks()
    compared = attribute([FIRST], spans(table, [FIRST]), *sets([1], [1]), table)
    kept = scored([FIRST], table, compared)
    assert with_cards(kept, table) == kept
    assert kept[0].scorecard.lost == 0
    stale = made.model_copy(
        update={"scorecard": made.scorecard.model_copy(update={"failed": 9_999})}
    )
    assert with_cards([stale], table)[0].scorecard.failed == made.scorecard.failed
