"""`POST /v1/transactions:batch`: many transactions in one request, each with its own outcome."""

from __future__ import annotations

import msgspec

from engine.platform.pending import Waiter

MOST = 1_000


class _Wrapped(msgspec.Struct):
    transactions: list[msgspec.Raw]


_decoder = msgspec.json.Decoder(_Wrapped | list[msgspec.Raw])


def transactions_of(body: bytes) -> list[bytes]:
    """The transactions of a batch, each still as JSON.

    Raises:
        ValueError: not a batch, or an empty or too large one.
    """
    try:
        batch = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        msg = f"not a JSON array of transactions: {error}"
        raise ValueError(msg) from error
    raws = batch.transactions if isinstance(batch, _Wrapped) else batch
    if not 1 <= len(raws) <= MOST:
        msg = f"a batch must hold 1 to {MOST} transactions, got {len(raws)}"
        raise ValueError(msg)
    return [bytes(raw) for raw in raws]


class _Place:
    """One transaction's place in a batch."""

    def __init__(self, batch: BatchAnswer, index: int) -> None:
        self._batch = batch
        self._index = index

    def answer(self, status: int, body: bytes, retry_after: int = 1) -> None:  # noqa: ARG002 - a batch has one head; the body says it for each
        self._batch.put(self._index, status, body)


class BatchAnswer:
    """Collects outcomes and answers the request when the last one is there."""

    def __init__(self, waiter: Waiter, size: int) -> None:
        self._waiter = waiter
        self._outcomes: list[bytes] = [b""] * size
        self._missing = size

    def places(self) -> list[Waiter]:
        """One waiter for each transaction, in order."""
        return [_Place(self, index) for index in range(len(self._outcomes))]

    def put(self, index: int, status: int, body: bytes) -> None:
        """The outcome of one."""
        self._outcomes[index] = b'{"status":%d,"body":%s}' % (status, body)
        self._missing -= 1
        if not self._missing:
            self._waiter.answer(200, b'{"results":[' + b",".join(self._outcomes) + b"]}")
