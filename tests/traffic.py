"""What a run's simulated traffic holds, for tests that count it."""

from engine.load.traffic.simulator import Simulator
from engine.load.traffic.source import BLOCK


def repeats(due, seed=7, mix="demo"):
    """How many of the first `due` arrivals bear an earlier one's id: decided again, journaled once.

    The ones a correct platform refuses are not among them.
    """
    simulator = Simulator(seed, mix, "0a1b2c3d-", 0, 1)
    found = 0
    for index in range(-(-due // BLOCK)):
        block = simulator.block(index)
        again = (block.ids != block.numbers) & ~block.rejects & (block.numbers < due)
        found += int(again.sum())
    return found


def journaled_once(journal, counts, seed=7, mix="demo"):
    """Every decision acknowledged is in the journal, once: those of repeats under the first's id.

    A repeat adds an id only where the first was never acknowledged, which a fault can bring about;
    one that failed adds its own if it was redriven.
    """
    once = counts.decided - repeats(counts.due, seed, mix)
    assert (journal.missing, journal.duplicated) == (0, 0)
    assert 0 < once <= journal.acknowledged <= counts.decided + counts.failed
    assert journal.found == journal.acknowledged
    return True
