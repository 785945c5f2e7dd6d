"""A target that somebody else runs on this machine: only sent to, never started or ended."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from engine.model.address import DEFAULT_PORTS, endpoint, loopback_problem
from engine.model.control import PlatformReport
from engine.model.errors import ConfigurationError, TargetError
from engine.model.metrics import AgentMetrics
from engine.model.results import Target
from engine.ports import FaultInjector, JournalRows

CONNECT_SECONDS = 2.0


class LoopbackTarget:
    """An endpoint on this machine that speaks the platform's request and response shapes.

    Raises:
        ConfigurationError: The URL is not http or https, or not on this machine.
    """

    def __init__(self, url: str) -> None:
        problem = loopback_problem(url)
        if problem is not None:
            form = "http://HOST:PORT/PATH or https://HOST:PORT/PATH on this machine"
            msg = f"--target must be {form}, got {url!r}: {problem}"
            raise ConfigurationError([msg])
        self._url = endpoint(url)

    def start(self, run_id: str) -> Target:  # noqa: ARG002 - a port's signature
        """See that somebody listens; raises TargetError with what to do."""
        parts = urlsplit(self._url)
        address = (parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme])
        try:
            socket.create_connection(address, CONNECT_SECONDS).close()
        except OSError as error:
            msg = f"{self._url}: nobody answers ({error}): start the target first"
            raise TargetError(msg) from error
        return Target(
            name=f"{parts.hostname}:{parts.port}",
            kind="loopback",
            line=f"Target: {self._url}, on this machine, named on the command line or page",
            url=self._url,
            has_journal=False,
            has_faults=False,
            has_telemetry=False,
        )

    def poll(self) -> PlatformReport | None:
        """It sends no telemetry."""
        return None

    def agents(self) -> tuple[AgentMetrics, ...]:
        """It shows no agents."""
        return ()

    def injector(self) -> FaultInjector | None:
        """It offers no faults."""
        return None

    def alive(self) -> bool:
        """Its processes are not ours to watch: the answers tell."""
        return True

    def journal(self, id_prefix: str) -> JournalRows | None:  # noqa: ARG002 - a port's signature
        """It shows no journal."""
        return None

    def discard(self) -> None:
        """It left nothing here."""

    def keep_evidence(self, run_id: str) -> None:
        """It left nothing here."""

    def close(self) -> None:
        """It is not ours to end."""
