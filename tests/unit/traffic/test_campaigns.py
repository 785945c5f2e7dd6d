from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.load.traffic.places import usd_per_unit
from engine.load.traffic.plan import BLOCK, CAMPAIGNS, HONEST_RUNS, LUMP, Sequencer, budget, seated
from engine.load.traffic.simulator import FRAUD_KINDS, Simulator
from engine.model.scenario import TrafficMix

TESTING, TAKEOVER = FRAUD_KINDS.index("card_testing"), FRAUD_KINDS.index("account_takeover")


def by_customer(blocks, kind):
    """Transactions of a kind by customer, in order."""
    found = defaultdict(list)
    for block in blocks:
        for row in np.flatnonzero((block.kinds == kind) & ~block.rejects).tolist():
            fields = json.loads(block.bodies[row])
            found[fields["user_id"]].append(fields)
    return found


def sessions(blocks, kind):
    found = defaultdict(list)
    for rows in by_customer(blocks, kind).values():
        for fields in rows:
            found[fields["session_id"]].append(fields)
    return list(found.values())


def usd(row):
    return row["amount"] * usd_per_unit()[row["currency"]]


def minutes(rows):
    first, last = (datetime.fromisoformat(rows[at]["timestamp"]) for at in (0, -1))
    return (last - first).total_seconds() / 60


@given(
    share=st.sampled_from([0.15, 0.05, 0.02, 0.001, 0.08]),
    lump=st.sampled_from([1, LUMP]),
    blocks=st.integers(1, 3_000),
)
def test_budgets_add_up_to_the_share(share, lump, blocks):
    rows = sum(budget(share, block, lump) for block in range(blocks))
    assert 0 <= blocks * BLOCK * share - rows < lump + 1e-6


@given(st.lists(st.floats(0, BLOCK - 1), max_size=BLOCK))
def test_seats_are_distinct_ordered_and_within_the_block(wishes):
    seats = seated(np.sort(np.array(wishes, dtype=np.float64))).tolist()
    assert sorted(set(seats)) == seats
    assert all(0 <= seat < BLOCK for seat in seats)


def test_seats_without_quarrel_are_those_wished_for():
    assert seated(np.array([3.9, 10.0, 500.2])).tolist() == [3, 10, 500]


@given(block=st.integers(0, 10**6), rows=st.integers(0, 200))
@pytest.mark.parametrize("runs", [CAMPAIGNS, HONEST_RUNS])
def test_sequences_fill_their_budget_in_order(runs, block, rows):
    made = Sequencer(1, TrafficMix.STRESS, "test", runs).draw(block, rows)
    assert len(made.wish) == len(made.role) == len(made.origin) == rows
    assert ((made.wish >= 0) & (made.wish < BLOCK)).all()
    for origin in np.unique(made.origin):
        mine = made.wish[made.origin == origin]
        assert (np.diff(mine) > 0).all()
        assert len(mine) <= max(run.longest for run in runs)


def test_card_tests_are_runs_of_mostly_small_amounts_at_many_merchants(stress_blocks):
    runs = [rows for rows in sessions(stress_blocks, TESTING) if len(rows) >= 4]
    assert len(runs) > 200
    assert np.median([minutes(rows) for rows in runs]) < 20
    assert np.mean([len({row["merchant"] for row in rows}) / len(rows) for rows in runs]) > 0.8
    assert all(len({row["card_type"] for row in rows}) == 1 for rows in runs)
    small = [usd(row) < 10 for rows in runs for row in rows]
    assert 0.7 < np.mean(small) < 0.95


def test_some_card_tests_do_not_look_special(stress_blocks):
    short = [rows for rows in sessions(stress_blocks, TESTING) if len(rows) <= 2]
    assert len(short) > 100


def test_an_account_stays_taken_over_for_days_on_one_strange_device(stress_blocks):
    longest = []
    for rows in by_customer(stress_blocks, TAKEOVER).values():
        devices = defaultdict(list)
        for fields in rows:
            if "device_info" in fields:
                devices[fields["device_info"]["device_id"]].append(fields)
        longest.append(max(map(minutes, devices.values()), default=0.0))
    assert np.percentile(longest, 75) > 6 * 60


def test_sessions_of_a_stolen_account_are_as_short_as_honest_ones(stress_blocks):
    spans = [minutes(rows) for rows in sessions(stress_blocks, TAKEOVER)]
    assert max(spans) < 24 * 60


def test_honest_customers_also_buy_in_quick_runs(stress_blocks):
    runs = [rows for rows in sessions(stress_blocks, 0) if len(rows) >= 4]
    quick = [rows for rows in runs if minutes(rows) < 4 * len(rows)]
    assert len(quick) > 400
    assert np.median([usd(row) for rows in quick for row in rows]) < 10


def test_honest_customers_travel_and_change_devices():
    simulator = Simulator(12, TrafficMix.REALISTIC, "x-")
    home_country, devices, abroad, rows = {}, defaultdict(Counter), 0, 0
    for index in range(120):
        for body in simulator.block(index).bodies:
            fields = json.loads(body)
            who = fields["user_id"]
            if "device_info" in fields:
                devices[who][fields["device_info"]["device_id"]] += 1
            if "location" in fields:
                country = fields["location"]["country"]
                rows += 1
                abroad += country != home_country.setdefault(who, country)
    assert 0.01 < abroad / rows < 0.15
    often = [sum(times >= 3 for times in seen.values()) for seen in devices.values()]
    assert np.mean([count > 1 for count in often]) > 0.4
    assert np.mean([count <= 1 for count in often]) > 0.2
