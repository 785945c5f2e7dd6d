"""The shims that Streamlit calls: whatever it does with their elements, they go on working."""

import json

import pytest

from dashboard.components import follow, stage

# A shim as Streamlit mounts it: called with its element, ended by what that returned.
MOUNT = """async ([code, html]) => {
  const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const { default: mount } = await import(address);
  const parentElement = document.body.appendChild(document.createElement("div"));
  parentElement.innerHTML = html;
  window.moved = 0;
  const { url } = window.harness.settings;
  const data = { url, token: "harness", seen: { status: "elsewhere" } };
  const setTriggerValue = () => (window.moved += 1);
  window.mounted = () => mount({ data, parentElement, setTriggerValue });
  window.element = parentElement;
}"""


@pytest.fixture
def page(watch, harness):
    page = watch().page
    page.goto(f"{harness}/?phase=steady&hold=1")
    page.wait_for_function("() => window.harness")
    return page


def test_a_follower_mounted_again_on_the_same_element_follows_again(page):
    page.evaluate(MOUNT, [follow._JS, follow._HTML])
    page.evaluate("() => { window.end = window.mounted(); }")
    page.wait_for_function("() => window.moved === 1")
    page.evaluate("() => { window.end(); window.moved = 0; window.mounted(); }")
    page.wait_for_function("() => window.moved === 1")


def test_a_follower_called_again_for_a_rerun_opens_no_second_feed(page):
    page.evaluate(MOUNT, [follow._JS, follow._HTML])
    page.evaluate("() => { window.mounted(); window.mounted(); }")
    page.wait_for_function("() => window.moved === 1")
    users = "[...window[Symbol.for('limelight.feeds')].values()].map((feed) => feed.users)"
    assert json.dumps(page.evaluate(users)) == "[2]"  # the harness' own stage, and the follower


def test_a_stage_mounted_again_on_the_same_element_draws_again(page):
    page.evaluate(MOUNT, [stage._JS, stage._HTML])
    drawn = "() => window.element.querySelectorAll('[data-ll-stage]').length"
    page.evaluate("() => { window.end = window.mounted(); }")
    page.wait_for_function(f"{drawn} === 1")
    page.evaluate("() => { window.end(); }")
    page.wait_for_function(f"{drawn} === 0")
    page.evaluate("() => { window.mounted(); }")
    page.wait_for_function(f"{drawn} === 1")
