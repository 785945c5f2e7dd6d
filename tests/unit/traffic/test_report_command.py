from __future__ import annotations

import json

import pytest

from engine.__main__ import main
from engine.load.traffic.edges import EDGE_CASES
from engine.load.traffic.outliers import OUTLIERS
from engine.load.traffic.roles import FRAUD_KINDS

SHORT = ("traffic", "report", "--transactions", "4096")


def test_the_report_names_every_kind_case_and_outlier_with_its_number(capsys):
    assert main([*SHORT, "--json", "-"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert main([*SHORT]) == 0
    text = capsys.readouterr().out
    assert set(made["shares"]) == {*FRAUD_KINDS, "rejected", "repeated"}
    assert list(made["edges"]) == list(EDGE_CASES[1:])
    assert list(made["outliers"]) == list(OUTLIERS[1:])
    rows = [line.split() for line in text.splitlines()]
    for kind in FRAUD_KINDS:
        assert [kind, f"{made['shares'][kind]:.4%}"] in rows
        assert f"{made['amounts_usd'][kind]['mean']:,.2f}" in text
    for name, count in (made["edges"] | made["outliers"]).items():
        assert any(row[: len(name.split()) + 1] == [*name.split(), f"{count:,}"] for row in rows)
    assert f"{made['model']['auc']:.3f}" in text
    assert "Handbook" in text


def test_the_same_seed_is_described_the_same_and_another_is_not(capsys):
    texts = []
    for seed in ("4", "4", "5"):
        assert main(["traffic", "report", "--transactions", "1024", "--seed", seed]) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--transactions", "0"), "must be at least 1, got '0'"),
        (("--seed", "one"), "must be a whole number, got 'one'"),
        (("--mix", "none"), "invalid choice: 'none'"),
    ],
)
def test_what_cannot_be_described_is_said(capsys, options, said):
    assert main(["traffic", "report", *options]) == 104
    assert said in capsys.readouterr().err
