"""Own data from the command line: converted, refused where it is too short, sent, and named."""

import json

import pytest

from engine.__main__ import main
from tests.own_rows import LABEL, MAPPING, rows, write


@pytest.fixture(scope="module")
def ready(module_limelight):
    folder = module_limelight.folder
    job = write(folder, [*rows(400, customers=40), "c,5,EUR"], MAPPING + LABEL)
    command = ("traffic", "convert", job.source, "--mapping", job.mapping, "--out", "bank")
    module_limelight.said = module_limelight(*command)
    return module_limelight


def test_converting_says_what_it_made_and_what_it_left_out(ready):
    assert ready.said.returncode == 0
    assert "own.csv:402: row: must have 7 fields" in ready.said.stdout
    assert "400 transactions of 40 customers" in ready.said.stdout
    assert "(legitimate 360, card_testing 0, fraud 40)" in ready.said.stdout
    assert "limelight run PRESET --traffic bank" in ready.said.stdout


def test_a_run_that_outlasts_its_data_is_refused_with_the_seconds_it_lasts(ready):
    done = ready("run", ready.scenario(seconds=4), "--traffic", "bank")
    assert done.returncode == 104
    assert "--traffic bank holds 400 transactions, which last 2.0 s of the 4.0 s" in done.stderr
    for option in ("--duration 2", "--rate-scale 0.5", "--repeat"):
        assert option in done.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--traffic", "none"), "must name converted own data, got 'none'; there is bank"),
        (("--repeat",), "--repeat goes with own data"),
        (("--traffic", "presets/prices.toml"), "is no own traffic; make one with"),
    ],
)
def test_what_cannot_be_sent_is_refused(ready, options, says, monkeypatch, capsys):
    monkeypatch.setenv("LIMELIGHT_HOME", ready.environment["LIMELIGHT_HOME"])
    assert main(["run", str(ready.scenario()), *options]) == 104
    assert says in capsys.readouterr().err


def test_a_run_on_own_data_says_so_everywhere_and_loses_none_of_it(ready):
    html = ready.folder / "own.html"
    options = ("--traffic", "bank", "--repeat", "--html", html, "--json", "-")
    done = ready("run", ready.scenario(seconds=3, mix="demo"), *options)
    summary = json.loads(done.stdout)
    assert summary["traffic"]["own"] is True
    assert summary["traffic"]["name"] == "bank"
    assert summary["traffic"]["transactions"] == 400
    assert len(summary["traffic"]["sha256"]) == 64
    assert "OWN DATA" in summary["marks"]
    line = "bank (own data, 400 transactions, labels yes, repeated)"
    assert f"Traffic: {line}" in done.stderr
    assert summary["counts"]["due"] == 600
    assert summary["counts"]["decided"] == 600
    assert summary["counts"]["rejected"] == summary["counts"]["failed"] == 0
    assert summary["journal"]["missing"] == summary["journal"]["duplicated"] == 0
    kinds = {key.partition(":")[0] for key in summary["confusion"]}
    assert kinds == {"legitimate", "fraud"}
    page = html.read_text("utf-8")
    assert line in page
    assert "imulated" not in page.split("<script")[0].partition("<body")[2]
