"""One transaction's passage as steps a person reads, in the order in which they happened."""

from __future__ import annotations

from typing import NamedTuple

from engine.model.figure import Figure, Provenance
from engine.model.story import AgentVoice, TransactionStory

Part = str | Figure
RECEIVED = "from the instant at which the edge had the whole request"


class Step(NamedTuple):
    """What happened, when (ms after the request was there), and what is known of it."""

    title: str
    at: Figure | None
    lines: list[list[Part]]


def steps(story: TransactionStory) -> list[Step]:
    """Received, scored, decided, committed, and whether it came again."""
    return [_received(story), _scored(story), _decided(story), _committed(story), _again(story)]


def _received(story: TransactionStory) -> Step:
    passage = story.passage
    amount = _figure("story.amount", "Amount", f"{passage.amount:,.2f}", "text", "as it was sent")
    at = _figure("story.received", "Received", _clock(passage.received_at), "text", "UTC")
    sent: list[Part] = [f"customer {passage.user_id}, ", amount, f" {passage.currency}"]
    dated = _figure("story.event", "Event time", _clock(passage.event_time), "text", "UTC")
    return Step("Received", at, [sent, ["event time ", dated, " by its own account"]])


def _scored(story: TransactionStory) -> Step:
    passage = story.passage
    lines = [_voice(name, voice) for name, voice in story.agents.items()]
    lines += [
        [f"{_words(name)}: no answer in time, the vote went on without it"]
        for name in passage.silent_agents
    ]
    scorer = _figure("story.scorer", "Scorer", passage.scorer + 1, "count", "of the platform")
    return Step("Scored", None, [["by scorer ", scorer], *lines])


def _voice(name: str, voice: AgentVoice) -> list[Part]:
    score = _figure(f"story.{name}.score", "Score", f"{voice.score:.4f}", "text", "0 to 1")
    took = _figure(
        f"story.{name}.ms", "Time", voice.latency_ms, "ms", "of the batch it was scored in"
    )
    return [f"{_words(name)}: ", score, " in ", took]


def _decided(story: TransactionStory) -> Step:
    risk = _figure("story.risk", "Risk", f"{story.risk_score:.4f}", "text", "0 to 1")
    sure = _figure(
        "story.confidence",
        "Confidence",
        story.confidence_score,
        "ratio",
        "share of the agents' weight that would decide the same alone",
    )
    at = _figure("story.decided", "Decided after", story.passage.decided_ms, "ms", RECEIVED)
    reasons: list[list[Part]] = [[reason] for reason in story.reasons]
    said: list[Part] = [f"{story.decision}, risk ", risk, f" ({story.risk_level}), agreed ", sure]
    return Step("Decided", at, [*_second(story.second_opinion_score), said, *reasons])


def _second(score: float | None) -> list[list[Part]]:
    if score is None:
        return []
    figure = _figure("story.second", "Second opinion", f"{score:.4f}", "text", "0 to 1")
    return [["second stage: ", figure, " in place of the risk assessor's score"]]


def _committed(story: TransactionStory) -> Step:
    passage = story.passage
    row = _figure("story.row", "Row", passage.journal_row, "count", "of the journal")
    if passage.committed_ms is None or passage.committing_ms is None:
        unknown = "when is not known: the edge was killed before it wrote that down"
        return Step("Committed", None, [["row ", row, " of the journal"], [unknown]])
    at = _figure("story.committed", "Committed after", passage.committed_ms, "ms", RECEIVED)
    began = _figure("story.committing", "Commit began", passage.committing_ms, "ms", RECEIVED)
    group = _figure("story.group", "Rows", passage.committed_with, "count", "in this commit")
    lines: list[list[Part]] = [
        ["row ", row, " of the journal"],
        ["one of ", group, " in a commit that began after ", began],
        ["the answer left once this was done"],
    ]
    return Step("Committed", at, lines)


def _again(story: TransactionStory) -> Step:
    passage = story.passage
    if not passage.came_again or passage.last_again_at is None:
        return Step("Came again", None, [["never"]])
    times = _figure("story.again", "Times", passage.came_again, "count", "after the first")
    last = _figure("story.again_at", "Last", _clock(passage.last_again_at), "text", "UTC")
    applied = _figure("story.applied", "Applied", passage.applied, "count", "times written")
    lines: list[list[Part]] = [
        [times, " more, last ", last, ", and got the same answer"],
        ["written to the journal ", applied, " time"],
    ]
    return Step("Came again", None, lines)


def _figure(figure_id: str, label: str, value: float | str | None, unit: str, note: str) -> Figure:
    return Figure(
        id=figure_id,
        label=label,
        value=value,
        unit=unit,
        provenance=Provenance.MEASURED,
        sample_size=1,
        note=note,
    )


def _words(name: str) -> str:
    return name.replace("_", " ")


def _clock(instant: str) -> str:
    """An ISO instant without its date's T and its zone, which is UTC."""
    return instant.replace("T", " ").removesuffix("+00:00")
