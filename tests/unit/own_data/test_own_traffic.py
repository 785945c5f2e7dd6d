import json

import numpy as np
import pytest

from engine.load.traffic.own import OwnTraffic, most_arrivals, period_ms
from engine.load.traffic.own_file import open_mapped
from engine.load.traffic.simulator import BLOCK
from engine.model.errors import ConfigurationError
from tests.own_rows import MAPPING, converted, rows


def column(name, blocks):
    return np.concatenate([getattr(block, name) for block in blocks])


def read(blocks):
    return [json.loads(body) for block in blocks for body in block.bodies]


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return converted(tmp_path_factory.mktemp("own"), rows(BLOCK + 200)).out


def test_row_n_is_arrival_n_and_after_the_last_row_there_is_nothing(out):
    blocks = [OwnTraffic(out, "p-").block(index) for index in range(3)]
    assert column("numbers", blocks).tolist() == list(range(BLOCK + 200))
    assert column("ids", blocks).tolist() == list(range(BLOCK + 200))
    assert [body["id"] for body in read(blocks)] == [f"p-{n:012d}" for n in range(BLOCK + 200)]
    assert blocks[2].bodies == []
    assert not column("rejects", blocks).any()


@pytest.mark.parametrize("shares", [2, 3, 10])
def test_shares_hold_each_row_once_and_a_customer_in_one_of_them(out, shares):
    whole = OwnTraffic(out, "p-")
    every = read([whole.block(0), whole.block(1)])
    found, owners = [], {}
    for share in range(shares):
        part = whole.of(share, shares)
        made = read([part.block(0), part.block(1)])
        assert [body["id"] for body in made] == sorted(body["id"] for body in made)
        for body in made:
            assert owners.setdefault(body["user_id"], share) == share
        found += made
    assert sorted(found, key=lambda body: body["id"]) == every


def test_repeated_rows_have_new_ids_and_later_times(out):
    size = BLOCK + 200
    traffic = OwnTraffic(out, "p-", repeat=True)
    blocks = [traffic.block(index) for index in range(4)]
    made = read(blocks)
    assert [body["id"] for body in made] == [f"p-{n:012d}" for n in range(4 * BLOCK)]
    same = [{k: v for k, v in body.items() if k not in ("id", "timestamp")} for body in made]
    assert same[size : 2 * size] == same[:size]
    times = [body["timestamp"] for body in made]
    assert times == sorted(times)
    assert len(set(times)) == len(times)
    kinds = column("kinds", blocks)
    assert (kinds[:size] == kinds[size : 2 * size]).all()


def test_a_file_of_one_row_can_be_repeated(tmp_path):
    out = converted(tmp_path, rows(1)).out
    header = open_mapped(out).header
    assert period_ms(header) == 1
    assert most_arrivals(header, repeat=False) == 1
    assert most_arrivals(header, repeat=True) == 2**32
    assert len(OwnTraffic(out, "p-", repeat=True).block(5).bodies) == BLOCK


def test_labels_are_in_no_body_and_without_them_every_row_is_unlabelled(tmp_path, out):
    assert not any(
        b"fraud" in body or b"yes" in body for body in OwnTraffic(out, "p-").block(0).bodies
    )
    kinds = OwnTraffic(out, "p-").block(0).kinds
    assert OwnTraffic(out, "p-").kinds == ("legitimate", "card_testing", "fraud")
    assert (np.flatnonzero(kinds == 2) % 10 == 9).all()
    assert (kinds == 2).sum() == BLOCK // 10
    plain = OwnTraffic(converted(tmp_path, rows(20), MAPPING).out, "p-")
    assert plain.kinds == ("unlabelled",)
    assert not plain.block(0).kinds.any()


def test_what_is_no_own_traffic_is_refused(tmp_path):
    path = tmp_path / "x.traffic"
    with pytest.raises(ConfigurationError, match=r"x.traffic: cannot be read: no such file"):
        OwnTraffic(path, "p-")
    for data in (b"", b"something else that is long enough for a header"):
        path.write_bytes(data)
        with pytest.raises(ConfigurationError, match=r"x.traffic: "):
            OwnTraffic(path, "p-")
