"""Whatever a file holds, loading it gives a model or a ConfigurationError, nothing else."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.config.loader import parse, parse_config, parse_scenario
from engine.config.manager import ConfigurationManager
from engine.model.config import StressTestConfig
from engine.model.errors import ConfigurationError
from engine.model.scenario import Act, LoadProfile, TestScenario

NAMES = sorted(
    {
        *TestScenario.model_fields,
        *StressTestConfig.model_fields,
        *LoadProfile.model_fields,
        *Act.model_fields,
        "failure_type",
        "severity",
        "zero_data_loss",
        "p99_latency_ms",
    }
)
words = st.sampled_from(["sustained", "burst", "wave", "lambda_crash", "stress", "dev", "a_b"])
texts = st.text(st.characters(exclude_categories=()), max_size=8)
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.dates()
    | st.datetimes()
    | words
    | texts
)
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | texts, inner, max_size=6)
    ),
    max_leaves=12,
)
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def model_or_problems(reader: Any, tree: object) -> None:
    problems: list[str] = []
    try:
        assert isinstance(reader(tree, "any"), TestScenario | StressTestConfig)
    except ConfigurationError as error:
        problems = error.problems or ["no problem named"]
    for problem in problems:
        assert problem.startswith("any: ")
        assert len(problem.encode()) < 2_000
        assert "pydantic" not in problem


@quick
@given(trees)
def test_any_tree_is_a_model_or_a_configuration_error(tree):
    for reader in (parse, parse_scenario, parse_config):
        model_or_problems(reader, tree)


@quick
@given(st.dictionaries(st.sampled_from(sorted(StressTestConfig.model_fields)), leaves, min_size=1))
def test_any_configuration_is_accepted_or_refused_key_by_key(tree):
    model_or_problems(parse_config, tree)


@quick
@given(trees.map(lambda tree: json.dumps(tree, default=str)), st.sampled_from([".json", ".toml"]))
def test_any_text_in_a_file_is_a_model_or_a_configuration_error(tmp_path_factory, text, suffix):
    path = tmp_path_factory.mktemp("any") / f"x{suffix}"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    problems = ConfigurationManager.validate_config(path)
    assert all(problem.startswith(f"{path}: ") for problem in problems)
