"""Recorded runs shown again, and in place of a live one; a real store, a real platform."""

import time
from contextlib import closing

import pytest

from engine.adapters.store import SqliteStore
from engine.metrics.view import RunView
from engine.model.control import SparseHistogram
from engine.model.errors import ConfigurationError, IllegalTransitionError, StoreError
from engine.model.request import RunRequest
from engine.model.results import TestStatus, Verdict
from engine.model.run import RunProgress
from engine.model.tick import Tick
from engine.ports import TickLatencies
from engine.run.replay import read_recording, view_at
from engine.service import Engine
from tests.integration.run.conftest import await_status
from tests.run_records import BACK, CLEAR, ONSET, meta, record

NONE = TickLatencies(*(SparseHistogram() for _name in TickLatencies._fields))
RUN = meta().run_id


def write(path, about, **changes):
    """A recorded run in a store."""
    made = record(run_id=about.run_id, verdict=Verdict.PASSED, **changes)
    with closing(SqliteStore(path)) as store:
        store.create(about)
        for row in made.ticks.to_numpy():
            store.append(about.run_id, Tick(*map(float, row)), NONE)
        for event in made.events:
            store.event(about.run_id, event)
        progress = RunProgress(faults=made.summary.faults, nodes=made.nodes)
        store.finish(about.run_id, progress, made.summary)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    write(folder / "results.sqlite", meta())
    return folder


@pytest.fixture(scope="module")
def recording(home):
    with closing(SqliteStore(home / "results.sqlite")) as store:
        return read_recording(store, RUN, 4)


def at(recording, second) -> RunView:
    return view_at(recording, recording.first_tick_of(second))


def test_every_instant_carries_the_mark_with_date_and_speed(recording):
    mark = "REPLAY OF 2026-11-23 18:00 UTC AT ×4"
    for second in (0, ONSET, 10_000):
        assert at(recording, second).marks[0] == mark
    assert at(recording, 10_000).summary.marks[0] == mark


def test_nothing_is_shown_before_it_was_known(recording):
    before, during, cleared = (at(recording, s) for s in (ONSET - 1, ONSET + 2, CLEAR + 1))
    assert before.faults == ()
    assert [fault.start_time_seconds for fault in before.waiting_faults] == [ONSET]
    assert during.waiting_faults == ()
    assert during.faults[0].clear_seconds is None
    assert during.faults[0].recovered_at_seconds is None
    assert during.faults[0].scorecard is None
    assert cleared.faults[0].clear_seconds == CLEAR
    assert cleared.faults[0].recovered_at_seconds is None
    assert at(recording, BACK + 1).faults[0].recovered_at_seconds == BACK
    for view in (before, during, cleared):
        assert view.summary is None
        assert view.journal is None
        assert view.status is TestStatus.RUNNING
        assert {node.status for node in view.nodes} == {"unknown"}
        assert all(event.t_seconds <= view.tick.t_seconds for event in view.events)


def test_counts_grow_to_those_of_the_summary(recording):
    sums = [at(recording, second).totals["decided"] for second in (10, 60, 120, 10_000)]
    assert sums == sorted(set(sums))
    assert sums[-1] == recording.summary.counts.decided


def test_a_replay_is_the_engine_s_live_state_until_it_ends_or_another_is_selected(home):
    with closing(Engine(home=home)) as engine:
        with pytest.raises(ConfigurationError, match="speed"):
            engine.replay(RUN, 0)
        with pytest.raises(StoreError, match="no run nothing"):
            engine.replay("nothing")
        engine.replay(RUN, 100)
        deadline = time.monotonic() + 30
        while engine.live().summary is None and time.monotonic() < deadline:
            assert engine.live().marks[0].startswith("REPLAY")
            time.sleep(0.02)
        state = engine.live()
        assert state.marks[0].startswith("REPLAY")
        assert state.summary is not None
        assert len(engine.frame()) == len(record().ticks)
        assert engine.parts().marks[0].startswith("REPLAY")
        assert engine.replaying() == RUN
        with pytest.raises(IllegalTransitionError, match="on stage"):
            engine.delete_run(RUN)
        engine.select(RunRequest(scenario=engine.presets()[1]))
        assert engine.replaying() is None
        assert engine.live().marks == []
        with pytest.raises(IllegalTransitionError, match="no live run"):
            engine.fail_over()


def held_in_an_act(engine):
    """Wait until full load is reached, and pause: its clock stands still; the act it is in then."""
    deadline = time.monotonic() + 30
    while engine.live().act in {None, "Opening"}:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    engine.pause()
    await_status(engine, TestStatus.PAUSED)
    return engine.live().act


def test_a_live_run_is_left_for_the_newest_good_recording_at_the_same_act(tmp_path):
    with closing(Engine(home=tmp_path)) as engine:
        [pitch] = [each for each in engine.presets() if each.scenario_id == "pitch"]
        live = engine.start(RunRequest(scenario=pitch, rate_scale=0.01, speed=20))
        act = held_in_an_act(engine)
        about = engine._run.view.meta
        own = {"scenario": pitch, "scaled": pitch, "target": about.target}
        store = tmp_path / "results.sqlite"
        other = about.target.model_copy(update={"line": "Target: another"})
        write(store, meta(run_id="elsewhere", **own | {"target": other}), target=other)
        write(store, meta(run_id="unlike", **own), status=TestStatus.FAILED, target=about.target)
        if not engine.is_shipped(engine.recordings()[-1].run_id):
            with pytest.raises(StoreError, match="no recorded run of this preset"):
                engine.fail_over()
        write(store, meta(run_id="good", **own), target=about.target)
        assert engine.fail_over() == "good"
        state = engine.live()
        assert state.run_id == "good"
        assert state.marks[0].startswith("REPLAY")
        assert state.act == act
        assert any(live in e.message and act in e.message for e in state.events)
        assert engine.wait(20).status is TestStatus.CANCELLED
        said = [event.message for event in engine.record(live).events]
        assert any("run good" in message for message in said)
        engine.delete_run("elsewhere")
        assert "elsewhere" not in {row.run_id for row in engine.runs()}
