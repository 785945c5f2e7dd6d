"""What the platform answers over HTTP."""

from __future__ import annotations

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from engine.model.decision import DecisionResponse


def test_a_valid_transaction_gets_a_decision_of_the_declared_shape(platform, transaction):
    status, answer = platform.decide(transaction(1))
    response = msgspec.convert(answer, DecisionResponse)
    assert status == 200
    assert response.transaction_id == "t-000000000001"
    assert response.decision in {"APPROVE", "REVIEW", "DECLINE"}
    assert 0 <= response.risk_score <= 1
    assert 0 <= response.confidence_score <= 1
    assert response.reasons
    assert set(response.agents) == {
        "transaction_analyzer",
        "pattern_detector",
        "risk_assessor",
        "compliance_agent",
    }
    assert response.processing_time_ms > 0


def test_a_sanctioned_corridor_is_declined_and_the_reason_says_so(platform, transaction):
    place = {"country": "KP", "city": "P", "latitude": 39.0, "longitude": 125.7}
    status, answer = platform.decide(transaction(1, location=place))
    assert (status, answer["decision"], answer["risk_level"]) == (200, "DECLINE", "CRITICAL")
    assert any("sanctioned" in reason for reason in answer["reasons"])


WRONG = [
    ("amount", 0),
    ("amount", -5),
    ("amount", 10_000_001),
    ("amount", "12"),
    ("id", ""),
    ("user_id", ""),
    ("currency", "ZZZ"),
    ("merchant", None),
    ("category", None),
    ("timestamp", "yesterday"),
    ("location.latitude", {"country": "FR", "latitude": 91, "longitude": 0}),
    ("location.longitude", {"country": "FR", "latitude": 0, "longitude": -181}),
    ("device_info.device_id", {"device_id": ""}),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_an_invalid_field_is_refused_by_name(shared_platform, transaction, field, value):
    body = transaction(1, **{field.split(".")[0]: value})
    status, answer = shared_platform.decide(body)
    assert status == 400
    assert answer["error"]["field"] == field
    assert answer["error"]["message"]


def test_one_transaction_in_a_batch_that_underflows_harms_neither_scorer_nor_batch(
    shared_platform, transaction
):
    batch = [transaction(n, id=f"under-{n}", currency="JPY") for n in range(3)]
    batch[1]["amount"] = 1e-323
    pids = [scorer.pid for scorer in shared_platform.report().scorers]
    _, answer, _ = shared_platform.request("POST", "/v1/transactions:batch", batch)
    assert [one["status"] for one in answer["results"]] == [200, 400, 200]
    assert [scorer.pid for scorer in shared_platform.report().scorers] == pids


def test_what_is_no_json_is_refused_and_an_infinite_amount_too(shared_platform, transaction):
    assert shared_platform.decide(b"{")[0] == 400
    body = json.dumps(transaction(1)).replace("12.5", "1e999").encode()
    status, answer = shared_platform.decide(body)
    assert (status, answer["error"]["field"]) == (400, "amount")


def test_a_retry_of_a_decided_id_gets_the_same_bytes_and_is_applied_once(platform, transaction):
    first = platform.request("POST", "/v1/transactions", transaction(1))
    again = platform.request("POST", "/v1/transactions", transaction(1))
    stored = platform.request("GET", "/v1/transactions/t-000000000001")
    assert first[:2] == again[:2]
    assert stored[1].pop("passage")["came_again"] == 1
    assert first[:2] == stored[:2]
    assert platform.rows() == [("t-000000000001", 1)]


def test_retries_that_come_together_are_decided_once(platform, transaction):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: platform.decide(transaction(1)), range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert platform.rows() == [("t-000000000001", 1)]
    report = platform.report(lambda report: report.edge.requests == 8)
    assert (report.edge.decided, report.edge.replayed) == (1, 7)


def test_an_id_of_any_form_is_decided_once(platform, transaction):
    assert platform.decide(transaction(1, id="sent by hand")) == platform.decide(
        transaction(1, id="sent by hand")
    )
    assert platform.request("GET", "/v1/transactions/sent%20by%20hand")[0] == 200
    assert platform.rows() == [("sent by hand", 1)]


def test_a_batch_is_answered_in_order_each_with_its_own_outcome(shared_platform, transaction):
    batch = [transaction(n, user=f"u{n}", id=f"batch-{n}") for n in range(50)]
    batch[7]["amount"] = -1
    status, answer, _ = shared_platform.request(
        "POST", "/v1/transactions:batch", {"transactions": batch}
    )
    statuses = [one["status"] for one in answer["results"]]
    assert status == 200
    assert statuses == [200] * 7 + [400] + [200] * 42
    assert answer["results"][9]["body"]["transaction_id"] == "batch-9"


def test_what_is_not_there_is_said_so(shared_platform):
    assert shared_platform.request("GET", "/v1/transactions/never")[0] == 404
    assert shared_platform.request("GET", "/nothing")[0] == 404
    assert shared_platform.request("GET", "/v1/transactions")[0] == 405
    status, health, _ = shared_platform.request("GET", "/health")
    assert (status, health["status"]) == (200, "ok")


def test_pipelined_and_split_requests_are_answered_in_order(shared_platform, transaction):
    request = b""
    for number in range(3):
        body = json.dumps(transaction(number, id=f"pipe-{number}")).encode()
        request += b"POST /v1/transactions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(
            body
        )
        request += body
    request += b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", shared_platform.port), 30) as link:
        for at in range(0, len(request), 100):
            link.sendall(request[at : at + 100])
        answer = b""
        while data := link.recv(65_536):
            answer += data
    places = [answer.index(b'"pipe-%d"' % number) for number in range(3)]
    assert places == sorted(places)
    assert answer.count(b"HTTP/1.1 200") == 4


