/**
 * The operations page: how the platform's parts are, what is broken on purpose, and who did what.
 */
import { flag, h, instant, say, show } from "./dom.js";
import { card, named, number, status, table, terms } from "./parts-table.js";
import { head, tile } from "./parts-tiles.js";

const HELP = {
  title: "No run is under way",
  steps: [
    "Pick a preset at the left and press Start.",
    "Processes, queues, journal and agents then show here, as the platform itself reports them.",
    "Break it with the buttons at the right: each fault is real, ends by itself, and is proven on and off.",
  ],
};
const LEVELS = ["none", "moderate", "severe", "critical"];

/** Title row and tiles. */
export function operationsHead(board) {
  const strategies = h("span");
  const since = h("span", {}, "for ", board.create("part.level.since", { pace: "now" }));
  const level = tile("Platform's own level", [board.create("part.level")], {
    sub: [since, strategies],
  });
  const who = h("span");
  const of = h("span", { class: "lp-of" }, "of");
  const up = tile(
    "Processes up",
    [board.create("part.processes.up"), of, board.create("part.processes.all")],
    { sub: [who] },
  );
  const tiles = [
    { ...level, update: (feed) => levelWords(level.element, since, strategies, feed) },
    { ...up, update: ({ state }) => say(who, absent(state.processes ?? []), "part.processes.up") },
    tile("Waiting for a scorer", [board.create("part.queue.scoring.depth")], {
      sub: ["the oldest for ", board.create("part.queue.scoring.age")],
      curve: "queue_depth_now",
      colour: "flow",
    }),
    tile("Journal commit", [board.create("part.journal.commit_ms")], {
      sub: [board.create("part.journal.rows"), " rows committed"],
    }),
    tile("Response time, p99", [board.create("part.response_p99_ms")], {
      sub: [board.create("part.error_rate"), " errors, latest second"],
      curve: "response_p99_ms",
      colour: "flow",
    }),
  ];
  return head(board, tiles, HELP);
}

function levelWords(element, since, strategies, { state }) {
  flag(element, "severity", LEVELS.indexOf(state.level ?? ""));
  const on = state.strategies ?? [];
  show(since, Boolean(state.level));
  say(strategies, on.length > 0 ? `: ${on.join("; ")}` : ", nothing shed", "part.level");
  show(strategies, Boolean(state.level));
}

function absent(processes) {
  if (processes.some(({ status: word }) => word === "ended")) return "ended with the run";
  const not = processes.filter(({ status: word }) => word !== "up");
  if (not.length === 0) return processes.length > 0 ? "all of them" : "";
  return not.map(({ name, status: word }) => `${name} ${word === "held" ? "held down" : word}`).join(", ");
}

/** Faults, processes, queues, agents, resources and dead letters. */
export function operationsBody(board) {
  const faults = faultsCard(board);
  const letters = lettersCard(board);
  const left = [processesCard(board), agentsCard(board), signalsCard(board)];
  const right = [queuesCard(board), resilienceCard(board), resourcesCard(board)];
  const parts = [faults, ...left, ...right, letters];
  const stack = (cards) => h("div", { class: "lp-stack" }, ...cards.map((one) => one.element));
  const element = h(
    "div",
    { class: "lp-stack" },
    faults.element,
    h("div", { class: "lp-grid" }, stack(left), stack(right)),
    letters.element,
  );
  function update(feed) {
    show(element, Boolean(feed.state.run_id));
    for (const part of parts) part.update(feed);
  }
  return { element, update };
}

function faultsCard(board) {
  const on = table(
    board,
    [
      named("Fault"),
      status("Proof"),
      number("Severity", "severity"),
      number("Since", "onset"),
      number("Hit", "share", { kind: "words" }),
      number("What the probe looks for, and saw", "proof", { kind: "words long" }),
    ],
    "Nothing is broken on purpose now.",
  );
  const orders = table(
    board,
    [
      named("The platform holds"),
      number("Ends by itself in", "left", { pace: "now" }),
      number("So far", "did", { kind: "words long" }),
    ],
    "",
  );
  const over = table(
    board,
    [
      named("Over"),
      status("State"),
      number("From", "onset"),
      number("To", "clear"),
      number("Back after", "recovery"),
      number("Failed", "failed"),
    ],
    "",
  );
  const words = "each ends by itself, even if this app dies";
  const element = card("Faults", words, on.element, orders.element, over.element);
  function update(feed) {
    const { state } = feed;
    on.update(state.on ?? [], feed);
    for (const [list, rows] of [
      [orders, state.orders ?? []],
      [over, state.over ?? []],
    ]) {
      show(list.element, rows.length > 0);
      list.update(rows, feed);
    }
  }
  return { element, update };
}

function processesCard(board) {
  const list = table(
    board,
    [
      named("Process"),
      status("Status"),
      number("Process id", "pid"),
      number("CPU", "cpu"),
      number("Memory", "rss"),
      number("Restarts", "restarts"),
    ],
    "The target tells nothing of its processes.",
  );
  const element = card("Platform processes", "CPU over the latest second", list.element);
  return { element, update: (feed) => list.update(feed.state.processes ?? [], feed) };
}

