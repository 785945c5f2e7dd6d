"""A whole run on a target that is not the built-in one: over TLS, with users of their own."""

import ssl

import pytest
import trustme

from engine.model.event import EventKind
from engine.model.request import RunRequest
from engine.model.results import TestStatus
from engine.model.scenario import TrafficMix
from tests.integration.run.conftest import steady
from tests.servers import Server, approve

RATE, SECONDS, USERS = 60, 2.0, 7


@pytest.fixture(scope="module")
def authority():
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.fixture
def server(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with Server(approve, ssl=context) as running:
        yield running


def asked(server, **changes):
    scenario = steady(RATE, SECONDS, traffic_mix=TrafficMix.REALISTIC)
    return RunRequest(scenario=scenario, target_url=server.url, workers=2, users=USERS, **changes)


def test_users_of_all_workers_keep_their_own_connections_over_tls(
    engine, server, authority, tmp_path
):
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    engine.start(asked(server, ca_file=str(tmp_path / "ca.pem")))
    summary = engine.wait(60)
    assert summary.status is TestStatus.COMPLETED, summary.verdict_reason
    assert summary.target.url.startswith("https://127.0.0.1:")
    assert summary.counts.due == summary.counts.decided == RATE * SECONDS
    assert server.opened == USERS
    assert engine.frame()["connections_now"].max() == USERS


def test_a_target_nobody_vouches_for_fails_the_run_saying_what_to_do(engine, server):
    engine.start(asked(server))
    engine.wait(60)
    (told,) = [event.message for event in engine.live().events if event.kind is EventKind.ERROR]
    assert "not trusted" in told
    assert "ca_file" in told
