"""More than the platform takes is refused at once, and what it took is decided."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

from engine.platform.supervisor import IN_FLIGHT_LIMIT

BATCH = 1_000
CLIENTS = 10


def test_overload_is_answered_503_at_once_and_passes(platform, transaction):
    assert BATCH * CLIENTS > 2 * IN_FLIGHT_LIMIT
    bodies = [
        json.dumps(
            [
                transaction(number, user=f"u{number % 99}")
                for number in range(client * BATCH, (client + 1) * BATCH)
            ]
        ).encode()
        for client in range(CLIENTS)
    ]

    def send(body: bytes) -> list[int]:
        _, answer, _ = platform.request("POST", "/v1/transactions:batch", body)
        return [one["status"] for one in answer["results"]]

    with ThreadPoolExecutor(CLIENTS) as pool:
        statuses = [status for part in pool.map(send, bodies) for status in part]
    assert set(statuses) == {200, 503}
    assert len(statuses) == BATCH * CLIENTS
    assert len(platform.rows()) == statuses.count(200)
    report = platform.report(lambda report: report.edge.decided == statuses.count(200))
    assert report.edge.shed == statuses.count(503)
    assert platform.decide(transaction(999_999))[0] == 200
