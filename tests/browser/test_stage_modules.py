"""The stage's modules in a real browser, fed by a scripted feed of their own."""

import re
import time
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from tests.browser.stage_harness.script import PHASES

# Every text node with a number (not preceded by a letter) outside an element with data-figure.
ORPHANS = """() => {
  const orphans = [];
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      const owner = node.parentElement;
      if (/(?<![A-Za-z_])\\d/.test(node.data) && owner.checkVisibility()
          && !owner.closest("[data-figure]")) orphans.push(node.data);
    }
    if (node.nodeName !== "STYLE") node.childNodes.forEach(walk);
  };
  window.harness.root.childNodes.forEach(walk);
  return orphans;
}"""
SOON_SECONDS = 10  # a silent feed is given three before it counts as gone
STAGES = "() => window.harness.root.querySelectorAll('[data-ll-stage]').length"
OVERFLOW = """() => {
  const page = document.scrollingElement;
  return page.scrollWidth - page.clientWidth;
}"""


@pytest.fixture
def control(harness: str) -> Iterator[Callable[[str], None]]:
    """Make the feed "silent", "dead" or "well"; it is well again after the test."""

    def switch(mode: str) -> None:
        request = urllib.request.Request(f"{harness}/control?mode={mode}", method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200

    yield switch
    switch("well")


def show(page: Page, harness: str, phase: str, **query: object) -> None:
    settings = "&".join(f"{key}={value}" for key, value in query.items())
    page.goto(f"{harness}/?phase={phase}&{settings}")
    wait_for(page, "stage.querySelector('.ll').dataset.ready === 'true'")
    wait_for(page, "stage.querySelector('.ll').dataset.status !== 'connecting'")


def text(page: Page, selector: str) -> str:
    return page.evaluate(f"() => window.harness.root.querySelector('{selector}').textContent")


def wait_for(page: Page, condition: str, seconds: float = 30) -> None:
    page.wait_for_function(
        f"() => {{ const stage = window.harness.root; return {condition}; }}",
        timeout=seconds * 1_000,
    )


@pytest.mark.parametrize("phase", PHASES)
def test_in_every_phase_each_number_has_its_figure_and_nothing_scrolls_sideways(
    watch, harness, phase
):
    page = watch().page
    show(page, harness, phase)
    wait_for(page, "stage.querySelector('.ll-name').textContent.startsWith('Harness')")
    assert "scripted test feed" in text(page, ".ll-target")
    assert page.evaluate(ORPHANS) == []
    assert page.evaluate(OVERFLOW) <= 0
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate(OVERFLOW) <= 0
    assert page.evaluate(ORPHANS) == []


def test_the_number_walk_finds_an_orphan(watch, harness):
    page = watch().page
    show(page, harness, "steady", hold=1)
    page.evaluate("() => window.harness.root.querySelector('.ll-act').after('87 of p99')")
    assert page.evaluate(ORPHANS) == ["87 of p99"]


def test_title_hero_flow_and_the_top_of_the_timeline_fit_720_lines(watch, harness):
    page = watch().page
    show(page, harness, "crash", hold=1)
    tops = page.evaluate(
        """() => ['.ll-title', '.ll-hero', '.ll-flow', '.ll-timeline']
          .map((one) => window.harness.root.querySelector(one).getBoundingClientRect().top)"""
    )
    assert tops == sorted(tops)
    assert tops[-1] < 600


CUT_OFF = """() => [...window.harness.root.querySelectorAll('.ll-hero :is(h2, p), .ll-unit')]
  .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1)
  .map((one) => one.innerText)"""


@pytest.mark.parametrize("width", [980, 1600])
def test_percentiles_of_more_than_a_second_say_how_far_back_they_reach(watch, harness, width):
    page = watch(viewport={"width": width, "height": 720}).page
    show(page, harness, "ramp", hold=1)
    wait_for(page, "/p99, latest 4.3\\s*s/.test(stage.querySelector('.ll-hero').innerText)")
    wait_for(page, "/scale, latest 4.3\\s*s/.test(stage.querySelector('.ll-latency').innerText)")
    assert page.evaluate(CUT_OFF) == []
    show(page, harness, "steady", hold=1)
    wait_for(page, "stage.querySelector('.ll-hero').innerText.includes('Response time, p99')")
    wait_for(page, "!stage.querySelector('.ll-run').innerText.includes('latest')")


def test_after_the_end_no_figure_is_of_now(watch, harness):
    page = watch().page
    show(page, harness, "finished", hold=1)
    wait_for(page, "stage.querySelector('.ll-latency').innerText.includes('log scale, whole run')")
    inner = "() => window.harness.root.querySelector('{}').innerText"
    assert not re.search(r"\d", page.evaluate(inner.format(".ll-timeline .ll-legend")))
    words = page.evaluate(inner.format(".ll"))
    assert ("an hour at this run's rate" in words, "of now" in words) == (True, False)


def test_mounting_again_draws_nothing_twice_and_cleanup_leaves_nothing(watch, harness):
    page = watch().page
    show(page, harness, "steady")
    page.evaluate(
        """() => {
          const { root, settings, mountStage } = window.harness;
          window.first = root.querySelector('[data-ll-stage]');
          window.harness.cleanup();
          window.harness.cleanup = mountStage(root, { ...settings, theme: 'light' });
        }"""
    )
    page.wait_for_timeout(400)
    assert page.evaluate(STAGES) == 1
    assert page.evaluate("() => window.first.isConnected && window.first.dataset.theme") == "light"
    page.evaluate("() => window.harness.cleanup()")
    page.wait_for_function("() => window.harness.root.childNodes.length === 0")


def test_one_window_has_one_feed_whoever_draws_from_it(watch, harness):
    page = watch().page
    show(page, harness, "steady")
    shared = page.evaluate(
        """async () => {
          const { openFeed } = await import('/assets/js/feed.js');
          const { settings } = window.harness;
          const feed = openFeed(settings.url, settings.token);
          const shared = feed.users === 2 && feed.rows.length > 0;
          feed.release();
          return shared;
        }"""
    )
    assert shared


@pytest.mark.parametrize("mode", ["silent", "dead"])
def test_a_page_whose_feed_dies_says_so_at_once(watch, harness, control, mode):
    watched = watch()
    show(watched.page, harness, "steady")
    wait_for(
        watched.page,
        "stage.querySelector('[data-figure=\"hero.decided\"] .ll-n').textContent !== '–'",
    )
    control(mode)
    began = time.monotonic()
    wait_for(watched.page, "stage.querySelector('.ll').dataset.gone === 'true'")
    assert time.monotonic() - began < SOON_SECONDS
    assert "last ones received" in text(watched.page, ".ll-gone")
    assert text(watched.page, ".ll-state-word") == "Engine gone"
    assert text(watched.page, '.ll-hero [data-figure="hero.decided"] .ll-n') != "–"
    assert watched.page.evaluate(ORPHANS) == []
    control("well")
    wait_for(watched.page, "stage.querySelector('.ll').dataset.gone === 'false'")
    watched.complaints.clear()  # the browser itself reports each refused connection


def test_counters_ease_but_never_run_ahead_of_what_was_measured(watch, harness):
    page = watch().page
    show(page, harness, "ramp", speed=2)
    seen = page.evaluate(
        """async () => {
          const { openFeed } = await import('/assets/js/feed.js');
          const { settings, root } = window.harness;
          const feed = openFeed(settings.url, settings.token);
          const shown = root.querySelector('[data-figure="hero.decided"] .ll-n');
          const [seen, known, between] = [[], new Set(), new Set()];
          const end = performance.now() + 10_000;
          while (performance.now() < end && between.size < 20) {
            await new Promise(requestAnimationFrame);
            const measured = feed.figures['hero.decided'][0];
            const number = Number(shown.textContent.replaceAll(',', ''));
            known.add(measured);
            if (!known.has(number)) between.add(number);
            seen.push([number, measured]);
          }
          feed.release();
          return seen;
        }"""
    )
    shown = [number for number, _ in seen]
    assert all(number <= measured for number, measured in seen)
    assert shown == sorted(shown)
    assert set(shown) - {measured for _, measured in seen}


def test_rates_turn_over_at_a_pace_that_can_be_read(watch, harness):
    page = watch().page
    show(page, harness, "steady", speed=2)
    changes = page.evaluate(
        """async () => {
          const hero = window.harness.root.querySelector('.ll-hero');
          const shown = hero.querySelector('.ll-fig[data-figure="hero.achieved_tps"]');
          const at = [];
          new MutationObserver(() => at.push(performance.now())).observe(shown, {
            attributes: true, attributeFilter: ['aria-label'] });
          const began = performance.now();
          while (at.length < 3 && performance.now() < began + 10_000) {
            await new Promise((done) => setTimeout(done, 50));
          }
          return at;
        }"""
    )
    first, *_, last = changes  # eight measurements a second arrive, two a second are shown
    assert (last - first) / (len(changes) - 1) > 300


def test_a_dead_scorer_is_dark_and_says_so_in_words(watch, harness):
    page = watch().page
    show(page, harness, "crash", hold=1)
    wait_for(page, "stage.querySelector('[data-node=\"scorer.2\"]').dataset.status === 'down'")
    assert "down" in text(page, '[data-node="scorer.2"]')
    wait_for(
        page, "stage.querySelector('[data-node=\"scorer.2\"] .ll-node-status [data-icon=cross]')"
    )
    assert re.search(r"3\s*of\s*4\s*scorers up", text(page, ".ll-frame-state"))


def test_the_moment_of_a_fault_stands_where_the_response_time_stood_and_moves_nothing(
    watch, harness
):
    page = watch().page
    places = {}
    for phase in ("steady", "crash", "recovered"):
        show(page, harness, phase, hold=1)
        seen = "'.ll-moment'" if phase != "steady" else "'.ll-latency'"
        wait_for(page, f"stage.querySelector({seen})?.checkVisibility()")
        cards = page.evaluate(
            "() => [...window.harness.root.querySelectorAll('.ll-charts > article')]"
            ".filter((card) => card.checkVisibility())"
            ".map((card) => Object.values(card.getBoundingClientRect().toJSON()).map(Math.round))"
        )
        places[phase] = cards
    assert places["steady"] == places["crash"] == places["recovered"]
    assert "came back by itself" in text(page, ".ll-moment-words")
    assert "failed" in text(page, ".ll-moment .ll-legend")
    show(page, harness, "crash", hold=1)
    wait_for(page, "stage.querySelector('.ll-frame-down').checkVisibility()")
    assert "scorers down" in text(page, ".ll-frame-down")


def test_after_the_run_every_fault_has_its_card(watch, harness):
    page = watch().page
    show(page, harness, "finished", hold=1)
    wait_for(page, "stage.querySelectorAll('.ll-moments .ll-moment').length === 1")
    assert "Worker crash" in text(page, ".ll-moments .ll-moment")


def test_the_close_shows_the_verdict_and_every_criterion(watch, harness):
    page = watch().page
    show(page, harness, "finished")
    wait_for(page, "!stage.querySelector('.ll-verdict').hidden")
    assert "Passed" in text(page, ".ll-verdict-word")
    outcomes = page.evaluate(
        """() => [...window.harness.root.querySelectorAll('.ll-criteria li')]
          .map((item) => item.dataset.outcome)"""
    )
    assert outcomes == ["held", "held", "held"]


def test_the_idle_stage_offers_start_where_the_page_gives_one(watch, harness):
    page = watch().page
    show(page, harness, "idle", start=1)
    page.locator(".ll-start").click()
    page.wait_for_function("() => window.started === true")
    show(page, harness, "idle")
    assert page.locator(".ll-start").is_hidden()


def test_a_figure_says_where_it_came_from(watch, harness):
    page = watch().page
    show(page, harness, "steady", hold=1)
    page.locator('.ll-hero [data-figure="hero.response_p99_ms"]').first.hover()
    wait_for(page, "!stage.querySelector('.ll-chip').hidden")
    chip = text(page, ".ll-chip")
    assert "Measured in this run" in chip
    assert "from 6,000 samples" in chip
    assert page.evaluate(ORPHANS) == []


def test_with_reduced_motion_nothing_moves_between_measurements(watch, harness):
    page = watch(reduced_motion="reduce").page
    show(page, harness, "steady", hold=1)
    still = page.evaluate(
        """async () => {
          const canvas = window.harness.root.querySelectorAll('.ll-flow canvas')[1];
          const end = performance.now() + 10_000;
          let [before, now] = ['', canvas.toDataURL()];
          while (performance.now() < end && !(now.length > 5000 && now === before)) {
            await new Promise((done) => setTimeout(done, 400));
            [before, now] = [now, canvas.toDataURL()];
          }
          return now === before;
        }"""
    )
    assert still
