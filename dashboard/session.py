"""What all viewers of this process share: the one engine, the selection and who may watch.

The engine lives in a `Session`, which `st.cache_resource` keeps: it survives a reload of the page's
code and is the same for every browser, for the live route and for `lifespan`, which closes it.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import threading
import time
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import ip_address
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from engine.model.calibration import CalibrationProgress
from engine.model.errors import ConfigurationError, LimelightError
from engine.model.request import RunRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from engine.model.calibration import Calibration
    from engine.model.scenario import TestScenario
    from engine.service import Engine

TOKEN_SECONDS = 900
"""How long a page's token lets it open the live feed; a rerun hands out a new one."""

_LOG = logging.getLogger(__name__)
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip")


def open_engine() -> Engine:
    """Open the engine on its home directory. Raises LimelightError."""
    from engine.service import Engine

    return Engine(warm=True)


@dataclass(frozen=True)
class Selection:
    """What the presenter has picked: rates are multiplied by `rate_percentage` / 100."""

    preset_id: str
    speed: int = 1
    rate_percentage: int = 100
    target_url: str | None = None

    def request(self, presets: list[TestScenario]) -> RunRequest:
        """The run this asks for. Raises ConfigurationError for a preset that is not there."""
        for scenario in presets:
            if scenario.scenario_id == self.preset_id:
                return RunRequest(
                    scenario=scenario,
                    speed=self.speed,
                    rate_scale=self.rate_percentage / 100,
                    target_url=self.target_url,
                )
        known = ", ".join(scenario.scenario_id for scenario in presets)
        raise ConfigurationError([f"preset must be one of {known}, got {self.preset_id}"])


@dataclass
class Session:
    """The shared state of this process; every method may be called from any thread."""

    opener: Callable[[], Engine]
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self._engine: Engine | None = None
        self._selection: Selection | None = None
        self._calibrating: Future[Calibration] | None = None
        self._progress = CalibrationProgress()

    def engine(self) -> Engine:
        """The one engine, opened on first use. Raises LimelightError; the next call tries again."""
        with self._lock:
            if self._engine is None:
                engine = self._open()
                first = Selection(engine.presets()[0].scenario_id)
                engine.select(first.request(engine.presets()))
                self._engine, self._selection = engine, first
            return self._engine

    def _open(self) -> Engine:
        try:
            return self.opener()
        except LimelightError:
            raise
        except Exception as error:
            _LOG.exception("the engine could not start")
            msg = (
                f"{type(error).__name__}: {error}: this is not a mistake of yours; set the project "
                "up again as its README says, and report what the app's output shows if it stays"
            )
            raise LimelightError(msg) from error

    @property
    def selection(self) -> Selection:
        """What is selected, for all viewers."""
        with self._lock:
            self.engine()
            assert self._selection is not None
            return self._selection

    def select(self, selection: Selection) -> None:
        """Select for all viewers. Raises LimelightError and keeps the old selection if not."""
        with self._lock:
            engine = self.engine()
            engine.select(selection.request(engine.presets()))
            self._selection = selection

    def start(self) -> str:
        """Start what is selected; returns the run's id. Raises LimelightError."""
        engine = self.engine()
        return engine.start(self.selection.request(engine.presets()))

    def calibration_under_way(self) -> Future[Calibration]:
        """The calibration now under way, started if none is; two browsers share one."""
        with self._lock:
            if self._calibrating is None or self._calibrating.done():
                self._calibrating, self._progress = Future(), CalibrationProgress()
                threading.Thread(
                    target=self._calibrate, args=(self._calibrating,), daemon=True
                ).start()
            return self._calibrating

    @property
    def calibration_progress(self) -> CalibrationProgress:
        """How far the newest calibration is."""
        return self._progress

    def _hear(self, progress: CalibrationProgress) -> None:
        self._progress = progress

    def _calibrate(self, result: Future[Calibration]) -> None:
        try:
            result.set_result(self.engine().calibrate(self._hear))
        except Exception as error:  # noqa: BLE001 - whoever waits for the future gets it
            result.set_exception(error)

    def token(self, now: float | None = None) -> str:
        """A token that lets a page open the live feed for `TOKEN_SECONDS`."""
        expires = int((time.time() if now is None else now) + TOKEN_SECONDS)
        return f"{expires}.{self._signature(expires)}"

    def admits(self, token: str, now: float | None = None) -> bool:
        """Whether this process handed out the token and it has not expired."""
        expires, _, signature = token.partition(".")
        if not (expires.isascii() and expires.isdigit() and len(expires) < 16):
            return False
        expected = self._signature(int(expires))
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            return False
        return (time.time() if now is None else now) < int(expires)

    def _signature(self, expires: int) -> str:
        return hmac.new(self.secret, str(expires).encode(), sha256).hexdigest()

    def close(self) -> None:
        """Close the engine, if it was ever opened; idempotent."""
        with self._lock:
            engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()


@st.cache_resource(show_spinner=False)
def session() -> Session:
    """The session of this process."""
    return Session(opener=lambda: open_engine())


def may_act() -> bool:
    """Whether this browser is the presenter's: on this machine, and not let in by a proxy.

    Everybody else may look at all pages and is shown no control. Where the app is served to a room,
    whoever can open it from this machine is the presenter; nothing asks who that is.
    """
    forwarded = any(name in st.context.headers for name in _FORWARDED)
    address = client_address()
    return (address is None or ip_address(address).is_loopback) and not forwarded


def client_address() -> str | None:
    """The address from which this page's browser connects; None for this machine's own name."""
    return st.context.ip_address


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:  # noqa: ARG001 - Starlette's signature
    """Open the engine before the first page asks for it, and close it when the app ends."""
    # A folder called pages would make Streamlit list its files in the first session's sidebar.
    PagesManager.uses_pages_directory = False
    shared = session()
    try:
        await asyncio.to_thread(shared.engine)
    except LimelightError as error:
        _LOG.error("%s", error)
    try:
        yield None
    finally:
        await asyncio.to_thread(shared.close)
