"""A worker process against real targets: plans, reports, conservation, commands."""

from engine.load.traffic.simulator import FRAUD_KINDS
from tests.integration.load.harness import (
    ALL_RETRIES,
    Sums,
    Worker,
    assert_conserved,
    plan,
    start_all,
)
from tests.servers import Server, approve, decision, http
from tests.traffic import repeats


def test_a_run_sends_its_plan_and_accounts_for_every_transaction():
    with (
        Server() as server,
        Worker(plan(server.url, seconds=2, mix="realistic")) as worker,
    ):
        worker.start()
        sums = worker.finish()
    assert_conserved(sums.reports)
    assert (sums.due, sums.sent, sums.decided, sums.attempts) == (400, 400, 400, 400)
    assert sorted(sums.acknowledged) == list(range(400))
    assert sorted(key for _, key in server.arrivals) == [f"0a1b2c3d-{n:012d}" for n in range(400)]
    assert sums.outcomes == {"ok": 400}
    assert sums.decisions == {"APPROVE": 400, "REVIEW": 0, "DECLINE": 0}
    assert sum(sums.confusion.values()) == 400
    assert {key.partition(":")[0] for key in sums.confusion} <= set(FRAUD_KINDS)
    assert sums.response.count == sums.service.count == 400
    assert sums.lateness.count == sums.queue.count == 400
    request, answer = next(r.exchange for r in sums.reports if r.exchange)
    assert request.startswith("POST /v1/transactions HTTP/1.1\r\nHost: 127.0.0.1:")
    assert answer.startswith("HTTP/1.1 200")


def test_a_tick_counts_exactly_what_was_due_in_it():
    with Server() as server, Worker(plan(server.url, tps=400, seconds=2)) as worker:
        worker.start()
        reports = worker.finish().reports
    assert [report.tick for report in reports] == list(range(len(reports)))
    assert [report.due for report in reports[:9]] == [99, *[100] * 6, 101, 0]
    assert [report.schedule_seconds for report in reports[:8]] == [
        0.25 * (tick + 1) for tick in range(8)
    ]


def test_shares_of_a_run_add_up_to_all_of_its_arrivals():
    with Server() as server:
        plans = [plan(server.url, seconds=1.5, share=share, shares=2) for share in (0, 1)]
        with Worker(plans[0]) as one, Worker(plans[1]) as other:
            start_all([one, other])
            sums = Sums(one.finish().reports + other.finish().reports)
    assert sums.due == 300
    assert sums.decided + sums.rejected + sums.failed == 300
    assert len(server.arrivals) >= 300


def test_fraud_is_counted_by_kind_and_value_and_no_label_is_sent():
    def decline(request):
        bodies.append(request.body)
        request.write(http(200, decision(request.id, "DECLINE")))

    bodies = []
    with Server(decline) as server, Worker(plan(server.url, tps=600, seconds=1)) as worker:
        worker.start()
        sums = worker.finish()
    frauds = {key: count for key, count in sums.confusion.items() if "legitimate" not in key}
    assert sum(frauds.values()) > 30
    assert all(key.endswith(":DECLINE") for key in sums.confusion)
    assert sums.fraud_value_usd["flagged"] > 0
    assert sums.fraud_value_usd["missed"] == 0
    text = b"".join(bodies).lower()
    assert not [kind for kind in FRAUD_KINDS if kind.encode() in text]


def test_edge_cases_that_are_rejected_are_no_errors_and_answered_ones_are():
    def reject_all(request):
        request.write(http(400, b"{}"))

    with Server(reject_all) as server, Worker(plan(server.url, tps=600)) as worker:
        worker.start()
        rejecting = worker.finish()
    assert rejecting.rejected > 10
    assert rejecting.outcomes == {"rejected": rejecting.rejected, "http_4xx": rejecting.failed}
    assert rejecting.attempts == rejecting.sent == 600

    def decide_all(request):
        request.write(http(200, decision(request.id)))

    with Server(decide_all) as server, Worker(plan(server.url, tps=600)) as worker:
        worker.start()
        deciding = worker.finish()
    assert deciding.rejected == 0
    assert deciding.outcomes == {"ok": deciding.decided, "invalid_decision": deciding.failed}
    assert deciding.failed == rejecting.rejected
    assert_conserved(rejecting.reports)
    assert_conserved(deciding.reports)


