"""What the benchmarks compute, and the evidence they left, without running them."""

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.benchmarks import bars, lateness, steady, table
from tests.benchmarks.evidence import FOLDER, Evidence, Measurement, Setup, Steady, ToolFound, rows
from tests.benchmarks.faults_evidence import Faults
from tests.benchmarks.ours import NAME
from tests.benchmarks.soaked import Soak
from tests.benchmarks.stand import Target, Timing, observe
from tests.benchmarks.tools import Job, duration_ms, p99_after, shown
from tests.benchmarks.tools_scripted import SCRIPTED

HERE = Path(__file__).parent
RATE = 10_000
EVEN_NS = 5_000_000_000 + np.arange(2_000) * 100_000
SCHEMAS = {
    "load_generators.json": Evidence,
    "steady.json": Steady,
    "soak.json": Soak,
    "faults.json": Faults,
}


def test_requests_on_an_even_schedule_are_not_late_however_long_they_travelled():
    assert lateness.lateness_ms(EVEN_NS + 7_000_000, RATE).max() < 1e-6


def test_a_burst_is_late_by_the_distance_to_each_requests_own_instant():
    burst = EVEN_NS.reshape(-1, 4).max(axis=1).repeat(4)
    late = lateness.quantiles(lateness.lateness_ms(burst, RATE))
    assert late == {"50": 0.1, "99": 0.3, "99.9": 0.3, "100": 0.3}


def test_requests_left_out_make_all_that_follow_late():
    late = lateness.lateness_ms(np.delete(EVEN_NS, slice(1_000, 1_050)), RATE)
    assert late[:1_000].max() < 1e-6
    assert late[1_000:] == pytest.approx(5.0)


def test_the_known_schedule_shows_a_constant_delay_that_the_fitted_one_does_not():
    start_ns = EVEN_NS[0] - 100_000  # arrival 0 is due one interval after the start
    known = lateness.known_lateness_ms(EVEN_NS + 250_000, RATE, start_ns)
    assert known == pytest.approx(0.25)


def test_a_second_of_freeze_in_ten_has_its_true_p99_at_nine_tenths_of_it():
    freeze_ns = (4_000_000_000, 5_000_000_000)
    true_ms = lateness.true_response_ms(99, 1_000, 10, 0.0, freeze_ns)
    assert true_ms == pytest.approx(900, abs=2)


def test_arrivals_are_counted_by_the_second_of_the_schedule():
    start_ns = 3_000_000_000
    arrivals_ns = start_ns + np.array([1, 2, 999_999_999, 1_000_000_001, 2_500_000_000])
    assert steady.per_second(arrivals_ns, start_ns, 3) == [3, 1, 1]


def measurement(tool, cpu, **fields):
    fields = {"scenario": "paced", "rate": RATE, "round": 1, "command": ""} | fields
    return Measurement(tool=tool, cpu_us_per_request=cpu, **fields)


def late(p99):
    return {"50": 0.1, "99": p99, "99.9": p99, "100": p99}


ROUNDS = [
    measurement("k9-load", 20.0, lateness_ms=late(2.0)),
    *(measurement(NAME, cpu, lateness_ms=late(p)) for cpu, p in ((24, 0.5), (22, 0.9), (90, 9))),
    measurement(NAME, 12.0, scenario="saturated", rate=0, achieved_per_second=70_000.0),
    measurement("hey", 0.0, failure="it sent nothing"),
]


def test_rows_are_medians_of_the_rounds_and_ratios_to_ours():
    made = {(row.tool, row.scenario): row for row in rows(ROUNDS, NAME)}
    own = made[NAME, "paced"]
    assert (own.rounds, own.cpu_us_per_request, own.lateness_ms["99"]) == (3, 24, 0.9)
    assert made["k9-load", "paced"].cpu_ratio_to_ours == 0.83
    assert made["hey", "paced"].cpu_us_per_request is None


def test_a_bar_is_met_missed_or_without_anything_to_compare_with():
    made = bars.load_generator_bars(rows(ROUNDS, NAME))
    found = {(bar.what, bar.stretch): bar.met for bar in made}
    assert found["CPU at 10,000/s ÷ k9-load's", False] is True
    assert found["CPU at 10,000/s ÷ k9-load's", True] is False
    assert found["CPU at 10,000/s ÷ hey's", False] is None
    assert found["saturated, one core, per second", False] is True
    assert found["saturated, one core, per second", True] is False