function queuesCard(board) {
  const list = table(
    board,
    [named("Where transactions wait"), number("Depth", "depth"), number("Oldest", "age")],
    "Nothing is measured yet.",
  );
  const journal = terms(board, [
    ["part.journal.commit_ms", "Commit, mean"],
    ["part.journal.commits", "Commits"],
    ["part.journal.tps", "Rows committed"],
    ["part.journal.rows", "Rows in the journal"],
  ]);
  const element = card("Queues and journal", "what is acknowledged is committed", list.element, journal);
  return { element, update: (feed) => list.update(feed.state.queues ?? [], feed) };
}

function agentsCard(board) {
  const list = table(
    board,
    [
      named("Agent"),
      status("Breaker"),
      number("Health", "health"),
      number("Open at", "breakers_open"),
      number("Trips", "trips"),
      number("Back", "recoveries"),
      number("Timeouts", "timeouts"),
    ],
    "The target tells nothing of its agents.",
  );
  const element = card("Agents and breakers", "one breaker an agent and scorer", list.element);
  const plain = (agent) => ({ ...agent, note: "" });
  return { element, update: (feed) => list.update((feed.state.agents ?? []).map(plain), feed) };
}

function resourcesCard(board) {
  const of = (name) => `part.resource.${name}`;
  const machine = terms(board, [
    [of("platform_cpu"), "Platform, CPU"],
    [of("platform_rss"), "Platform, memory"],
    [of("workers_cpu"), "Load workers, CPU"],
    [of("busiest_cpu"), "Busiest load worker"],
    [of("app_cpu"), "This app, CPU"],
    [of("machine_cpu"), "Machine, CPU in use"],
    [of("machine_memory"), "Machine, memory in use"],
    [of("connections"), "Connections"],
  ]);
  const element = card("Resources", "latest tick", machine);
  return { element, update: () => {} };
}

function resilienceCard(board) {
  const of = (name) => `resilience.${name}`;
  const run = terms(board, [
    [of("degradation_level"), "Degradation, as seen from outside"],
    [of("degradation_events"), "Rises of it"],
    [of("uptime"), "Uptime"],
    [of("failures_injected"), "Faults proven on"],
    [of("failures_recovered"), "Faults recovered from"],
    [of("recovery_time_avg_seconds"), "Mean recovery"],
    [of("circuit_breaker_trips"), "Circuit breakers opened"],
    [of("circuit_breaker_recoveries"), "Circuit breakers closed again"],
  ]);
  const element = card("Resilience", "the whole run so far", run);
  return { element, update: () => {} };
}

function signalsCard(board) {
  const signals = terms(board, [
    ["part.signal.queue_age_seconds", "Oldest in a queue"],
    ["part.signal.in_flight_share", "Under way, of what may be"],
    ["part.signal.commit_seconds", "Mean commit"],
    ["part.signal.cpu_share", "Edge's core in use"],
    ["part.signal.memory_share", "Fullest scorer's memory"],
    ["part.signal.error_share", "Errors"],
  ]);
  const element = card("The edge's own signals", "the worst makes its level", signals);
  return { element, update: () => {} };
}

function lettersCard(board) {
  const counts = terms(board, [
    ["part.letters.waiting", "Waiting to be sent again"],
    ["part.letters.redriven", "Redriven: sent again and decided"],
    ["part.letters.redrive_failed", "Redriven in vain"],
    ["part.letters.stranded", "Stranded with a lost load worker"],
    ["part.letters.breakers_open", "Load workers with an open breaker"],
    ["part.letters.retries_refused", "Retries refused by breaker or budget"],
  ]);
  const list = table(
    board,
    [
      number("Transaction", "id", { kind: "words" }),
      status("State"),
      number("Failed at", "failed"),
      number("Attempts", "attempts"),
      number("Redrives", "redrives"),
      named("Last answer, and why it was given up"),
    ],
    "No transaction has failed after its retries.",
  );
  const element = card("Dead letters", "kept beside the load workers, same id", counts, list.element);
  return { element, update: (feed) => list.update(feed.state.letters ?? [], feed) };
}

/** What operators did, and what came of it. */
export function operationsLog() {
  const list = h("ol", { class: "lp-log", "aria-label": "What was done, newest first" });
  const nothing = h("p", { class: "lp-empty" }, "Nothing was done yet.");
  const element = card("Log", "operators' own acts in bold", list, nothing);
  let key = null;
  function update({ state }) {
    const lines = state.log ?? [];
    show(element, Boolean(state.run_id));
    show(nothing, lines.length === 0);
    const wanted = `${state.run_id}:${lines.map((line) => line.key).join()}`;
    if (wanted === key) return;
    key = wanted;
    list.replaceChildren(...lines.map(logLine));
  }
  return { element, update };
}

function logLine({ key, t_seconds: at, kind, message }) {
  const id = `log.${key}`;
  const item = h("li", {}, h("time", { figure: id }, instant(at)), say(h("span"), message, id));
  flag(item, "kind", kind);
  return item;
}

