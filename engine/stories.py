"""Stories: what became of single transactions of the run that is shown.

While the run goes on its platform is asked, which may know more than its journal does. Afterwards
the journal is read, if it was kept; it is kept where the run did not add up.
"""

from __future__ import annotations

import re
from collections import deque

from engine import wiring
from engine.metrics.view import RunView
from engine.model.errors import TargetError
from engine.model.story import TransactionStory

LATEST = 8
_LONGEST_ID = 64
_ID = re.compile(r'"(?:id|transaction_id)"\s*:\s*"([^"\\]{1,64})"')


class Stories:
    """Of one engine; `saw` is called in the run's thread, the rest in any.

    Args:
        home: Where journals are kept.
    """

    def __init__(self, home: wiring.Home) -> None:
        self._home = home
        self._latest: deque[str] = deque(maxlen=LATEST)

    def forget(self) -> None:
        """A new run begins."""
        self._latest.clear()

    def saw(self, view: RunView) -> None:
        """Note the transaction whose raw exchange the load workers reported last."""
        found = _ID.search(view.exchange[1]) if view.exchange is not None else None
        if found is not None and found[1] not in self._latest:
            self._latest.append(found[1])

    def latest(self) -> list[str]:
        """Ids of some of the newest decided transactions, the newest first."""
        return list(reversed(list(self._latest)))

    def tell(self, transaction_id: str, view: RunView | None) -> TransactionStory:
        """The story of a transaction of this run.

        Raises:
            TargetError: There is none to be told; the message says why and what to do.
        """
        wanted = transaction_id.strip()
        if not 1 <= len(wanted) <= _LONGEST_ID or not wanted.isprintable():
            msg = f"an id has 1 to {_LONGEST_ID} printable characters: copy one from the list"
            raise TargetError(msg)
        if view is None or view.meta is None:
            msg = "no run has sent a transaction yet: start one first"
            raise TargetError(msg)
        story = self._find(wanted, view)
        if story is None:
            msg = f"{wanted}: the journal of this run holds no such transaction; ids look like "
            raise TargetError(msg + self._example(view))
        return story

    def _find(self, wanted: str, view: RunView) -> TransactionStory | None:
        meta = view.meta
        if meta is None or not meta.target.has_journal:
            msg = "this target shows no journal, so nothing is known of single transactions"
            raise TargetError(msg)
        if not view.status.final:
            return wiring.ask(meta.target.url, wanted)
        kept = wiring.kept_journal(self._home, meta.run_id)
        if kept is None:
            msg = (
                "the run has ended, and its journal was deleted once every row was accounted "
                "for: ask while a run is under way"
            )
            raise TargetError(msg)
        return wiring.story_in(kept, wanted)

    def _example(self, view: RunView) -> str:
        latest = self.latest()
        if latest:
            return latest[0]
        return f"{view.meta.id_prefix if view.meta else ''}000000000001"
