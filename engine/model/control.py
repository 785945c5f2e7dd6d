"""Messages between the app, its load workers and the embedded platform.

Down the pipe: one JSON object a line (plan, then commands). Up the pipe: frames of a 4-byte
little-endian length and a msgpack body. All instants are `time.monotonic_ns()`, which every process
of one machine shares. Counts are deltas since the sender's previous report unless the name ends in
`_now`, which is a gauge.
"""

from __future__ import annotations

import msgspec

from engine.model.dead_letter import DeadLetter
from engine.model.orders import AgentDelay as AgentDelay
from engine.model.orders import Ballast as Ballast
from engine.model.orders import ConnectionDelay as ConnectionDelay
from engine.model.orders import FaultOrder as FaultOrder
from engine.model.orders import FaultState as FaultState
from engine.model.orders import HoldDown as HoldDown
from engine.model.orders import IntakeStall as IntakeStall
from engine.model.orders import JournalLimit as JournalLimit
from engine.model.orders import ReasoningLimit as ReasoningLimit
from engine.model.orders import Release as Release
from engine.model.orders import tag_of as tag_of
from engine.model.telemetry import AgentTelemetry as AgentTelemetry
from engine.model.telemetry import DegradationTelemetry as DegradationTelemetry
from engine.model.telemetry import EdgeTelemetry as EdgeTelemetry
from engine.model.telemetry import ReasoningTelemetry as ReasoningTelemetry
from engine.model.telemetry import ScalingTelemetry as ScalingTelemetry
from engine.model.telemetry import ScorerTelemetry as ScorerTelemetry
from engine.model.telemetry import SparseHistogram as SparseHistogram


class WorkerPlan(msgspec.Struct, frozen=True, kw_only=True, tag="plan"):
    """All that a load worker needs; nothing about faults, criteria or labels' use.

    `profile` is a dumped `LoadProfile`, already scaled by speed and rate scale. `share` of
    `shares` says which customers are this worker's. `sender` is `module:callable`. With `users` > 0
    this worker's customers are that many simulated users, each with a connection of its own for
    the whole run (`connections` is not used then). `headers` go with every request; `proxy`
    (an http address) and `ca_file` (PEM) are for the general sender. `traffic_file` is own data
    instead of the simulator's `mix`, begun again at its end with `traffic_repeat`. First attempts
    pay `retry_ratio` of a retry each; `breaker` and `redrive` can be switched off for comparison.
    Dead letters that memory has no room for lie in `spill_folder`; empty: they are not kept.
    `agent_bounds` are the scores from which on each agent alone would flag, where they are known.
    """

    run_id: str
    id_prefix: str
    seed: int
    share: int
    shares: int
    profile: dict[str, object]
    duration_seconds: float
    mix: str
    sender: str
    url: str
    connections: int = 64
    connect_timeout_seconds: float = 1.0
    request_timeout_seconds: float = 5.0
    attempts: int = 3
    backoff_base_seconds: float = 0.05
    backoff_cap_seconds: float = 1.0
    tick_seconds: float = 0.25
    drain_seconds: float = 10.0
    users: int = 0
    headers: dict[str, str] = {}
    proxy: str = ""
    ca_file: str = ""
    traffic_file: str = ""
    traffic_repeat: bool = False
    retry_ratio: float = 0.2
    breaker: bool = True
    redrive: bool = True
    spill_folder: str = ""
    agent_bounds: dict[str, float] = {}


class Start(msgspec.Struct, frozen=True, tag="start"):
    """Arrival 0's clock begins at this instant."""

    at_ns: int


class Pause(msgspec.Struct, frozen=True, tag="pause"):
    """Send nothing more; the run clock stands still."""


class Resume(msgspec.Struct, frozen=True, tag="resume"):
    """Go on where the run clock stood, without catching up."""


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """No further arrivals; drain what is under way, then report `final`."""


class Abort(msgspec.Struct, frozen=True, tag="abort"):
    """Emergency stop: no further request, no retry, report `final` at once."""


class SetRate(msgspec.Struct, frozen=True, tag="set_rate"):
    """From each schedule time (s) on, the planned rate times that factor, until the next change.

    `changes` are all of the run so far, in order of time, so a command that came twice changes
    nothing.
    """

    changes: list[tuple[float, float]]


class TakeOver(msgspec.Struct, frozen=True, tag="take_over", kw_only=True):
    """Offer another worker's customers as well: those of `share` of `shares`.

    Arrivals due at `from_seconds` of the schedule or later are offered; those due from
    `since_seconds` until then were offered by nobody, and are counted as `not_offered`.
    """

    share: int
    shares: int
    since_seconds: float
    from_seconds: float


class Redrive(msgspec.Struct, frozen=True, tag="redrive"):
    """Send the dead letters again now, also those that were sent again in vain."""


WorkerCommand = WorkerPlan | Start | Pause | Resume | Stop | Abort | SetRate | TakeOver | Redrive


