"""The real app in this process, with viewers in another, so that what is measured is the app's.

`python -m tests.benchmarks.served URL NUMBER` is those viewers: each has a connection of its own to
the live feed and reads all that comes. They run no browser.
"""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60


@contextlib.contextmanager
def served(home, viewers):
    """The engine of the real app, served on an ephemeral port to that many viewers."""
    import uvicorn

    os.environ["LIMELIGHT_HOME"] = str(home)
    from dashboard.session import session
    from streamlit_app import app

    ready = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, ws="websockets-sansio", log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    engine = session().engine()
    unsubscribe = engine.subscribe(ready.set)
    address = f"127.0.0.1:{listener.getsockname()[1]}"
    url = f"ws://{address}/api/live?token={session().token()}"
    audience = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.served", url, str(viewers)], cwd=ROOT
    )
    try:
        yield engine
    finally:
        unsubscribe()
        audience.kill()
        audience.wait(PATIENCE_SECONDS)
        server.should_exit = True
        thread.join(PATIENCE_SECONDS)
        listener.close()


async def watch(url, number):
    """Read the feed on this many connections until it ends."""
    await asyncio.gather(*(_viewer(url) for _ in range(number)))


async def _viewer(url):
    from websockets.asyncio.client import connect

    address = url.removeprefix("ws://").partition("/")[0]
    async with connect(url, origin=f"http://{address}", proxy=None, max_size=None) as feed:
        async for _message in feed:
            pass


if __name__ == "__main__":
    asyncio.run(watch(sys.argv[1], int(sys.argv[2])))
