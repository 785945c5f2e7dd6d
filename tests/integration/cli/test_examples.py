"""Every example of the public API works as it stands."""

import inspect

from engine import examples
from engine.config.presets import preset
from engine.model.results import TestStatus


def test_a_configuration_survives_saving_and_loading(tmp_path):
    made = examples.make_a_configuration()
    loaded = examples.save_and_load_a_configuration(tmp_path)
    assert loaded.model_dump(exclude={"created_at"}) == made.model_dump(exclude={"created_at"})


def test_mistakes_are_told_and_not_raised():
    assert [problem.split()[1] for problem in examples.learn_what_is_wrong()] == [
        "target_tps",
        "duration_seconds",
        "test_enviroment",
    ]


def test_a_broken_file_is_refused_with_all_its_problems(tmp_path):
    refusal = examples.refuse_a_broken_file(tmp_path)
    assert "broken.toml: duration_seconds must be ≥ 1, got 0" in refusal
    assert "broken.toml: load_profile is missing" in refusal


def test_scenarios_come_from_presets_configurations_and_code():
    assert examples.take_a_preset() == preset("investor_presentation")
    assert examples.turn_a_configuration_into_a_scenario().load_profile.peak_tps == 200
    assert examples.build_a_scenario().failure_scenarios[0].display_name == "Worker crash"


def test_a_run_on_the_embedded_platform_ends_with_a_report_and_a_snapshot(tmp_path, capsys):
    summary = examples.run_on_the_embedded_platform(tmp_path, examples.build_a_scenario())
    assert summary.status is TestStatus.COMPLETED
    assert summary.counts.conserved
    assert summary.journal is not None
    assert summary.journal.missing == 0
    assert "decided" in capsys.readouterr().out
    report = "\n".join(examples.read_the_result(summary))
    assert report.startswith(summary.verdict.upper())
    assert summary.run_id in (tmp_path / "snapshot.html").read_text()


def test_every_example_is_run_by_a_test_of_this_file():
    names = [name for name, _ in inspect.getmembers(examples, inspect.isfunction)]
    mine = [name for name in names if getattr(examples, name).__module__ == examples.__name__]
    called = inspect.getsource(inspect.getmodule(test_mistakes_are_told_and_not_raised))
    missing = [name for name in mine if f"examples.{name}(" not in called]
    assert missing == ["main"]
