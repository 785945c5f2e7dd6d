"""A sender with its sweep, as the worker drives it, and a recorder of what it reports."""

import asyncio
import contextlib
import time

import uvloop

from engine.load.arrival import Arrival
from engine.load.judge import Judge
from engine.load.senders import fast_http, general_http
from engine.load.senders.contract import SenderSettings

PREFIX = "0a1b2c3d-"
SENDERS = {"fast": fast_http.create, "general": general_http.create}


class Recorder:
    """Notes what a sender reports."""

    def __init__(self):
        self.outcomes, self.again, self.raws, self.connects_failed = [], [], [], 0
        self.judge = Judge(PREFIX)
        self.changed = asyncio.Event()

    def note(self, *what):
        self.outcomes.append(what)
        self.changed.set()

    def answered(self, arrival, status, body, retry_after, raw):
        assert raw.startswith(b"HTTP/1.")
        self.raws.append(raw)
        outcome, _ = self.judge.judge(arrival, status, body)
        self.note(str(outcome), retry_after) if retry_after else self.note(str(outcome))
        return outcome != "invalid_decision"

    def answered_again(self, arrival, status, body):
        self.again.append((arrival.number, self.judge.decision(arrival, body)))

    def broke(self, arrival, outcome):
        self.note(str(outcome))

    def freed(self, place):
        self.changed.set()

    def connect_failed(self, began_ns, user):
        assert began_ns <= time.monotonic_ns()
        self.connects_failed += 1
        self.changed.set()


class Session:
    """A sender with its sweep, as the worker drives it."""

    def __init__(
        self, url, sender="fast", connections=1, timeout=0.4, connect_timeout=1.0, **settings
    ):
        self.recorder = Recorder()
        settings = SenderSettings(url, connections, connect_timeout, timeout, **settings)
        self.sender = SENDERS[sender](settings, self.recorder)
        self.sent = 0

    async def until(self, condition, timeout=20.0):
        async with asyncio.timeout(timeout):
            while not condition():
                self.sender.sweep(time.monotonic_ns())
                self.recorder.changed.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.02):
                        await self.recorder.changed.wait()

    async def tell(self, rejects=False, user=0, padding=0):
        """Send one transaction as soon as a connection is free for it."""
        await self.until(lambda: user in self.sender.free or not self.sender.by_user)
        await self.until(lambda: self.sender.free)
        body = b'{"id":"%b%012d"%b}' % (PREFIX.encode(), self.sent, b" " * padding)
        arrival = Arrival(self.sent, self.sent, self.sender.prepare(body), 0, rejects, 1.0, user, 0)
        self.sent += 1
        self.sender.send(arrival)

    async def ask(self, **how):
        """Send one transaction; return what was reported of it."""
        before = len(self.recorder.outcomes)
        await self.tell(**how)
        await self.until(lambda: len(self.recorder.outcomes) > before)
        return self.recorder.outcomes[-1]


def run(scenario, url, loop=uvloop.new_event_loop, **settings):
    """Play a scenario with an open sender; nothing may be left to the loop to complain of."""
    complaints = []

    async def session():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: complaints.append(context))
        one = Session(url, **settings)
        await one.sender.open()
        try:
            return await scenario(one)
        finally:
            one.sender.close()
            await asyncio.sleep(0.005)

    with asyncio.Runner(loop_factory=loop) as runner:
        result = runner.run(session())
    assert complaints == []
    return result
