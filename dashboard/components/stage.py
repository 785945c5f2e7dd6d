"""The stage on the page: a shim around assets/js/stage.js, which draws everything.

It mounts once. Streamlit calls the shim again whenever its data or the theme changes; the mount it
made is kept on the element, so a rerun of the page hands over the newest token and theme and leaves
every node where it is.
"""

from __future__ import annotations

import streamlit as st

LIVE_URL = "/api/live"
LOWER_RATE_KEY = "L"
"""Pressed anywhere on the page, it lowers the rate: a button's shortcut, named on the stage."""

_JS = """
function theme(root) {
  const [, red, green, blue] = getComputedStyle(root)
    .color.match(/(\\d+)\\D+(\\d+)\\D+(\\d+)/)
    .map(Number);
  return red + green + blue > 384 ? "dark" : "light"; // light text means a dark page
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".stage");
  const mount = (root.limelight ??= { ended: false });
  const settings = () => ({ ...mount.data, theme: theme(root) });
  mount.data = data;
  mount.loading ??= import(new URL("/assets/js/stage.js", window.location.href).href);
  mount.loading.then(({ mountStage }) => {
    if (!mount.ended) mount.cleanup = mountStage(root, settings());
  });
  return () => {
    mount.ended = true;
    mount.cleanup?.();
    delete root.limelight; // the same element may be mounted again
  };
}
"""
_HTML = '<div class="stage"></div>'
_CSS = """
.stage { color: var(--st-text-color);
  min-height: 100vh; }
"""

_stage = st.components.v2.component("limelight_stage", html=_HTML, css=_CSS, js=_JS)


def stage(token: str) -> None:
    """Mount the stage, with a token that lets it open the live feed."""
    _stage(key="stage", data={"url": LIVE_URL, "token": token, "lowerRateKey": LOWER_RATE_KEY})
