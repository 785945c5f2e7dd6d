import json
import tomllib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.__main__ import main
from engine.config.own_data import complaints
from engine.config.own_data.convert import convert
from engine.config.own_data.mapping import parse_mapping
from engine.load.traffic.own import OwnTraffic
from engine.load.traffic.own_file import open_mapped
from engine.load.traffic.places import usd_per_unit
from engine.model.errors import ConfigurationError
from engine.platform.currencies import load_rates
from tests.own_rows import LABEL, MAPPING, NAMES, converted, rows, write

PRESETS = Path(__file__).parents[3] / "presets" / "traffic"


def bodies(out):
    return [json.loads(body) for body in OwnTraffic(out, "p-").block(0).bodies]


def refusal(*arguments, **how):
    with pytest.raises(ConfigurationError) as caught:
        converted(*arguments, **how)
    return caught.value.problems


def test_every_row_becomes_a_transaction_in_the_order_of_the_file(tmp_path):
    done = converted(tmp_path, rows(25))
    made = bodies(done.out)
    assert [body["amount"] for body in made] == [round(10 + n / 100, 2) for n in range(25)]
    assert made[3] == {
        "id": "p-000000000003",
        "timestamp": "2026-01-05T08:00:03.000Z",
        "user_id": "c3",
        "amount": 10.03,
        "currency": "EUR",
        "merchant": "Shop 0",
        "category": "groceries",
    }
    assert (done.header.rows, done.header.customers, done.header.refused) == (25, 7, 0)
    assert done.header.counts == {"legitimate": 23, "fraud": 2, "card_testing": 0}
    assert done.header.command == "limelight traffic convert own.csv --mapping map.toml --out own"
    assert len(done.header.source_sha256) == 64


def test_amounts_count_in_usd_by_the_rates_the_platform_uses(tmp_path):
    assert usd_per_unit() == load_rates()
    out = converted(tmp_path, [*rows(1), "c,10,JPY,Shop,1,2026-01-05,no"]).out
    rates = load_rates()
    assert open_mapped(out).value_usd.tolist() == [10 * rates["EUR"], 10 * rates["JPY"]]


def test_a_bad_row_is_reported_by_its_line_and_left_out(tmp_path):
    good = rows(2)
    bad = {
        "c,abc,EUR,Shop,1,2026-01-05,no": 'amount: must be a number, got "abc"',
        "c,0,EUR,Shop,1,2026-01-05,no": 'amount: must be from 0.0001 to 10000000, got "0"',
        "c,-5,EUR,Shop,1,2026-01-05,no": 'amount: must be from 0.0001 to 10000000, got "-5"',
        ",5,EUR,Shop,1,2026-01-05,no": "user_id (column card): is empty",
        f"{'c' * 65},5,EUR,S,1,2026-01-05,no": "user_id (column card): must be at most 64 charac",
        "c,5,XXX,Shop,1,2026-01-05,no": 'currency: must be in presets/currencies.toml, got "XXX"',
        "c,5,EUR,,1,2026-01-05,no": "merchant (column shop): is empty",
        "c,5,EUR,Shop,1,05/01/2026,no": "timestamp (column when): must be a time of the format i",
        "c,5,EUR,Shop,1,1969-01-05,no": "timestamp (column when): must be from 1970 to 2099, got",
        "c,5,EUR,Shop,1,2026-01-05,maybe": "label (column fraud): must be one of the mapping's v",
        "c,5,EUR,Shop,1,2026-01-05,": "label (column fraud): must be one of the mapping's values",
        "c,5,EUR": 'row: must have 7 fields, as the line of names has, got "3"',
    }
    done = converted(tmp_path, [good[0], *bad, good[1]])
    assert done.header.rows == 2
    assert done.header.refused == len(bad)
    for line, (said, what) in enumerate(zip(done.complaints.lines(), bad.values(), strict=True), 3):
        assert said.startswith(f"own.csv:{line}: {what}"), said


def test_a_row_over_several_lines_is_named_by_the_line_it_begins_at(tmp_path):
    lines = ['"c\n\n1",1,EUR,Shop,1,2026-01-05,no', '"c\n2",x,EUR,Shop,1,2026-01-05,no', "c,y"]
    said = list(converted(tmp_path, lines).complaints.lines())
    assert [one.partition(": ")[0] for one in said] == ["own.csv:5", "own.csv:7"]


