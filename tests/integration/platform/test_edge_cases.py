"""The simulator's edge cases over HTTP, each with the answer that is right."""

from __future__ import annotations

import contextlib
import http.client
import json

import numpy as np
import pytest

from engine.load.traffic.edges import DUPLICATE, EDGE_CASES, HUGE, LATE, REJECTED
from engine.load.traffic.simulator import Simulator
from engine.model.scenario import TrafficMix

BLOCKS = 16


def concerned(blocks):
    """Edge cases, originals of duplicates, and all of the late events' customers, in order."""
    originals = {int(number) for block in blocks for number in block.ids[block.edges == DUPLICATE]}
    customers = {int(who) for block in blocks for who in block.customers[block.edges == LATE]}
    for block in blocks:
        for row in range(len(block.numbers)):
            known = int(block.numbers[row]) in originals or int(block.customers[row]) in customers
            if known or block.edges[row]:
                yield int(block.ids[row]), int(block.edges[row]), block.bodies[row]


@pytest.fixture(scope="module")
def answers(shared_platform):
    """Of each transaction sent: its id's number, its edge case, status and answer."""
    simulator = Simulator(8, TrafficMix.STRESS, "edge-")
    connection = http.client.HTTPConnection("127.0.0.1", shared_platform.port, timeout=30)
    made = []
    with contextlib.closing(connection):
        for number, edge, body in concerned([simulator.block(index) for index in range(BLOCKS)]):
            connection.request("POST", "/v1/transactions", body)
            answer = connection.getresponse()
            made.append((number, edge, answer.status, json.loads(answer.read())))
    return made


def test_every_edge_case_is_among_them(answers):
    counts = np.bincount([edge for _, edge, _, _ in answers], minlength=len(EDGE_CASES))
    assert counts[1:].min() >= 2


def test_what_is_wrong_is_refused_and_all_else_decided(answers):
    expected = [400 if 1 <= edge <= REJECTED else 200 for _, edge, _, _ in answers]
    assert [status for _, _, status, _ in answers] == expected


def test_a_refusal_names_the_field(answers):
    fields = {1: {"amount"}, 2: {"amount"}, 3: {"currency"}, 5: {"timestamp"}}
    fields[6] = {"location.latitude", "location.longitude"}
    for _, edge, _, answer in answers:
        if edge in fields:
            assert answer["error"]["field"] in fields[edge]


def test_huge_amounts_and_late_events_are_decided_under_their_own_ids(answers):
    for number, edge, _, answer in answers:
        if edge in (HUGE, LATE):
            assert answer["transaction_id"] == f"edge-{number:012d}"
            assert answer["decision"] in {"APPROVE", "REVIEW", "DECLINE"}


def test_a_duplicate_is_given_the_first_answer_and_stands_once_in_the_journal(
    answers, shared_platform
):
    first: dict[int, object] = {}
    twice = 0
    for number, edge, status, answer in answers:
        if edge == DUPLICATE:
            assert answer == first[number]
            twice += 1
        elif status == 200:
            first[number] = answer
    assert twice > 20
    ids = [row[0] for row in shared_platform.rows("SELECT id FROM transactions")]
    assert sorted(ids) == sorted(f"edge-{number:012d}" for number in first)
