import base64
import gzip
import hashlib
import html
import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest

from engine.metrics.record import RunRecord
from engine.model.results import TestStatus, Verdict
from engine.report.book import Book
from engine.report.html import Html, el
from engine.report.make import measured
from engine.report.snapshot import render
from engine.report.snapshot_data import Part, pack
from engine.report.snapshot_rows import COUNTS, MAX_ROWS, TICK_COLUMNS, carried_rows
from engine.report.views import CHART_COLUMNS, chart_frame, response, timeline
from tests.run_records import BACK, CLEAR, ONSET, fault, record, summary, target, ticks

SHOWN_FIGURES_REST_ON = (
    "edge_up",
    "platform_rss_mb",
    "outcome_timeout",
    "approved",
    "review",
    "declined",
    "edge_latency_ms",
    "commit_ms",
)
LIMIT_BYTES = 1_000_000
HOSTILE = "<script>alert(1)</script>\"'&</style><!-- \u2028"


def page(**changes) -> str:
    return render(record(**changes)).decode()


def block(text: str, name: str) -> object:
    """One part of the data, as anybody would take it out of the file."""
    kind, body = re.search(
        rf'<script type="application/(\w+)" id="data-{name}">(.*?)</script>', text, re.DOTALL
    ).groups()
    raw = gzip.decompress(base64.b64decode(body)) if kind == "gzip" else body.encode()
    assert f"sha256:{hashlib.sha256(raw).hexdigest()}" in text
    return json.loads(raw)


def test_the_embedded_ticks_equal_the_stores_to_the_last_digit():
    run = record()
    embedded = block(render(run).decode(), "ticks")
    frame = chart_frame(run)
    assert set(SHOWN_FIGURES_REST_ON) <= set(embedded)
    for name in (*CHART_COLUMNS, *TICK_COLUMNS):
        source = frame[name] if name in frame else run.ticks[name]
        for value, carried in zip(source, embedded[name], strict=True):
            assert carried is None if math.isnan(value) else carried == value


def test_the_embedded_summary_equals_the_record():
    run = record()
    embedded = block(render(run).decode(), "summary")
    assert type(run.summary).model_validate(embedded) == run.summary


def test_every_shown_figure_is_in_the_data_with_its_exact_value():
    text = page()
    carried = {figure["id"]: figure["value"] for figure in block(text, "figures")}
    shown = re.findall(r'data-figure="([^"]+)" data-value="([^"]+)"', text)
    assert len(shown) > 100
    for figure_id, value in shown:
        if not figure_id.startswith("data."):
            exact = carried[figure_id]
            assert html.unescape(value) == (exact if isinstance(exact, str) else repr(exact))


def test_every_figure_has_its_line_of_provenance():
    text = page().split("</main>")[0]
    shown = set(re.findall(r'data-figure="([^"]+)"', text))
    assert shown == set(re.findall(r'id="from-([^"]+)"', text))


def test_the_policy_lets_run_exactly_the_texts_in_the_file():
    text = page()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text).group(1)
    assert "default-src &#x27;none&#x27;" in policy
    assert "unsafe" not in policy
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL).group(1)
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL).group(1)
    packed = re.search(r'id="charts">(.*?)</script>', text).group(1)
    library = gzip.decompress(base64.b64decode(packed)).decode()
    for code in (style, script, library):
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert f"sha256-{digest}" in policy


def test_hostile_names_stay_text():
    text = page(name=HOSTILE, verdict_reason=HOSTILE, target=target(line=f"Target: {HOSTILE}"))
    assert "<script>alert" not in text
    assert text.count("</style>") == 1
    assert text.count("<script") == text.count("</script>")
    assert block(text, "summary")["name"] == HOSTILE


@pytest.mark.parametrize(
    ("changes", "marks"),
    [
        ({"marks": ["REHEARSAL ×10", "SCALED 33 %"]}, ["REHEARSAL ×10", "SCALED 33 %"]),
        ({"verdict": Verdict.INCONCLUSIVE}, ["SCALED 33 %", "INCONCLUSIVE"]),
        ({"status": TestStatus.RUNNING, "ended_at": None}, ["NOT FINISHED"]),
    ],
)
def test_marks_stand_in_title_first_page_and_on_every_printed_page(changes, marks):
    text = page(**changes)
    title = re.search(r"<title>(.*?)</title>", text).group(1)
    printed = re.search(r"@top-left\{content:\"(.*?)\"\}", text).group(1)
    for mark in marks:
        assert mark in title
        assert mark in re.search(r"<header>.*?</header>", text, re.DOTALL).group(0)
        assert mark in printed


def test_the_target_line_stands_first():
    line = "Target: Acme scoring, localhost, declared by Jo"
    assert (
        page(target=target(line=line))
        .split("<main>")[1]
        .startswith(f'<header><div class="band"><p class="target">{line}')
    )


def test_a_run_without_faults_journal_or_platform_says_so():
    bare = target(has_journal=False, has_telemetry=False, has_faults=False)
    text = page(target=bare, journal=None, faults=[], cpu_seconds={}, confusion={}, criteria=[])
    for sentence in (
        "No fault took place in this run.",
        "Not measured on this target: it has no journal.",
        "it does not report its processor time",
        "This run was held to no criterion.",
    ):
        assert sentence in text


