"""The hub: one encoding of each tick, pushed to every viewer.

All of it runs in the server's event loop, but for `_moved`, which the engine's thread calls. A
viewer whose connection is slower than the ticks keeps at most `MOST_WAITING` messages; past that
they are forgotten and it gets one fresh `hello` instead when it can take it, so memory stays
bounded and what it shows is never old news in slow motion.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.live.messages import PING, Transcript

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.model.live import LiveState
    from engine.service import Engine

MOST_WAITING = 16
PING_SECONDS = 1.0
STAGE, PARTS = "stage", "parts"
VIEWS = frozenset({STAGE, PARTS})


class Viewer:
    """One browser's mailbox."""

    def __init__(self, hello: Callable[[], str]) -> None:
        self._hello = hello
        self._waiting: deque[str] = deque()
        self._behind = True
        self._news = asyncio.Event()
        self._news.set()

    def push(self, message: str) -> None:
        """Add a message, or give up on ticks until the viewer has caught up with a `hello`."""
        if self._behind:
            return
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.clear()
            self._behind = True
        else:
            self._waiting.append(message)
        self._news.set()

    async def next(self) -> str:
        """The next message; a ping when there was none for `PING_SECONDS`."""
        if not self._behind and not self._waiting:
            self._news.clear()
            try:
                async with asyncio.timeout(PING_SECONDS):
                    await self._news.wait()
            except TimeoutError:
                return PING
        if self._behind:
            self._behind = False
            return self._hello()
        return self._waiting.popleft()


class Hub:
    """Follows one engine for as long as anybody watches; `look` reads what is told of it."""

    def __init__(self, engine: Engine, look: Callable[[], LiveState]) -> None:
        self._engine, self._look = engine, look
        self._viewers: set[Viewer] = set()
        self._transcript = Transcript()
        self._hello: str | None = None
        self._scheduled = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._next_beat: asyncio.TimerHandle | None = None

    def join(self) -> Viewer:
        """A new viewer, whose first message is `hello`."""
        if self._unsubscribe is None:
            self._loop = asyncio.get_running_loop()
            self._unsubscribe = self._engine.subscribe(self._moved)
            self._beat()
        self._publish()
        viewer = Viewer(self._whole_story)
        self._viewers.add(viewer)
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer; with the last one the hub stops listening to the engine."""
        self._viewers.discard(viewer)
        if not self._viewers and self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
            if self._next_beat is not None:
                self._next_beat.cancel()

    def _beat(self) -> None:
        """Look once a second even when nobody calls, so that no lost call leaves old news up."""
        self._publish()
        self._next_beat = asyncio.get_running_loop().call_later(PING_SECONDS, self._beat)

    def _moved(self) -> None:
        if self._loop is not None and not self._scheduled and not self._loop.is_closed():
            self._scheduled = True
            self._loop.call_soon_threadsafe(self._publish)

    def _publish(self) -> None:
        self._scheduled = False
        for message in self._transcript.advance(self._look(), self._engine.frame):
            self._hello = None
            for viewer in self._viewers:
                viewer.push(message)

    def _whole_story(self) -> str:
        if self._hello is None:
            self._hello = self._transcript.hello(self._engine.frame)
        return self._hello


@st.cache_resource(show_spinner=False)
def hub(_engine: Engine, identity: int, view: str = STAGE) -> Hub:  # noqa: ARG001 - the cache's key
    """The hub of this engine for one of `VIEWS`: what the stage shows, or the inside of a run."""
    return Hub(_engine, _engine.parts if view == PARTS else _engine.live)
