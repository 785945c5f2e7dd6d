"""Find every number on a page, and whether it belongs to a figure."""

from dataclasses import dataclass

from playwright.sync_api import Page

# Visible text nodes, through open shadow roots. Chart axes are drawn on canvases and hold no text.
# What a person has put in (form controls and their choices) is exempt.
_WALK = r"""
() => {
  const NUMBER = /(?<![A-Za-z_\d])\d/;
  const INPUTS = [
    "input", "textarea", "select", "[data-testid=stSlider]", "[data-testid=stButtonGroup]",
    "[data-testid=stTextInput]", "[data-testid=stRadioOption]",
  ].join(",");
  const found = [];
  const visit = (node, figure) => {
    if (node.nodeType === Node.TEXT_NODE) {
      const text = node.textContent.trim();
      if (NUMBER.test(text)) found.push({ text, figure });
      return;
    }
    if (node.nodeType === Node.ELEMENT_NODE) {
      if (node.matches("script, style, noscript") || node.matches(INPUTS)) return;
      const boxless = getComputedStyle(node).display === "contents";
      if (!boxless && !node.checkVisibility({ visibilityProperty: true })) return;
      figure = node.dataset?.figure ?? figure;
      if (node.shadowRoot) visit(node.shadowRoot, figure);
    }
    for (const child of node.childNodes) visit(child, figure);
  };
  visit(document.body, null);
  const feeds = [...(window[Symbol.for("limelight.feeds")]?.values() ?? [])];
  const known = feeds.flatMap((feed) => Object.keys(feed.definitions));
  return { found, known };
}
"""


@dataclass(frozen=True)
class Shown:
    """A text that holds a number, and the figure it stands in."""

    text: str
    figure: str | None


def numbers(page: Page) -> tuple[list[Shown], set[str]]:
    """All numbers shown, and the ids of all figures that the page knows the origin of."""
    walked = page.evaluate(_WALK)
    return [Shown(**each) for each in walked["found"]], set(walked["known"])
