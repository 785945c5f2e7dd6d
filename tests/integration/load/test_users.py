"""Every simulated user has a connection of his own; pools are as large as the product says."""

import collections
import json
import resource

import pytest

from tests.integration.load.harness import Worker, assert_conserved, plan
from tests.integration.load.sender_session import SENDERS, run
from tests.servers import Server, approve

either_sender = pytest.mark.parametrize("sender", SENDERS)
MODULES = {"fast": "fast_http", "general": "general_http"}


@pytest.fixture(autouse=True, scope="module")
def enough_files():
    """The servers of this file run in this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 8192 if hard == resource.RLIM_INFINITY else min(8192, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@either_sender
def test_a_users_requests_go_over_his_connection_and_a_new_one_if_it_is_lost(sender):
    async def scenario(session):
        await session.until(lambda: session.sender.connections == 3)
        await ask(session, 0, 1, 2, 1, 0)
        server.script = lambda request: request.abort()
        lost = await session.ask(user=1)
        server.script = script
        await ask(session, 1, 0, 2, 1)
        return lost

    async def ask(session, *users):
        used.extend([(user, await session.ask(user=user)) for user in users])

    def script(request):
        connections.append(request.connection)
        approve(request)

    used, connections = [], []
    with Server(script) as server:
        settings = {"sender": sender, "users": 3, "connections": 99, "timeout": 10}
        assert run(scenario, server.url, **settings) == ("reset",)
        assert server.opened == 4
    assert {outcome for _, outcome in used} == {("ok",)}
    users = [user for user, _ in used]
    before, after = (
        collections.Counter(zip(users[at], connections[at], strict=True))
        for at in (slice(5), slice(5, None))
    )
    assert len(before) == len(after) == 3
    assert {user for user, _ in before.keys() - after.keys()} == {1}


@pytest.mark.parametrize(("sender", "users", "tps"), [("fast", 500, 2000), ("general", 100, 400)])
def test_each_customer_is_only_ever_seen_on_one_connection(sender, users, tps):
    def script(request):
        customer = json.loads(request.body).get("user_id")
        seen[request.connection].add(customer)
        approve(request)

    seen = collections.defaultdict(set)
    changes = {"mix": "realistic", "users": users, "connections": 1}
    changes["sender"] = f"engine.load.senders.{MODULES[sender]}:create"
    with Server(script) as server, Worker(plan(server.url, tps, 1.5, **changes)) as worker:
        worker.start()
        sums = worker.finish()
        assert server.opened == users
    assert_conserved(sums.reports)
    assert sums.decided == sums.due == tps * 1.5
    assert max(report.connections_now for report in sums.reports) == users
    assert len(seen) > 0.8 * users
    homes = collections.Counter(customer for customers in seen.values() for customer in customers)
    assert set(homes.values()) == {1}
    places = [{int(c[1:]) % users for c in customers} for customers in seen.values()]
    assert all(len(place) == 1 for place in places)


def test_two_thousand_connections_are_held_at_once():
    load = {"mix": "realistic", "connections": 2000}
    with Server() as server, Worker(plan(server.url, 400, 1, **load)) as worker:
        worker.start()
        worker.wait_total("decided", 100)
        assert len(server.connections) == 2000
        sums = worker.finish()
        assert server.opened == 2000
    assert {report.connections_now for report in sums.reports[:-1]} == {2000}
    assert_conserved(sums.reports)


def test_both_senders_come_to_the_same_counts_and_decisions():
    counts = [counted(sender) for sender in SENDERS]
    assert counts[0] == counts[1]


def counted(sender):
    changes = {"sender": f"engine.load.senders.{MODULES[sender]}:create", "connections": 8}
    with Server() as server, Worker(plan(server.url, 300, 1, **changes)) as worker:
        worker.start()
        sums = worker.finish()
        assert worker.process.stderr.read() == b""
    assert_conserved(sums.reports)
    assert sums.response.count == sums.service.count == sums.decided > 200
    assert sums.response.max_ms >= sums.service.max_ms
    arrived = sorted(number for _, number in server.arrivals)
    usd = {key: round(value, 2) for key, value in sums.fraud_value_usd.items()}
    return arrived, sums.outcomes, sums.decisions, sums.confusion, usd
