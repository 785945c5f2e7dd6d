"""Markup that cannot forget to escape: text goes in as text, elements as elements."""

from __future__ import annotations

import html

VOID = frozenset({"meta", "br", "hr", "col"})


class Html(str):
    """Markup that is safe as it stands."""

    __slots__ = ()


def escape(words: str) -> Html:
    """Text as markup; markup stays as it is."""
    return words if isinstance(words, Html) else Html(html.escape(words))


def el(tag: str, *children: str, **attributes: str | None) -> Html:
    """An element; every child that is not markup is escaped, and so is every attribute.

    Args:
        tag: Its name.
        children: Text or elements.
        attributes: By name, `class_` for `class` and `data_figure` for `data-figure`; None leaves
            one out.
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{html.escape(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    if tag in VOID:
        return Html(f"<{tag}{written}>")
    return Html(f"<{tag}{written}>{join(*children)}</{tag}>")


def join(*children: str) -> Html:
    """Several children one after the other."""
    return Html("".join(escape(child) for child in children))
