"""The edge's routes: which request is answered by what, and how many there were.

Each line: a request → the status it is answered with.

POST /v1/transactions            one transaction → 200 | 400 | 503
POST /v1/transactions:batch      a JSON array of up to 1,000, or {"transactions": [...]} → 200
                                 {"results": [{"status": …, "body": …}]} in the same order
GET  /v1/transactions/{id}       the answer and its passage (`engine.model.story`) → 200 | 404
GET  /health                     200 when every scorer is up, else 503
"""

from __future__ import annotations

from urllib.parse import unquote

import msgspec

from engine.platform.batch import BatchAnswer, transactions_of
from engine.platform.http import Connection, Head
from engine.platform.intake import Intake
from engine.platform.router import Router

_PATH = b"/v1/transactions"


def _error(message: str) -> bytes:
    return msgspec.json.encode({"error": {"field": "request", "value": None, "message": message}})


class Routes:
    """Hands each request to who answers it; `requests` counts them."""

    def __init__(self, intake: Intake, router: Router) -> None:
        self._intake, self._router = intake, router
        self.requests = 0

    def serve(self, connection: Connection, head: Head, body: bytes) -> None:
        """One whole request."""
        self.requests += 1
        if head.path == _PATH and head.method == b"POST":
            self._intake.submit(connection, body)
        elif head.path == b"/v1/transactions:batch":
            self._batch(connection, head, body)
        else:
            self._other(connection, head)

    def _batch(self, connection: Connection, head: Head, body: bytes) -> None:
        if head.method != b"POST":
            connection.answer(405, _error("POST only"))
            return
        try:
            bodies = transactions_of(body)
        except ValueError as error:
            connection.answer(400, _error(str(error)))
            return
        places = BatchAnswer(connection, len(bodies)).places()
        for place, one in zip(places, bodies, strict=True):
            self._intake.submit(place, one)

    def _other(self, connection: Connection, head: Head) -> None:
        if head.path == b"/health":
            up, asked = self._router.serving(), self._router.asked()
            healthy = up == asked and not self._intake.ending
            states = {"scorers_up": up, "scorers": asked}
            text = "ok" if healthy else "degraded"
            answer = msgspec.json.encode({"status": text, **states})
            connection.answer(200 if healthy else 503, answer)
            return
        if head.path.startswith(_PATH + b"/") and head.method == b"GET":
            self._tell(connection, unquote(head.path[len(_PATH) + 1 :].decode("latin-1")))
            return
        if head.path == _PATH:
            connection.answer(405, _error("POST only"))
            return
        connection.answer(404, _error("there is nothing here"))

    def _tell(self, connection: Connection, transaction_id: str) -> None:
        story = self._intake.story(transaction_id)
        if story is not None:
            connection.answer(200, story)
        elif self._intake.under_way(transaction_id):
            connection.answer(404, _error("this transaction is under way and not decided yet"))
        else:
            connection.answer(404, _error("no transaction with this id is in the journal"))
