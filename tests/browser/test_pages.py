"""The pages beside the stage in a real browser: one real run, broken, looked into and ended."""

import contextlib
import re
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.browser.conftest import App, Watched
from tests.browser.walk import Shown, numbers

PATIENCE_MS = 60_000
CHOICE = re.compile(r"[0-9a-f]{8}-\d{12}")  # an id to choose from, as a button
NUMBER = re.compile(r"\d")
KEPT = """() => document.querySelector(".st-key-part_operations_body").querySelector(
  "[data-testid=stBidiComponentIsolated]").shadowRoot.querySelector("tr[data-key='edge']")"""
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@dataclass
class Visit:
    """What was seen."""

    idle: str = ""
    processes: list[str] = field(default_factory=list)
    walks: dict[str, tuple[list[Shown], set[str]]] = field(default_factory=dict)
    fault: str = ""
    row_kept: bool = False
    popovers_open: int = -1
    story: str = ""
    bottleneck: str = ""
    phone_wider: bool = True
    ended: str = ""
    log: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


def go(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click(timeout=PATIENCE_MS)
    address = name.lower()
    page.locator(f"[data-ll-part='{address}.head'][data-ready=true]").wait_for(timeout=PATIENCE_MS)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click(timeout=PATIENCE_MS)


def operate(page: Page, seen: Visit) -> None:
    go(page, "Operations")
    seen.idle = page.locator(".lp-idle").inner_text()
    press(page, "Start")
    row = page.locator("tr[data-key='scorer.0'] .lp-status").first
    row.wait_for(timeout=PATIENCE_MS)
    expect(page.locator("[data-figure='part.edge.cpu']")).to_contain_text(
        NUMBER, timeout=PATIENCE_MS
    )
    seen.processes = page.locator("[data-ll-part='operations.body'] tr[data-key]").evaluate_all(
        "(rows) => rows.map((row) => row.dataset.key)"
    )
    page.evaluate(f"window.kept = ({KEPT})()")
    seen.walks["operations"] = numbers(page)
    crash(page)
    told = page.locator("tr[data-key='fault.0'] .lp-status")
    expect(told).to_contain_text("proven on", timeout=PATIENCE_MS)
    expect(page.locator("[data-testid=stPopoverBody]")).to_have_count(0, timeout=PATIENCE_MS)
    page.get_by_role("button", name="Worker crash · on").wait_for(timeout=PATIENCE_MS)
    seen.fault = page.locator("tr[data-key='fault.0']").inner_text()
    seen.row_kept = bool(page.evaluate(f"window.kept === ({KEPT})()"))
    seen.walks["broken"] = numbers(page)


def crash(page: Page) -> None:
    """By hand; again if it was refused, as it is while a starved platform tells nothing."""
    for _ in range(4):
        press(page, "Worker crash")
        press(page, "Inject worker crash")
        said = page.locator(".lp-log li", has_text="Worker crash")
        said.first.wait_for(timeout=PATIENCE_MS)
        if "refused" not in said.first.inner_text():
            return


def look_into(page: Page, seen: Visit) -> None:
    go(page, "Agents")
    expect(page.locator("[data-figure='part.bottleneck'].ll-fig")).to_contain_text(
        re.compile(r"[A-Z]"), timeout=PATIENCE_MS
    )
    page.locator(".st-key-latest_0 button").click(timeout=PATIENCE_MS)
    page.locator(".ll-story li").first.wait_for(timeout=PATIENCE_MS)
    seen.story = page.locator(".ll-story").inner_text()
    seen.walks["agents"] = numbers(page)
    page.set_viewport_size({"width": 390, "height": 844})
    seen.phone_wider = bool(page.evaluate(WIDER))
    page.set_viewport_size({"width": 1280, "height": 720})


def end(page: Page, seen: Visit) -> None:
    go(page, "Operations")
    confirm_the_end(page)
    expect(page.locator(".ll-state-word")).to_have_text("Stopped", timeout=PATIENCE_MS)
    page.locator("tr[data-key='edge'] .lp-status", has_text="ended").wait_for(timeout=PATIENCE_MS)
    seen.ended = page.locator(".lp-silent:visible").inner_text()
    seen.log = page.locator(".lp-log li[data-kind=operator]").all_inner_texts()
    seen.walks["ended"] = numbers(page)


def confirm_the_end(page: Page) -> None:
    """Open the confirmation and press it; again if the page was made anew between the two."""
    now = page.get_by_role("button", name="Stop everything now", exact=True)
    for _ in range(12):
        page.locator(".st-key-end button").first.click(timeout=PATIENCE_MS)
        with contextlib.suppress(PlaywrightTimeoutError):
            now.click(timeout=PATIENCE_MS / 20)
            return
    pytest.fail("the emergency stop could not be confirmed")


@pytest.fixture(scope="module")
def visit(browser: Browser, app: App) -> Visit:
    """From the idle operations page through a crash by hand to the emergency stop."""
    seen = Visit()
    watched = Watched(browser.new_context(viewport={"width": 1280, "height": 720}).new_page())
    page = watched.page
    page.on("console", watched.heard)
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    try:
        page.goto(app.url)
        operate(page, seen)
        look_into(page, seen)
        end(page, seen)
    finally:
        page.context.close()
    seen.complaints = watched.complaints
    return seen


def test_without_a_run_the_page_says_what_to_do(visit: Visit) -> None:
    assert "press Start" in visit.idle


def test_every_process_and_agent_of_the_real_platform_has_a_row(visit: Visit) -> None:
    assert {"supervisor", "edge", "scorer.0", "scorer.3"} <= set(visit.processes)
    assert len([key for key in visit.processes if key.startswith("agent.")]) == 4


def test_a_fault_by_hand_is_proven_on_the_page_and_its_form_is_gone(visit: Visit) -> None:
    assert "by hand" in visit.fault
    assert "proven on" in visit.fault


def test_the_page_that_reruns_for_a_fault_keeps_its_tables(visit: Visit) -> None:
    assert visit.row_kept


@pytest.mark.parametrize("where", ["operations", "broken", "agents", "ended"])
def test_every_number_stands_in_a_figure_that_says_where_it_is_from(
    visit: Visit, where: str
) -> None:
    found, known = visit.walks[where]
    assert len(found) > 20
    loose = [shown.text for shown in found if shown.figure is None]
    assert [words for words in loose if not CHOICE.fullmatch(words)] == []
    live = {shown.figure for shown in found if not str(shown.figure).startswith("story.")}
    assert live - known - {None, "calibration.note"} == set()


def test_one_transaction_is_told_from_its_arrival_to_its_commit(visit: Visit) -> None:
    places = [visit.story.index(word) for word in ("Received", "Scored", "Decided", "Committed")]
    assert places == sorted(places)


def test_a_phone_needs_no_scrolling_to_the_side(visit: Visit) -> None:
    assert not visit.phone_wider


def test_the_confirmed_emergency_stop_ends_run_and_platform_and_is_in_the_log(visit: Visit) -> None:
    assert "has ended" in visit.ended
    assert visit.log[0].split("\n")[-1] == "emergency stop"
    assert any("Worker crash, by hand" in line for line in visit.log)


def test_the_console_says_nothing(visit: Visit) -> None:
    assert visit.complaints == []