def answers_to(port: int, requests: bytes) -> bytes:
    """What comes back for these bytes, the last request of which closes the connection."""
    with socket.create_connection(("127.0.0.1", port), 30) as link:
        sending = threading.Thread(target=link.sendall, args=(requests,))
        sending.start()
        answer = b""
        while data := link.recv(1 << 20):
            answer += data
        sending.join()
    return answer


def test_thousands_of_pipelined_requests_are_all_answered(shared_platform, transaction):
    count = 5_000
    health = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert answers_to(shared_platform.port, health * count + last).count(b"HTTP/1.1 200") == 5_001
    body = json.dumps(transaction(1, id="before all the others")).encode()
    post = b"POST /v1/transactions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    answer = answers_to(shared_platform.port, post + body + health * count + last)
    assert answer.count(b"HTTP/1.1 200") == 5_002
    assert answer.index(b'"before all the others"') < answer.index(b'"scorers_up"')
    shared_platform.report(lambda report: report.edge.in_flight == 0)
    assert shared_platform.decide(transaction(1, id="after all the others"))[0] == 200


def test_a_body_without_a_length_is_refused(shared_platform):
    with socket.create_connection(("127.0.0.1", shared_platform.port), 30) as link:
        head = b"POST /v1/transactions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked"
        link.sendall(head + b"\r\n\r\n0\r\n\r\n")
        assert link.recv(100).startswith(b"HTTP/1.1 411")


def test_the_runtime_imports_neither_the_labels_nor_heavy_packages(
    tmp_path: Path, start, transaction
):
    log = tmp_path / "imports"
    with log.open("wb") as stderr:
        running = start(
            environment={"PYTHONPROFILEIMPORTTIME": "1"}, stderr=stderr.fileno(), scorers=1
        )
        assert running.decide(transaction(1))[0] == 200
    imported = {line.rsplit("|", 1)[-1].strip() for line in log.read_text().splitlines()}
    assert {"engine.platform.intake", "engine.platform.pipeline", "onnxruntime"} <= imported
    banned = ("pandas", "streamlit", "lightgbm", "boto3", "engine.load", "pydantic", "onnxmltools")
    assert not [name for name in imported if name.startswith(banned)]
