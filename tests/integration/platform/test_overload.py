"""More than the platform takes is refused at once, and what it took is decided."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from engine.platform.supervisor import IN_FLIGHT_LIMIT

BATCH = 1_000
CLIENTS = 8


def test_overload_is_answered_503_with_retry_after_and_passes(platform, transaction):
    assert BATCH * CLIENTS > IN_FLIGHT_LIMIT

    def send(client: int) -> list[int]:
        numbers = range(client * BATCH, (client + 1) * BATCH)
        batch = [transaction(number, user=f"u{number % 99}") for number in numbers]
        _, answer, _ = platform.request("POST", "/v1/transactions:batch", batch)
        return [one["status"] for one in answer["results"]]

    with ThreadPoolExecutor(CLIENTS) as pool:
        statuses = [status for part in pool.map(send, range(CLIENTS)) for status in part]
    assert set(statuses) <= {200, 503}
    assert len(statuses) == BATCH * CLIENTS
    assert len(platform.rows()) == statuses.count(200)
    report = platform.report(lambda report: report.edge.decided == statuses.count(200))
    assert report.edge.shed == statuses.count(503)
    assert platform.decide(transaction(999_999))[0] == 200
