"""Frames survive any way of cutting the stream."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.measure.frames import FrameReader, encode


@given(st.lists(st.binary(max_size=50), max_size=8), st.integers(1, 9))
def test_messages_arrive_whole_however_the_stream_is_cut(messages, step):
    stream = b"".join(encode(message) for message in messages)
    reader = FrameReader()
    bodies = []
    for at in range(0, len(stream), step):
        bodies += reader.feed(stream[at : at + step])
    assert [msgspec.msgpack.decode(body) for body in bodies] == messages
    assert reader.pending == 0


def test_a_cut_off_frame_waits_for_its_rest():
    reader = FrameReader()
    assert reader.feed(encode("whole") + encode("cut off")[:-1]) == [
        msgspec.msgpack.encode("whole")
    ]
    assert reader.pending == len(encode("cut off")) - 1


def test_text_on_the_pipe_is_refused():
    with pytest.raises(ValueError, match="not a frame stream"):
        FrameReader().feed(b"Traceback (most recent call last)")
