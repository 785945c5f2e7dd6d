"""Whatever the input is: a conversion or an explained refusal, and nothing the platform refuses."""

import tempfile
from pathlib import Path

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from engine.config.own_data.convert import convert
from engine.config.own_data.mapping import parse_mapping
from engine.load.traffic.own import OwnTraffic, most_arrivals
from engine.load.traffic.own_file import open_mapped
from engine.model.errors import ConfigurationError
from engine.platform.admission import Admission, Admitted
from engine.platform.currencies import load_rates
from tests.own_rows import LABEL, MAPPING, NAMES, converted, rows, write

PLACE = """
country = "land"
latitude = "lat"
longitude = "lon"
city = "town"
device_id = "device"
device_kind = "kind"
card_type = "kind"
ip_address = "device"
session_id = "town"
"""
WIDE = f"{NAMES},land,lat,lon,town,device,kind"
KEYS = (
    *("file", "fields", "label", "column", "constant", "values", "format", "timezone", "since"),
    *("amount", "user_id", "timestamp", "delimiter", "encoding", "scale", "otherwise"),
)
odd = st.text(st.characters(codec="utf-8"), max_size=80)
cells = st.tuples(
    odd | st.just("c1"),
    st.floats().map(repr) | odd | st.just("12.5"),
    st.sampled_from(["EUR", "JPY", "", "eur"]) | odd,
    odd | st.just("Shop"),
    odd | st.just("5411"),
    st.datetimes().map(str) | odd | st.just("2026-01-05T08:00:00Z"),
    st.sampled_from(["no", "yes", "tested"]) | odd,
    st.sampled_from(["BE", "be", "", "BEL"]) | odd,
    st.floats().map(repr) | st.just("51"),
    st.floats().map(repr) | st.just("3"),
    odd,
    odd,
    odd,
)


def _problems(call):
    """Why it was refused; nothing if it was not."""
    try:
        call()
    except ConfigurationError as error:
        return error.problems or [""]
    return []


def _quoted(row):
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in row)


def _admit_all(out):
    admission = Admission(load_rates())
    header = open_mapped(out).header
    for repeat in (False, True):
        traffic = OwnTraffic(out, "0a1b2c3d-", repeat=repeat)
        last = most_arrivals(header, repeat=repeat) - 1
        for index in {0, last // 1024}:
            for body in traffic.block(index).bodies[-50:]:
                assert isinstance(admission.admit(body), Admitted), body
                assert not {"fraud", "label", "kind"} & msgspec.json.decode(body).keys()


@given(st.lists(cells, max_size=8))
@example([("c", "5", "EUR", "S", "1", "2026-01-05", "no", "BE", "91", "3", "", "", "")])
@example([("c", "1e400", "EUR", "S", "1", "9999-12-31T23:59:59-23:59", "no", *[""] * 6)])
@example([("\x00", "٣", "EUR", "S", "1", "2026-01-05", "no", *[""] * 6)])
def test_the_platform_admits_every_row_that_is_converted(some):
    with tempfile.TemporaryDirectory() as folder:
        lines = [*map(_quoted, some), _quoted([*rows(1)[0].split(","), *[""] * 6])]
        job = write(Path(folder), lines, MAPPING + PLACE + LABEL, WIDE)
        done = convert(job)
        assert done.header.rows >= 1
        _admit_all(done.out)


@given(st.binary(max_size=400), st.sampled_from([b"", (NAMES + "\n").encode(), b"PAR1"]))
@example(b'"' + b"\n" * 200, (NAMES + "\n").encode())
@example(b"c,5,EUR,\xff\xfe,1,2026-01-05,no\n", (NAMES + "\n").encode())
def test_any_bytes_are_converted_or_refused_with_the_file_s_name(data, begin):
    with tempfile.TemporaryDirectory() as folder:
        job = write(Path(folder), [], MAPPING + LABEL)
        job.source.write_bytes(begin + data)
        problems = _problems(lambda: _admit_all(convert(job).out))
        assert all("own.csv" in problem or "more" in problem for problem in problems)
        there = sorted(path.name for path in Path(folder).iterdir())
        assert there == ["map.toml", "own.csv", *([] if problems else ["own.traffic"])]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.dictionaries(
                st.sampled_from(KEYS),
                inner,
                max_size=5,
            )
            | st.lists(inner, max_size=2)
        ),
        max_leaves=12,
    )
)
def test_any_tree_is_a_mapping_or_refused_with_the_file_s_name(tree):
    problems = _problems(lambda: parse_mapping(tree, "map.toml"))
    assert all(problem.startswith("map.toml: ") for problem in problems)


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20) | st.none())
@example("%d.%m.%Y %[", "UTC", None)
@example("%Y%m%d%%%", "Europe", None)
def test_any_format_of_times_is_used_or_refused(form, timezone, since):
    time = {"column": "when", "format": form, "timezone": timezone}
    tree = {
        "fields": {
            **{name: {"constant": "EUR"} for name in ("user_id", "currency", "merchant")},
            "category": {"constant": "x"},
            "amount": {"constant": "5"},
            "timestamp": time | ({} if since is None else {"since": since}),
        }
    }
    problems = _problems(lambda: parse_mapping(tree, "map.toml"))
    assert all(problem.startswith("map.toml: fields.") for problem in problems)


@given(st.integers(0, 2_000), st.integers(0, 255))
def test_a_damaged_file_is_refused_or_sends_what_it_holds(at, value):
    with tempfile.TemporaryDirectory() as folder:
        out = converted(Path(folder), rows(5)).out
        data = bytearray(out.read_bytes())
        data[at % len(data)] = value
        out.write_bytes(data)
        problems = _problems(lambda: OwnTraffic(out, "p-", repeat=True).block(0))
        assert all(str(out) in problem for problem in problems)


@given(st.integers(0, 3_000))
def test_a_file_that_was_cut_is_refused(length):
    with tempfile.TemporaryDirectory() as folder:
        out = converted(Path(folder), rows(5)).out
        whole = out.read_bytes()
        out.write_bytes(whole[: length % len(whole)])
        (problem,) = _problems(lambda: OwnTraffic(out, "p-"))
        assert problem.startswith(f"{out}: ")
