from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.load.traffic.edges import (
    BAD_TIMES,
    DECIDED_SHARES,
    DUPLICATE,
    EDGE_CASES,
    LATE,
    NOWHERE,
    REQUIRED,
    UNKNOWN_CURRENCIES,
)
from engine.load.traffic.outliers import OUTLIERS
from engine.load.traffic.places import usd_per_unit
from engine.load.traffic.roles import FRAUD_KINDS, KIND_OF_ROLE
from engine.load.traffic.sequences import CAMPAIGNS
from engine.load.traffic.simulator import BLOCK, Simulator
from engine.model.decision import Transaction
from engine.model.scenario import MIX_SHARES, TrafficMix

PREFIX = "a1b2c3d4-"
STRESS = TrafficMix.STRESS
GOLDEN = "41ae1653a1fa446eed66b8f5bb251d0631690eb4c63450a6c191f8f1ed057a10"


def columns(block):
    arrays = (block.numbers, block.ids, block.kinds, block.rejects, block.values_usd)
    return [*(array.tolist() for array in arrays), block.bodies]


def refused(body: bytes) -> bool:
    """What any reader of the interface would refuse, written without the generator's help."""
    fields: dict[str, Any] = json.loads(body)
    required = ("id", "user_id", "amount", "currency", "merchant", "category", "timestamp")
    if any(name not in fields for name in required):
        return True
    if not 0 < fields["amount"] <= 10_000_000 or fields["currency"] not in usd_per_unit():
        return True
    try:
        datetime.fromisoformat(fields["timestamp"])
    except ValueError:
        return True
    place = fields.get("location")
    return bool(place) and not (abs(place["latitude"]) <= 90 and abs(place["longitude"]) <= 180)


def test_the_same_seed_and_mix_make_the_same_traffic():
    first, second = (Simulator(5, STRESS, PREFIX).block(3) for _ in range(2))
    assert columns(first) == columns(second)


def test_a_block_does_not_depend_on_which_blocks_were_made_before():
    forward, backward = Simulator(5, STRESS, PREFIX), Simulator(5, STRESS, PREFIX)
    made = {index: columns(forward.block(index)) for index in (0, 1, 2, 900)}
    assert {index: columns(backward.block(index)) for index in (900, 2, 0, 1)} == made


@pytest.mark.parametrize("mix", list(TrafficMix))
@pytest.mark.parametrize("shares", [2, 5])
def test_the_shares_of_any_number_of_workers_are_together_the_single_stream(mix, shares):
    single = Simulator(5, mix, PREFIX)
    workers = [Simulator(5, mix, PREFIX, share, shares) for share in range(shares)]
    for index in (0, 37):
        rows = [
            row for worker in workers for row in zip(*columns(worker.block(index)), strict=True)
        ]
        assert sorted(rows) == list(zip(*columns(single.block(index)), strict=True))


def test_one_simulator_serves_a_hundred_shares_and_says_whose_each_transaction_is():
    single = Simulator(5, STRESS, PREFIX)
    whole, rows = single.block(37), []
    for share in range(100):
        block = single.of(share, 100).block(37)
        assert (block.customers % 100 == share).all()
        rows += zip(block.customers.tolist(), *columns(block), strict=True)
    assert sorted(rows) == sorted(zip(whole.customers.tolist(), *columns(whole), strict=True))


def test_a_customer_belongs_to_one_share():
    for shares, indices in ((3, (0, 1, 2, 3)), (19, (0, 96))):
        owner: dict[str, int] = {}
        for share in range(3):
            worker = Simulator(5, TrafficMix.REALISTIC, PREFIX, share, shares)
            for body in (body for index in indices for body in worker.block(index).bodies):
                assert owner.setdefault(json.loads(body)["user_id"], share) == share


