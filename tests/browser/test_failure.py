"""What the page shows when things go wrong: a platform killed for good, and a machine too small."""

from collections.abc import Callable

import psutil
from playwright.sync_api import expect

from tests.browser.conftest import App, Watched
from tests.browser.test_app import PATIENCE_MS, feed, press, rehearse, visit

# On the run's clock: the achieved rate's window of 1 s, the row under way and the one after, and as
# much again for a machine that tells its workers late.
AT_ONCE_SECONDS = 2 * (1.0 + 2 * 0.25)
STEADY = """() => {
  const [feed] = window[Symbol.for("limelight.feeds")].values();
  return feed.rows.last("achieved_tps") > 0.5 * feed.rows.last("plan_tps");
}"""
COLLAPSED = """() => {
  const [feed] = window[Symbol.for("limelight.feeds")].values();
  return feed.rows.last("achieved_tps") === 0;
}"""
FIRST_WITHOUT_DECISIONS = """(from) => {
  const [feed] = window[Symbol.for("limelight.feeds")].values();
  const [at, rate] = ["t_seconds", "achieved_tps"].map((name) => feed.rows.get(name));
  return at.find((t, row) => t >= from && rate[row] === 0);
}"""
CLIPPED = """() => [...document.querySelector("[data-testid=stSidebar]").querySelectorAll("*")]
  .filter((one) => one.matches("button, button *, p, label, input"))
  .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1)
  .filter((one) => getComputedStyle(one).display !== "inline")
  .map((one) => one.innerText)"""


def processes(app: App) -> list[psutil.Process]:
    assert app.process is not None
    return psutil.Process(app.process.pid).children(recursive=True)


def platform(app: App) -> list[psutil.Process]:
    """The platform's supervisor, and all below it."""
    [top] = [each for each in processes(app) if "engine.platform" in each.cmdline()]
    return [top, *top.children(recursive=True)]


def test_a_platform_killed_for_good_is_seen_at_once_and_fails_the_run(
    own_app: App, watch: Callable[..., Watched]
) -> None:
    own_app.start()
    watched = watch()
    page = watched.page
    visit(page, own_app)
    rehearse(page)
    press(page, "Start")
    page.wait_for_function(STEADY, timeout=PATIENCE_MS)
    started = processes(own_app)
    for each in platform(own_app):
        each.kill()
    killed_seconds = float(str(feed(page, "rows.last('t_seconds')")))
    expect(page.locator(".ll-is-scorer[data-status=up]")).to_have_count(0, timeout=PATIENCE_MS)
    expect(page.locator(".ll-is-scorer[data-status=down]").first).to_be_visible(timeout=PATIENCE_MS)
    page.wait_for_function(COLLAPSED, timeout=PATIENCE_MS)
    seen = float(page.evaluate(FIRST_WITHOUT_DECISIONS, killed_seconds))
    assert seen - killed_seconds <= AT_ONCE_SECONDS
    expect(page.locator(".ll-verdict-word")).to_have_text("Did not pass", timeout=2 * PATIENCE_MS)
    watched.expected = True  # the browser says, rightly, that it cannot connect
    own_app.stop()
    _, left = psutil.wait_procs(started, timeout=10)
    assert left == []


def test_nothing_in_the_sidebar_is_cut_off(own_app: App, watch: Callable[..., Watched]) -> None:
    own_app.sustained_tps = 1_000.0
    own_app.start()
    page = watch().page
    visit(page, own_app)
    assert page.evaluate(CLIPPED) == []
    press(page, "Start")
    expect(page.get_by_role("button", name="Measure again")).to_be_visible(timeout=PATIENCE_MS)
    assert page.evaluate(CLIPPED) == []
