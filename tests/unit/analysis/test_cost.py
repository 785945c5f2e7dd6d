import pytest

from engine.analysis.benchmark import quoted_facts, quoted_latencies, quoted_prevalences
from engine.analysis.cost import cost_figures, vcpu_hour_usd
from engine.analysis.sources import PRESETS, read_entries
from engine.model.errors import ConfigurationError
from engine.model.figure import Provenance

TRANSCRIBED = {
    "stripe_radar_latency": (100, "ms"),
    "mastercard_di_pro_latency": (50, "ms"),
    "paypal_latency": (200, "ms"),
    "stripe_fraud_prevalence": (0.001, "ratio"),
    "handbook_real_prevalence": (0.0025, "ratio"),
}


def test_the_price_of_a_thousand_decisions_follows_its_formula():
    figures = {f.id: f.value for f in cost_figures(36.0, 1_000_000, 5_000.0, vcpu_hour_usd())}
    assert figures["cost.cpu_seconds_per_thousand"] == pytest.approx(0.036)
    assert figures["cost.per_thousand_usd"] == pytest.approx(0.036 * 0.04048 / 3_600)
    assert figures["cost.per_hour_usd"] == pytest.approx(5_000 * 36e-6 * 0.04048)


@pytest.mark.parametrize(("cpu", "decided"), [(None, 1_000.0), (3.0, 0.0)])
def test_what_was_not_measured_has_no_cost(cpu, decided):
    values = {f.id: f.value for f in cost_figures(cpu, decided, 10.0, vcpu_hour_usd())}
    assert values["cost.per_thousand_usd"] is None
    assert values["cost.per_hour_usd"] is None


def test_a_cost_says_that_it_is_modelled_and_what_it_leaves_out():
    notes = [f.note or "" for f in cost_figures(1.0, 10.0, 1.0, vcpu_hour_usd())]
    assert any("CPU only" in note and "modelled, not billed" in note for note in notes)


def test_the_price_is_quoted_with_publisher_date_and_address():
    price = vcpu_hour_usd()
    assert (price.value, price.unit, price.provenance) == (0.04048, "usd", Provenance.QUOTED)
    assert price.source is not None
    assert (price.source.publisher, price.source.date) == ("AWS", "2026-07-07")
    assert price.source.address.startswith("https://")


def test_every_quoted_fact_loads_with_its_value_and_its_source():
    facts = {figure.id.removeprefix("benchmark."): figure for figure in quoted_facts()}
    assert {key: (f.value, f.unit) for key, f in facts.items()} == TRANSCRIBED
    for figure in facts.values():
        assert figure.provenance is Provenance.QUOTED
        assert figure.source is not None
        assert all((figure.source.publisher, figure.source.title, figure.source.date))
        assert "not measured by us" in (figure.note or "")


def test_three_latencies_and_two_prevalences_are_quoted():
    assert len(quoted_latencies()) == 3
    assert len(quoted_prevalences()) == 2


def test_the_price_book_holds_both_prices():
    prices = {entry.id: entry.value for entry in read_entries(PRESETS / "prices.toml")}
    assert prices == {"fargate_vcpu": 0.04048, "fargate_gb": 0.004445}


def test_a_quote_without_a_publisher_is_refused_with_file_and_key(tmp_path):
    file = tmp_path / "facts.toml"
    file.write_text('[[figure]]\nid = "a"\nvalue = 1\n')
    with pytest.raises(ConfigurationError) as caught:
        read_entries(file)
    assert any(f"{file}: figure.publisher" in problem for problem in caught.value.problems)


@pytest.mark.parametrize(("words", "said"), [(None, "cannot be read"), ("= 1", "not valid TOML")])
def test_a_missing_or_broken_price_book_is_named(tmp_path, words, said):
    file = tmp_path / "prices.toml"
    if words is not None:
        file.write_text(words)
    with pytest.raises(ConfigurationError, match=said):
        vcpu_hour_usd(file)


def test_a_price_book_without_a_processor_price_says_so(tmp_path):
    file = tmp_path / "prices.toml"
    file.write_text("")
    with pytest.raises(ConfigurationError, match="fargate_vcpu"):
        vcpu_hour_usd(file)