@settings(max_examples=20)
@given(seed=st.integers(0, 2**63), index=st.integers(0, 10**6), mix=st.sampled_from(TrafficMix))
def test_any_block_of_any_seed_is_whole(seed, index, mix):
    block = Simulator(seed, mix, PREFIX).block(index)
    assert block.numbers.tolist() == list(range(index * BLOCK, (index + 1) * BLOCK))
    assert {len(getattr(block, column.name)) for column in fields(block)} == {BLOCK}
    assert not (block.rejects & (block.kinds > 0)).any()
    assert ((block.values_usd > 0) == ~block.rejects).all()
    ids = [json.loads(body)["id"] for body in block.bodies]
    assert ids == [f"{PREFIX}{number:012d}" for number in block.ids.tolist()]
    assert ((block.ids != block.numbers) == (block.edges == DUPLICATE)).all()
    assert not ((block.outliers > 0) & (block.kinds > 0)).any()


@pytest.mark.parametrize("mix", list(TrafficMix))
def test_the_shares_of_a_mix_are_met(mix):
    simulator = Simulator(6, mix, PREFIX, share=0, shares=1)
    blocks = [simulator.block(index) for index in range(60)]
    odd = np.concatenate([block.edges for block in blocks]) > 0
    kinds = np.concatenate([block.kinds for block in blocks])
    found = (((kinds == 0) & ~odd).mean(), (kinds > 0).mean(), odd.mean())
    assert found == pytest.approx(MIX_SHARES[mix], abs=24 / len(kinds) + 1e-5)


def test_each_kind_of_fraud_has_the_share_stated(stress_blocks):
    kinds = np.concatenate([block.kinds for block in stress_blocks])
    stated = np.zeros(len(FRAUD_KINDS))
    for run in CAMPAIGNS:
        stated[KIND_OF_ROLE[run.role]] += run.weight
    assert stated.sum() == pytest.approx(1)
    assert stated[1:].min() >= 0.05
    for kind in range(1, len(FRAUD_KINDS)):
        assert (kinds[kinds > 0] == kind).mean() == pytest.approx(stated[kind], rel=0.15)


def test_every_edge_case_and_every_friendly_outlier_has_its_share(stress_blocks):
    edges = np.concatenate([block.edges for block in stress_blocks])
    shares = np.bincount(edges[edges > 0], minlength=len(EDGE_CASES)) / (edges > 0).sum()
    refused = (1 - sum(DECIDED_SHARES)) / 6
    assert shares[1:7] == pytest.approx(refused, rel=0.2)
    assert shares[7:] == pytest.approx(DECIDED_SHARES, rel=0.35)
    outliers = np.concatenate([block.outliers for block in stress_blocks])
    found = np.bincount(outliers, minlength=len(OUTLIERS)) / len(outliers)
    assert found.min() > 0.002
    assert 0.8 < found[0] < 0.9


def test_a_customers_transactions_follow_each_other_but_for_late_events(stress_blocks):
    latest: dict[str, str] = {}
    late = 0
    for block in stress_blocks:
        for body, edge in zip(block.bodies, block.edges.tolist(), strict=True):
            fields_of = json.loads(body)
            stamp, who = fields_of.get("timestamp", ""), fields_of.get("user_id")
            if edge == LATE:
                assert stamp < latest[who]
                late += 1
            elif stamp.startswith("2026-01") and edge != DUPLICATE:
                assert stamp >= latest.get(who, "")
                latest[who] = stamp
    assert late > 100
    assert len(latest) > 4_000


@pytest.mark.parametrize("shares", [1, 3])
def test_a_duplicate_is_the_bytes_of_an_earlier_transaction_of_its_share(shares):
    simulator = Simulator(8, STRESS, PREFIX, shares - 1, shares)
    twice = 0
    for index in range(12):
        block = simulator.block(index)
        row_of = {number: row for row, number in enumerate(block.numbers.tolist())}
        for row in np.flatnonzero(block.ids != block.numbers).tolist():
            first = row_of[int(block.ids[row])]
            assert first < row
            assert block.bodies[first] == block.bodies[row]
            assert block.values_usd[first] == block.values_usd[row]
            assert block.edges[first] == block.kinds[first] == 0
            twice += 1
    assert twice > 36 / shares / 2


def test_the_edge_cases_are_exactly_what_is_to_be_refused(stress_blocks):
    for block in stress_blocks[:20]:
        assert [refused(body) for body in block.bodies] == block.rejects.tolist()


