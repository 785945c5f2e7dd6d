"""`/api/live`: the WebSocket through which every viewer sees each tick as it is measured.

Streamlit does not guard routes of ours, so this one does: the page that connects must be one we
served (its Origin is our Host) and must carry a token that a page script handed out.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.websockets import WebSocketDisconnect

from dashboard.live.hub import STAGE, VIEWS, hub
from dashboard.session import session
from engine.model.errors import LimelightError

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from dashboard.live.hub import Viewer

REFUSED_TOKEN = 4401
REFUSED_ORIGIN = 4403
REFUSED_VIEW = 4404
NOISY = 1008
TOO_SLOW = 1013
UNAVAILABLE = 1011

MOST_MESSAGES = 100
SLOWEST_SEND_SECONDS = 10.0


async def live(websocket: WebSocket) -> None:
    """Serve one viewer until it leaves."""
    await websocket.accept()
    refusal = _refusal(websocket)
    if refusal is not None:
        await websocket.close(*refusal)
        return
    try:
        engine = await asyncio.to_thread(session().engine)
    except LimelightError:
        await websocket.close(UNAVAILABLE, "the engine could not start; the page says why")
        return
    following = hub(engine, id(engine), websocket.query_params.get("view", STAGE))
    viewer = following.join()
    try:
        await _until_either_ends(websocket, viewer)
    finally:
        following.leave(viewer)


def _refusal(websocket: WebSocket) -> tuple[int, str] | None:
    origin = urlsplit(websocket.headers.get("origin", ""))
    if not origin.netloc or origin.netloc != websocket.headers.get("host"):
        return REFUSED_ORIGIN, "this page was served by another site"
    if not session().admits(websocket.query_params.get("token", "")):
        return REFUSED_TOKEN, "the token has expired; reload the page"
    if websocket.query_params.get("view", STAGE) not in VIEWS:
        return REFUSED_VIEW, "there is no such view; reload the page"
    return None


async def _until_either_ends(websocket: WebSocket, viewer: Viewer) -> None:
    tasks = [
        asyncio.create_task(_talk(websocket, viewer)),
        asyncio.create_task(_listen(websocket)),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _talk(websocket: WebSocket, viewer: Viewer) -> None:
    try:
        while True:
            message = await viewer.next()
            async with asyncio.timeout(SLOWEST_SEND_SECONDS):
                await websocket.send_text(message)
    except TimeoutError:
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await websocket.close(TOO_SLOW, "this connection is too slow for the live feed")
    except (WebSocketDisconnect, RuntimeError):
        return  # gone while we were sending


async def _listen(websocket: WebSocket) -> None:
    """Viewers have nothing to say: ignore what they send, and close on the ones that insist."""
    for _ in range(MOST_MESSAGES):
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
    await websocket.close(NOISY, "the live feed takes no messages")
