"""The look of Streamlit's own parts, and text that Streamlit must not read as Markdown."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from engine.model.figure import Figure

ASSETS = Path(__file__).resolve().parents[1] / "assets"

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$:~])")


def apply() -> None:
    """Hide Streamlit's chrome and style the sidebar; the palette itself is in config.toml."""
    st.html(ASSETS / "css" / "app.css")


def plain(text: str) -> str:
    """Text as it is, safe in a command that renders Markdown."""
    return _MARKDOWN.sub(r"\\\1", text).replace("\n", "  \n")


def number(figure: Figure, text: str) -> str:
    """HTML of a figure's text inside the element that carries its id and says where it is from."""
    origin = ": ".join(filter(None, [figure.provenance.value, figure.formula or figure.note]))
    return (
        f'<span class="ll-figure" data-figure="{escape(figure.id)}" title="{escape(origin)}">'
        f"{escape(text)}</span>"
    )
