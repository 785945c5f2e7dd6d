"""One transaction: the newest ids, or any that is typed, and the story of the one chosen.

A story is asked for when an id is chosen, typed or asked again, and kept: a rerun of the page for
another reason asks nobody, so a platform that does not answer delays no other control.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.theme import ASSETS, number, plain
from engine.model.errors import LimelightError
from engine.report.format import text
from engine.report.story_steps import Part, Step, steps

if TYPE_CHECKING:
    from engine.model.live import LiveState
    from engine.model.story import TransactionStory
    from engine.service import Engine

_LOOKUP = "lookup"
SHOWN = 5


@dataclass
class Lookup:
    """What one browser asked for, and what it was told.

    Attributes:
        run_id: The run it is about.
        wanted: The id; empty when none is.
        generation: Part of the field's key, so that a chosen id replaces a typed one.
        asked: Whether the story was asked for since the id was wanted.
        story: What is known, or None.
        problem: Why there is no story.
    """

    run_id: str | None = None
    wanted: str = ""
    generation: int = 0
    asked: bool = True
    story: TransactionStory | None = None
    problem: str | None = None

    def choose(self, transaction_id: str) -> None:
        """An id of the list, also as a button's callback."""
        self.generation += 1
        self.want(transaction_id)

    def want(self, transaction_id: str) -> None:
        """An id that was typed or chosen; what was told before is forgotten."""
        self.wanted, self.asked = transaction_id, not transaction_id
        self.story = self.problem = None

    def ask(self, engine: Engine) -> None:
        """Have the story told, once."""
        self.asked = True
        try:
            self.story = engine.transaction(self.wanted)
        except LimelightError as error:
            self.problem = str(error)


def transaction_panel(engine: Engine, state: LiveState) -> None:
    """Draw the panel, once there is a run to ask about."""
    if state.run_id is None:
        return
    with st.expander("One transaction", key="transaction"):
        transaction_story(engine, state.run_id)


def transaction_story(engine: Engine, run_id: str) -> None:
    """What stands in the panel: ids to choose from, a field for any other, and the story."""
    lookup = _lookup(run_id)
    st.html(ASSETS / "css" / "story.css")
    _choose(engine, lookup)
    _show(lookup)


def wide_story(engine: Engine, run_id: str) -> None:
    """The same where there is room beside the choice."""
    lookup = _lookup(run_id)
    st.html(ASSETS / "css" / "story.css")
    choice, told = st.columns([1, 1.7], gap="medium")
    with choice:
        _choose(engine, lookup)
    with told:
        if not lookup.wanted:
            st.caption("Choose one of the newest, and follow it from its arrival to its commit.")
        _show(lookup)


def _choose(engine: Engine, lookup: Lookup) -> None:
    _choices(engine, lookup)
    typed = st.text_input(
        "Its id",
        value=lookup.wanted,
        key=f"transaction_{lookup.generation}",
        placeholder="choose one above, or type one",
    )
    if (typed or "").strip() != lookup.wanted:
        lookup.want((typed or "").strip())
    if lookup.wanted and not lookup.asked:
        lookup.ask(engine)


def _lookup(run_id: str) -> Lookup:
    kept: Lookup | None = st.session_state.get(_LOOKUP)
    if kept is None or kept.run_id != run_id:
        kept = st.session_state[_LOOKUP] = Lookup(run_id)
    return kept


def _choices(engine: Engine, lookup: Lookup) -> None:
    latest = engine.latest_transactions()[:SHOWN]
    for place, transaction_id in enumerate(latest):
        st.button(
            plain(transaction_id),
            key=f"latest_{place}",
            type="tertiary",
            on_click=lookup.choose,
            args=(transaction_id,),
        )
    st.button("Look again", key="look_again", width="stretch", on_click=_again, args=(lookup,))


def _again(lookup: Lookup) -> None:
    """The list is drawn anew by the rerun; a story that may have grown is asked for, too."""
    lookup.want(lookup.wanted)


def _show(lookup: Lookup) -> None:
    if lookup.problem is not None:
        st.error(plain(lookup.problem))
    elif lookup.story is not None:
        items = "".join(_item(step) for step in steps(lookup.story))
        st.html(f'<ol class="ll-story">{items}</ol>')


def _item(step: Step) -> str:
    at = "" if step.at is None else f'<span class="ll-story-at">{_part(step.at)}</span>'
    lines = "".join(f"<p>{''.join(map(_part, line))}</p>" for line in step.lines)
    return f"<li><h4>{escape(step.title)}{at}</h4>{lines}</li>"


def _part(part: Part) -> str:
    return escape(part) if isinstance(part, str) else number(part, text(part))
