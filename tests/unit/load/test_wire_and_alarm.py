"""The pipe up never blocks; the alarm rings when it should."""

import asyncio
import os
import time

import msgspec
import pytest
import uvloop

from engine.load.alarm import LoopAlarm, TimerFdAlarm, best_alarm
from engine.load.wire import MOST_PENDING, UpPipe
from engine.measure.frames import FrameReader
from engine.model.control import WorkerFailed, WorkerMessage


@pytest.fixture
def pipe():
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    os.close(writing)


def received(reading, size=1 << 20):
    bodies = FrameReader().feed(os.read(reading, size))
    return [msgspec.msgpack.decode(body, type=WorkerMessage) for body in bodies]


def test_a_message_arrives_as_one_frame(pipe):
    up = UpPipe(pipe[1])
    up.send(WorkerFailed(3, "no"))
    assert received(pipe[0]) == [WorkerFailed(3, "no")]
    assert up.flush(0)


def test_a_full_pipe_is_not_waited_for_and_says_when_it_is_backed_up(pipe):
    async def scenario():
        up = UpPipe(pipe[1])
        sent = 0
        while not up.backed_up:
            up.send(WorkerFailed(sent, "x" * 10_000))
            sent += 1
        assert sent * 10_000 > MOST_PENDING
        assert not up.flush(0.01)
        reader, shares = FrameReader(), []
        os.set_blocking(pipe[0], False)
        async with asyncio.timeout(20):
            while len(shares) < sent:
                await asyncio.sleep(0.001)
                try:
                    bodies = reader.feed(os.read(pipe[0], 1 << 20))
                except BlockingIOError:
                    continue
                shares += [msgspec.msgpack.decode(b, type=WorkerMessage).share for b in bodies]
        assert shares == list(range(sent))
        assert not up.backed_up
        assert up.flush(0)

    asyncio.run(scenario())


@pytest.mark.parametrize("loop_factory", [uvloop.new_event_loop, asyncio.new_event_loop])
@pytest.mark.parametrize("kind", [best_alarm, LoopAlarm])
def test_an_alarm_rings_once_and_not_before_its_instant(loop_factory, kind):
    async def scenario():
        rang = []
        alarm = kind(asyncio.get_running_loop(), lambda: rang.append(time.monotonic_ns()))
        alarm.arm(time.monotonic_ns() + 60_000_000_000)
        at = time.monotonic_ns() + 5_000_000
        alarm.arm(at)
        async with asyncio.timeout(20):
            while not rang:
                await asyncio.sleep(0.001)
        await asyncio.sleep(0.01)
        assert len(rang) == 1
        assert rang[0] >= at - 1_000_000  # the loop's own timer counts in milliseconds
        alarm.arm(0)
        async with asyncio.timeout(20):
            while len(rang) < 2:
                await asyncio.sleep(0.001)
        alarm.arm(time.monotonic_ns() + 1_000_000)
        alarm.close()
        alarm.close()
        await asyncio.sleep(0.01)
        assert len(rang) == 2

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(scenario())


def test_an_alarm_that_is_put_off_when_it_is_about_to_ring_does_not_ring():
    async def scenario():
        loop, rang, errors = asyncio.get_running_loop(), [], []
        loop.set_exception_handler(lambda _, context: errors.append(context))
        later = time.monotonic_ns() + 60_000_000_000

        def ring(name, other):
            rang.append(name)
            alarms[other].arm(later)

        alarms = [best_alarm(loop, lambda: ring(0, 1)), best_alarm(loop, lambda: ring(1, 0))]
        for alarm in alarms:
            alarm.arm(0)
        time.sleep(0.01)  # both are over when the loop looks
        async with asyncio.timeout(20):
            while not rang:
                await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)
        for alarm in alarms:
            alarm.close()
        return len(rang), errors

    assert asyncio.run(scenario()) == (1, [])


def test_linux_has_the_exact_alarm():
    async def scenario():
        alarm = best_alarm(asyncio.get_running_loop(), list)
        alarm.close()
        return type(alarm)

    expected = TimerFdAlarm if os.uname().sysname == "Linux" else LoopAlarm
    assert asyncio.run(scenario()) is expected