def test_the_first_twenty_bad_rows_are_told_in_full_and_the_rest_counted_by_kind(tmp_path):
    bad = ["c,x,EUR,Shop,1,2026-01-05,no"] * 30 + ["c,5,XXX,Shop,1,2026-01-05,no"] * 3
    said = list(converted(tmp_path, [*bad, *rows(1)]).complaints.lines())
    assert len(said) == complaints.SHOWN + 2
    assert said[-2] == "and 10 more: amount: must be a number"
    assert said[-1] == "and 3 more: currency: must be in presets/currencies.toml"


def test_with_strict_one_bad_row_is_enough_to_write_nothing(tmp_path):
    problems = refusal(tmp_path, [*rows(5), "c,5,EUR"], strict=True)
    assert problems[0].startswith("own.csv:7: row: must have 7 fields")
    assert "1 rows cannot be sent" in problems[-1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["map.toml", "own.csv"]


def test_a_failed_conversion_leaves_what_was_there_before(tmp_path):
    before = converted(tmp_path, rows(5)).out.read_bytes()
    refusal(tmp_path, ["c,5,EUR"])
    assert (tmp_path / "own.traffic").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 3


def test_an_id_that_came_before_is_refused(tmp_path):
    mapping = MAPPING + 'id = "fraud"\n'
    done = converted(tmp_path, [*rows(1), *rows(2)], mapping)
    assert done.header.rows == 1
    assert 'own.csv:3: id: stands in an earlier row too, got "no"' in done.complaints.lines()


def test_rows_earlier_than_one_of_their_customer_are_counted(tmp_path):
    lines = rows(20, customers=2)
    assert converted(tmp_path, [*lines[10:], *lines[:10]]).header.late == 10
    assert converted(tmp_path, lines).header.late == 0


def test_numbers_texts_and_times_are_read_as_the_mapping_says(tmp_path):
    names = "reference;card;amount;currency;payee;mcc;booked;country;city;lat;lon;card_type;device;"
    names += "ip;session;status"
    lines = [
        "r1;4711;-1.234,50;€;Café;5411;31.07.2026 14:00:00;"
        "BE;Gent;51,05;3,72;visa;d1;10.0.0.1;s;ok",
        "r2;4711;2;EUR;Bar;9;31.01.2026 14:00:00;BE;;;3,72;;;;;stolen",
    ]
    job = write(tmp_path, lines, (PRESETS / "bank_export.toml").read_text("utf-8"), names)
    job.source.write_bytes("\n".join([names, *lines]).encode("cp1252"))
    done = convert(job)
    assert list(done.complaints.lines()) == []
    first, second = bodies(done.out)
    assert first["amount"] == 1234.5
    assert (first["merchant"], first["category"]) == ("Café", "groceries")
    assert first["timestamp"] == "2026-07-31T12:00:00.000Z"  # summer: two hours before UTC
    assert first["location"] == {
        "country": "BE",
        "city": "Gent",
        "latitude": 51.05,
        "longitude": 3.72,
    }
    assert first["device_info"] == {"device_id": "d1", "kind": "unknown"}
    assert second["timestamp"] == "2026-01-31T13:00:00.000Z"
    assert second["category"] == "other"
    assert not {"location", "device_info", "card_type", "session_id"} & second.keys()
    assert done.header.counts["stolen_card_burst"] == 1


@pytest.mark.parametrize(
    ("how", "text", "at"),
    [
        ("", "2026-01-05T09:00:00+01:00", "2026-01-05T08:00:00.000Z"),
        ('timezone = "Europe/Brussels"', "2026-07-05 10:00", "2026-07-05T08:00:00.000Z"),
        ('format = "unix_seconds"', "1767600000.25", "2026-01-05T08:00:00.250Z"),
        ('format = "unix_ms"', "1767600000250", "2026-01-05T08:00:00.250Z"),
        ('format = "seconds", since = "2013-09-01"', "60.5", "2013-09-01T00:01:00.500Z"),
        ('format = "%d/%m/%y %H.%M"', "05/01/26 08.30", "2026-01-05T08:30:00.000Z"),
    ],
)
def test_times_are_read_in_their_format(tmp_path, how, text, at):
    extra = f", {how}" if how else ""
    mapping = MAPPING.replace('"when"', f'{{ column = "when"{extra} }}')
    done = converted(tmp_path, [f"c,5,EUR,Shop,1,{text},no"], mapping)
    assert bodies(done.out)[0]["timestamp"] == at


def test_parquet_holds_the_same_as_csv(tmp_path):
    table = [line.split(",") for line in rows(30)]
    columns = dict(zip(NAMES.split(","), zip(*table, strict=True), strict=True))
    as_csv = converted(tmp_path, rows(30))
    same = bodies(as_csv.out)
    types = {
        "amount": [float(value) for value in columns["amount"]],
        "mcc": [float(value) for value in columns["mcc"]],  # 5411.0, as a data frame has it
        "when": pa.array([value[:-1] for value in columns["when"]]).cast(pa.timestamp("ms")),
    }
    source = tmp_path / "own.parquet"
    pq.write_table(pa.table({**columns, **types}), source)
    job = write(tmp_path, [], MAPPING + LABEL)
    done = convert(type(job)(source, job.mapping, job.out, job.name))
    assert bodies(done.out) == same
    assert done.header.counts == as_csv.header.counts


def test_a_bad_parquet_row_is_reported_by_its_number(tmp_path):
    source = tmp_path / "own.parquet"
    values = {"card": ["a", None], "amount": [1.5, float("nan")], "when": ["2026-01-05"] * 2}
    pq.write_table(pa.table(values), source)
    mapping = MAPPING.replace('currency = "currency"', 'currency = { constant = "EUR" }')
    mapping = mapping.replace('merchant = "shop"', 'merchant = { constant = "m" }')
    mapping = mapping.replace('{ column = "mcc", values', '{ constant = "x" } #')
    job = write(tmp_path, [], mapping)
    done = convert(type(job)(source, job.mapping, job.out, job.name))
    assert list(done.complaints.lines()) == ["own.parquet:row 2: user_id (column card): is empty"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "has no line of column names"),
        (b"a,b\n1,2\n", "the mapped column 'card' is not in it; known are a, b"),
        (b"card,card,amount,currency,shop,mcc,when\n", "the mapped column 'card' stands twice"),
        (b"PAR1 and no more", "is not a readable Parquet file"),
        (b"x" * 1_100_000, "has no line of column names"),
        (b"card,amount,currency,shop,mcc,when,fraud\n", "holds no transaction that can be sent"),
    ],
)
def test_a_file_of_something_else_is_refused_as_a_whole(tmp_path, data, says):
    job = write(tmp_path, [])
    job.source.write_bytes(data)
    with pytest.raises(ConfigurationError, match=r"own\.csv: ") as caught:
        convert(job)
    assert says in str(caught.value)
    assert not job.out.exists()


