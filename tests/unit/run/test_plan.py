import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.derive import config_for_scenario
from engine.config.presets import preset
from engine.model.errors import ConfigurationError
from engine.model.request import RunRequest
from engine.run.plan import divided, make_plan

PLAIN = "http://127.0.0.1:1/v1/transactions"


def plan_for(**asked):
    scenario = preset("investor_presentation")
    request = RunRequest(scenario=scenario, **asked)
    return make_plan(request, config_for_scenario(scenario))


def test_a_rehearsal_divides_every_duration_and_no_rate_and_no_criterion():
    plan = plan_for(speed=10)
    profile, fault = plan.scaled.load_profile, plan.scaled.failure_scenarios[0]
    assert (profile.ramp_up_seconds, profile.hold_seconds, profile.ease_seconds) == (6, 18, 3)
    assert (profile.peak_tps, profile.sustained_tps) == (8_000, 5_000)
    assert (fault.start_time_seconds, fault.duration_seconds, fault.severity) == (30, 3, 0.3)
    assert plan.duration_seconds == 60
    assert plan.scaled.success_criteria == plan.scenario.success_criteria
    assert plan.marks == ("REHEARSAL ×10",)


def test_a_rate_scale_multiplies_every_rate_and_no_duration():
    plan = plan_for(rate_scale=0.25)
    assert plan.scaled.load_profile.peak_tps == 2_000
    assert plan.scaled.load_profile.sustained_tps == 1_250
    assert plan.duration_seconds == 600
    assert plan.marks == ("SCALED 25 %",)


def test_a_run_cut_short_drops_the_faults_and_acts_it_never_reaches():
    plan = plan_for(duration_seconds=120)
    assert plan.duration_seconds == 120
    assert plan.scaled.failure_scenarios == ()
    assert all(act.start_seconds < 120 for act in plan.scaled.acts)
    assert plan.scenario.failure_scenarios, "what was asked for is kept as it was"


def test_faults_can_be_switched_off():
    scenario = preset("pitch")
    config = config_for_scenario(scenario).model_copy(update={"enable_failure_injection": False})
    plan = make_plan(RunRequest(scenario=scenario), config)
    assert plan.scaled.failure_scenarios == ()


@pytest.mark.parametrize("workers", [1, 3, 100])
def test_every_worker_gets_its_share_and_at_least_one_connection(workers):
    plans = plan_for(workers=workers).worker_plans(PLAIN)
    assert [plan.share for plan in plans] == list(range(workers))
    assert {plan.shares for plan in plans} == {workers}
    assert all(plan.connections >= 1 for plan in plans)
    assert sum(plan.connections for plan in plans) == 128


def test_connections_and_users_are_those_asked_for_all_workers_together():
    pooled = plan_for(workers=7, connections=500).worker_plans(PLAIN)
    assert [plan.connections for plan in pooled] == divided(500, 7)
    own = plan_for(workers=7, users=9).worker_plans(PLAIN)
    assert [plan.users for plan in own] == divided(9, 7)


@given(st.integers(0, 2_000), st.integers(1, 100))
def test_a_division_gives_away_exactly_what_there_is_and_nobody_more_than_one_above_another(
    total, among
):
    parts = divided(total, among)
    assert (len(parts), sum(parts)) == (among, total)
    assert max(parts) - min(parts) <= 1


def test_fewer_connections_or_users_than_workers_are_refused_saying_so():
    with pytest.raises(ConfigurationError) as refused:
        plan_for(workers=8, connections=7, users=3)
    assert refused.value.problems == [
        "connections must be ≥ the number of load workers (8), so that each has one, got 7",
        "users must be ≥ the number of load workers (8), so that each has one, got 3",
        "give connections or users, not both: every user has one connection",
    ]


def test_plain_http_goes_by_the_fast_sender_and_the_rest_by_the_general_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (plain,) = plan_for(workers=1).worker_plans(PLAIN)
    (secure,) = plan_for(workers=1, ca_file="ca.pem").worker_plans("https://127.0.0.1:1/")
    assert "fast_http" in plain.sender
    assert "general_http" in secure.sender
    assert (plain.ca_file, secure.ca_file) == ("", str(tmp_path / "ca.pem"))


def test_two_runs_never_share_an_id():
    assert plan_for().run_id != plan_for().run_id
