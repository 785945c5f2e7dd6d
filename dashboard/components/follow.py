"""Follow the engine: rerun the page when its state is no longer the one the page was drawn for.

Python runs on user actions only; this component listens to the live feed in the browser, and
triggers a rerun when status, run or selection has moved on, so that the controls of every viewer
follow whoever acted. It also asks for a fresh token when the feed is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.components.parts import PARTS_URL
from dashboard.components.stage import LIVE_URL

if TYPE_CHECKING:
    from engine.model.live import LiveState
    from engine.model.parts import PartsState

_JS = """
const SETTLE_MS = 300; // a rerun of our own may be on its way already
const ASK_AGAIN_MS = 3000;

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".follow");
  const follower = (root.limelight ??= { askedAt: -Infinity, asked: null });
  follower.data = data;
  follower.trigger = setTriggerValue;
  if (follower.feed) follower.feed.token = data.token;
  else if (!follower.loading) follower.loading = begin(follower);
  return () => {
    follower.ended = true;
    clearInterval(follower.timer);
    follower.feed?.release();
    delete root.limelight; // the same element may be mounted again
  };
}

async function begin(follower) {
  const module = new URL("/assets/js/feed.js", window.location.href).href;
  const { openFeed } = await import(module);
  if (follower.ended) return;
  follower.feed = openFeed(follower.data.url, follower.data.token);
  follower.timer = setInterval(() => look(follower), 100);
}

function look(follower) {
  const { feed, data } = follower;
  const now = performance.now();
  const live = feed.connected
    ? JSON.stringify(Object.keys(data.seen).map((key) => [key, feed.state[key] ?? null]))
    : null;
  const behind = live !== null && live !== JSON.stringify(Object.entries(data.seen));
  const refused = !feed.connected && feed.attempts > 1;
  if (!behind && !refused) {
    follower.since = null;
    return;
  }
  follower.since ??= now;
  if (now - follower.since < SETTLE_MS) return;
  const wish = behind ? live : "token";
  if (wish === follower.asked && now - follower.askedAt < ASK_AGAIN_MS) return;
  follower.asked = wish;
  follower.askedAt = now;
  follower.trigger("moved", wish);
}
"""
_HTML = '<div class="follow" hidden></div>'

_follow = st.components.v2.component("limelight_follow", html=_HTML, js=_JS)


def follow(state: LiveState, token: str) -> None:
    """Rerun this page once the engine's state differs from `state`, for which it was drawn."""
    seen: dict[str, object] = {
        "run_id": state.run_id,
        "status": state.status.value,
        "preset": state.preset,
        "target_line": state.target_line,
        "marks": state.marks,
        "rate_factor": state.rate_factor,
    }
    _mount("follow", LIVE_URL, seen, token)


def follow_parts(state: PartsState, token: str) -> None:
    """The same for what buttons of the pages beside the stage depend on: the faults that are on."""
    seen: dict[str, object] = {"on": [row.model_dump(mode="json") for row in state.on]}
    _mount("follow_parts", PARTS_URL, seen, token)


def _mount(key: str, url: str, seen: dict[str, object], token: str) -> None:
    data = {"url": url, "token": token, "seen": seen}
    _follow(key=key, data=data, on_moved_change=lambda: None)
