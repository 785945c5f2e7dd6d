"""The snapshot in a real browser: from disk, offline, watched for any complaint and any request."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from engine.report.snapshot import render
from tests.browser.conftest import Watched
from tests.browser.walk import numbers
from tests.run_records import record

PATIENCE_MS = 60_000
VIEWPORT: ViewportSize = {"width": 1280, "height": 720}


@dataclass
class Opened:
    """The page, every address it asked for, and everything its console said."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


def show(page: Page, file: Path) -> None:
    page.goto(file.as_uri())
    page.locator("html[data-ready=true]").wait_for(state="attached", timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("snapshot") / "run.html"
    path.write_bytes(render(record()))
    return path


@pytest.fixture(scope="module")
def opened(browser: Browser, file: Path) -> Iterator[Opened]:
    """The page once its charts are drawn, for tests that only look."""
    page = browser.new_context(viewport=VIEWPORT, offline=True).new_page()
    found = Opened(page)
    page.on("request", lambda request: found.requests.append(request.url))
    page.on("console", lambda message: found.complaints.append(message.text))
    page.on("pageerror", lambda error: found.complaints.append(str(error)))
    show(page, file)
    yield found
    page.context.close()
    assert found.complaints == []


def test_it_opens_from_disk_offline_without_asking_for_anything(opened: Opened, file: Path) -> None:
    page = opened.page
    assert opened.requests == [file.as_uri()]
    assert opened.complaints == []
    assert page.locator("#chart-timeline .scatterlayer .trace").count() == 3
    assert page.locator("#chart-response .scatterlayer .trace").count() == 3


def test_every_number_outside_chart_axes_belongs_to_a_figure_with_a_provenance(
    opened: Opened,
) -> None:
    page = opened.page
    known = page.evaluate(
        "[...document.querySelectorAll('tr[id^=from-]')].map((row) => row.id.slice(5))"
    )
    page.evaluate("document.querySelectorAll('.xtick, .ytick').forEach((label) => label.remove())")
    shown, _ = numbers(page)
    assert len(shown) > 100
    assert [each.text for each in shown if each.figure not in known] == []


def test_the_digests_in_the_file_match_its_data(opened: Opened) -> None:
    page = opened.page
    checks = page.locator("[data-part]")
    assert checks.count() == 6
    assert set(checks.all_inner_texts()) == {"✓ matches"}


def test_its_charts_draw_the_records_own_numbers(opened: Opened) -> None:
    page = opened.page
    drawn = page.evaluate("document.getElementById('chart-timeline').data[1].y")
    assert drawn == record().ticks["achieved_tps"].tolist()


def test_the_shown_values_are_the_records(opened: Opened) -> None:
    page = opened.page
    summary = record().summary
    expected = {
        "hero.decided": summary.counts.decided,
        "hero.achieved_tps": summary.achieved_tps,
        "hero.response_p99_ms": summary.response_ms.p99,
        "hero.failed": summary.counts.failed,
        "hero.recovery_seconds": summary.faults[0].recovery_from_onset_seconds,
    }
    for figure_id, value in expected.items():
        exact = page.locator(f"a[data-figure='{figure_id}']").first.get_attribute("data-value")
        assert json.loads(exact or "null") == value


def test_a_part_can_be_saved_as_it_is(opened: Opened) -> None:
    page = opened.page
    with page.expect_download(timeout=PATIENCE_MS) as download:
        page.locator("[data-save=summary]").click()
    saved = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert saved == json.loads(record().summary.model_dump_json())


def test_the_theme_follows_the_reader_and_paper_is_always_light(
    watch: Callable[..., Watched], file: Path
) -> None:
    page = watch(offline=True, color_scheme="dark").page
    show(page, file)
    ground = "getComputedStyle(document.body).backgroundColor"
    line = "document.querySelector('#chart-timeline').layout.font.color"
    assert (page.evaluate(ground), page.evaluate(line)) == ("rgb(9, 12, 18)", "#E8ECF3")
    page.emulate_media(color_scheme="light")
    assert (page.evaluate(ground), page.evaluate(line)) == ("rgb(246, 247, 249)", "#101828")
    page.emulate_media(color_scheme="dark", media="print")
    page.wait_for_function(f"{line} === '#101828'", timeout=PATIENCE_MS)
    assert page.evaluate(ground) == "rgb(255, 255, 255)"


def test_it_prints_to_paper(opened: Opened, tmp_path: Path) -> None:
    page = opened.page
    paper = tmp_path / "run.pdf"
    page.pdf(path=paper, prefer_css_page_size=True, print_background=True)
    assert paper.read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_page(
    watch: Callable[..., Watched], file: Path, width: int
) -> None:
    page = watch(offline=True, viewport={"width": width, "height": 720}).page
    show(page, file)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
