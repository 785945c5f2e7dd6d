"""Faults asked for on the command line."""

import pytest

from engine.config.faults import fault_lines, fault_of, with_faults
from engine.faults import registry
from engine.model.errors import ConfigurationError
from engine.model.fault import FailureType
from tests.settings import problems, with_value


def test_start_duration_severity_and_parameters_are_read():
    fault = fault_of("network_latency@20:10:0.25,latency_ms=200,jitter_ms=5")
    assert fault.failure_type is FailureType.NETWORK_LATENCY
    assert (fault.start_time_seconds, fault.duration_seconds, fault.severity) == (20, 10, 0.25)
    assert fault.parameters == {"latency_ms": 200.0, "jitter_ms": 5.0}


def test_duration_severity_and_component_may_be_left_out_or_named():
    assert (fault_of("kinesis_lag@5").duration_seconds, fault_of("kinesis_lag@5").severity) == (
        15.0,
        0.5,
    )
    assert fault_of("agent_timeout@5,component=risk_assessor").target_component == "risk_assessor"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("lambda_crsh@3", "did you mean lambda_crash"),
        ("lambda_crash", "START"),
        ("lambda_crash@x", "START must be a number"),
        ("lambda_crash@1:0", "DURATION must be above 0"),
        ("lambda_crash@1:2:3", "SEVERITY must be from 0 to 1"),
        ("lambda_crash@1:2:0.5:4", "must be TYPE@START"),
        ("lambda_crash@1,share=2", "no parameter 'share'; it has: none"),
        ("network_latency@1,latency_ms", "must be parameter=value"),
        ("network_latency@1,latency_ms=99999", "from 1 to 10000 ms"),
        ("lambda_crash@1,component=x", "takes no component"),
        ("lambda_crash@nan", "from 0"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(text, why):
    with pytest.raises(ConfigurationError) as caught:
        fault_of(text)
    assert text in str(caught.value)
    assert why in str(caught.value)


def test_a_fault_that_would_begin_after_the_end_is_refused(scenario_of_ten_seconds):
    with pytest.raises(ConfigurationError, match="START must be before the end"):
        with_faults(scenario_of_ten_seconds, [fault_of("lambda_crash@10")])
    more = with_faults(scenario_of_ten_seconds, [fault_of("lambda_crash@9")])
    assert len(more.failure_scenarios) == 1 + len(scenario_of_ten_seconds.failure_scenarios)


@pytest.fixture
def scenario_of_ten_seconds():
    from engine.config.loader import parse_scenario
    from tests.settings import GOOD

    return parse_scenario(GOOD, "x.toml")


def test_a_file_with_an_unknown_parameter_is_refused_with_its_place():
    tree = with_value("failure_scenarios/0/parameters", {"depth": 3})
    (problem,) = problems(tree)
    assert problem.startswith("x.toml: failure_scenarios[0]: lambda_crash has no parameter 'depth'")


def test_every_type_is_offered_with_severity_parameters_and_proof():
    kinds = registry.kinds()
    assert [kind.failure_type for kind in kinds] == list(FailureType)
    text = "\n".join(fault_lines())
    for kind in kinds:
        assert all(words in text for words in (kind.display_name, kind.severity, kind.proof))
        assert all(one.name in text and one.unit in text for one in kind.parameters)
