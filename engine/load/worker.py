"""A load worker: `python -m engine.load.worker`, one process, one share of the customers.

Reads its plan and then commands from stdin, writes frames to stdout (`engine.model.control`), and
ends with code 0 after its final report, 2 if it cannot run its plan, and at once when the pipe
from the app ends.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import resource
import sys
from dataclasses import replace
from functools import partial
from io import FileIO
from typing import cast

import msgspec
import pydantic

from engine.load.conductor import Conductor
from engine.load.dead_letters import DeadLetters
from engine.load.dispatcher import Dispatcher
from engine.load.feed import Feed, Making
from engine.load.feeds import Feeds
from engine.load.guard import Guard
from engine.load.judge import Judge
from engine.load.ledger import Ledger
from engine.load.making.choice import maker_of
from engine.load.pacer import Pacer
from engine.load.profiles import Profile
from engine.load.redrive import CONNECTIONS as REDRIVE_CONNECTIONS
from engine.load.redrive import Means, Redriver
from engine.load.remedies import Remedies
from engine.load.retry import RetryPolicy
from engine.load.senders.contract import SenderFactory, SenderSettings
from engine.load.traffic.source import kinds_of
from engine.load.turns import SHORT_NS, ask_for_turns
from engine.load.usage import WorkerUsage
from engine.load.wire import UpPipe, listen, read_command
from engine.model.control import WorkerCommand, WorkerFailed, WorkerPlan, WorkerReady
from engine.model.errors import LimelightError
from engine.model.scenario import LoadProfile

SWITCH_INTERVAL_SECONDS = 0.0002
SPARE_FILES = 256


def main() -> int:
    """Run the plan on stdin; return the exit code."""
    pipe = UpPipe(_claim_stdout())
    stdin = FileIO(0, closefd=False)  # no buffer, so no lock its reader could die holding
    share = -1
    try:
        plan = _plan(read_command(stdin))
        share = plan.share
        _prepare_process(plan.users or plan.connections)
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_run(plan, stdin, pipe))
    except (LimelightError, msgspec.MsgspecError, pydantic.ValidationError) as error:
        pipe.send(WorkerFailed(share, f"worker {share}: {error}"))
        pipe.flush(1.0)
        return 2
    return 0


async def _run(plan: WorkerPlan, stdin: FileIO, pipe: UpPipe) -> None:
    load = LoadProfile.model_validate(plan.profile)
    profile = Profile(load, plan.duration_seconds, plan.seed)
    maker = maker_of(plan, profile)
    pacer = Pacer(profile)
    policy = RetryPolicy(
        plan.attempts, plan.backoff_base_seconds, plan.backoff_cap_seconds, plan.seed
    )
    ledger = Ledger(plan.share, kinds_of(plan), WorkerUsage(maker), plan.agent_bounds)
    guard = Guard(breaker=plan.breaker, retry_ratio=plan.retry_ratio)
    judge, totals = Judge(plan.id_prefix), ledger.totals
    letters = DeadLetters(totals, plan.id_prefix, plan.spill_folder)
    remedies = Remedies(policy, guard, letters)
    dispatcher = Dispatcher(ledger, judge, remedies, plan.request_timeout_seconds)
    make_sender = _sender_factory(plan.sender)
    sender = make_sender(_settings(plan), dispatcher)
    letters.prepare = sender.prepare
    means = Means(ledger, judge, guard, letters, partial(make_sender, _redrive_settings(plan)))
    redriver = Redriver(means, load.max_tps / plan.shares, enabled=plan.redrive)
    making = Making(maker, sender.prepare, plan.users)
    feed = Feed(making, (plan.share, plan.shares), pacer)
    feeds = Feeds(feed, making)
    conductor = Conductor(plan, feeds, pacer, sender, (dispatcher, redriver, ledger, pipe))
    listen(stdin, asyncio.get_running_loop(), conductor.handle)
    try:
        await asyncio.gather(sender.open(), feed.fill())
    except BaseException:
        sender.close()
        feeds.close()
        raise
    gc.freeze()
    pipe.send(WorkerReady(plan.share, os.getpid()))
    await conductor.finished


def _settings(plan: WorkerPlan) -> SenderSettings:
    return SenderSettings(
        url=plan.url,
        connections=plan.connections,
        connect_timeout_seconds=plan.connect_timeout_seconds,
        request_timeout_seconds=plan.request_timeout_seconds,
        users=plan.users,
        headers=plan.headers,
        proxy=plan.proxy,
        ca_file=plan.ca_file,
    )


def _redrive_settings(plan: WorkerPlan) -> SenderSettings:
    """A few connections more, whoever the simulated user was."""
    settings = _settings(plan)
    return replace(settings, connections=min(settings.pool, REDRIVE_CONNECTIONS), users=0)


def _plan(command: WorkerCommand) -> WorkerPlan:
    if not isinstance(command, WorkerPlan):
        msg = f"the first line must be a plan, got {type(command).__name__}"
        raise LimelightError(msg)
    return command


def _sender_factory(name: str) -> SenderFactory:
    """The callable a plan names as `module:callable`.

    Raises:
        LimelightError: there is none of that name.
    """
    module, _, attribute = name.partition(":")
    try:
        return cast("SenderFactory", getattr(importlib.import_module(module), attribute))
    except (ImportError, AttributeError, ValueError) as error:
        msg = f"sender must name a module:callable, got {name!r}: {error}"
        raise LimelightError(msg) from error


def _claim_stdout() -> int:
    """Keep stdout for frames alone: what anything prints goes to stderr."""
    mine = os.dup(1)
    os.dup2(2, 1)
    return mine


def _prepare_process(connections: int) -> None:
    """Allow enough open files, and take short turns, among processes and threads."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * connections + SPARE_FILES  # late connections are kept for a while
    if soft != resource.RLIM_INFINITY and soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    ask_for_turns(SHORT_NS)
    gc.set_threshold(50_000, 20, 100)


def _loop_factory() -> type[asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # no wheel for this system: the standard loop does
        return None
    return uvloop.Loop


if __name__ == "__main__":
    sys.exit(main())
