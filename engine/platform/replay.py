"""Simulated traffic through the scorers' own features, for training and for judging the model.

Only `engine.platform.training` imports this: the running platform cannot reach the simulator, so
it cannot reach the labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.load.traffic.simulator import BLOCK, Simulator
from engine.model.scenario import TrafficMix
from engine.platform.admission import Admission, Admitted
from engine.platform.agents import compliance_agent, pattern_detector, transaction_analyzer
from engine.platform.currencies import load_rates
from engine.platform.features import Row, features
from engine.platform.memory import Memory
from engine.platform.wire import Facts

SHARDS = 4  # scorers a platform has by default
_decode_facts = msgspec.msgpack.Decoder(Facts).decode


@dataclass(frozen=True)
class Stream:
    """One seed's traffic in one mix, from its first arrival on."""

    seed: int
    mix: TrafficMix
    blocks: int

    def describe(self) -> dict[str, int | str]:
        """For the card."""
        return {"seed": self.seed, "mix": str(self.mix), "transactions": self.blocks * BLOCK}


@dataclass(frozen=True)
class Replayed:
    """Admitted transactions, a row each: features, scores of the other agents, and the truth.

    `others` has the columns transaction_analyzer, pattern_detector, compliance_agent.
    """

    rows: NDArray[np.float32]
    others: NDArray[np.float64]
    kinds: NDArray[np.uint8]
    values_usd: NDArray[np.float64]

    @property
    def fraud(self) -> NDArray[np.bool_]:
        """Whether a transaction is fraudulent."""
        return self.kinds > 0


class Replay:
    """Admits, looks, and then learns, one transaction after the other."""

    def __init__(self, categories: dict[str, int]) -> None:
        self._categories = categories
        self._admission = Admission(load_rates())

    def run(self, stream: Stream) -> Replayed:
        """All transactions of a stream; each is committed before its customer's next."""
        simulator = Simulator(stream.seed, stream.mix, "t-")
        memories = [Memory() for _ in range(SHARDS)]
        rows: list[Row] = []
        seen: list[Facts] = []
        kinds: list[int] = []
        values: list[float] = []
        for index in range(stream.blocks):
            made = simulator.block(index)
            block = made.rows(np.flatnonzero(made.ids == made.numbers))  # a repeat is not scored
            for body, kind, value in zip(block.bodies, block.kinds, block.values_usd, strict=True):
                admitted = self._admission.admit(body)
                if not isinstance(admitted, Admitted):
                    continue
                facts = _decode_facts(admitted.facts)
                memory = memories[admitted.route % SHARDS]
                rows.append(self._row(memory, admitted.user_id, facts))
                memory.learn(admitted.user_id, facts)
                seen.append(facts)
                kinds.append(int(kind))
                values.append(float(value))
        agents = (transaction_analyzer, pattern_detector, compliance_agent)
        return Replayed(
            np.array(rows, dtype=np.float32),
            np.array([agent.score(rows, seen) for agent in agents]).T,
            np.array(kinds, dtype=np.uint8),
            np.array(values),
        )

    def _row(self, memory: Memory, user_id: str, facts: Facts) -> Row:
        number = self._categories.setdefault(facts.category, len(self._categories))
        return features(memory.customer(user_id), memory.category(facts.category), number, facts)
