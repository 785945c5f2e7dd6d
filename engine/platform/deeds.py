"""What was done by order so far, as the processes that did it count it: by tag and name."""

from __future__ import annotations

from engine.platform.answer import AGENTS
from engine.platform.injected import Did
from engine.platform.scorer_vital import ScorerVital
from engine.platform.scorers import Scorers
from engine.platform.telemetry import MS_NS, EdgeVital


def deeds(edge: EdgeVital, scorers: Scorers) -> Did:
    """The counts of `engine.model.orders.FaultState`, since the platform began."""
    tally, vitals = edge.tally, scorers.vitals
    done = {
        "hold_down": {"killed": float(scorers.killed), "held": float(len(scorers.held))},
        "reasoning_limit": {"refused": _of_all(vitals, "reasoning.refused")},
        "journal_limit": {
            "refused": tally.total("journal_refused"),
            "waited_ms": tally.total("journal_waited_ns") / MS_NS,
        },
        "connection_delay": {
            "delayed": tally.total("delayed"),
            "delay_ms": tally.total("delayed_ns") / MS_NS,
            "connections": float(edge.lagging),
        },
        "intake_stall": {
            "stalls": tally.total("stalls"),
            "stalled_ms": tally.total("stalled_ns") / MS_NS,
        },
        "ballast": {
            "bytes": float(sum(vital.ballast_bytes for vital in vitals)),
            "evictions": _of_all(vitals, "evictions"),
        },
    }
    for index, name in enumerate(AGENTS):
        done[f"agent_delay:{name}"] = {"delayed": _of_all(vitals, f"agent.{index}.delayed")}
    return done


def _of_all(scorers: list[ScorerVital], name: str) -> float:
    return sum(scorer.tally.total(name) for scorer in scorers)
