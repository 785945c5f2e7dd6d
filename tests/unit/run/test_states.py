import pytest

from engine.model.errors import IllegalTransitionError
from engine.model.results import TestStatus as Status
from engine.run.states import TRANSITIONS, Event, after


def test_a_run_goes_through_its_states_to_the_end():
    status = Status.NOT_STARTED
    for event in (
        Event.START,
        Event.READY,
        Event.PAUSE,
        Event.RESUME,
        Event.PLAN_ENDED,
        Event.COMPLETE,
    ):
        status = after(status, event)
    assert status is Status.COMPLETED


def test_an_impossible_event_is_refused_naming_event_and_state():
    with pytest.raises(IllegalTransitionError, match="cannot pause a run that is not started"):
        after(Status.NOT_STARTED, Event.PAUSE)


def test_every_state_can_be_reached_and_every_way_out_goes_through_stopping():
    assert set(TRANSITIONS.values()) | {Status.NOT_STARTED} == set(Status)
    for (before, _event), then in TRANSITIONS.items():
        if then.final:
            assert before is Status.STOPPING


def test_an_emergency_stop_is_possible_from_start_to_end():
    for status in (Status.INITIALIZING, Status.RUNNING, Status.PAUSED, Status.STOPPING):
        assert (status, Event.EMERGENCY_STOP) in TRANSITIONS


@pytest.mark.parametrize("status", [status for status in Status if status.final])
def test_nothing_happens_to_a_run_that_has_ended(status):
    assert status not in {before for before, _event in TRANSITIONS}
