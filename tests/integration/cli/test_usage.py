"""What the command line says without running anything: lists, checks, and mistakes."""

import json

import pytest

from engine.__main__ import EXIT_CODES, main
from engine.config.presets import ORDER
from engine.model.results import Verdict


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("LIMELIGHT_HOME", str(tmp_path))
    return tmp_path


def test_every_verdict_has_its_exit_code():
    assert {verdict: EXIT_CODES[verdict] for verdict in Verdict} == {
        Verdict.PASSED: 0,
        Verdict.FAILED: 99,
        Verdict.INCONCLUSIVE: 3,
        Verdict.ABORTED: 105,
    }


def test_list_shows_every_preset_with_its_promise(limelight):
    done = limelight("list")
    assert (done.returncode, done.stderr) == (0, "")
    heads = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert heads == ["pitch (the default)", *ORDER[1:]]
    assert "03:00, up to 6,000/s, Worker crash" in done.stdout


def test_list_as_json_is_json_and_nothing_else(capsys):
    assert main(["list", "--json", "-"]) == 0
    captured = capsys.readouterr()
    listed = json.loads(captured.out)
    assert [preset["scenario_id"] for preset in listed["presets"]] == list(ORDER)
    assert listed["problems"] == []
    assert captured.err == ""


def test_a_reader_that_goes_away_is_no_traceback(limelight):
    with limelight.start("list") as process:
        process.stdout.close()
        errors = process.stderr.read()
        process.wait(60)
    assert "Traceback" not in errors


def test_a_terminal_with_few_letters_gets_its_answer_and_json_stays_utf_8(limelight):
    limelight.environment["PYTHONIOENCODING"] = "ascii"
    done = limelight("validate", "ü.toml", "--json", "-")
    assert done.returncode == 104
    assert "?.toml: does not exist" in done.stderr
    assert json.loads(done.stdout)[0]["file"] == "ü.toml"


def test_run_without_a_name_explains_the_choices(capsys):
    assert main(["run"]) == 104
    errors = capsys.readouterr().err
    assert errors.startswith("Name a preset or a file")
    assert all(name in errors for name in ORDER)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["frobnicate"], "invalid choice: 'frobnicate'"),
        (["run", "pitch", "--frobnicate"], "unrecognized arguments: --frobnicate"),
        (["run", "pitch", "--spee", "2"], "unrecognized arguments: --spee 2"),
        (["run", "pitch", "--speed", "fast"], "--speed: must be a number, got 'fast'"),
        (["run", "pitch", "--speed", "nan"], "--speed must be a finite number, got nan"),
        (["run", "pitch", "--speed", "0.5"], "--speed must be ≥ 1, got 0.5"),
        (["run", "pitch", "--rate-scale", "2"], "--rate-scale must be ≤ 1, got 2"),
        (["run", "pitch", "--rate-scale", "0"], "--rate-scale must be > 0, got 0"),
        (["run", "pitch", "--duration", "900"], "--duration must be ≤ the duration of pitch (180)"),
        (["run", "pitch", "--seed", "1.5"], "--seed: must be a whole number, got '1.5'"),
        (["run", "pitch", "--seed", "-1"], "--seed must be ≥ 0, got -1"),
        (["run", "pitch", "--workers", "0"], "--workers must be ≥ 1, got 0"),
        (["run", "pitch", "--target", "http://example.org"], "is not a loopback address"),
        (["run", "ptich"], "no preset or file of this name; did you mean pitch?"),
        (["run", "nowhere.toml"], "nowhere.toml: does not exist"),
        (["run", "pitch", "--json", "/none/x.json"], "there is no directory /none"),
        (["run", "pitch", "--html", "/"], "/: is a directory; name a file in it"),
        (["validate"], "the following arguments are required: FILE"),
        (["export", "some-run"], "name a file with --html FILE or --json FILE"),
    ],
)
def test_a_mistake_is_one_message_and_code_104(capsys, arguments, message):
    assert main(arguments) == 104
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert "Traceback" not in captured.err


def test_several_mistakes_are_told_at_once(capsys):
    assert main(["run", "pitch", "--speed", "0", "--target", "ftp://127.0.0.1"]) == 104
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_help_is_no_mistake(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "99 criteria failed" in capsys.readouterr().out


def test_validate_tells_good_files_from_bad_ones(limelight, capsys):
    good = limelight.scenario()
    bad = limelight.folder / "bad.toml"
    bad.write_text(good.read_text().replace("= 200", "= 80000").replace("name", "nmae"))
    assert main(["validate", str(good)]) == 0
    assert capsys.readouterr().out == f"{good}: valid\n"
    assert main(["validate", str(good), str(bad), "--json", "-"]) == 104
    captured = capsys.readouterr()
    problems = [
        f"{bad}: name is missing: it must be text of at least 1 character and at most "
        "80 characters",
        f"{bad}: load_profile.sustained_tps must be ≤ 50000, got 80000",
        f'{bad}: nmae is not a known key (got "Short"); did you mean name?',
    ]
    assert captured.err.splitlines() == problems
    assert json.loads(captured.out) == [
        {"file": str(good), "problems": []},
        {"file": str(bad), "problems": problems},
    ]


def test_a_store_that_is_none_is_refused(home, capsys):
    (home / "notes.txt").write_text("not a database, and longer than its header")
    assert main(["runs", "--store", str(home / "notes.txt")]) == 104
    assert "notes.txt: cannot be used as a results store" in capsys.readouterr().err


def test_a_run_that_is_not_in_the_store_is_refused(home, capsys):
    assert main(["export", "no-such-run", "--json", "-"]) == 104
    assert "no-such-run" in capsys.readouterr().err
    assert main(["runs"]) == 0
    assert capsys.readouterr().out == "No run is in the store yet.\n"
