"""Real runs from the command line, against a scripted target on this machine."""

import json
import os
import pty
import re
import signal
from itertools import accumulate

import psutil
import pytest

from engine.__main__ import EXIT_CODES, main
from engine.model.results import Verdict
from tests.integration.cli.conftest import await_arrivals
from tests.servers import Server, decision, http
from tests.traffic import repeats


@pytest.fixture(scope="module")
def healthy():
    with Server() as server:
        yield server


@pytest.fixture(scope="module")
def passed(module_limelight, healthy):
    """One run that passes, with everything it wrote."""
    limelight = module_limelight
    limelight.summary = limelight.folder / "summary.json"
    limelight.snapshot = limelight.folder / "snapshot.html"
    limelight.store = limelight.folder / "results.sqlite"
    limelight.done = limelight.concluded(
        *("run", limelight.scenario(seconds=4), "--target", healthy.url, "--seed", 11),
        *("--rate-scale", 0.5, "--speed", 2),
        *("--json", limelight.summary, "--html", limelight.snapshot, "--store", limelight.store),
    )
    return limelight


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("LIMELIGHT_HOME", str(tmp_path))


def wait_for(process, text):
    """Read until the process says this; what it said so far."""
    said = []
    for line in process.stdout:
        said.append(line)
        if text in line:
            return said
    pytest.fail(f"never said {text!r}: {''.join(said)} {process.stderr.read()}")


def conserved(summary):
    """Both laws, at the end of every second and in total."""
    seconds = summary["per_second"]
    total = {name: list(accumulate(seconds[name])) for name in seconds}
    for at in range(len(seconds["offered"])):
        ended = total["decided"][at] + total["rejected"][at] + total["failed"][at]
        assert total["offered"][at] == (
            total["sent"][at] + total["dropped"][at] + seconds["backlog"][at]
        )
        assert total["sent"][at] == ended + seconds["in_flight"][at]
    counts = summary["counts"]
    assert counts["due"] == counts["sent"] + counts["dropped"] + counts["backlog"]
    assert counts["sent"] == (
        counts["decided"] + counts["rejected"] + counts["failed"] + counts["in_flight"]
    )
    assert (counts["backlog"], counts["in_flight"]) == (0, 0)
    assert total["sent"][-1] == counts["sent"]
    return True


def test_a_run_whose_criteria_hold_passes(passed):
    assert passed.done.returncode == 0, passed.done.stderr
    report = passed.done.stdout
    assert "PASSED: Every criterion" in report
    assert "held: Error rate (measured 0 %, threshold 1 %)" in report
    assert "failed ÷ (decided + rejected + failed) ≤ threshold" in report
    assert "Marks: REHEARSAL ×2, SCALED 50 %" in report
    assert "p99 needs 1,000" in report
    assert "Journal: not measured on this target" in report
    assert "load starts" in report


def test_the_summary_has_its_schema(passed):
    summary = json.loads(passed.summary.read_text())
    assert summary["schema_version"] == 1
    assert summary["verdict"] == "passed"
    assert summary["seed"] == 11
    assert summary["target"]["kind"] == "loopback"
    assert summary["marks"] == ["REHEARSAL ×2", "SCALED 50 %"]
    assert {"cpu_count", "system", "python"} <= set(summary["environment"])
    assert set(summary["counts"]) == {
        *("due", "sent", "dropped", "backlog", "decided", "rejected", "failed", "in_flight")
    }
    for name in ("response_ms", "service_ms"):
        assert {"p50", "p90", "p95", "p99", "p99_9", "max", "count"} <= set(summary[name])
        assert summary[name]["p99"] is None, "too few samples for a p99"
        assert summary[name]["p50"] > 0
    assert {"offered", "sent", "decided", "failed"} <= set(summary["per_second"])
    assert (summary["faults"], summary["journal"]) == ([], None)
    assert all({"key", "formula", "outcome"} <= set(one) for one in summary["criteria"])


def test_nothing_is_lost_between_the_counts(passed):
    summary = json.loads(passed.summary.read_text())
    assert conserved(summary)
    assert summary["counts"]["due"] == 200 * 0.5 * 4 / 2
    assert summary["counts"]["decided"] == 200


def test_the_snapshot_is_a_page(passed):
    page = passed.snapshot.read_text()
    assert page.lower().startswith("<!doctype html>")
    assert json.loads(passed.summary.read_text())["run_id"] in page


def test_the_run_is_in_the_store_it_was_sent_to(passed, capsys):
    run_id = json.loads(passed.summary.read_text())["run_id"]
    assert main(["runs", "--store", str(passed.store)]) == 0
    listed = capsys.readouterr().out
    assert listed.startswith(f"{run_id}  ")
    assert "passed" in listed
    assert main(["runs", "--store", str(passed.store), "--json", "-"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["run_id"], row["verdict"]) for row in rows] == [(run_id, "passed")]


def test_an_export_repeats_the_run_s_own_figures(passed):
    summary = json.loads(passed.summary.read_text())
    page, again = passed.folder / "again.html", passed.folder / "again.json"
    files = ["--store", str(passed.store), "--html", str(page), "--json", str(again)]
    assert main(["export", summary["run_id"], *files]) == 0
    assert json.loads(again.read_text()) == summary
    assert page.read_bytes()[:15].lower() == b"<!doctype html>"


def test_criteria_that_do_not_hold_are_code_99(limelight):
    def undecided(request):
        request.write(http(200, decision(request.id, "PERHAPS")))

    with Server(undecided) as server:
        scenario = limelight.scenario(seconds=1)
        done = limelight.concluded("run", scenario, "--target", server.url, "--json", "-")
    assert done.returncode == 99, done.stderr
    summary = json.loads(done.stdout)
    assert conserved(summary)
    assert summary["counts"]["failed"] == summary["counts"]["due"] == 200
    assert "FAILED:" in done.stderr, "standard output belongs to the figures"


