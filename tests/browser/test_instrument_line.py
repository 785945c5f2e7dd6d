"""The line on which the generator doubts itself, in a real browser."""

import pytest
from playwright.sync_api import Page

from tests.browser.stage_harness.script import DOUBTS

PARTS = (".ll-title", ".ll-hero", ".ll-instrument", ".ll-flow", ".ll-ticker", ".ll-timeline")
SIZES = [(1280, 720), (1920, 1080)]
HELD = "() => window.harness.root.querySelector('.ll')?.dataset.status === 'running'"
CUT_OFF = """() => [...window.harness.root.querySelectorAll('.ll-instrument, .ll-instrument *')]
  .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1
    && getComputedStyle(one).display !== "inline")
  .map((one) => one.className + one.textContent)"""


def show(page: Page, harness: str, phase: str, settings: str = "key=L") -> None:
    page.goto(f"{harness}/?phase={phase}&hold=1&{settings}")
    page.wait_for_function(HELD)
    page.locator(".ll[data-ready=true]").wait_for()


def tops(page: Page) -> list[float]:
    return page.evaluate(
        "(parts) => parts.map((part) =>"
        " window.harness.root.querySelector(part).getBoundingClientRect().top)",
        list(PARTS),
    )


@pytest.mark.parametrize("size", SIZES)
def test_a_doubt_comes_without_moving_or_hiding_anything_on_the_page(watch, harness, size):
    page = watch(viewport={"width": size[0], "height": size[1]}).page
    show(page, harness, "steady")
    before = tops(page)
    assert page.locator(".ll-doubted:visible").count() == 0
    show(page, harness, "doubtful")
    assert tops(page) == before
    assert page.evaluate(CUT_OFF) == []
    assert page.locator(".ll-doubted:visible").count() == 2
    for figure in ("hero.decided", "hero.achieved_tps", "hero.response_p99_ms"):
        shown = page.locator(f".ll-hero [data-figure='{figure}'] .ll-n").last
        assert shown.is_visible()
        assert shown.evaluate("(one) => getComputedStyle(one).filter") == "none"


def test_it_says_every_doubt_what_to_do_about_the_weightiest_and_which_key_lowers_the_rate(
    watch, harness
):
    page = watch().page
    show(page, harness, "doubtful")
    said = page.locator(".ll-instrument-state").inner_text()
    (first, remedy), (second, _) = (doubt.split(": ") for doubt in DOUBTS)
    assert said == f"{first}; {second[0].lower()}{second[1:]}: {remedy}"
    assert page.locator(".ll-key").inner_text() == "Press L to lower the rate"


def test_a_page_without_that_key_names_none(watch, harness):
    page = watch().page
    show(page, harness, "doubtful", "")
    assert page.locator(".ll-instrument-state").is_visible()
    assert page.locator(".ll-key").is_hidden()


def test_without_a_doubt_it_shows_what_the_generator_measures_of_itself(watch, harness):
    page = watch().page
    show(page, harness, "steady")
    shown = page.locator(".ll-instrument li:visible").all_inner_texts()
    assert [" ".join(each.split()) for each in shown] == [
        "sent late, p99 0.4ms",
        "held up 1.2ms",
        "busiest worker 0.42cores",
        "workers 1 of 2",
    ]


def test_a_changed_rate_and_a_lost_worker_are_on_the_timeline(watch, harness):
    page = watch().page
    show(page, harness, "doubtful")
    assert page.locator(".ll-share").inner_text() == "80% of the plan"
    assert page.locator(".ll-gap").inner_text() == "load worker lost"
    show(page, harness, "steady")
    assert page.locator(".ll-share").is_hidden()
    assert page.locator(".ll-gap").count() == 0
