"""The process that makes a fast worker's traffic: `python -m engine.load.making.maker`.

Reads the worker's plan from stdin, a line, and then what it is asked for; answers each with a
frame (`frames`) on stdout, in order. It is always either asked, at work for some milliseconds, or
writing, so it ends with the worker whatever ends that: its pipes break.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import traceback
from typing import BinaryIO

import msgspec

from engine.load.making.frames import ASK, packed, refusal
from engine.load.making.thread import Stall
from engine.load.traffic.source import traffic_of
from engine.load.turns import DEFAULT_NS, ask_for_turns
from engine.model.control import WorkerPlan
from engine.model.errors import LimelightError

NICENESS = 5  # the pacing of its worker comes first, where both are bound to one core


def main() -> None:
    """Serve the worker until its pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a person who interrupts means the worker
    asked = os.fdopen(os.dup(0), "rb")
    made = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anything prints goes to the log
    os.nice(NICENESS)
    ask_for_turns(DEFAULT_NS)  # those of its worker are short, so that it is let in at once
    plan = msgspec.json.decode(asked.readline(), type=WorkerPlan)
    with contextlib.suppress(BrokenPipeError):
        _serve(plan, asked, made)
    os._exit(0)  # nobody is left for whom to tidy up


def _serve(plan: WorkerPlan, asked: BinaryIO, made: BinaryIO) -> None:
    stall = None
    while len(ask := asked.read(ASK.size)) == ASK.size:
        try:
            stall = stall or _set_up(plan)
            frame = packed(stall.block(*ASK.unpack(ask)))
        except LimelightError as error:
            frame = refusal(str(error))
        except Exception as error:  # noqa: BLE001 - the worker is told of any
            traceback.print_exc()
            frame = refusal(f"the traffic cannot be made: {type(error).__name__}: {error}")
        made.write(frame)
        made.flush()


def _set_up(plan: WorkerPlan) -> Stall:
    stall = Stall(traffic_of(plan))
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    return stall


if __name__ == "__main__":
    main()
