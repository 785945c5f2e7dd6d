"""The shipped model, its card, and the training that makes them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from engine.model.errors import ConfigurationError
from engine.model.scenario import TrafficMix
from engine.platform.agents.risk_assessor import ASSETS, CARD, MODEL, load_card
from engine.platform.judging import share
from engine.platform.training import streams, train


def test_the_shipped_card_belongs_to_the_shipped_model():
    card = load_card(ASSETS)
    assert card["onnx_largest_difference"] <= 1e-6
    assert card["policy"]["review"] < card["policy"]["decline"]


def test_the_shipped_model_is_good_but_not_perfect_on_seeds_it_never_saw():
    for measured in load_card(ASSETS)["test"]:
        assert 0.9 < measured["auc"] < 0.999
        assert measured["review"]["recall"]["share"] > 0.6
        if measured["mix"] == "demo":
            assert measured["review"]["false_positive_rate"]["share"] <= 0.0125


def test_no_seed_is_used_for_two_things_or_by_runs():
    seeds = [{one.seed for one in part} for part in streams(1).values()]
    assert not seeds[0] & seeds[1]
    assert not (seeds[0] | seeds[1]) & seeds[2]
    assert 7 not in set.union(*seeds)


def test_a_model_that_was_changed_is_refused(tmp_path: Path):
    shutil.copytree(ASSETS, tmp_path, dirs_exist_ok=True)
    (tmp_path / MODEL).write_bytes(b"other")
    with pytest.raises(ConfigurationError, match="sha256"):
        load_card(tmp_path)
    shutil.copy(ASSETS / MODEL, tmp_path)
    card = json.loads((ASSETS / CARD).read_text())
    (tmp_path / CARD).write_text(json.dumps(card | {"features": ["other"]}))
    with pytest.raises(ConfigurationError, match="train it again"):
        load_card(tmp_path)
    (tmp_path / CARD).unlink()
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_card(tmp_path)


def test_a_share_has_wilsons_interval():
    found = share(8, 10)  # Wilson 95 %: 0.4902 to 0.9433
    assert (found["share"], found["low"], found["high"]) == (0.8, 0.490162, 0.943318)
    assert share(0, 0) == {"hits": 0, "of": 0}


def test_training_twice_gives_the_same_bytes(tmp_path: Path):
    pytest.importorskip("lightgbm", reason="needs LightGBM and Debian's libgomp1")
    for name in ("one", "two"):
        train(tmp_path / name, blocks=4)
    for file in (MODEL, CARD):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    mixes = {one["mix"] for one in load_card(tmp_path / "one")["test"]}
    assert mixes == {TrafficMix.DEMO, TrafficMix.STRESS}
