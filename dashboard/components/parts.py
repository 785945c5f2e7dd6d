"""The live parts of the pages beside the stage: a shim around assets/js/parts-page.js.

As the stage does, each mounts once and is kept when the page reruns; all of a page draw from one
feed, the live route's view of a run's inside.
"""

from __future__ import annotations

import streamlit as st

PARTS_URL = "/api/live?view=parts"

_JS = """
function theme(root) {
  const [, red, green, blue] = getComputedStyle(root)
    .color.match(/(\\d+)\\D+(\\d+)\\D+(\\d+)/)
    .map(Number);
  return red + green + blue > 384 ? "dark" : "light"; // light text means a dark page
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".part");
  const mount = (root.limelight ??= { ended: false });
  mount.data = data;
  mount.loading ??= import(new URL("/assets/js/parts-page.js", window.location.href).href);
  mount.loading.then(({ mountPart }) => {
    if (!mount.ended) mount.cleanup = mountPart(root, { ...mount.data, theme: theme(root) });
  });
  return () => {
    mount.ended = true;
    mount.cleanup?.();
    delete root.limelight; // the same element may be mounted again
  };
}
"""
_HTML = '<div class="part"></div>'
_CSS = ".part { color: var(--st-text-color); }"

_part = st.components.v2.component("limelight_part", html=_HTML, css=_CSS, js=_JS)


def part(name: str, token: str) -> None:
    """Mount the part of this name, such as `operations.head`, with a token for the live feed."""
    key = f"part_{name.replace('.', '_')}"
    _part(key=key, data={"url": PARTS_URL, "token": token, "part": name})
