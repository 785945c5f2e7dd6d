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
from engine.load.traffic.report import describe, judge, report, sampled
from engine.load.traffic.report_lines import report_lines
from engine.load.traffic.roles import FRAUD_KINDS
from engine.load.traffic.sample import FIELDS, PATTERNS
from engine.load.traffic.separability import (
    auc,
    average_precision,
    field_auc,
    purest_value,
    recall_at,
    value_scores,
)
from engine.load.traffic.simple_model import features, fit
from engine.model.scenario import TrafficMix

TOO_TELLING = 0.75
ROWS = 200


@pytest.fixture(scope="module")
def stress_report(stress_sample):
    return describe(stress_sample, 11, TrafficMix.STRESS)


def test_no_single_field_gives_a_fraud_away(stress_report):
    telling = {
        name: found for name, found in stress_report.separability.items() if found > TOO_TELLING
    }
    assert not telling


@pytest.mark.parametrize("field", [*FIELDS, *PATTERNS])
def test_no_value_of_a_field_stands_for_fraud(stress_sample, field):
    _, share = purest_value(stress_sample.fields[field], stress_sample.fraud, ROWS)
    assert share < 0.6


def test_neither_lengths_nor_ids_nor_missing_fields_tell(stress_report):
    found = stress_report.separability
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


def test_the_report_counts_everything(stress_report, stress_blocks):
    assert stress_report.transactions == sum(len(block.bodies) for block in stress_blocks)
    assert sum(stress_report.shares.values()) == pytest.approx(1)
    assert stress_report.shares["rejected"] == pytest.approx(
        0.05 * (1 - sum(DECIDED_SHARES)), abs=0.003
    )
    assert set(stress_report.amounts_usd) == set(FRAUD_KINDS)
    median = {kind: amounts.percentiles[2] for kind, amounts in stress_report.amounts_usd.items()}
    assert median["card_testing"] < median["legitimate"] < median["account_takeover"]
    assert sum(amounts.count for amounts in stress_report.categories_usd.values()) == (
        stress_report.amounts_usd["legitimate"].count
    )
    assert stress_report.edges["true duplicate"] == round(
        stress_report.shares["repeated"] * stress_report.transactions
    )
    assert sum(stress_report.rhythm.hours) == pytest.approx(1)
    assert sum(stress_report.rhythm.fraud_hours) == pytest.approx(1)


def test_amounts_of_frauds_and_of_honest_purchases_overlap(stress_report):
    amounts = stress_report.amounts_usd
    found = {kind: one.percentiles for kind, one in amounts.items()}
    assert found["legitimate"][0] < found["card_testing"][2]
    assert all(found["legitimate"][4] > found[kind][3] for kind in FRAUD_KINDS[2:5])
    assert found["legitimate"][5] > found["structuring"][0]


@pytest.fixture(scope="module")
def stress_rows(stress_sample):
    return features(stress_sample)


def test_a_simple_model_of_one_seed_finds_much_of_anothers_fraud_and_not_all(
    stress_sample, stress_rows
):
    model = fit(stress_rows, stress_sample.fraud)
    made = judge(model, 11, sampled(12, TrafficMix.STRESS, 25_000))
    assert 0.80 < made.auc < 0.97
    assert 2 * made.prevalence < made.average_precision < 0.9
    assert 0.05 < made.recall < 0.8
    assert set(made.by_kind) == set(FRAUD_KINDS[1:])
    assert all(0.65 < value < 0.99 for value in made.by_kind.values())


def test_a_model_fitted_to_shuffled_labels_finds_nothing(stress_sample, stress_rows):
    shuffled = np.random.default_rng(1).permutation(stress_sample.fraud)
    assert auc(fit(stress_rows, shuffled).scores(stress_rows), shuffled) < 0.53


def test_the_fit_finds_the_weights_the_data_were_drawn_with():
    random = np.random.default_rng(2)
    rows = random.normal(size=(40_000, 3)) * [1.0, 5.0, 0.2] + [0.0, 10.0, -3.0]
    odds = -1.0 + (rows - rows.mean(axis=0)) / rows.std(axis=0) @ [1.0, -0.5, 0.0]
    positive = random.uniform(size=len(rows)) < 1 / (1 + np.exp(-odds))
    assert fit(rows, positive).weights == pytest.approx([1.0, -0.5, 0.0, -1.0], abs=0.06)


@pytest.mark.parametrize("mix", [TrafficMix.DEMO, TrafficMix.REALISTIC])
def test_the_report_can_be_read_for_any_mix_and_length(mix):
    made = report(1, mix, 1)
    assert made.transactions == 1024
    text = "\n".join(report_lines(made))
    assert f"Traffic of the mix {mix}, seed 1: 1,024 transactions" in text
    assert "less than a week" in text
    assert ("No fraud in it" in text) == (made.model is None)


def test_average_precision_and_recall_of_small_tables_are_those_done_by_hand():
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    positive = np.array([True, False, True, False, False])
    assert average_precision(scores, positive) == pytest.approx(1 / 2 * 1 + 1 / 2 * 2 / 3)
    assert average_precision(np.zeros(5), positive) == pytest.approx(2 / 5)
    assert recall_at(scores, positive, 0.0) == pytest.approx(1 / 2)
    assert recall_at(scores, positive, 0.99) == 1.0


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
