"""What dies comes back, and nothing that was answered is lost."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time

from engine.model.control import HoldDown, Release, Shutdown


class Load:
    """A few clients that decide each transaction, retrying until it is decided."""

    def __init__(self, platform, transaction, clients: int = 4) -> None:
        self.answers: dict[str, dict[str, object]] = {}
        self.refused = 0
        self._platform = platform
        self._transaction = transaction
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(client,)) for client in range(clients)
        ]

    def _run(self, client: int) -> None:
        number = client * 1_000_000
        while not self._stop.is_set():
            number += 1
            body = self._transaction(number, user=f"u{number % 40}")
            status, answer, headers = self._platform.request("POST", "/v1/transactions", body)
            if status == 503:
                self.refused += 1
                assert headers["Retry-After"] == "1"
                answer = self._platform.retried(body)
            self.answers[body["id"]] = answer

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def test_a_killed_scorer_comes_back_with_its_customers_and_nothing_is_lost(platform, transaction):
    with Load(platform, transaction) as load:
        before = platform.report(lambda report: report.scorers[0].scored >= 50).scorers[0]
        os.kill(before.pid, signal.SIGKILL)
        after = platform.report(
            lambda report: report.scorers[0].pid != before.pid and report.scorers[0].status == "up"
        ).scorers[0]
        platform.report(lambda report: report.scorers[0].scored > after.scored + 20)
    assert after.restarts == 1
    assert load.refused > 0
    assert dict(platform.rows()) == dict.fromkeys(load.answers, 1)
    final = platform.report(lambda report: report.edge.decided >= len(load.answers))
    users = {user for (user,) in platform.rows("SELECT DISTINCT user_id FROM transactions")}
    assert sum(scorer.customers for scorer in final.scorers) == len(users)
    for name, answer in list(load.answers.items())[:20]:
        stored = platform.request("GET", f"/v1/transactions/{name}")[1]
        assert {key: stored[key] for key in answer} == answer


def test_a_rebuilt_customer_is_remembered(platform, transaction):
    for number in range(1, 13):
        assert platform.decide(transaction(number))[0] == 200
    index = platform.scorer_of("u1")
    pid = platform.report(lambda report: report.scorers[index].customers == 1).scorers[index].pid
    velocity = platform.retried(transaction(13))["agents"]["transaction_analyzer"]["score"]
    assert velocity > 0
    os.kill(pid, signal.SIGKILL)
    again = platform.retried(transaction(14))["agents"]["transaction_analyzer"]["score"]
    assert again == velocity


def test_a_killed_edge_comes_back_on_its_port_and_knows_what_it_decided(platform, transaction):
    first = [platform.decide(transaction(number)) for number in range(1, 6)]
    edge = platform.report().edge
    os.kill(edge.pid, signal.SIGKILL)
    assert platform.retried(transaction(99)) is not None
    assert [platform.decide(transaction(number)) for number in range(1, 6)] == first
    report = platform.report(lambda report: report.edge.restarts == 1 and report.edge.replayed == 5)
    assert report.edge.pid != edge.pid
    assert report.edge.journal_rows == 6
    assert {applied for _, applied in platform.rows()} == {1}


def test_whoever_is_killed_at_any_moment_nothing_is_lost_or_decided_twice(platform, helpers):
    chance = random.Random(4)
    with helpers.load(platform) as answers:
        for _ in range(4):
            report = platform.report(lambda report: report.edge.decided > 0)
            living = [one.pid for one in (report.edge, *report.scorers) if one.status != "down"]
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(living), signal.SIGKILL)
            time.sleep(chance.uniform(0.0, 0.7))
    restarts = platform.report(lambda report: {one.status for one in report.scorers} == {"up"})
    assert restarts.edge.restarts + sum(one.restarts for one in restarts.scorers) >= 2
    helpers.assert_nothing_lost(platform, answers)
    for name, answer in list(answers.items())[-20:]:
        status, story, _ = platform.request("GET", f"/v1/transactions/{name}")
        assert (status, story["transaction_id"]) == (200, answer["transaction_id"])


def test_an_answered_transaction_is_in_the_journal_whatever_dies_next(
    platform, transaction, helpers
):
    assert platform.decide(transaction(1))[0] == 200
    platform.report()
    for pid in platform.pids:
        os.kill(pid, signal.SIGKILL)
    platform.process.wait(30)
    assert helpers.gone(platform.pids, 10)
    assert platform.rows() == [("t-000000000001", 1)]


def test_killing_the_supervisor_leaves_no_process(platform, helpers):
    platform.report()
    assert len(platform.pids) == 4
    platform.process.kill()
    platform.process.wait(30)
    assert helpers.gone(platform.pids, 3)


def test_the_end_of_stdin_ends_everything(platform, helpers):
    platform.report()
    platform.process.stdin.close()
    assert helpers.gone(platform.pids, 3)


def test_a_shutdown_answers_what_is_under_way_and_leaves_one_clean_file(platform, transaction):
    with Load(platform, transaction, clients=1):
        platform.report(lambda report: report.edge.decided >= 20)
    platform.tell(Shutdown())
    assert platform.process.wait(30) == 0
    assert not platform.journal.with_name(platform.journal.name + "-wal").exists()
    assert {applied for _, applied in platform.rows()} == {1}


def test_a_scorer_held_down_stays_down_until_released(platform, transaction):
    pid = platform.report().scorers[0].pid
    platform.tell(HoldDown(scorers=[0], lease_seconds=60))
    down = platform.report(lambda report: report.held_down == [0] and report.scorers[0].pid != pid)
    later = platform.report(lambda report: report.scorers[0].restarts >= 3)
    assert later.scorers[0].status != "up"
    assert later.scorers[1].status == "up"
    assert later.scorers[1].restarts == 0
    assert down.scorers[0].restarts < later.scorers[0].restarts
    user = next(f"u{n}" for n in range(99) if platform.scorer_of(f"u{n}") == 0)
    status, _, headers = platform.request("POST", "/v1/transactions", transaction(1, user=user))
    assert (status, headers["Retry-After"]) == (503, "1")
    platform.tell(Release())
    platform.report(lambda report: report.scorers[0].status == "up" and not report.held_down)
    assert platform.decide(transaction(1, user=user))[0] == 200


def test_the_end_of_a_lease_frees_a_scorer(platform):
    platform.tell(HoldDown(scorers=[1, 7], lease_seconds=0.5))
    platform.report(lambda report: report.held_down == [1])
    platform.report(lambda report: not report.held_down and report.scorers[1].status == "up")


def test_a_silent_scorer_is_replaced(platform, transaction):
    index = platform.scorer_of("u1")
    pid = platform.report().scorers[index].pid
    os.kill(pid, signal.SIGSTOP)
    assert platform.decide(transaction(1))[0] == 503
    assert platform.retried(transaction(1))["transaction_id"] == "t-000000000001"
    platform.report(
        lambda report: report.scorers[index].status == "up" and report.scorers[index].pid != pid
    )


def test_a_platform_without_its_model_says_why(tmp_path, start):
    message = start(model=str(tmp_path), ready=False).ready
    assert "card.json" in message.message or str(tmp_path) in message.message
