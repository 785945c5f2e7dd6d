"""The page script on a fake engine, in this process, with nothing cached from the test before."""

import re
from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.fake_engine import FakeEngine


def script() -> None:
    """The page script; run by name, since beside main.py a folder is called pages."""
    from dashboard.main import main

    main()


def open_page() -> AppTest:
    return AppTest.from_function(script, default_timeout=30).run()


def picker(page: AppTest, field: str) -> object:
    """The widget that shows a field of the selection, whatever its generation."""
    kinds = (page.radio, page.segmented_control, page.slider, page.text_input)
    [found] = [each for kind in kinds for each in kind if re.fullmatch(rf"{field}_\d+", each.key)]
    return found


@pytest.fixture(autouse=True)
def _on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest's client has no address; it stands for the presenter's browser."""
    monkeypatch.setattr("dashboard.session.client_address", lambda: None)


@pytest.fixture(autouse=True)
def _nothing_cached() -> Iterator[None]:
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine()
    monkeypatch.setattr("dashboard.session.open_engine", lambda: fake)
    return fake


@pytest.fixture
def page(engine: FakeEngine) -> AppTest:
    return open_page()
