"""The app as a person sees it: one short run in a real browser, looked at from all sides."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.browser.conftest import App, Watched
from tests.browser.walk import Shown, numbers

PATIENCE_MS = 60_000
VIEWPORT = {"width": 1280, "height": 720}
STARTS = 3  # as long as the app took to start, at most, may the first decision take
# From the click to the first decided transaction in a row, as the page itself sees both.
STOPWATCH = """() => {
  const [feed] = window[Symbol.for("limelight.feeds")].values();
  const before = feed.state.run_id;
  document.addEventListener("click", (event) => {
    if (event.target.closest(".st-key-start")) window.clicked ??= performance.now();
  }, true);
  feed.subscribe(() => {
    const moved = feed.state.run_id !== before && feed.rows.get("decided").some((n) => n > 0);
    if (moved && window.clicked) window.moved ??= performance.now();
  });
}"""


def visit(page: Page, app: App) -> None:
    page.goto(app.url)
    page.locator("[data-ll-stage][data-ready=true]").wait_for(timeout=PATIENCE_MS)


def pill(page: Page) -> Locator:
    return page.locator(".ll-state-word")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click(timeout=PATIENCE_MS)


def rehearse(page: Page) -> None:
    """Choose a short, slow run: speed 20, about a tenth of the rate."""
    page.get_by_role("radio", name="20×", exact=True).click(timeout=PATIENCE_MS)
    expect(page.locator(".ll-mark").first).to_contain_text("REHEARSAL", timeout=PATIENCE_MS)
    scaled = page.locator(".ll-mark", has_text="SCALED")
    for _ in range(5):  # Streamlit's slider may lose a key pressed while the page reruns
        thumb = page.get_by_role("slider")
        thumb.focus()
        thumb.press("Home")
        for _ in range(9):
            thumb.press("ArrowRight")
        scaled.wait_for(timeout=PATIENCE_MS)
        page.wait_for_timeout(500)
        if re.fullmatch(r"SCALED \d %|SCALED 1\d %", scaled.inner_text()):
            return
    pytest.fail("the scale could not be set")


def feed(page: Page, expression: str) -> object:
    """A property of the page's live feed."""
    return page.evaluate(f"[...window[Symbol.for('limelight.feeds')].values()][0].{expression}")


def decided(page: Page) -> Locator:
    return page.locator("[data-figure='hero.decided']").first


MOVED = re.compile(r"[1-9]")
STAGE_NODE = """() => document.querySelector(".st-key-stage [data-testid=stBidiComponentIsolated]")
    .shadowRoot.querySelector("[data-ll-stage]")"""


@dataclass
class Journey:
    """What was seen of one run."""

    idle: dict[str, str] = field(default_factory=dict)
    seconds_to_first_decision: float = 0.0
    runs: list[object] = field(default_factory=list)
    rows_after_reload: object = None
    stage_kept: bool = False
    verdict: str = ""
    walks: dict[str, tuple[list[Shown], set[str]]] = field(default_factory=dict)
    snapshot: bytes = b""
    complaints: list[str] = field(default_factory=list)


def before_start(page: Page, seen: Journey) -> None:
    seen.idle = {
        "state": pill(page).inner_text(),
        "title": page.locator("h1").inner_text(),
        "target": page.locator(".ll-target").inner_text(),
        "navigation": str(page.locator("[data-testid=stSidebarNav]").count()),
    }
    seen.walks["idle"] = numbers(page)
    rehearse(page)
    page.evaluate(f"window.kept = ({STAGE_NODE})()")


def while_it_runs(page: Page, other: Page, seen: Journey) -> None:
    page.evaluate(STOPWATCH)
    press(page, "Start")
    expect(decided(page)).to_contain_text(MOVED, timeout=PATIENCE_MS)
    seen.seconds_to_first_decision = float(page.evaluate("(moved - clicked) / 1000"))
    seen.walks["running"] = numbers(page)
    expect(decided(other)).to_contain_text(MOVED, timeout=PATIENCE_MS)
    seen.runs = [feed(each, "state.run_id") for each in (page, other)]
    other.reload()
    expect(decided(other)).to_contain_text(MOVED, timeout=PATIENCE_MS)
    seen.rows_after_reload = feed(other, "rows.length")
    seen.runs.append(feed(other, "state.run_id"))


def after_the_end(page: Page, seen: Journey) -> None:
    expect(page.locator(".ll-verdict-word")).to_be_visible(timeout=2 * PATIENCE_MS)
    seen.verdict = page.locator(".ll-verdict-word").inner_text()
    page.get_by_role("button", name="Start", exact=True).wait_for(timeout=PATIENCE_MS)
    seen.stage_kept = bool(page.evaluate(f"window.kept === ({STAGE_NODE})()"))
    seen.walks["finished"] = numbers(page)
    with page.expect_download(timeout=PATIENCE_MS) as download:
        press(page, "Download snapshot")
    seen.snapshot = Path(download.value.path()).read_bytes()


@pytest.fixture(scope="module")
def journey(browser: Browser, app: App) -> Journey:
    """From the idle stage through a rehearsed run with a crash to the snapshot, in two browsers."""
    seen = Journey()
    watched = [Watched(browser.new_context(viewport=VIEWPORT).new_page()) for _ in range(2)]
    first, second = (each.page for each in watched)
    for each in watched:
        each.page.on("console", each.heard)
        visit(each.page, app)
    try:
        before_start(first, seen)
        while_it_runs(first, second, seen)
        after_the_end(first, seen)
    finally:
        for each in watched:
            each.page.context.close()
    seen.complaints = [line for each in watched for line in each.complaints]
    return seen


