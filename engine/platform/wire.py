"""What the platform's own processes say to each other.

Three ways, all ended by the end of a process:
- control, supervisor → child: a socket pair as the child's stdin; JSON lines, and with some of
  them one file descriptor (SCM_RIGHTS), so that sockets reach a process that already runs;
- notes, child → supervisor: frames (4-byte length, msgpack) on the child's stdout;
- a link, edge ⇄ scorer: a socket pair made by the supervisor; frames both ways.
"""

from __future__ import annotations

import msgspec

from engine.platform.burdens import Burdens as Burdens
from engine.platform.burdens import Cut as Cut
from engine.platform.burdens import Delay as Delay
from engine.platform.burdens import EdgeBurdens as EdgeBurdens
from engine.platform.burdens import Lag as Lag
from engine.platform.burdens import Limit as Limit
from engine.platform.burdens import Load as Load
from engine.platform.burdens import Pauses as Pauses
from engine.platform.counters import AgentCounters as AgentCounters
from engine.platform.counters import EdgeCounters as EdgeCounters
from engine.platform.counters import LinkCounters as LinkCounters
from engine.platform.counters import ReasoningCounters as ReasoningCounters
from engine.platform.counters import ScorerCounters as ScorerCounters


class EdgeSettings(msgspec.Struct, frozen=True, kw_only=True, tag="edge_settings"):
    """First line to the edge; the listening socket comes with it."""

    journal: str
    owners: list[int]  # the scorer of each shard
    in_flight_limit: int
    tick_seconds: float
    scorer_tps: float = 0.0  # provisioned a scorer; 0: without limit
    strategies: bool = True  # of degradation are used


class ScorerSettings(msgspec.Struct, frozen=True, kw_only=True, tag="scorer_settings"):
    """First line to a scorer."""

    index: int
    journal: str
    model: str
    tick_seconds: float
    breakers: bool = True  # agents that miss are not asked for a while


class Link(msgspec.Struct, frozen=True, tag="link"):
    """One end of a new link between the edge and scorer `index`; it replaces the former one.

    `pid`: the scorer's process, so that news of a link can be told from those of an earlier one.
    """

    index: int
    pid: int


class Deal(msgspec.Struct, frozen=True, tag="deal"):
    """To the edge: move customers until scorers have their shards by this table; answer `Dealt`."""

    number: int
    owners: list[int]


class Drain(msgspec.Struct, frozen=True, tag="drain"):
    """To the edge: take nothing new, finish what is under way, close the journal, end."""


Control = EdgeSettings | ScorerSettings | Link | Deal | Drain | Burdens | EdgeBurdens
CARRIES_SOCKET = (EdgeSettings, Link)


class Warm(msgspec.Struct, frozen=True, tag="warm"):
    """A child can do its work."""

    pid: int


class LinkUp(msgspec.Struct, frozen=True, tag="link_up"):
    """The edge sends transactions to scorer `index` from now on."""

    index: int
    pid: int


class LinkLost(msgspec.Struct, frozen=True, tag="link_lost"):
    """The edge's link to scorer `index` ended; `silent`: it was cut for not answering."""

    index: int
    pid: int
    silent: bool


class Dealt(msgspec.Struct, frozen=True, kw_only=True, tag="dealt"):
    """From the edge: what became of a `Deal`; a failed one left everything as it was.

    `held` transactions waited while customers moved, the move as a whole for `held_ns`.
    """

    number: int
    why_not: str = ""
    shards: int = 0
    held: int = 0
    held_ns: int = 0


class ChildFailed(msgspec.Struct, frozen=True, tag="child_failed"):
    """A child cannot begin its work; restarting it would not help."""

    message: str


Note = Warm | LinkUp | LinkLost | EdgeCounters | ScorerCounters | Dealt | ChildFailed


class Facts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What scoring needs to know of one transaction; as stored in the journal, too.

    `amount_usd` by the dated table of presets/currencies.toml; `event_seconds` since 1970 UTC,
    from the payload; degrees north and east, `located` False where the payload has no location.
    """

    amount_usd: float
    event_seconds: float
    merchant: str
    category: str
    located: bool
    country: str
    latitude: float
    longitude: float
    device: str
    card_type: str
    currency: str
    ip_address: str
    session: str


class Job(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One transaction on its way to a scorer; `received_ns` on the monotonic clock."""

    ticket: int
    received_ns: int
    user_id: str
    facts: Facts


class RawJob(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A `Job` as the edge writes it: the facts are already encoded."""

    ticket: int
    received_ns: int
    user_id: str
    facts: msgspec.Raw


class Batch(msgspec.Struct, frozen=True, array_like=True, tag=0):
    """Edge → scorer: tickets whose rows are committed, then what is to be scored.

    `pressed`: much is under way, so decisions go before explanations. `fast`: and before all that
    the fast path can do without.
    """

    committed: list[int]
    jobs: list[Job]
    pressed: bool = False
    fast: bool = False


class RawBatch(msgspec.Struct, frozen=True, array_like=True, tag=0):
    """A `Batch` as the edge writes it."""

    committed: list[int]
    jobs: list[RawJob]
    pressed: bool = False
    fast: bool = False


class Rebuild(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """Edge → scorer: read the customers of these shards from the journal; answered by `Rebuilt`.

    `fresh`: forget all else, these are yours from now on. Otherwise they are about to be: with
    `after` 0 their past from its beginning, or what was committed since row `after` of it.
    """

    shards: list[int]
    most_rows: int
    after: int = 0
    fresh: bool = False


class Leave(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """Edge → scorer: the customers of these shards are another's now; forget them."""

    shards: list[int]


FAILED = -1


class Scored(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One decision: `answer` for the journal, `tail` is the JSON answer without its id.

    `decision` is `FAILED` where scoring raised an error; nothing else is set then.
    """

    decision: int
    risk: int
    answer: bytes
    tail: bytes


class Answers(msgspec.Struct, frozen=True, array_like=True, tag=0):
    """Scorer → edge: the decisions of one batch, in its order."""

    scored: list[Scored]


class Rebuilt(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """Scorer → edge: done, with all that was committed as row `last` or before."""

    customers: int
    last: int
