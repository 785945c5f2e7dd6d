"""`python -m engine.platform`: the supervisor process.

stdin: JSON lines, first the settings, then commands; its end ends everything. stdout: frames.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading

import msgspec

from engine.model.control import PlatformCommand, PlatformFailed, PlatformSettings
from engine.platform.lifeline import raise_file_limit
from engine.platform.supervisor import Supervisor
from engine.platform.uplink import Uplink

_decode = msgspec.json.Decoder(PlatformCommand).decode


def _listen(supervisor: Supervisor, loop: asyncio.AbstractEventLoop) -> None:
    for line in sys.stdin.buffer:
        loop.call_soon_threadsafe(supervisor.command, _decode(line))
    supervisor.kill_all()
    os._exit(0)


async def _serve(settings: PlatformSettings, uplink: Uplink) -> None:
    supervisor = Supervisor(settings, uplink)
    loop = asyncio.get_running_loop()
    threading.Thread(target=_listen, args=(supervisor, loop), daemon=True).start()
    await supervisor.run()
    supervisor.kill_all()
    os._exit(0)


def main() -> None:
    """Be a supervisor."""
    raise_file_limit()
    uplink = Uplink(sys.stdout.fileno())
    line = sys.stdin.buffer.readline()
    if not line:
        return
    try:
        settings = _decode(line)
    except msgspec.DecodeError as error:
        uplink.send(PlatformFailed(f"the first line must be the platform's settings: {error}"))
        return
    if not isinstance(settings, PlatformSettings) or settings.scorers < 1:
        uplink.send(PlatformFailed("the first line must be the platform's settings"))
        return
    asyncio.run(_serve(settings, uplink))


if __name__ == "__main__":
    main()