def test_missing_files_and_folders_are_named(tmp_path, capsys):
    job = write(tmp_path, rows(1))
    for source, toml in (("none.csv", "map.toml"), ("own.csv", "none.toml"), (".", "map.toml")):
        command = ["traffic", "convert", str(tmp_path / source), "--mapping", str(tmp_path / toml)]
        assert main([*command, "--out", str(job.out)]) == 104
        assert str(tmp_path) in capsys.readouterr().err
    assert main(["traffic", "convert", "a", "--mapping", "b", "--out", "../x"]) == 104
    assert "--out must be a name of letters" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('user_id = "card"\n', "", "fields.user_id is missing"),
        ('"shop"', "{ colum = 'shop' }", "did you mean column?"),
        ('"shop"', "{ column = 'shop', constant = 'x' }", "got column and constant"),
        ('"shop"', "{}", "must have one of column, constant and row_number, got none"),
        ('"shop"', "{ constant = 'x', values = { a = 'b' } }", "only with a column"),
        ('"when"', "{ column = 'when', format = 'whenever' }", "fields.timestamp.format must be"),
        ('"when"', "{ column = 'when', format = '%H:%M' }", "names year, month and day"),
        ('"when"', "{ column = 'when', timezone = 'Europe/Nowhere' }", "timezone must be a name"),
        ('"when"', "{ column = 'when', timezone = '../../etc/passwd' }", "timezone must be a name"),
        ('"when"', "{ column = 'when', format = 'seconds' }", "since goes with the format seconds"),
        ('"when"', '"when"\ncity = "shop"', "fields.city needs fields.country"),
        ('"when"', '"when"\nlatitude = "shop"', "country, latitude, longitude go together"),
        ('"when"', '"when"\n[file]\ndelimiter = "ab"', "file.delimiter"),
        ('"when"', '"when"\n[file]\nthousands = "."', "file.thousands must not be file.decimal"),
        ('"when"', '"when"\n[label]\ncolumn = "x"\nvalues = { a = "b" }', "label.values.a must be"),
    ],
)
def test_a_wrong_mapping_is_explained(tmp_path, old, new, says):
    assert says in "\n".join(refusal(tmp_path, rows(1), MAPPING.replace(old, new)))


@pytest.mark.parametrize("path", sorted(PRESETS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_mapping_that_comes_along_is_one(path):
    parse_mapping(tomllib.loads(path.read_text("utf-8")), path.name)
