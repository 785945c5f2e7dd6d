from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.load.traffic.customers import population, slots
from engine.load.traffic.draws import mixed
from engine.load.traffic.money import LIMIT_USD
from engine.load.traffic.outliers import OUTLIERS
from engine.load.traffic.places import places, usd_per_unit
from engine.load.traffic.plan import Planner
from engine.load.traffic.roles import FRAUD_KINDS, VISIT
from engine.load.traffic.sequences import (
    BLOCK,
    CAMPAIGNS,
    HONEST_RUNS,
    LUMP,
    Sequencer,
    budget,
    seated,
)
from engine.load.traffic.simulator import Simulator
from engine.load.traffic.terminals import Terminals
from engine.model.scenario import TrafficMix

KINDS = range(1, len(FRAUD_KINDS))
TESTING, TAKEOVER, BURST_KIND, TERMINAL, STRUCTURING_KIND = KINDS


def by_customer(blocks, kind):
    """Transactions of a kind by customer, in order."""
    found = defaultdict(list)
    for block in blocks:
        for row in np.flatnonzero((block.kinds == kind) & ~block.rejects).tolist():
            fields = json.loads(block.bodies[row])
            found[fields["user_id"]].append(fields)
    return found


@pytest.fixture(scope="module")
def honest(stress_blocks):
    return by_customer(stress_blocks, 0)


def sessions(blocks, kind):
    return list(by_session(by_customer(blocks, kind)).values())


def by_session(customers):
    found = defaultdict(list)
    for rows in customers.values():
        for fields in rows:
            found[fields["session_id"]].append(fields)
    return found


def usd(row):
    return row["amount"] * usd_per_unit()[row["currency"]]


def device_of(row):
    return row.get("device_info", {}).get("device_id")


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
    made = Sequencer(1, "stress", "test", runs).draw(block, rows)
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


def test_a_stolen_card_is_spent_within_the_hour_at_shops_never_visited(stress_blocks):
    runs = [rows for rows in sessions(stress_blocks, BURST_KIND) if len(rows) >= 4]
    assert len(runs) > 80
    assert np.median([minutes(rows) for rows in runs]) < 30
    assert np.mean([len({row["merchant"] for row in rows}) / len(rows) for rows in runs]) > 0.8
    assert all(len({row["card_type"] for row in rows}) == 1 for rows in runs)


def test_a_shopping_spree_for_gifts_looks_much_like_it(stress_blocks):
    spree, burst = [], []
    for block in stress_blocks:
        gifts = block.outliers == OUTLIERS.index("shopping spree for gifts")
        spree.extend(block.values_usd[gifts].tolist())
        burst.extend(block.values_usd[block.kinds == BURST_KIND].tolist())
    assert 0.6 < np.median(spree) / np.median(burst) < 1.6


def test_parts_of_a_split_sum_are_below_the_limit_and_make_more_than_it(stress_blocks):
    found = by_customer(stress_blocks, STRUCTURING_KIND).values()
    amounts = [usd(row) for rows in found for row in rows]
    assert len(amounts) > 400
    assert max(amounts) < LIMIT_USD
    assert np.mean([amount > 0.9 * LIMIT_USD for amount in amounts]) < 0.5
    assert np.mean([sum(map(usd, rows)) > LIMIT_USD for rows in found]) > 0.6


def test_honest_customers_pay_such_sums_too(stress_blocks):
    honest = np.concatenate(
        [block.values_usd[(block.kinds == 0) & (block.edges == 0)] for block in stress_blocks]
    )
    frauds = sum((block.kinds == STRUCTURING_KIND).sum() for block in stress_blocks)
    large = ((honest > 1_800) & (honest < LIMIT_USD)).sum()
    assert large > 0.3 * frauds
    assert (honest > LIMIT_USD).any()


def terminals(share=0.0255):
    people = population(5, places())
    return Terminals(5, "stress", share, people, slots(people.activity)), people


@pytest.mark.parametrize("share", [0.0255, 0.00017])
def test_whoever_is_robbed_after_a_compromised_terminal_paid_there_before(share):
    incidents, people = terminals(share)
    block = 2_000
    whose, case = incidents.abused(block, mixed(np.arange(200), np.uint64(9)))
    visits = [incidents.visits(at) for at in range(block - 600, block)]
    paid = {who: one.origin[row] for one in visits for row, who in enumerate(one.customer.tolist())}
    assert set(whose.tolist()) <= set(paid)
    assert len(set(case.tolist())) > 5
    cities = defaultdict(set)
    for one in visits:
        for origin, who in zip(one.origin.tolist(), one.customer.tolist(), strict=True):
            cities[origin].add(int(people.city[who]))
    assert all(len(found) == 1 for found in cities.values())


def test_all_victims_of_an_incident_pay_honestly_at_one_merchant():
    people = population(11, places())
    everybody = slots(people.activity)
    planner = Planner(11, TrafficMix.STRESS, people, everybody)
    simulator = Simulator(11, TrafficMix.STRESS, "x-")
    merchants, victims = defaultdict(set), defaultdict(set)
    for index in range(40):
        plan, block = planner.plan(index, everybody), simulator.block(index)
        for row in np.flatnonzero(plan.role == VISIT).tolist():
            fields = json.loads(block.bodies[row])
            assert block.kinds[row] == 0
            merchants[plan.origin[row]].add(fields["merchant"])
            victims[plan.origin[row]].add(fields["user_id"])
    assert all(len(found) == 1 for found in merchants.values())
    assert len(set.union(*merchants.values())) > 50
    assert max(map(len, victims.values())) >= 4


def test_a_device_is_now_and_then_the_customers_own(stress_blocks, honest):
    own = defaultdict(set)
    for who, rows in honest.items():
        own[who] = {device for row in rows if (device := device_of(row))}
    shares = {}
    for kind in KINDS:
        frauds = by_customer(stress_blocks, kind).items()
        devices = [(who, device_of(row)) for who, rows in frauds if own[who] for row in rows]
        shares[kind] = np.mean([device in own[who] for who, device in devices if device])
    assert shares[TESTING] < 0.05
    assert 0.04 < shares[TERMINAL] < 0.3
    assert all(0.15 < shares[kind] < 0.5 for kind in (TAKEOVER, BURST_KIND))
    assert 0.5 < shares[STRUCTURING_KIND] < 0.95


def test_honest_customers_also_buy_in_quick_runs(honest):
    runs = [rows for rows in by_session(honest).values() if len(rows) >= 4]
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
