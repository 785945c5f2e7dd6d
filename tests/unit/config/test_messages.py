"""Every mistake in a file gets one message: file, key, value and bound."""

import json
from pathlib import Path

import pytest

from engine.config.loader import load
from engine.model.errors import ConfigurationError
from tests.settings import GOOD, problems, with_value


def test_a_good_scenario_has_no_problem():
    assert problems(GOOD) == []


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("scorers", 0, "scorers must be ≥ 1, got 0"),
        ("scorers", 2.5, "scorers must be a whole number from 1 to 64, got 2.5"),
        ("scorers", True, "scorers must be a whole number from 1 to 64, got true"),
        ("duration_seconds", 7201, "duration_seconds must be ≤ 7200, got 7201"),
        (
            "duration_seconds",
            "ten",
            'duration_seconds must be a number from 1 to 7200, got "ten"',
        ),
        ("duration_seconds", "10", 'duration_seconds must be a number from 1 to 7200, got "10"'),
        ("duration_seconds", True, "duration_seconds must be a number from 1 to 7200, got true"),
        ("duration_seconds", None, "duration_seconds must be a number from 1 to 7200, got null"),
        (
            "duration_seconds",
            float("nan"),
            "duration_seconds must be a finite number, got nan",
        ),
        (
            "load_profile/burst_tps",
            80000,
            "load_profile.burst_tps must be ≤ 50000, got 80000",
        ),
        (
            "load_profile/peak_tps",
            float("inf"),
            "load_profile.peak_tps must be a finite number, got inf",
        ),
        ("load_profile/peak_tps", 1e300, "load_profile.peak_tps must be ≤ 50000, got 1e+300"),
        ("load_profile/peak_tps", -0.5, "load_profile.peak_tps must be ≥ 0, got -0.5"),
        (
            "load_profile/profile_type",
            "sustaned",
            "load_profile.profile_type must be one of ramp_up, sustained, burst, wave, chaos, "
            'got "sustaned"',
        ),
        (
            "load_profile/profile_type",
            "wave",
            "load_profile.wave_period_seconds is missing: it must be > 0 for a wave profile",
        ),
        (
            "load_profile/sustained_tps",
            0,
            "load_profile.sustained_tps must be > 0 for a sustained profile, got 0",
        ),
        ("load_profile", [], "load_profile must be a table of keys, got a list"),
        (
            "load_profile",
            {
                "profile_type": "chaos",
                "chaos_min_tps": 9,
                "chaos_max_tps": 5,
                "chaos_change_interval_seconds": 1,
            },
            "load_profile.chaos_max_tps must be ≥ chaos_min_tps (9), got 5",
        ),
        (
            "load_profile",
            {
                "profile_type": "wave",
                "sustained_tps": 40000,
                "wave_amplitude": 1,
                "wave_period_seconds": 9,
            },
            "load_profile.sustained_tps × (1 + wave_amplitude) must be ≤ 50000, got 80000",
        ),
        (
            "load_profile/sustaind_tps",
            5,
            "load_profile.sustaind_tps is not a known key (got 5); did you mean sustained_tps?",
        ),
        (
            "sucess_criteria",
            {},
            "sucess_criteria is not a known key (got a table); did you mean success_criteria?",
        ),
        ("name", "", 'name must be text of at least 1 character and at most 80 characters, got ""'),
        (
            "scenario_id",
            "Mine!",
            "scenario_id must be text of at most 40 characters: small letters, digits and _, "
            'beginning with a letter, got "Mine!"',
        ),
        ("tags", "load", 'tags must be a list, got "load"'),
        ("tags", [1], "tags[0] must be text, got 1"),
        ("description", "\ud83d", "description must be text, got half a surrogate pair"),
        (
            "success_criteria/recovery_seconds(lamda_crash) < 30",
            True,
            'success_criteria."recovery_seconds(lamda_crash) < 30": at character 18: lamda_crash '
            "is not a known fault; did you mean lambda_crash?",
        ),
        (
            "success_criteria/lost == 0",
            "yes",
            'success_criteria."lost == 0" must be true or a number, got "yes"',
        ),
        (
            "success_criteria/p95_latncy_ms",
            2000,
            "success_criteria.p95_latncy_ms is not a known criterion (got 2000); "
            "did you mean p95_latency_ms?",
        ),
        (
            "success_criteria/p95_latency_ms",
            True,
            "success_criteria.p95_latency_ms must be a number, got true",
        ),
        (
            "success_criteria/p95_latency_ms",
            "2000",
            'success_criteria.p95_latency_ms must be true or a number, got "2000"',
        ),
        (
            "success_criteria/p95_latency_ms",
            0,
            "success_criteria.p95_latency_ms must be > 0, got 0",
        ),
        ("success_criteria/error_rate", -1, "success_criteria.error_rate must be ≥ 0, got -1"),
        (
            "success_criteria/error_rate",
            5,
            "success_criteria.error_rate is a share and must be ≤ 1, got 5",
        ),
        (
            "success_criteria/error_rate",
            float("nan"),
            "success_criteria.error_rate must be a finite number, got nan",
        ),
        (
            "failure_scenarios/0/severity",
            1.5,
            "failure_scenarios[0].severity must be ≤ 1, got 1.5",
        ),
        (
            "failure_scenarios/0/duration_seconds",
            0,
            "failure_scenarios[0].duration_seconds must be > 0, got 0",
        ),
        (
            "failure_scenarios/0/start_time_seconds",
            10,
            "failure_scenarios[0].start_time_seconds must be < duration_seconds (10), got 10",
        ),
        (
            "failure_scenarios/0/parameters",
            {"latency_ms": "long"},
            'failure_scenarios[0].parameters.latency_ms must be a number, got "long"',
        ),
        (
            "acts",
            [{"title": "Late", "start_seconds": 11}],
            "acts[0].start_seconds must be < duration_seconds (10), got 11",
        ),
        (
            "acts",
            [{"title": "When"}],
            "acts[0].start_seconds is missing: it must be a number from 0 to 7200",
        ),
    ],
)
def test_one_mistake_is_one_message(place, value, message):
    assert problems(with_value(place, value)) == [f"x.toml: {message}"]


def test_all_mistakes_are_told_at_once(tmp_path: Path):
    tree = with_value("failure_scenarios/0/start_time_seconds", 600)
    tree |= {"nmae": "x", "scorers": "four", "success_criteria": {"fast": True}}
    del tree["name"]
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(tree))
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    heads = [problem.removeprefix(f"{path}: ").split(" ")[0] for problem in caught.value.problems]
    assert sorted(heads) == [
        "failure_scenarios[0].start_time_seconds",
        "name",
        "nmae",
        "scorers",
        "success_criteria.fast",
    ]


def test_messages_hold_no_jargon_of_a_library():
    tree = {"scenario_id": 3, "load_profile": 1, "acts": [[]], "x": {}, "duration_seconds": []}
    text = "\n".join(problems(tree)).lower()
    assert text
    for word in (
        "pydantic",
        "input",
        "validation",
        "type=",
        "extra",
        "valueerror",
        "field required",
    ):
        assert word not in text
