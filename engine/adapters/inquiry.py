"""Asking a target what became of one transaction, over its own interface."""

from __future__ import annotations

import contextlib
import http.client
from urllib.parse import quote, urlsplit

import msgspec

from engine.model.errors import TargetError
from engine.model.story import TransactionStory

PATIENCE_SECONDS = 2.0
_decode = msgspec.json.Decoder(TransactionStory).decode


def ask(url: str, transaction_id: str) -> TransactionStory | None:
    """`GET {url}/{id}`: the story, or None if the target decided no such transaction.

    Raises:
        TargetError: It did not answer, or what it answered is no story.
    """
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(
        parts.hostname or "", parts.port, timeout=PATIENCE_SECONDS
    )
    try:
        with contextlib.closing(connection):
            connection.request("GET", f"{parts.path}/{quote(transaction_id, safe='')}")
            answer = connection.getresponse()
            body = answer.read()
        if answer.status == http.HTTPStatus.NOT_FOUND:
            return None
        return _decode(body)
    except (OSError, http.client.HTTPException) as error:
        msg = f"the platform did not answer ({error}): ask again in a moment"
        raise TargetError(msg) from error
    except msgspec.DecodeError as error:
        msg = f"the platform's answer is not the story of a transaction ({error})"
        raise TargetError(msg) from error