def test_two_browsers_through_a_whole_run_have_nothing_to_complain_about(journey: Journey) -> None:
    assert journey.complaints == []


def test_the_idle_stage_names_preset_and_target_and_is_the_only_page(journey: Journey) -> None:
    assert journey.idle["state"] == "Ready"
    assert journey.idle["title"] == "Pitch"
    assert "built in" in journey.idle["target"]
    assert journey.idle["navigation"] == "0"


def test_real_decisions_move_the_hero_numbers_soon_after_start(journey: Journey, app: App) -> None:
    assert 0 < journey.seconds_to_first_decision < STARTS * app.seconds_to_start


def test_a_second_browser_and_a_reloaded_one_see_the_same_run(journey: Journey) -> None:
    assert journey.runs[0]
    assert len(set(journey.runs)) == 1


def test_a_reloaded_page_gets_the_history_of_the_run(journey: Journey) -> None:
    assert isinstance(journey.rows_after_reload, int)
    assert journey.rows_after_reload >= 1


def test_reruns_of_the_page_never_mount_the_stage_again(journey: Journey) -> None:
    assert journey.stage_kept


def test_the_run_ends_with_a_verdict(journey: Journey) -> None:
    assert journey.verdict in {"Passed", "Did not pass", "Inconclusive"}


@pytest.mark.parametrize(("state", "fewest"), [("idle", 3), ("running", 20), ("finished", 20)])
def test_every_number_on_the_page_belongs_to_a_figure_that_says_where_it_comes_from(
    journey: Journey, state: str, fewest: int
) -> None:
    shown, known = journey.walks[state]
    assert len(shown) > fewest
    assert [each for each in shown if each.figure not in known] == []


def test_one_click_takes_the_run_home(journey: Journey) -> None:
    assert journey.snapshot.lstrip().lower().startswith(b"<!doctype html>")
    assert str(journey.runs[0]).encode() in journey.snapshot


def closing_code(app: App, token: str, origin: str) -> int:
    address = f"ws://127.0.0.1:{app.port}/api/live?token={token}"
    with connect(address, origin=origin, proxy=None) as viewer:
        try:
            for _ in range(10):
                viewer.recv(timeout=PATIENCE_MS / 1_000)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd is not None else 0
    pytest.fail("the feed went on")


def test_the_live_feed_refuses_other_sites_and_unknown_tokens(
    app: App, watch: Callable[..., Watched]
) -> None:
    page = watch().page
    visit(page, app)
    token = str(feed(page, "token"))
    assert closing_code(app, token, "http://evil.example") == 4403
    assert closing_code(app, "made.up", app.url) == 4401
    with connect(
        f"ws://127.0.0.1:{app.port}/api/live?token={token}", origin=app.url, proxy=None
    ) as viewer:
        assert json.loads(viewer.recv(timeout=PATIENCE_MS / 1_000))["type"] == "hello"


def test_the_app_listens_on_this_machine_only(app: App) -> None:
    assert app.process is not None
    listening = [
        connection.laddr.ip
        for connection in psutil.Process(app.process.pid).net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening
    assert set(listening) == {"127.0.0.1"}


def test_assets_are_checked_on_every_load_and_nothing_else_is_served(app: App) -> None:
    with urllib.request.urlopen(f"{app.url}/assets/js/stage.js") as answer:
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["ETag"]
        assert "javascript" in answer.headers["Content-Type"]
    for secret in ("model/", "../pyproject.toml", "icon.svg"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{app.url}/assets/{secret}")
        refused.value.close()
        assert refused.value.code in {400, 404}


def test_either_browser_controls_the_run_and_a_killed_app_is_said_to_be_gone_till_it_is_back(
    own_app: App, watch: Callable[..., Watched]
) -> None:
    own_app.start()
    both = watch(), watch()
    first, second = (watched.page for watched in both)
    for page in (first, second):
        visit(page, own_app)
    rehearse(first)
    press(first, "Start")
    press(first, "Crash a worker")
    expect(first.locator("[data-ll-stage]")).to_contain_text("Worker crash", timeout=PATIENCE_MS)
    press(first, "Pause")
    expect(pill(second)).to_have_text("Paused", timeout=PATIENCE_MS)
    expect(first.locator(".ll-share")).to_be_hidden()
    second.keyboard.press("l")
    expect(first.locator(".ll-share")).to_have_text("80% of the plan", timeout=PATIENCE_MS)
    expect(second.locator(".ll-mark", has_text="RATE CHANGED LIVE")).to_be_visible()
    press(second, "Restore rate")
    expect(first.locator(".ll-share")).to_be_hidden(timeout=PATIENCE_MS)
    press(second, "Resume")
    press(first, "Pause")
    press(second, "Emergency stop")
    expect(pill(first)).to_have_text("Stopped", timeout=PATIENCE_MS)
    expect(first.get_by_role("button", name="Start", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    for watched in both:
        watched.expected = True  # the browser says, rightly, that it cannot connect
    own_app.kill()
    for page in (first, second):
        expect(pill(page)).to_have_text("Engine gone", timeout=PATIENCE_MS)
    own_app.start()
    for page in (first, second):
        expect(pill(page)).to_have_text("Ready", timeout=PATIENCE_MS)