def test_a_retry_keeps_its_id_and_counts_once():
    seen = {}

    def twice_busy(request):
        seen[request.id] = seen.get(request.id, 0) + 1
        if seen[request.id] < 3:
            request.write(http(503, b"{}", Retry_After="0.02"))
        else:
            approve(request)

    quick = {"backoff_base_seconds": 0.005, "mix": "realistic", **ALL_RETRIES}
    with Server(twice_busy) as server, Worker(plan(server.url, tps=100, **quick)) as worker:
        worker.start()
        sums = worker.finish()
    assert (sums.sent, sums.decided, sums.attempts) == (100, 100, 300)
    assert sums.outcomes == {"throttled": 200, "ok": 100}
    assert set(seen.values()) == {3}
    assert sums.response.quantile_ms(0) >= 40
    assert_conserved(sums.reports)


def test_different_decisions_for_one_id_are_noticed():
    asked = {}

    def wavering(request):
        asked[request.id] = asked.get(request.id, 0) + 1
        if asked[request.id] == 1:
            answer = http(200, decision(request.id, "DECLINE"))
            request.later(1.4, request.write, answer)
        else:
            approve(request)

    changes = {"request_timeout_seconds": 1.0, "mix": "realistic", "connections": 40}
    changes |= ALL_RETRIES
    with Server(wavering) as server, Worker(plan(server.url, tps=20, **changes)) as worker:
        worker.start()
        worker.wait_total("answer_mismatches", 1)
        sums = worker.finish()
    assert sums.decided == 20
    assert sums.outcomes == {"timeout": 20, "ok": 20}
    assert 1 <= sums.answer_mismatches <= 20


def test_conservation_holds_in_every_report_through_stalls_resets_and_rubbish():
    kinds = ["ok", "ok", "ok", "reset", "busy", "rubbish", "silence"]

    def moody(request):
        mood = kinds[len(server.arrivals) % len(kinds)]
        if mood == "ok":
            approve(request)
        elif mood == "reset":
            request.abort()
        elif mood == "busy":
            request.write(http(503, b"{}"))
        elif mood == "rubbish":
            request.write(b"rubbish\r\n\r\n")

    changes = {"request_timeout_seconds": 0.3, "drain_seconds": 1.0, "connections": 8}
    with Server(moody) as server, Worker(plan(server.url, tps=400, seconds=2, **changes)) as worker:
        worker.start()
        worker.wait_total("sent", 100)
        server.stall(0.5)
        sums = worker.finish()
    assert_conserved(sums.reports)
    assert sums.due == 800
    assert sums.dropped > 0
    assert {"ok", "reset", "throttled", "protocol", "timeout"} <= set(sums.outcomes)
    assert max(report.backlog_now for report in sums.reports) > 0
    once = len(set(sums.acknowledged))
    assert once == len(sums.acknowledged)
    decided = sums.decided + sums.redriven
    assert decided - repeats(sums.due, mix="stress") <= once <= decided


def test_a_target_that_dies_is_noticed_and_accounted_for():
    changes = {"drain_seconds": 1.0, "request_timeout_seconds": 0.5, "mix": "realistic"}
    with Server() as server, Worker(plan(server.url, seconds=3, **changes)) as worker:
        worker.start()
        worker.wait_total("decided", 50)
        server.stop()
        before = worker.total("decided")
        worker.wait_total("failed", 5)
        sums = worker.finish()
    assert_conserved(sums.reports)
    assert sums.due == 600
    assert sums.outcomes["connect"] >= 15
    assert sums.failed + sums.dropped == 600 - sums.decided > 0
    assert sums.decided < 600
    assert before < 600
    assert sums.reports[-1].connections_now == 0


def test_a_stall_shows_in_response_time_and_not_in_service_time():
    """1 s at 100/s over 4 s: every fourth arrival falls into the stall."""
    changes = {"mix": "realistic", "connections": 8}
    with Server() as server, Worker(plan(server.url, 100, 4, **changes)) as worker:
        worker.start()
        worker.wait_total("decided", 100)
        server.stall(1.0)
        sums = worker.finish()
    assert (sums.due, sums.decided, sums.dropped) == (400, 400, 0)
    assert sums.response.percentile_ms(90) >= 500
    assert sums.queue.percentile_ms(90) >= 500
    assert sums.service.percentile_ms(50) < 100
    assert sums.lateness.percentile_ms(90) < sums.queue.percentile_ms(90) / 5
    assert_conserved(sums.reports)