class WorkerReport(msgspec.Struct, frozen=True, kw_only=True, tag="report"):
    """What one worker did in one tick.

    `acknowledged` are the transactions (uint32, raw bytes) decided in this tick, by the arrival
    number in their id: that of the original for a true duplicate. `outcomes` counts attempts by
    outcome class. `confusion` counts decisions by `fraud_kind:decision`, but for duplicates, whose
    quality is judged with the original. `cpu_seconds` are of the worker and of the process that
    makes its traffic, `maker_cpu_seconds` of that process alone, `rss_bytes_now` of both.
    `exchange` is the last raw request and answer, at most 2 KB each. `lateness` is the pacer's own:
    from the due instant to the turn of the loop that took the arrival, whatever the target does;
    `queue` runs from the due instant to the first attempt's request written, so it holds the wait
    for a free connection too. `not_offered` arrivals are not among `due`. `accounted_seconds` says
    up to when the arrivals of its own share, and then of every `TakeOver` obeyed, are in the counts
    so far: `schedule_seconds`, or less for one whose next transactions were not made yet.

    Every `failed` one is `dead_lettered`, and later `redriven` (answered as it should be),
    `stranded` (nobody can redrive it) or still among `dead_letters_now`. `redrive_failed` counts
    redrives in vain, `retries_refused` transactions that failed with attempts left, because of
    breaker or retry budget. `breaker_now` is 0 closed, 1 half open, 2 open. `dead_letters` are the
    newest, and what became of the newest, at most 20. `agent_confusion` counts what each agent
    alone would have done (`engine.load.voices`).
    """

    share: int
    tick: int
    schedule_seconds: float
    due: int
    sent: int
    dropped: int
    decided: int
    rejected: int
    failed: int
    backlog_now: int
    in_flight_now: int
    attempts: int
    answer_mismatches: int
    not_offered: int
    outcomes: dict[str, int]
    decisions: dict[str, int]
    confusion: dict[str, int]
    fraud_value_usd: dict[str, float]
    response: SparseHistogram
    service: SparseHistogram
    lateness: SparseHistogram
    queue: SparseHistogram
    acknowledged: bytes
    cpu_seconds: float
    rss_bytes_now: int
    loop_lag_ms_now: float
    connections_now: int
    exchange: tuple[str, str] | None = None
    final: bool = False
    maker_cpu_seconds: float = 0.0
    accounted_seconds: tuple[float, ...] = ()
    dead_lettered: int = 0
    redriven: int = 0
    redrive_failed: int = 0
    stranded: int = 0
    retries_refused: int = 0
    breaker_trips: int = 0
    breaker_recoveries: int = 0
    dead_letters_now: int = 0
    breaker_now: int = 0
    dead_letters: tuple[DeadLetter, ...] = ()
    agent_confusion: dict[str, int] = {}


class WorkerReady(msgspec.Struct, frozen=True, tag="ready"):
    """The worker holds its plan and open connections and waits for `Start`."""

    share: int
    pid: int


class WorkerFailed(msgspec.Struct, frozen=True, tag="failed"):
    """The worker cannot run its plan; the message says what and what to do."""

    share: int
    message: str


WorkerMessage = WorkerReport | WorkerReady | WorkerFailed


class PlatformSettings(msgspec.Struct, frozen=True, kw_only=True, tag="settings"):
    """How the embedded platform is to run; `journal` is the SQLite file it writes.

    It begins with `scorers`, and their number may change within `scorers_least` to `scorers_most`;
    0 there: it does not, on that side. A scorer takes at most `scorer_tps` a second (0: any rate).
    Without `breakers` nothing is done against what is slow or too much, for the comparison: every
    batch waits for every agent until its deadline, and no strategy of degradation is used. Without
    `strategies` only the latter.
    """

    journal: str
    scorers: int = 4
    scorers_least: int = 0
    scorers_most: int = 0
    scorer_tps: float = 0.0
    model: str = ""
    tick_seconds: float = 0.25
    breakers: bool = True
    strategies: bool = True


class Scale(msgspec.Struct, frozen=True, tag="scale"):
    """Go on with this many scorers, or the nearest number within the bounds."""

    scorers: int


class Shutdown(msgspec.Struct, frozen=True, tag="shutdown"):
    """Finish what is under way, close the journal and end."""


PlatformCommand = PlatformSettings | FaultOrder | Release | Scale | Shutdown


class PlatformReady(msgspec.Struct, frozen=True, kw_only=True, tag="platform_ready"):
    """The platform answers on 127.0.0.1:`port`, its `/metrics` on `metrics_port`."""

    port: int
    pid: int
    journal: str
    metrics_port: int = 0


class PlatformReport(msgspec.Struct, frozen=True, kw_only=True, tag="platform_report"):
    """The platform's state, once a tick.

    `scorers` are those that have customers. `utilisation` (0 and up) is their mean use, as
    `engine.platform.scaling` has it; `moving` the shards on their way to another scorer; `scalings`
    the latest changes of the number of scorers, oldest first. `faults` are the orders that hold
    now, and `degradation` is the edge's own level with the strategies it uses.
    """

    at_ns: int
    supervisor_pid: int
    edge: EdgeTelemetry
    scorers: list[ScorerTelemetry]
    agents: list[AgentTelemetry]
    held_down: list[int]
    cpu_seconds: float  # cumulative, all processes of the platform, dead ones included
    reasoning: ReasoningTelemetry = ReasoningTelemetry()
    utilisation: float | None = None
    moving: int = 0
    scalings: list[ScalingTelemetry] = []
    faults: list[FaultState] = []
    degradation: DegradationTelemetry = DegradationTelemetry()


class PlatformFailed(msgspec.Struct, frozen=True, tag="platform_failed"):
    """The platform cannot start; the message says what and what to do."""

    message: str


PlatformMessage = PlatformReady | PlatformReport | PlatformFailed
