"""A real Chromium, the real app in a process of its own, and pages that must not complain.

The browser is scoped to the module, not the session: Playwright's synchronous interface keeps an
event loop running in the main thread for as long as it lives, and `asyncio.run` of later tests
would refuse to start beside it.
"""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from engine.adapters.home import Home
from engine.measure.machine import described, this_machine
from engine.model.calibration import Calibration
from tests.browser.stage_harness.server import make_server

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NO_CHROMIUM = (
    "the browser tests need Debian's Chromium, which is not on the PATH: "
    "run `sudo apt-get install chromium` and try again"
)
START_SECONDS = 60


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium with a fresh profile; skips, or fails with CI=true, where there is none."""
    executable = shutil.which("chromium")
    if executable is None:
        if os.environ.get("CI") == "true":
            pytest.fail(NO_CHROMIUM)
        pytest.skip(NO_CHROMIUM)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()


@dataclass
class Watched:
    """A page and all that its console complained about, unless the test expects complaints."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    expected: bool = False

    def heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not self.expected:
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")


@pytest.fixture
def watch(browser: Browser) -> Iterator[Callable[..., Watched]]:
    """Open pages, each in a context of its own: `watch(color_scheme="dark").page.goto(url)`.

    Ends with an assertion that no page had console errors that the test did not expect.
    """
    opened: list[Watched] = []

    def open_page(**options: object) -> Watched:
        settings: dict[str, object] = {"viewport": {"width": 1280, "height": 720}, **options}
        watched = Watched(browser.new_context(**settings).new_page())
        watched.page.on("console", watched.heard)
        watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        opened.append(watched)
        return watched

    yield open_page
    for watched in opened:
        watched.page.context.close()
    assert [line for watched in opened for line in watched.complaints] == []


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def harness() -> Iterator[str]:
    """The stage's scripted feed on an ephemeral port of this machine; yields its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = make_server()
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(20)
    listener.close()
    assert not thread.is_alive()


@dataclass
class App:
    """The app as a person starts it, on an ephemeral port and with a home of its own."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    sustained_tps: float = 50_000.0
    seconds_to_start: float = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.home.with_name(self.home.name + ".log")

    def start(self) -> None:
        self._say_that_this_machine_is_known()
        command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--server.port", str(self.port)],
                cwd=ROOT,
                env={**os.environ, "LIMELIGHT_HOME": str(self.home), **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.seconds_to_start = self._wait_until_it_answers()

    def _say_that_this_machine_is_known(self) -> None:
        """A calibration as if made before, so that Start starts at once whatever else runs."""
        self.home.mkdir(exist_ok=True)
        here = this_machine()
        Home(self.home).keep_calibration(
            Calibration(
                sustained_tps=self.sustained_tps,
                criterion="a test's",
                window_seconds=1.0,
                sample_size=1,
                machine=described(here),
                version=here.limelight,
                measured_at=datetime.now(UTC),
            )
        )

    def _wait_until_it_answers(self) -> float:
        assert self.process is not None
        began = time.monotonic()
        while time.monotonic() < began + START_SECONDS and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=5) as answer:
                    if answer.status == 200:
                        return time.monotonic() - began
            except (URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        pytest.fail(f"the app did not answer on {self.url}; its output:\n{self.log.read_text()}")

    def kill(self) -> None:
        """End it without a chance to clean up."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        """End it as Ctrl-C does; returns its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
            pytest.fail(f"the app did not end; its output:\n{self.log.read_text()}")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One app for all tests of a module, in a temporary LIMELIGHT_HOME."""
    running = App(tmp_path_factory.mktemp("home"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def own_app(tmp_path: Path) -> Iterator[App]:
    """An app that belongs to one test, which may kill it; not started yet."""
    running = App(tmp_path / "home")
    yield running
    if running.process is not None:
        running.stop()
