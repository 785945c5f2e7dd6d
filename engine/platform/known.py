"""Which ids may be in the journal, without asking it for every new transaction.

A run's ids are a prefix and twelve digits, counted up, so those committed since this edge began
are a bitmap: exact, and 1 bit for each. What an earlier edge committed is known by its greatest
id. All others (ids of another form, or beyond the bitmap's bound) have to be looked up. So `maybe`
is False only for ids that are certainly not in the journal. Two ids that read as the same number
(`…0_01` and `…0001`) share a bit, which costs a look-up and is never wrong.
"""

from __future__ import annotations

DIGITS = 12
_PAGE_BITS = 13  # 8,192 ids, 1 KiB
_MOST_PAGES = 65_536  # 64 MiB: half a billion ids


class KnownIds:
    """Ids committed so far; `before` is the greatest one an earlier edge committed."""

    def __init__(self, before: str) -> None:
        self._before = before
        self._pages: dict[tuple[str, int], bytearray] = {}
        self._all_paged = True

    def add(self, transaction_id: str) -> None:
        """This id is committed now."""
        try:
            number = int(transaction_id[-DIGITS:])
        except ValueError:
            return
        key = (transaction_id[:-DIGITS], number >> _PAGE_BITS)
        page = self._pages.get(key)
        if page is None:
            if len(self._pages) >= _MOST_PAGES:
                self._all_paged = False
                return
            page = self._pages[key] = bytearray(1 << (_PAGE_BITS - 3))
        page[(number >> 3) & 0x3FF] |= 1 << (number & 7)

    def maybe(self, transaction_id: str) -> bool:
        """Whether the journal has to be asked."""
        if transaction_id <= self._before:
            return True
        try:
            number = int(transaction_id[-DIGITS:])
        except ValueError:
            return True
        page = self._pages.get((transaction_id[:-DIGITS], number >> _PAGE_BITS))
        if page is None:
            return not self._all_paged
        return bool(page[(number >> 3) & 0x3FF] & (1 << (number & 7)))
