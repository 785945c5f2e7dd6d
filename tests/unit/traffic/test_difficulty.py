"""The traffic is neither trivial nor noise, and no single field gives a fraud away."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.load.traffic.edges import DECIDED_SHARES
from engine.load.traffic.report import (
    FIELDS,
    PATTERNS,
    auc,
    describe,
    field_auc,
    purest_value,
    value_scores,
)
from engine.load.traffic.roles import FRAUD_KINDS

TOO_TELLING = 0.75
ROWS = 200


def test_no_single_field_gives_a_fraud_away(stress_sample):
    report = describe(stress_sample)
    telling = {name: found for name, found in report.separability.items() if found > TOO_TELLING}
    assert not telling


@pytest.mark.parametrize("field", [*FIELDS, *PATTERNS])
def test_no_value_of_a_field_stands_for_fraud(stress_sample, field):
    _, share = purest_value(stress_sample.fields[field], stress_sample.fraud, ROWS)
    assert share < 0.6


def test_neither_lengths_nor_ids_nor_missing_fields_tell(stress_sample):
    found = describe(stress_sample).separability
    names = ("body_length", "fields_present", "device_tail", "session_head", "session_tail")
    assert all(found[name] < 0.58 for name in (*names, "cents", "device_head", "network"))


def test_a_telltale_field_would_be_noticed(stress_sample):
    fraud = stress_sample.fraud
    planted = ["b" if bad and row % 3 else "a" for row, bad in enumerate(fraud.tolist())]
    assert field_auc(planted, fraud) > TOO_TELLING
    assert purest_value(planted, fraud, ROWS) == ("b", 1.0)


def test_a_field_of_noise_says_nothing(stress_sample):
    noise = [str(row * 7919 % 13) for row in range(len(stress_sample.kinds))]
    assert field_auc(noise, stress_sample.fraud) == pytest.approx(0.5, abs=0.03)


def test_behaviour_tells_frauds_from_honest_customers_but_not_always(stress_blocks):
    """A rule of two lines: a device not seen before, and another purchase within ten minutes."""
    seen, latest = defaultdict(set), {}
    scores, frauds = [], []
    for number, block in enumerate(stress_blocks):
        for row in np.flatnonzero(~block.rejects).tolist():
            fields = json.loads(block.bodies[row])
            who = fields["user_id"]
            when = datetime.fromisoformat(fields["timestamp"]).timestamp()
            device = fields.get("device_info", {}).get("device_id")
            new = device is not None and device not in seen[who]
            quick = when - latest.get(who, 0) < 600
            seen[who].add(device)
            latest[who] = when
            if number >= 30:
                scores.append(new + 1.1 * quick)
                frauds.append(bool(block.kinds[row]))
    found = auc(np.array(scores), np.array(frauds))
    assert 0.70 < found < 0.95


def test_the_report_counts_everything(stress_sample, stress_blocks):
    report = describe(stress_sample)
    assert report.transactions == sum(len(block.bodies) for block in stress_blocks)
    assert sum(report.shares.values()) == pytest.approx(1)
    assert report.shares["rejected"] == pytest.approx(0.05 * (1 - sum(DECIDED_SHARES)), abs=0.003)
    assert set(report.amounts_usd) == set(FRAUD_KINDS)
    median = {kind: amounts[2] for kind, amounts in report.amounts_usd.items()}
    assert median["card_testing"] < median["legitimate"] < median["account_takeover"]


def test_amounts_of_frauds_and_of_honest_purchases_overlap(stress_sample):
    amounts = describe(stress_sample).amounts_usd
    assert amounts["legitimate"][0] < amounts["card_testing"][2]
    assert amounts["legitimate"][4] > amounts["account_takeover"][3]


rows = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=40)


@given(rows)
def test_auc_is_the_chance_that_a_fraud_scores_higher(pairs):
    scores = np.array([float(score) for score, _ in pairs])
    positive = np.array([bad for _, bad in pairs])
    duels = [
        (score > other) + (score == other) / 2
        for score in scores[positive]
        for other in scores[~positive]
    ]
    assert auc(scores, positive) == pytest.approx(np.mean(duels) if duels else 0.5)


def test_a_value_never_met_in_training_scores_the_overall_share():
    positive = np.array([True, False, True, False])
    train = np.array([True, True, True, False])
    assert value_scores(["a", "a", "a", "b"], positive, train)[3] == pytest.approx(2 / 3)
