"""The page script: the stage first, so that nothing dims it while the sidebar is busy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard import theme
from dashboard.controls import panel
from dashboard.pages import agents, operations, stage
from dashboard.session import session
from engine.model.errors import LimelightError

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

SIDEBAR_PIXELS = 300


def main() -> None:
    """Draw the page, or say why there is none."""
    st.set_page_config(
        page_title="Limelight",
        page_icon=str(theme.ASSETS / "icon.svg"),
        layout="wide",
        initial_sidebar_state=SIDEBAR_PIXELS,
    )
    theme.apply()
    pages = _pages()
    page = st.navigation(pages, position="hidden")
    try:
        session().engine()
    except LimelightError as error:
        _unavailable(error)
        return
    page.run()
    panel.show(session(), pages, transaction=page.url_path != agents.ADDRESS)


def _pages() -> list[StreamlitPage]:
    """All pages, in the order of their links."""
    return [
        st.Page(stage.show, title="Stage", url_path="stage", default=True),
        st.Page(operations.show, title="Operations", url_path=operations.ADDRESS),
        st.Page(agents.show, title="Agents", url_path=agents.ADDRESS),
    ]


def _unavailable(error: LimelightError) -> None:
    with st.container(key="unavailable"):
        st.header("The engine could not start", anchor=False)
        st.error(theme.plain(str(error)))
        st.write("Mend what the message names, then try again. Nothing else has to be restarted.")
        st.button("Try again", type="primary", key="try_again")


if __name__ == "__main__":
    main()
