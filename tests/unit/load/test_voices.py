"""What an agent alone would have flagged, counted from answers."""

import msgspec

from engine.load.voices import EVERY, Voices

KINDS = ("legitimate", "card_testing")
BOUNDS = {"rules": 0.5, "learned": 0.8}


def answer(**scores: float) -> bytes:
    agents = {name: {"score": score, "latency_ms": 1.0} for name, score in scores.items()}
    body = msgspec.json.encode({"transaction_id": "x", "agents": agents})
    return b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" + body


def test_an_agent_flags_from_its_bound_on_and_is_counted_by_the_true_kind():
    voices = Voices(BOUNDS, KINDS)
    voices.heard(0, 1, answer(rules=0.5, learned=0.79))
    voices.heard(EVERY, 0, answer(rules=0.49, learned=0.8))
    assert voices.taken() == {
        "rules:card_testing:flagged": 1,
        "learned:card_testing:passed": 1,
        "rules:legitimate:passed": 1,
        "learned:legitimate:flagged": 1,
    }
    assert voices.taken() == {}


def test_one_arrival_in_so_many_is_looked_at():
    voices = Voices(BOUNDS, KINDS)
    for number in range(4 * EVERY):
        voices.heard(number, 0, answer(rules=0.1))
    assert voices.taken() == {"rules:legitimate:passed": 4}


def test_an_agent_that_did_not_answer_is_not_judged():
    voices = Voices(BOUNDS, KINDS)
    voices.heard(0, 0, answer(learned=0.1))
    assert voices.taken() == {"learned:legitimate:passed": 1}


def test_an_answer_that_names_no_agents_and_a_target_without_bounds_are_not_judged():
    voices = Voices(BOUNDS, KINDS)
    for strange in (b"", b"{", b'{"agents": 3}', b"HTTP/1.1 200 OK\r\n\r\n"):
        voices.heard(0, 0, strange)
    assert voices.taken() == {}
    unknown = Voices({}, KINDS)
    unknown.heard(0, 0, answer(rules=0.9))
    assert unknown.taken() == {}
