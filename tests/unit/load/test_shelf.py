"""Dead letters kept: in memory, in a file, in order, and counted where there was no room."""

import contextlib
import os

from hypothesis import given
from hypothesis import strategies as st

from engine.load.arrival import Arrival
from engine.load.dead_letters import MOST_SHOWN, DeadLetters, customer_of
from engine.load.ledger import Totals
from engine.load.outcome import Outcome
from engine.load.shelf import Letter, Shelf
from engine.model.dead_letter import LetterState, Why

HEAD = b"POST / HTTP/1.1\r\nAuthorization: Bearer secret\r\n\r\n"
KNOWN = 1


def arrival(number, customer="u1"):
    body = b'{"id":"%d","user_id":"%s"}' % (number, customer.encode())
    return Arrival(number, number, HEAD + body, 0, False, 1.0, 0, 10 * number, 3, 0, 0, KNOWN)


def letter(number):
    return Letter(arrival(number), number, "reset", Why.RETRIES, 20 * number)


def shelf(folder, in_memory=3, **limits):
    kept = Shelf(lambda body: HEAD + body, str(folder), in_memory, **limits)
    return contextlib.closing(kept)


def drained(kept, most=1000):
    return [kept.take() for _ in range(most) if kept.first() is not None]


@given(st.lists(st.integers(-12, 12), max_size=30))
def test_whatever_is_added_and_taken_comes_out_in_order_and_whole(tmp_path_factory, steps):
    number, taken = 0, []
    with shelf(tmp_path_factory.getbasetemp()) as kept:
        for step in steps:
            for _ in range(step):
                assert kept.add(letter(number))
                number += 1
            taken += drained(kept, -step)
            assert len(kept) == number - len(taken)
        assert taken + drained(kept) == [letter(n) for n in range(number)]


def test_memory_is_bounded_and_no_secret_and_no_file_name_is_left_on_disk(tmp_path):
    with shelf(tmp_path) as kept:
        for number in range(100):
            kept.add(letter(number))
        assert len(kept._letters) == 3
        data = os.pread(kept._file.fileno(), 1 << 20, 0)
        assert b"secret" not in data
        assert data.count(b"user_id") == 97
        assert list(tmp_path.iterdir()) == []


def test_who_finds_no_room_is_not_kept_and_there_is_room_again_once_it_is_empty(tmp_path):
    with shelf(tmp_path, on_disk_bytes=1000) as kept:
        took = [kept.add(letter(number)) for number in range(20)]
        assert 3 < sum(took) < 20
        assert [one.turn for one in drained(kept)] == list(range(sum(took)))
        again = [kept.add(letter(number)) for number in range(20)]
        assert again == took


def test_without_a_folder_that_can_be_written_only_memory_keeps(tmp_path):
    for folder in ("", tmp_path / "missing"):
        with shelf(folder) as kept:
            assert [kept.add(letter(number)) for number in range(5)] == [True] * 3 + [False] * 2


def letters(count, outcome=Outcome.RESET):
    totals = Totals()
    kept = DeadLetters(totals, "run-")
    for number in range(count):
        kept.add(arrival(number), outcome, Why.RETRIES, number)
    return totals, kept


def test_one_redriven_in_vain_goes_before_all_that_failed_after_it():
    _, kept = letters(3)
    one, two = taken = [take(kept), take(kept)]
    for back in reversed(taken):
        kept.put_back(back)
    assert [take(kept), take(kept), take(kept).turn] == [one, two, 3]


def take(kept):
    first = kept.first()
    kept.take()
    return first


def test_what_would_be_answered_the_same_waits_until_somebody_says_so():
    totals, kept = letters(2, Outcome.HTTP_4XX)
    assert (kept.first(), kept.waiting, kept.kept) == (None, 0, 2)
    kept.unpark()
    assert kept.waiting == totals.dead_lettered == 2
    kept.park(take(kept))
    kept.unpark()
    assert kept.waiting == 1, "the others first"
    assert take(kept).turn == 2
    kept.unpark()
    assert take(kept).turn == 1


def test_news_are_the_newest_with_what_became_of_them_and_are_told_once():
    _, kept = letters(MOST_SHOWN + 5)
    told = kept.news()
    assert [one.id for one in told] == [f"run-{n:012d}" for n in range(5, MOST_SHOWN + 5)]
    assert {(one.customer, one.outcome, one.state) for one in told} == {
        ("u1", "reset", LetterState.WAITING)
    }
    first = take(kept)
    kept.redriven(first)
    assert [(one.id, one.state) for one in kept.news()] == [("run-000000000000", "redriven")]
    assert kept.news() == ()


def test_a_body_that_names_no_customer_has_none():
    assert customer_of(HEAD + b'{"user_id": "a b"}') == "a b"
    assert customer_of(HEAD + b'{"user_id": 7}') == customer_of(b"rubbish") == ""
