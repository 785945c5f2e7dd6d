import pytest

from engine.model.figure import Figure, Provenance, Source
from engine.report.format import text

SOMEONE = Source(publisher="someone", title="something")


def measured(value, unit):
    return Figure(
        id="x", label="x", value=value, unit=unit, provenance=Provenance.MEASURED, sample_size=1
    )


def quoted(value, unit):
    return Figure(
        id="x", label="x", value=value, unit=unit, provenance=Provenance.QUOTED, source=SOMEONE
    )


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (2606.4, "tps", "2,606/s"),
        (97.46, "tps", "97.5/s"),
        (0.0, "tps", "0/s"),
        (0.012, "ms", "< 0.1 ms"),
        (0.42, "ms", "0.4 ms"),
        (12.34, "ms", "12.3 ms"),
        (99.96, "ms", "100 ms"),
        (1234.6, "ms", "1,235 ms"),
        (0, "ms", "0.0 ms"),
        (3.25, "seconds", "3.25 s"),
        (18.25, "seconds", "18.2 s"),
        (15.0, "seconds", "15 s"),
        (1800, "seconds", "1,800 s"),
        (0.00042, "usd", "$0.00042"),
        (4.7339e-07, "usd", "$0.00000047"),
        (0.3858, "usd", "$0.386"),
        (3.4, "usd", "$3.40"),
        (-1234.2, "usd", "−$1,234"),
        (0.938, "ratio", "93.8 %"),
        (1.0, "ratio", "100 %"),
        (0.0, "ratio", "0 %"),
        (0.00034, "ratio", "0.034 %"),
        (0.99996, "ratio", "99.996 %"),
        (75.9, "clock", "01:15"),
        (3700, "clock", "1:01:40"),
        (10, "factor", "×10"),
        (1234567, "count", "1,234,567"),
        (0.0421, "cpu_seconds", "0.0421 s"),
        (23.45, "gb", "23.4 GB"),
        ("1 of 4", "text", "1 of 4"),
    ],
)
def test_a_measured_figure_reads_with_sensible_digits(value, unit, shown):
    assert text(measured(value, unit)) == shown


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.04048, "usd", "$0.04048"),
        (0.0025, "ratio", "0.25 %"),
        (0.001, "ratio", "0.1 %"),
        (100, "ms", "100 ms"),
        (6000.0, "tps", "6,000/s"),
    ],
)
def test_a_quoted_figure_keeps_every_digit_of_its_source(value, unit, shown):
    assert text(quoted(value, unit)) == shown


@pytest.mark.parametrize(("unit", "shown"), [("usd", "not measured"), ("ms", "–"), ("clock", "–")])
def test_what_was_not_measured_never_reads_as_zero(unit, shown):
    assert text(measured(None, unit)) == shown


@pytest.mark.parametrize("value", [0.999_999_9, 0.000_000_04])
def test_a_share_is_never_rounded_to_all_or_nothing(value):
    assert text(measured(value, "ratio")) not in {"100 %", "0 %"}
