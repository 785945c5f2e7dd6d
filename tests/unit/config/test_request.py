"""What a person may ask of a run, and how a mistake is told."""

import pytest

from engine.config.presets import preset
from engine.config.request import build_request, find, target_problems
from engine.model.config import StressTestConfig
from engine.model.errors import ConfigurationError
from engine.model.scenario import TestScenario


def test_a_preset_s_name_comes_before_a_file_s(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pitch").write_text("not a preset")
    assert find("pitch") == preset("pitch")


def test_a_file_is_found_by_its_path(tmp_path):
    (tmp_path / "c.json").write_text('{"target_tps": 7}')
    found = find(str(tmp_path / "c.json"))
    assert isinstance(found, StressTestConfig)
    assert found.target_tps == 7


def test_a_name_that_is_neither_gets_the_nearest_one():
    with pytest.raises(ConfigurationError) as caught:
        find("ptich")
    assert caught.value.problems == [
        "ptich: there is no preset or file of this name; did you mean pitch?"
    ]


def test_options_not_given_stay_at_their_defaults():
    request = build_request(preset("pitch"), {"speed": None, "rate_scale": 0.25})
    assert (request.speed, request.rate_scale, request.seed) == (1, 0.25, 7)
    assert request.scenario == preset("pitch")
    assert request.target_url is None


def test_options_out_of_bounds_are_all_told_by_their_names():
    options = {"speed": 0.5, "rate_scale": 1.5, "duration_seconds": 0.1, "seed": -1, "workers": 0}
    with pytest.raises(ConfigurationError) as caught:
        build_request(preset("pitch"), options, "ftp://127.0.0.1")
    assert caught.value.problems == [
        "--speed must be ≥ 1, got 0.5",
        "--rate-scale must be ≤ 1, got 1.5",
        "--duration must be ≥ 1, got 0.1",
        "--seed must be ≥ 0, got -1",
        "--workers must be ≥ 1, got 0",
        "--target must be an address on this machine such as http://127.0.0.1:8080, "
        'got "ftp://127.0.0.1": it does not begin with http:// or https://',
    ]


def test_a_run_can_be_cut_but_not_made_longer():
    assert build_request(preset("pitch"), {"duration_seconds": 60.0}).duration_seconds == 60
    with pytest.raises(ConfigurationError) as caught:
        build_request(preset("pitch"), {"duration_seconds": 200.0})
    assert caught.value.problems == ["--duration must be ≤ the duration of pitch (180), got 200"]


def test_a_bare_configuration_comes_with_its_limits():
    config = StressTestConfig(target_tps=10, num_workers=2)
    request = build_request(config, {})
    assert request.config == config
    assert isinstance(request.scenario, TestScenario)
    assert request.workers == 2
    assert build_request(config, {"workers": 5}).workers == 5


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9000",
        "http://127.3.2.1:9000/",
        "http://localhost:1",
        "http://[::1]:80/v1",
        "http://127.0.0.1",
        "https://127.0.0.1:8443/v1",
    ],
)
def test_a_target_on_this_machine_is_accepted(url):
    assert target_problems(url) == []


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://127.0.0.1:9000", "does not begin with http://"),
        ("127.0.0.1:9000", "does not begin with http://"),
        ("http://192.168.0.4:80", "192.168.0.4 is not a loopback address"),
        ("http://example.org", "example.org is not a loopback address"),
        ("http://127.0.0.1.example.org", "is not a loopback address"),
        ("http://", "no host is not a loopback address"),
        ("http://127.0.0.1:99999", "range"),
        ("http://127.0.0.1:0", "port must be from 1"),
        ("http://127.0.0.1:x", "Port could not be cast"),
        ("http://[::1", "Invalid IPv6 URL"),
        ("http://me:secret@127.0.0.1:80", "no user"),
        ("http://127.0.0.1:80/?a=1", "no user, query"),
        ("", "does not begin with http://"),
    ],
)
def test_any_other_target_is_refused(url, why):
    (problem,) = target_problems(url)
    assert problem.startswith("--target must be an address on this machine")
    assert why in problem


def test_certificates_go_with_an_https_target_and_must_be_there(tmp_path):
    scenario, file = find("pitch"), tmp_path / "ca.pem"
    for url, why in [(None, "goes with an https"), ("https://127.0.0.1:1", "must name a PEM file")]:
        with pytest.raises(ConfigurationError, match=f"--ca-file {why}"):
            build_request(scenario, {"ca_file": str(file)}, url)
    file.write_text("")
    made = build_request(scenario, {"ca_file": str(file)}, "https://127.0.0.1:1")
    assert made.ca_file == str(file)