def tile_of_recovery(*faults) -> str:
    found = re.search(r'<p class="label">Recovery</p>(.*?)</div>', page(faults=list(faults)))
    return re.sub(r"<[^>]+>", " ", found.group(1))


def test_recovery_and_its_words_are_of_the_same_fault():
    first = fault()
    second = fault(
        display_name="Edge restart",
        onset_seconds=120.0,
        clear_seconds=130.0,
        recovered_at_seconds=131.5,
        recovery_from_onset_seconds=11.5,
    )
    open_ = fault(recovered_at_seconds=None, recovery_from_onset_seconds=None)
    assert re.search(r"11\.5.* edge restart", tile_of_recovery(first, second))
    for faults in ((open_, second), (second, open_)):
        assert re.search("not recovered .* worker crash", tile_of_recovery(*faults))


def test_a_snapshot_of_little_fraud_does_not_call_it_enriched():
    decisions = {"legitimate:APPROVE": 100_000, "card_testing:DECLINE": 40}
    assert "Fraud is enriched" in page()
    assert "Fraud is enriched" not in page(confusion=decisions)


def long_run(seconds: int) -> RunRecord:
    """A record whose columns are as hard to pack as real ones: times in whole microseconds."""
    frame = ticks(seconds)
    noise = np.random.default_rng(7)
    for name in ("service_p50_ms", "commit_ms"):
        frame[name] = noise.uniform(0.5, 9, len(frame))
    times = frame.columns[frame.columns.str.endswith("_ms")]
    frame[times] = frame[times].round(3)
    frame["platform_cpu_cores"] = noise.uniform(0.5, 1.5, len(frame))
    frame["machine_cpu_percentage"] = noise.uniform(20, 99, len(frame)).round(1)
    for name in ("queue_depth_now", "in_flight_now", "response_samples"):
        frame[name] = noise.integers(0, 300, len(frame))
    return replace(record(), ticks=frame, summary=summary(frame))


@pytest.mark.parametrize("seconds", [600, 601, 1_500, 7_200])
def test_the_snapshot_of_a_run_of_any_length_stays_small(seconds):
    page = render(long_run(seconds)).decode()
    assert len(page.encode()) < LIMIT_BYTES
    assert ("A row of the data in this file stands for" in page) is (seconds > 600)


@pytest.mark.parametrize(("seconds", "span"), [(601, 1), (7_200, 5)])
def test_the_rows_of_a_long_run_keep_every_count_and_the_worst_time(seconds, span):
    run = long_run(seconds)
    rows = carried_rows(run)
    assert len(rows) <= MAX_ROWS
    for name in COUNTS:
        assert rows[name].sum() == run.ticks[name].sum()
    assert rows["response_p99_ms"].max() == run.ticks["response_p99_ms"].max()
    assert rows["scorers_up_now"].min() == run.ticks["scorers_up_now"].min()
    assert rows["t_seconds"].iloc[0] == span
    assert rows["t_seconds"].iloc[-1] == seconds


def test_the_timeline_draws_plan_rate_and_failures_with_the_faults_marked():
    figure = timeline(record())
    assert [trace.name for trace in figure.data] == ["Planned", "Achieved", "Failed"]
    spans = [(shape.x0, shape.x1) for shape in figure.layout.shapes if shape.type == "rect"]
    assert spans == [(ONSET, CLEAR)]
    assert [s.x0 for s in figure.layout.shapes if s.type == "line"] == [BACK]
    assert figure.layout.yaxis.range[0] == 0


def test_a_limit_far_above_the_chart_does_not_flatten_it():
    near, far = response(record()), record(criteria=[])
    words = [note.text for note in near.layout.annotations]
    assert not any("limit" in word for word in words)  # 1,000 ms, the chart ends near 210
    low = record().summary.criteria[2].model_copy(update={"threshold": 250.0})
    words = [note.text for note in response(record(criteria=[low])).layout.annotations]
    assert "limit: response time, p99" in words
    assert response(far).layout.yaxis.range[0] == 0


def test_a_fault_still_going_on_reaches_to_the_end_of_the_chart():
    hurt = fault(clear_seconds=None, recovered_at_seconds=None)
    (shape,) = timeline(record(faults=[hurt])).layout.shapes
    assert shape.x1 == 180.0


def test_two_different_figures_cannot_share_an_id():
    book = Book()
    book.show(measured("a", "A", 1, "count", samples=1))
    with pytest.raises(ValueError, match="the id a"):
        book.show(measured("a", "A", 2, "count", samples=1))


def test_words_without_a_number_stay_words_and_others_become_a_figure():
    book = Book()
    assert book.tell(measured("a", "A", "p99 was fine", "text", samples=1)) == "p99 was fine"
    assert 'data-figure="b"' in book.tell(measured("b", "B", "1 of 4", "text", samples=1))
    assert set(book.figures) == {"b"}


def test_markup_escapes_text_and_keeps_elements():
    assert el("p", "<", el("b", "&"), title='"') == '<p title="&quot;">&lt;<b>&amp;</b></p>'
    assert isinstance(el("p"), Html)


def test_a_long_part_is_packed_the_same_way_every_time():
    long = Part("x", json.dumps(list(range(9_000))))
    assert "application/gzip" in long.element()
    assert pack(long.text) == pack(long.text)
    assert "application/json" in Part("x", "[1]").element()