def test_the_table_is_aligned_lists_ours_first_and_names_what_failed_or_was_not_found():
    made = rows(ROUNDS, NAME)
    setup = Setup(
        date="2026-01-05",
        quick=False,
        machine={"processor": "P", "cpu_count": 2, "python": "3", "limelight": "0"},
        bound="not bound",
        connections=64,
        body_bytes=400,
        others_cpu_cores=0.5,
        quiet=False,
    )
    evidence = Evidence(
        setup=setup,
        definitions={"CPU": "time"},
        tools=[ToolFound(name="oha", version=None)],
        bars=bars.load_generator_bars(made),
        rows=made,
        measurements=ROUNDS,
    )
    text = table.render(evidence)
    paced = next(part for part in text.split("\n\n") if part.startswith("at 10,000/s")).splitlines()
    assert [line.split()[0] for line in paced[2:]] == [NAME, "k9-load", "hey"]
    assert len({len(line) for line in [paced[0], *paced[2:]]}) == 1
    assert re.search(r"oha +not found", text)
    assert "hey, paced 10000: it sent nothing" in text
    assert "NOT QUIET" in text


@pytest.mark.parametrize("name", [name for name in SCHEMAS if (FOLDER / name).exists()])
def test_the_committed_evidence_fits_its_schema_and_names_no_place(name):
    data = (FOLDER / name).read_bytes()
    found = msgspec.json.decode(data, type=SCHEMAS[name])
    assert found.setup.machine["cpu_count"] >= 1
    assert not re.search(rb"/(home|root|tmp|work|Users|var|usr)/|127\.0\.0\.1:\d", data)
    if isinstance(found, Evidence):
        assert found.rows == rows(found.measurements, NAME)
        assert found.bars == bars.load_generator_bars(found.rows)


def test_commands_are_shown_without_the_paths_and_ports_of_a_machine(tmp_path):
    job = Job("http://127.0.0.1:4711/v1/x", 5_000, 6, 64, tmp_path / "body.json", tmp_path)
    argv = ["/opt/tools/k9/bin/k9", "run", str(job.body), job.url]
    assert shown(argv, job) == "k9 run body.json http://127.0.0.1:PORT/v1/x"


def test_durations_of_other_tools_are_read_in_their_units():
    assert [duration_ms(text) for text in ("850us", "1.5ms", "0.94 secs")] == [0.85, 1.5, 940]
    assert p99_after(r"99%+ in ([\d.]+ secs)")(None, "99% in 0.0030 secs") == {"p99": 3.0}


def test_a_scripted_tool_gets_the_body_and_the_rate_in_its_own_file(tmp_path):
    body = tmp_path / "body.json"
    body.write_text('{"id":"1"}')
    job = Job("http://127.0.0.1:1/v1/transactions", 6_400, 6, 64, body, tmp_path)
    k9, locust = SCRIPTED
    k9.argv(job)
    plan = msgspec.json.decode((tmp_path / "plan.json").read_bytes())
    assert plan["options"]["scenarios"]["load"]["rate"] == 6_400
    assert plan["flows"]["default"][0]["request"]["body"] == '{"id":"1"}'
    locust.argv(job)
    script = (tmp_path / "locustfile.py").read_text()
    compile(script, "locustfile.py", "exec")
    assert "constant_throughput(100.0)" in script


CLIENT = """
import http.client, sys, time
from urllib.parse import urlsplit
url = urlsplit(sys.argv[1])
client = http.client.HTTPConnection(url.hostname, url.port)
deadline = time.monotonic() + 0.6
while time.monotonic() < deadline:
    client.request("POST", url.path, '{"id":"0a1b2c3d-000000000007"}')
    answer = client.getresponse()
    assert b"0a1b2c3d-000000000007" in answer.read(), answer.status
"""


class Plain:
    """A client that sends one request after the other."""

    def __init__(self, url):
        self.process = subprocess.Popen([sys.executable, "-c", CLIENT, url])

    def finish(self, timeout):
        return {"code": self.process.wait(timeout)}


def test_the_stand_counts_what_a_client_sends_and_what_it_costs(tmp_path):
    with Target(tmp_path) as target:
        timing = Timing(warm=0.05, window=0.4, freeze_at=0.1, freeze=0.2)
        said, seen = observe(target, lambda: Plain(target.url), timing)
    assert said == {"code": 0}
    assert len(seen.arrivals_ns) > len(seen.window_ns) > 10
    assert (np.diff(seen.arrivals_ns) >= 0).all()
    assert seen.end.client > seen.begin.client
    began, ended = seen.freeze_ns
    assert not ((seen.arrivals_ns > began) & (seen.arrivals_ns < ended)).any()


def test_the_long_benchmarks_are_not_tests_and_begin_only_when_asked(request):
    collected = {item.path.name for item in request.session.items if item.path.parent == HERE}
    assert all(name.startswith("test_") for name in collected)
    code = "import tests.benchmarks.load_generators, tests.benchmarks.steady, tests.benchmarks.soak"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
