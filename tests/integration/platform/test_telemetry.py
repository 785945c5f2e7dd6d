"""What the platform says of itself over HTTP, read as strictly as Prometheus reads it."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket

HELP = re.compile(r"# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)")
TYPE = re.compile(r"# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)")
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.+)\})? (\S+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)')
SUFFIXES = ("_bucket", "_sum", "_count")


def scrape(port: int, path: str = "/metrics") -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type"), answer.read().decode()


def labels_of(text: str) -> dict[str, str]:
    found, at = {}, 0
    while at < len(text):
        one = LABEL.match(text, at)
        assert one, text
        assert one[1] not in found
        found[one[1]] = one[2]
        at = one.end()
    return found


def families_of(text: str) -> dict[str, tuple[str, dict[tuple[tuple[str, str], ...], float]]]:
    """{family: (type, {(("", sample name), labels…): value})}; asserts the format of each line."""
    assert text.endswith("\n")
    families, family, helped = {}, "", ""
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            helped = HELP.fullmatch(line)[1]
        elif line.startswith("# TYPE "):
            family, kind = TYPE.fullmatch(line).groups()
            assert family == helped, "each type follows its own help"
            assert family not in families, "a family is named once"
            families[family] = (kind, {})
        else:
            name, labels, value = SAMPLE.fullmatch(line).groups()
            kind, samples = families[family]
            bases = [family + suffix for suffix in SUFFIXES] if kind == "histogram" else [family]
            assert name in bases, "a sample stands below its type"
            key = (("", name), *sorted(labels_of(labels or "").items()))
            assert key not in samples, "a sample is given once"
            samples[key] = float(value)
    return families


def check_histogram(name: str, samples: dict[tuple[tuple[str, str], ...], float]) -> None:
    series = {}
    for key, value in samples.items():
        labels = dict(key)
        le = labels.pop("le", None)
        part = series.setdefault(tuple(sorted((k, v) for k, v in labels.items() if k)), {})
        part.setdefault(labels[""], []).append((le, value))
    for part in series.values():
        buckets = part[f"{name}_bucket"]
        bounds = [float(le) for le, _ in buckets]
        counts = [count for _, count in buckets]
        assert bounds == sorted(bounds)
        assert bounds[-1] == float("inf")
        assert counts == sorted(counts)
        [(_, count)], [(_, total)] = part[f"{name}_count"], part[f"{name}_sum"]
        assert counts[-1] == count
        assert (total > 0) == (count > 0)


def counters_of(families: dict) -> dict[tuple[tuple[str, str], ...], float]:
    kept = {}
    for name, (kind, samples) in families.items():
        if kind == "counter":
            assert name.endswith("_total")
        counts = ("",) if kind == "counter" else ("_bucket", "_count")
        kept |= {key: samples[key] for key in samples if key[0][1].endswith(counts)}
    return kept


def value(families: dict, name: str, **labels: str) -> float:
    return families[name][1][(("", name), *sorted(labels.items()))]


def test_the_metrics_are_well_formed_and_say_what_the_report_says(platform, transaction):
    port = platform.ready.metrics_port
    for number in range(1, 31):
        assert platform.decide(transaction(number, user=f"u{number}"))[0] == 200
    platform.decide(transaction(31, amount=-1))
    platform.decide(transaction(1))
    report = platform.report(lambda report: report.edge.requests == 32)
    platform.report(lambda later: sum(one.scored for one in later.scorers) == 30)
    platform.report()
    status, kind, text = scrape(port)
    families = families_of(text)
    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    outcomes = {"decided": 30, "invalid": 1, "shed": 0, "replayed": 1}
    for outcome, count in outcomes.items():
        assert value(families, "limelight_transactions_total", outcome=outcome) == count
    assert value(families, "limelight_journal_rows") == report.edge.journal_rows == 30
    assert value(families, "limelight_agent_scored_total", agent="risk_assessor") == 30
    scored = [value(families, "limelight_scored_total", scorer=one) for one in "01"]
    assert sum(scored) == 30
    assert min(scored) > 0
    assert value(families, "limelight_process_up", process="edge") == 1
    histograms = {name for name, (kind, _) in families.items() if kind == "histogram"}
    for name in histograms:
        check_histogram(name, families[name][1])
    response = families["limelight_response_seconds"][1]
    assert response[(("", "limelight_response_seconds_count"),)] == 30
    batches = families["limelight_agent_batch_seconds"][1]
    asked = (("", "limelight_agent_batch_seconds_count"), ("agent", "risk_assessor"))
    assert batches[asked] == 30


def test_counters_never_go_back_when_a_process_is_replaced(platform, transaction):
    port = platform.ready.metrics_port
    for number in range(1, 21):
        assert platform.decide(transaction(number, user=f"u{number}"))[0] == 200
    before_report = platform.report(
        lambda report: report.edge.decided == 20 == sum(one.scored for one in report.scorers)
    )
    platform.report()
    before = counters_of(families_of(scrape(port)[2]))
    for pid in (before_report.edge.pid, before_report.scorers[0].pid):
        os.kill(pid, signal.SIGKILL)
    assert scrape(port)[0] == 200, "it answers while the edge is down"
    for number in range(21, 31):
        platform.retried(transaction(number, user=f"u{number}"))
    platform.report(lambda report: report.edge.restarts == 1 and report.edge.decided >= 30)
    platform.report()
    after = counters_of(families_of(scrape(port)[2]))
    assert before.keys() <= after.keys()
    assert not [key for key, value in before.items() if after[key] < value]
    edge_restarts = (("", "limelight_process_restarts_total"), ("process", "edge"))
    assert after[edge_restarts] == 1
    decided = (("", "limelight_transactions_total"), ("outcome", "decided"))
    assert after[decided] == 30


def test_the_metrics_port_serves_nothing_else_and_many_scrapes_on_one_connection(shared_platform):
    port = shared_platform.ready.metrics_port
    assert scrape(port, "/")[0] == 404
    with socket.create_connection(("127.0.0.1", port), 30) as link:
        link.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
        link.sendall(b"POST /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while data := link.recv(1 << 16):
            answer += data
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert answer.count(b"HTTP/1.1 405") == 1
