import threading

from engine.metrics.buffer import MetricsBuffer
from engine.model.tick import COLUMNS, Tick


def test_a_copy_does_not_change_when_the_buffer_does():
    buffer = MetricsBuffer()
    buffer.append(Tick(tick=0, decided=5))
    copy = buffer.frame()
    buffer.append(Tick(tick=1, decided=7))
    assert copy["decided"].tolist() == [5]
    assert buffer.frame()["decided"].tolist() == [5, 7]
    assert list(copy.columns) == list(COLUMNS)


def test_the_last_rows_can_be_had_alone_and_a_reset_forgets_all():
    buffer = MetricsBuffer()
    for number in range(3_000):
        buffer.append(Tick(tick=number))
    assert buffer.frame(last=2)["tick"].tolist() == [2_998, 2_999]
    version = buffer.version
    buffer.reset()
    assert buffer.version > version
    assert buffer.frame().empty


def test_readers_never_see_a_row_half_written():
    buffer = MetricsBuffer()
    torn = []

    def read():
        while not done.is_set():
            frame = buffer.frame(last=50)
            if not (frame["due"] == frame["decided"]).all():
                torn.append(frame)

    done = threading.Event()
    reader = threading.Thread(target=read)
    reader.start()
    for number in range(5_000):
        buffer.append(Tick(tick=number, due=number, decided=number))
    done.set()
    reader.join()
    assert not torn
