"""Evidence as text, in aligned columns."""

import textwrap

from tests.benchmarks.ours import NAME

TARGET_IS_LIMIT = 0.93  # cores of the target from which on its one core is what limits
LATE = ("50", "99", "99.9", "100")
WIDTH = 100
MET = {True: "met", False: "MISSED", None: "not measured"}


def render(evidence):
    """The whole of `load_generators` as text."""
    parts = [
        heading("load generators", evidence.setup),
        _tools(evidence.tools),
        _saturated(evidence.rows),
        *_paced(evidence.rows),
        _frozen(evidence.rows),
        bars(evidence.bars),
        explained(evidence.definitions),
        _failures(evidence.measurements),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def heading(title, setup):
    """Where and how it was measured."""
    machine = setup.machine
    quiet = "quiet" if setup.quiet else "NOT QUIET, so quote ratios alone and measure again"
    lines = [
        f"{title}, {setup.date}, limelight {machine['limelight']}",
        f"{machine['processor']}, {machine['cpu_count']} cores, Python {machine['python']}",
        f"{setup.bound}; {setup.connections} connections",
        f"the rest of the machine used {setup.others_cpu_cores:g} cores: {quiet}",
    ]
    if setup.quick:
        lines.append("--quick: short windows, one round; no evidence")
    return "\n".join(lines)


def grid(head, lines):
    """Rows of text in columns; the first column to the left, the others to the right."""
    table = [head, *lines]
    widths = [max(len(line[place]) for line in table) for place in range(len(head))]
    shown = [_aligned(line, widths) for line in table]
    return "\n".join([shown[0], "-" * max(map(len, shown)), *shown[1:]])


def _aligned(line, widths):
    rest = (cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))
    return "  ".join([line[0].ljust(widths[0]), *rest]).rstrip()


def number(value, digits):
    """A number as text; a dash for None."""
    return "-" if value is None else f"{value:,.{digits}f}"


def bars(made):
    """Bars and whether they were met."""
    lines = []
    for bar in made:
        digits = 0 if (bar.measured or 0) >= 1000 else 3
        limit = bar.bar + (" (stretch)" if bar.stretch else "")
        lines.append([bar.what, limit, number(bar.measured, digits), MET[bar.met]])
    return grid(["bar", "limit", "measured", ""], lines)


def explained(definitions):
    """What each figure is, a paragraph each."""
    return "\n".join(
        textwrap.fill(f"{name}: {text}", WIDTH, subsequent_indent="    ")
        for name, text in definitions.items()
    )


def _tools(tools):
    names = max(len(tool.name) for tool in tools)
    versions = max(len(tool.version or "not found") for tool in tools)
    lines = (
        f"{tool.name.ljust(names)}  {(tool.version or 'not found').ljust(versions)}  {tool.note}"
        for tool in tools
    )
    return "\n".join(line.rstrip() for line in lines)


def _of(rows, scenario, rate=None):
    """Rows of a scenario, ours first, then by cost."""
    chosen = [row for row in rows if row.scenario == scenario and rate in {None, row.rate}]
    unknown = float("inf")
    return sorted(chosen, key=lambda r: (r.tool != NAME, r.cpu_us_per_request or unknown))


def _cost(row):
    return [
        number(row.achieved_per_second, 0),
        number(row.cpu_us_per_request, 1),
        number(row.cpu_ratio_to_ours, 2),
    ]


def _saturated(rows):
    head = ["saturated", "per second", "CPU µs", "÷ ours", "target's core", ""]
    lines = []
    for row in _of(rows, "saturated"):
        limit = (row.target_cpu_cores or 0) >= TARGET_IS_LIMIT
        remark = "the target was the limit" if limit else ""
        lines.append([row.tool, *_cost(row), number(row.target_cpu_cores, 2), remark])
    return grid(head, lines) if lines else ""


def _late(quantiles):
    return [number(quantiles.get(q), 2) for q in LATE]


def _paced(rows):
    for rate in sorted({row.rate for row in rows if row.scenario == "paced"}):
        head = [f"at {rate:,.0f}/s", "per second", "CPU µs", "÷ ours"]
        head += ["late p50 ms", "p99", "p99.9", "max"]
        lines = []
        for row in _of(rows, "paced", rate):
            lines.append([row.tool, *_cost(row), *_late(row.lateness_ms or {})])
            if row.known_lateness_ms:
                lines.append(["  by its own schedule", "", "", "", *_late(row.known_lateness_ms)])
        yield grid(head, lines)


def _frozen(rows):
    chosen = _of(rows, "frozen")
    if not chosen:
        return ""
    head = [f"1 s freeze at {chosen[0].rate:,.0f}/s", "sent of plan", "true p99 s"]
    head += ["stated p99 s", "corrected"]
    lines = []
    for row in chosen:
        stated = {name: value / 1e3 for name, value in (row.stated_ms or {}).items()}
        true = None if row.true_p99_ms is None else row.true_p99_ms / 1e3
        share = "-" if row.sent_share is None else f"{row.sent_share:.1%}"
        said = [number(stated.get(name), 3) for name in ("p99", "p99 corrected")]
        lines.append([row.tool, share, number(true, 3), *said])
    return grid(head, lines)


def _failures(measurements):
    failed = [one for one in measurements if one.failure]
    lines = [f"{one.tool}, {one.scenario} {one.rate:g}: {one.failure}" for one in failed]
    return "\n".join(["failed runs:", *lines]) if lines else ""
