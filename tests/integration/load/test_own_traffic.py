"""Worker processes that send own data: every row once, in order, and no label with it."""

import json

import pytest

from tests.integration.load.harness import Sums, Worker, assert_conserved, plan, start_all
from tests.own_rows import MAPPING, converted, rows
from tests.servers import Server, decision, http


@pytest.fixture
def sent():
    return []


@pytest.fixture
def server(sent):
    def decline(request):
        sent.append(request.body)
        request.write(http(200, decision(request.id, "DECLINE")))

    with Server(decline) as one:
        yield one


def test_two_workers_send_every_row_once_and_a_customer_s_in_order(tmp_path, server, sent):
    out = str(converted(tmp_path, rows(300)).out)
    how = {"tps": 300, "seconds": 1.0, "shares": 2, "traffic_file": out, "connections": 1}
    plans = [plan(server.url, share=share, **how) for share in (0, 1)]
    with Worker(plans[0]) as one, Worker(plans[1]) as other:
        start_all([one, other])
        sums = Sums(one.finish().reports + other.finish().reports)
    assert_conserved(sums.reports)
    assert (sums.due, sums.decided) == (300, 300)
    assert sorted(sums.acknowledged) == list(range(300))
    made = [json.loads(body) for body in sent]
    assert sorted(body["amount"] for body in made) == [round(10 + n / 100, 2) for n in range(300)]
    for customer in {body["user_id"] for body in made}:
        theirs = [body["id"] for body in made if body["user_id"] == customer]
        assert theirs == sorted(theirs)
    assert sums.confusion == {"legitimate:DECLINE": 270, "fraud:DECLINE": 30}
    assert not any(b"fraud" in body or b"yes" in body for body in sent)


def test_a_file_without_labels_counts_for_no_kind_and_begins_again_when_asked(
    tmp_path, server, sent
):
    out = str(converted(tmp_path, rows(40), MAPPING).out)
    asked = plan(server.url, tps=100, seconds=1.0, traffic_file=out, traffic_repeat=True)
    with Worker(asked) as worker:
        worker.start()
        sums = worker.finish()
    assert (sums.due, sums.decided) == (100, 100)
    assert sums.confusion == {"unlabelled:DECLINE": 100}
    assert sums.fraud_value_usd == {"flagged": 0, "missed": 0}
    assert len({json.loads(body)["id"] for body in sent}) == 100
    assert len({json.loads(body)["amount"] for body in sent}) == 40


def test_a_worker_whose_file_is_gone_says_so(tmp_path, server):
    with Worker(plan(server.url, traffic_file=str(tmp_path / "gone.traffic"))) as worker:
        failure = worker.failure()
    assert "gone.traffic: cannot be read: no such file" in failure.message
