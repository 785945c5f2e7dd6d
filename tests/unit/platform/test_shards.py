"""Who has which customers, and how little of that changes with the number of scorers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.platform.shards import SHARDS, dealt, first_deal, gained, had_by

numbers = st.integers(1, SHARDS)


@given(st.lists(numbers, min_size=2, max_size=8))
def test_every_scorer_has_its_even_part_and_no_other_has_any(steps: list[int]):
    owners = first_deal(steps[0])
    for scorers in steps[1:]:
        owners = dealt(owners, scorers)
        sizes = [len(had_by(owners, index)) for index in range(scorers)]
        assert sum(sizes) == SHARDS
        assert max(sizes) - min(sizes) <= 1


@given(numbers, numbers)
def test_a_table_that_fits_stays_as_it_is(before: int, scorers: int):
    owners = dealt(first_deal(before), scorers)
    assert dealt(owners, scorers) == owners


@given(st.integers(1, SHARDS - 1))
def test_only_the_part_of_a_new_scorer_moves_and_only_that_of_one_that_goes(scorers: int):
    before = first_deal(scorers)
    after = dealt(before, scorers + 1)
    assert set(gained(before, after)) == {scorers}
    assert len(gained(before, after)[scorers]) <= SHARDS // (scorers + 1) + 1
    back = dealt(after, scorers)
    moved = [shard for part in gained(after, back).values() for shard in part]
    assert sorted(moved) == had_by(after, scorers)
