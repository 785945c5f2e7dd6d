"""The stage's own feed server: scripted data over the live protocol, for tests and development.

`/?phase=crash&theme=dark&speed=1&hold=0` mounts the stage on `/api/live` with the same query. With
`hold=1` the run clock stands still and ticks go on. `POST /control?mode=…` makes the feed `silent`
(open, but saying nothing), `dead` (closed and refused) or `well` again.
Run it by hand: `python -m tests.browser.stage_harness.server 8600`.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.browser.stage_harness.messages import hello, tick
from tests.browser.stage_harness.script import DURATION, PHASES, TICK

ROOT = Path(__file__).resolve().parents[3]


class Harness:
    """The server's one switch, and what it serves."""

    def __init__(self) -> None:
        self.mode = "well"

    async def page(self, request: Request) -> Response:
        return FileResponse(Path(__file__).with_name("page.html"))

    async def control(self, request: Request) -> Response:
        self.mode = request.query_params["mode"]
        return PlainTextResponse(self.mode)

    async def live(self, websocket: WebSocket) -> None:
        if self.mode == "dead":
            await websocket.close(1013)
            return
        await websocket.accept()
        query = websocket.query_params
        phase = query.get("phase", "idle")
        try:
            await self._play(
                websocket, phase, float(query.get("speed", 1)), query.get("hold") == "1"
            )
        except WebSocketDisconnect:
            return

    async def _play(self, websocket: WebSocket, phase: str, speed: float, hold: bool) -> None:
        t = PHASES[phase]
        await websocket.send_text(hello(t, phase))
        while True:
            await asyncio.sleep(TICK / speed)
            if self.mode == "dead":
                await websocket.close(1012)
                return
            if self.mode == "silent":
                continue
            if phase in {"idle", "starting"} or (t >= DURATION and not hold):
                await websocket.send_text('{"type":"ping"}')
                continue
            t = t if hold else min(DURATION, t + TICK)
            await websocket.send_text(tick(t, phase, fresh=not hold))

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self.page),
                Route("/favicon.ico", lambda request: Response(status_code=204)),
                Route("/control", self.control, methods=["POST"]),
                WebSocketRoute("/api/live", self.live),
                Mount("/assets", StaticFiles(directory=ROOT / "assets")),
            ]
        )


def make_server() -> uvicorn.Server:
    """The server; run it on a listening socket, end it with `should_exit`."""
    config = uvicorn.Config(
        Harness().app(), log_level="error", lifespan="off", ws="websockets-sansio"
    )
    return uvicorn.Server(config)


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as own:
        asyncio.run(make_server().serve(sockets=[own]))
