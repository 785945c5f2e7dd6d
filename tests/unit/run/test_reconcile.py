import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.measure.arrivals import ArrivalSet
from engine.ports import JournalRows
from engine.run.reconcile import reconcile

numbers = st.sets(st.integers(0, 200_000), max_size=200)


def arrivals(values):
    found = ArrivalSet()
    found.add(np.array(sorted(values), dtype=np.uint32))
    return found


@given(numbers, numbers)
def test_what_is_missing_and_what_is_unacknowledged_are_the_two_differences(acknowledged, rows):
    journal = JournalRows(np.array(sorted(rows), dtype=np.uint32), applied_twice=0)
    result = reconcile(arrivals(acknowledged), journal, 0)
    assert result.acknowledged == len(acknowledged)
    assert result.found == len(acknowledged & rows)
    assert result.missing == len(acknowledged - rows)
    assert result.unacknowledged == len(rows - acknowledged)


def test_ids_applied_or_answered_twice_count_as_duplicated():
    journal = JournalRows(np.array([1, 2], dtype=np.uint32), applied_twice=2)
    assert reconcile(arrivals({1, 2}), journal, 3).duplicated == 5


@given(st.lists(st.integers(0, 3_000_000), max_size=100))
def test_an_arrival_set_counts_distinct_numbers(values):
    found = ArrivalSet()
    for value in values:
        found.add(np.array([value], dtype=np.uint32))
    assert len(found) == len(set(values))
    asked = np.array([*values, 3_000_001], dtype=np.int64)
    assert found.contains(asked).tolist() == [value in set(values) for value in asked.tolist()]