def test_a_target_that_is_not_there_is_code_105(limelight):
    done = limelight("run", limelight.scenario(), "--target", "http://127.0.0.1:9")
    assert done.returncode == 105
    assert "start the target first" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_bare_configuration_is_run_and_held_to_its_limits(limelight, healthy):
    config = limelight.folder / "c.json"
    config.write_text(
        json.dumps(
            {
                "test_id": "nightly",
                "target_tps": 1200,
                "duration_seconds": 1,
                "ramp_up_seconds": 0,
                "ramp_down_seconds": 0,
                "num_workers": 1,
                "enable_real_time_metrics": False,
            }
        )
    )
    done = limelight("run", config, "--target", healthy.url, "--json", "-")
    summary = json.loads(done.stdout)
    assert conserved(summary)
    assert {one["key"]: one["threshold"] for one in summary["criteria"]} == {
        "error_rate": 0.01,
        "p99_latency_ms": 5000,
        "success_rate": 0.99,
    }
    assert summary["preset"] == "nightly"
    assert summary["counts"]["due"] == 1200
    assert "load starts" not in done.stderr, "it asked for no real-time metrics"


def test_the_embedded_platform_loses_nothing_in_a_crash(limelight):
    crash = """
[[failure_scenarios]]
failure_type = "lambda_crash"
start_time_seconds = 1
duration_seconds = 0.5
severity = 0.3
"""
    scenario = limelight.scenario(
        seconds=3, mix="demo", criteria="zero_data_loss = true", more=crash
    )
    done = limelight("run", scenario, "--json", "-")
    assert done.stdout, done.stderr
    summary = json.loads(done.stdout)
    assert done.returncode == EXIT_CODES[Verdict(summary["verdict"])]
    assert {one["key"]: one["outcome"] for one in summary["criteria"]} == {
        "zero_data_loss": "held",
        "steady_error_rate": "held",
    }
    assert conserved(summary)
    journal = summary["journal"]
    decided, failed = summary["counts"]["decided"], summary["counts"]["failed"]
    once = decided - repeats(summary["counts"]["due"])
    assert once <= journal["acknowledged"] <= decided + failed
    assert journal["acknowledged"] == journal["found"] > 0
    assert (journal["missing"], journal["duplicated"]) == (0, 0)
    (fault,) = summary["faults"]
    assert fault["proven"]
    assert fault["share"] == "1 of 4"
    assert "Worker crash, 1 of 4, proven: on at" in done.stderr
    assert "Journal: acknowledged" in done.stderr


def test_a_lost_load_worker_makes_the_run_inconclusive(limelight, healthy):
    scenario = limelight.scenario(seconds=3)
    arguments = ("run", scenario, "--target", healthy.url, "--workers", 2)
    with limelight.start(*arguments) as process:
        wait_for(process, "load starts")
        worker = next(
            child
            for child in psutil.Process(process.pid).children(recursive=True)
            if "engine.load.worker" in child.cmdline()
        )
        worker.kill()
        report, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "INCONCLUSIVE:" in report


def test_the_first_interrupt_drains_and_is_code_105(limelight, healthy):
    summary = limelight.folder / "s.json"
    scenario = limelight.scenario(seconds=60)
    arguments = ("run", scenario, "--target", healthy.url, "--json", summary)
    before = len(healthy.arrivals)
    with limelight.start(*arguments) as process:
        wait_for(process, "load starts")
        await_arrivals(healthy, before + 60)
        process.send_signal(signal.SIGINT)
        report, _ = process.communicate(timeout=60)
    assert process.returncode == 105
    assert "Stopping in order; once more to stop at once." in report
    assert "ABORTED:" in report
    figures = json.loads(summary.read_text())
    assert figures["verdict"] == "aborted"
    assert figures["status"] == "cancelled"
    assert figures["counts"]["decided"] > 0
    assert conserved(figures)


def test_a_second_signal_stops_at_once(limelight):
    with Server(lambda request: None) as deaf:
        arguments = ("run", limelight.scenario(seconds=60), "--target", deaf.url)
        with limelight.start(*arguments) as process:
            wait_for(process, "load starts")
            await_arrivals(deaf, 10)
            process.send_signal(signal.SIGTERM)
            wait_for(process, "Stopping in order")
            process.send_signal(signal.SIGTERM)
            report, _ = process.communicate(timeout=60)
    assert process.returncode == 105
    assert "Stopping at once." in report


def test_a_terminal_sees_the_run_move_and_ctrl_c_ends_it(limelight, healthy):
    master, slave = pty.openpty()
    scenario = limelight.scenario(seconds=60)
    arguments = ("run", scenario, "--target", healthy.url)
    seen = b""
    # Its controlling terminal, so that Ctrl-C becomes a signal.
    login = {"stdout": None, "stderr": None, "preexec_fn": lambda: os.login_tty(slave)}
    with limelight.start(*arguments, **login) as process:
        os.close(slave)
        while b"achieved" not in seen or not re.search(rb"00:0[1-9] / 01:00", seen):
            seen += os.read(master, 65_536)
        os.write(master, b"\x03")
        while chunk := _read(master):
            seen += chunk
        process.wait(60)
    os.close(master)
    assert process.returncode == 105
    assert "━".encode() in seen, "a progress bar"
    assert b"ABORTED:" in seen


def _read(master):
    try:
        return os.read(master, 65_536)
    except OSError:  # the other end has closed
        return b""
