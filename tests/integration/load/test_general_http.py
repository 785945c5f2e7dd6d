"""The general sender where only it can go: TLS, proxies; and what neither may show: secrets."""

import asyncio
import base64
import ssl

import pytest
import trustme

from engine.model.errors import TargetError
from tests.integration.load.proxy import Proxy
from tests.integration.load.sender_session import SENDERS, run
from tests.servers import Server, approve, decision, http, unused_port

either_sender = pytest.mark.parametrize("sender", SENDERS)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.fixture(scope="module")
def ca_file(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def context(authority, host="127.0.0.1"):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(made)
    return made


async def thrice(session):
    return [await session.ask() for _ in range(3)]


def general(scenario, url, **settings):
    return run(scenario, url, sender="general", timeout=10, **settings)


def test_decisions_come_over_tls_and_a_kept_connection(authority, ca_file):
    with Server(ssl=context(authority)) as server:
        assert general(thrice, server.url, ca_file=ca_file) == [("ok",)] * 3
        assert (server.opened, len(server.arrivals)) == (1, 3)


def test_a_reset_over_tls_is_a_reset_and_the_lane_comes_back(authority, ca_file):
    async def scenario(session):
        first = await session.ask()
        server.script = approve
        return first, await session.ask()

    with Server(lambda request: request.abort(), ssl=context(authority)) as server:
        assert general(scenario, server.url, ca_file=ca_file) == (("reset",), ("ok",))


def test_a_certificate_nobody_vouches_for_says_so_and_what_to_name(authority):
    with (
        Server(ssl=context(authority)) as server,
        pytest.raises(TargetError, match=r"not trusted: .*name its PEM file as ca_file"),
    ):
        general(thrice, server.url)


def test_a_certificate_for_another_host_is_not_trusted(authority, ca_file):
    with (
        Server(ssl=context(authority, "elsewhere.example")) as server,
        pytest.raises(TargetError, match=r"not trusted: .*IP address mismatch"),
    ):
        general(thrice, server.url, ca_file=ca_file)


def test_a_target_without_tls_cannot_be_connected_over_it(ca_file):
    with Server() as server:
        url = server.url.replace("http:", "https:")
        with pytest.raises(TargetError, match="cannot connect to https://"):
            general(thrice, url, ca_file=ca_file, connect_timeout=0.3)


def test_a_file_of_certificates_that_is_none_is_named(tmp_path):
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    for path in (str(empty), str(tmp_path / "missing.pem")):
        with pytest.raises(TargetError, match=r"ca_file must be a PEM file .*\.pem'"):
            general(thrice, "https://127.0.0.1:1", ca_file=path)


def test_plain_requests_go_through_a_proxy_with_its_credentials():
    with Server() as server, Proxy() as proxy:
        url = proxy.url.replace("http://", "http://me:secret@")
        assert general(thrice, server.url, proxy=url) == [("ok",)] * 3
    assert [head.split(" ")[:2] for head in proxy.heads] == [["POST", server.url]] * 3
    expected = base64.b64encode(b"me:secret").decode()
    assert all(f"Proxy-Authorization: Basic {expected}\r\n" in head for head in proxy.heads)


def test_tls_goes_through_a_proxy_that_sees_neither_path_nor_headers(authority, ca_file):
    seen = []

    def script(request):
        seen.append(request.head)
        approve(request)

    with Server(script, ssl=context(authority)) as server, Proxy() as proxy:
        url = proxy.url.replace("http://", "http://me:secret@")
        token = {"Authorization": "Bearer token"}
        outcomes = general(thrice, server.url, ca_file=ca_file, proxy=url, headers=token)
    assert outcomes == [("ok",)] * 3
    (head,) = proxy.heads
    assert head.startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic " in head
    assert "Bearer" not in head
    assert all(b"Bearer token" in head and b"Proxy-" not in head for head in seen)


def test_a_proxy_that_refuses_is_named_without_its_password(authority, ca_file):
    with Server(ssl=context(authority)) as server, Proxy(refusal=407) as proxy:
        url = proxy.url.replace("http://", "http://me:secret@")
        with pytest.raises(TargetError, match=f"through the proxy {proxy.url}: 407") as caught:
            general(thrice, server.url, ca_file=ca_file, proxy=url)
    assert "secret" not in str(caught.value)


def test_a_proxy_that_is_not_there_is_a_message_too():
    with unused_port() as port, pytest.raises(TargetError, match="check the proxy"):
        general(thrice, "http://127.0.0.1:1", proxy=f"http://127.0.0.1:{port}")
    with pytest.raises(TargetError, match=r"proxy must be an address like http://127.0.0.1:8080,"):
        general(thrice, "http://127.0.0.1:1", proxy="socks5://127.0.0.1:1")


def test_proxies_of_the_environment_are_not_asked(monkeypatch):
    with Server() as server, unused_port() as port:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        assert general(thrice, server.url) == [("ok",)] * 3


@either_sender
def test_headers_go_with_every_request_and_their_values_are_never_shown(sender):
    heads = []

    def script(request):
        heads.append(request.head)
        request.write(http(200, decision(request.id, reasons=["Bearer s3cret-token"])))

    async def scenario(session):
        outcomes, sender = await thrice(session), session.sender
        return outcomes, sender.hide(sender.prepare(b"{}")), map(sender.hide, session.recorder.raws)

    headers = {"authorization": "Bearer s3cret-token", "X-Api-Key": "abcd", "accept": "text/x"}
    with Server(script) as server:
        outcomes, shown, raws = run(scenario, server.url, sender=sender, headers=headers)
    assert outcomes == [("ok",)] * 3
    for head in heads:
        assert b"\r\nauthorization: Bearer s3cret-token\r\n" in head
        assert b"\r\nX-Api-Key: abcd\r\n" in head
        assert b"\r\naccept: text/x\r\n" in head
        assert head.lower().count(b"\r\naccept:") == 1
    assert b"\r\nauthorization: (hidden)\r\nX-Api-Key: (hidden)\r\n" in shown
    assert shown.endswith(b"\r\n\r\n{}")
    assert all(b"s3cret-token" not in raw and b"(hidden)" in raw for raw in raws)


@either_sender
def test_credentials_of_the_address_become_a_header_and_appear_nowhere_else(sender):
    async def scenario(session):
        return await session.ask(), session.sender.hide(session.sender.prepare(b"{}"))

    heads = []

    def script(request):
        heads.append(request.head)
        approve(request)

    with Server(script) as server:
        url = server.url.replace("http://", "http://me:p%40ss@")
        outcome, shown = run(scenario, url, sender=sender)
        server.stop()
        with pytest.raises(TargetError) as caught:
            run(scenario, url, sender=sender)
    expected = b"Authorization: Basic " + base64.b64encode(b"me:p@ss") + b"\r\n"
    assert outcome == ("ok",)
    assert expected in heads[0] + b"\r\n"
    assert b"Authorization: (hidden)\r\n" in shown
    assert "p%40ss" not in str(caught.value)


@either_sender
@pytest.mark.parametrize(
    "headers",
    [{"a b": "1"}, {"X": "1\r\nY: 2"}, {"": "1"}, {"X": "\u20ac"}, {"Content-Length": "1"}],
)
def test_a_header_that_cannot_be_sent_is_refused_without_its_value(headers, sender):
    with pytest.raises(TargetError, match="header") as caught:
        run(None, "http://127.0.0.1:1", sender=sender, headers=headers)
    assert "Y: 2" not in str(caught.value)


def test_cookies_are_not_kept():
    heads = []

    def script(request):
        heads.append(request.head.lower())
        request.write(http(200, decision(request.id), Set_Cookie="a=b"))

    with Server(script) as server:
        assert general(thrice, server.url) == [("ok",)] * 3
    assert not [head for head in heads if b"cookie" in head]


def test_closing_leaves_nothing_behind_while_requests_are_under_way(authority, ca_file):
    async def scenario(session):
        asking = asyncio.ensure_future(session.ask())
        await asyncio.sleep(0.1)
        asking.cancel()
        session.sender.close()
        await session.until(lambda: not server.connections)
        return session.recorder.outcomes

    with Server(lambda request: None, ssl=context(authority)) as server:
        assert general(scenario, server.url, ca_file=ca_file, connections=20) == []