def test_every_edge_case_occurs_and_huge_amounts_are_to_be_decided(stress_blocks):
    amounts = [
        json.loads(body).get("amount", 0)
        for block in stress_blocks
        for body, rejected in zip(block.bodies, block.rejects.tolist(), strict=True)
        if not rejected
    ]
    huge = [amount for amount in amounts if amount >= 1_000_000]
    assert 5 < len(huge) < 60
    assert max(huge) <= 10_000_000
    assert len(set(huge)) == len(huge)


def test_every_way_to_be_refused_occurs(stress_blocks):
    rows = [
        json.loads(body)
        for block in stress_blocks
        for body, rejected in zip(block.bodies, block.rejects.tolist(), strict=True)
        if rejected
    ]
    missing = {name for row in rows for name in REQUIRED if name not in row}
    assert missing == set(REQUIRED)
    assert {row.get("currency") for row in rows} >= set(UNKNOWN_CURRENCIES)
    assert {row.get("timestamp") for row in rows} >= set(BAD_TIMES)
    amounts = [row.get("amount", 1) for row in rows]
    assert min(amounts) < 0
    assert 0 in amounts
    places = [row["location"] for row in rows if "location" in row]
    assert {(place["latitude"], place["longitude"]) for place in places} >= set(NOWHERE)


def test_accepted_bodies_are_transactions_with_most_optional_fields(stress_blocks):
    decoder = msgspec.json.Decoder(Transaction)
    made = [
        decoder.decode(body)
        for block in stress_blocks[:5]
        for body, rejected in zip(block.bodies, block.rejects.tolist(), strict=True)
        if not rejected
    ]
    for field in ("location", "device_info", "card_type", "ip_address", "session_id"):
        present = sum(getattr(transaction, field) is not None for transaction in made)
        assert present > 0.85 * len(made)
    lengths = [len(body) for block in stress_blocks[:5] for body in block.bodies]
    assert 380 < np.mean(lengths) < 460


def test_amounts_in_usd_are_the_bodies_amounts_at_the_dated_rates(stress_blocks):
    rates = usd_per_unit()
    block = stress_blocks[7]
    for row in np.flatnonzero(~block.rejects).tolist():
        fields = json.loads(block.bodies[row])
        expected = fields["amount"] * rates[fields["currency"]]
        assert block.values_usd[row] == pytest.approx(expected)


def test_labels_are_not_in_the_bodies(stress_blocks):
    required = {"id", "user_id", "amount", "currency", "merchant", "category", "timestamp"}
    known = required | {"location", "card_type", "device_info", "ip_address", "session_id"}
    words = (
        "fraud",
        "legit",
        "label",
        "kind_",
        "testing",
        "takeover",
        "campaign",
        "victim",
        "structur",
    )
    for block in stress_blocks[:10]:
        text = b"".join(block.bodies).decode().lower()
        assert not [word for word in words if word in text]
        for body in block.bodies:
            fields = json.loads(body)
            assert set(fields) <= known
            assert set(fields.get("location", {})) <= {"country", "city", "latitude", "longitude"}
            assert set(fields.get("device_info", {})) <= {"device_id", "kind"}


def test_mixes_and_seeds_differ_and_prefixes_change_only_the_id():
    base = Simulator(5, STRESS, PREFIX).block(0)
    assert Simulator(6, STRESS, PREFIX).block(0).bodies != base.bodies
    assert Simulator(5, TrafficMix.DEMO, PREFIX).block(0).bodies != base.bodies
    other = Simulator(5, STRESS, "ffffffff-").block(0)
    assert [body.replace(b"ffffffff-", PREFIX.encode()) for body in other.bodies] == base.bodies


def test_the_traffic_is_still_that_which_the_model_in_assets_was_trained_on():
    digest = hashlib.sha256()
    for mix in TrafficMix:
        block = Simulator(1, mix, PREFIX).block(5)
        digest.update(b"".join(block.bodies) + block.kinds.tobytes())
    assert digest.hexdigest() == GOLDEN, (
        "the traffic changed: train the platform's model again, then renew GOLDEN"
    )
