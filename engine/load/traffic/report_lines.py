"""The traffic report as lines of text."""

from __future__ import annotations

from engine.load.traffic import reference
from engine.load.traffic.edges import EDGE_CASES, HUGE, LATE, REJECTED
from engine.load.traffic.report import (
    FALSE_POSITIVE_RATE,
    PERCENTILES,
    Amounts,
    Judged,
    Rhythm,
    TrafficReport,
)

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
BAR = 0.0025  # of all, a letter of a bar
NAME = 28  # letters
_HEAD = "".join(f"{percentile:>8} %" for percentile in PERCENTILES)


def report_lines(made: TrafficReport) -> list[str]:
    """The report, a section after the other."""
    return [
        f"Traffic of the mix {made.mix}, seed {made.seed}: {made.transactions:,} transactions of "
        f"{made.customers:,} customers in {made.days:.1f} days of event time",
        *_kinds(made),
        *_section("What honest customers buy, amounts in USD", _table(made.categories_usd)),
        *_rhythm(made.rhythm),
        *_odd(made),
        *_single(made),
        *(_model(made.model) if made.model else ["", "No fraud in it: no model to judge."]),
        *_handbook(made),
    ]


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", title, *(f"  {line}".rstrip() for line in lines)]


def _table(amounts: dict[str, Amounts]) -> list[str]:
    head = f"{'':{NAME}}{'count':>10}{'mean':>10}{_HEAD}"
    rows = [
        f"{name:{NAME}}{one.count:>10,}{one.mean:>10,.2f}"
        + "".join(f"{value:>10,.2f}" for value in one.percentiles)
        for name, one in amounts.items()
    ]
    return [head, *rows]


def _kinds(made: TrafficReport) -> list[str]:
    shares = [f"{name:{NAME}}{share:>10.4%}" for name, share in made.shares.items()]
    return [
        *_section("Who, as share of all", shares),
        *_section("How much, in USD, huge amounts left out", _table(made.amounts_usd)),
    ]


def _rhythm(made: Rhythm) -> list[str]:
    hours = [
        f"{hour:02d}  {honest:>6.1%}  {fraud:>6.1%}  {'#' * round(honest / BAR)}"
        for hour, (honest, fraud) in enumerate(zip(made.hours, made.fraud_hours, strict=True))
    ]
    days = [f"{name}  {share:>6.1%}" for name, share in zip(WEEKDAYS, made.weekdays, strict=False)]
    return [
        *_section("When: local solar hour, share of the honest, of frauds", hours),
        *_section("By weekday (UTC), share of all", days or ["less than a week"]),
    ]


def _odd(made: TrafficReport) -> list[str]:
    cases = [
        f"{name:{NAME}}{made.edges[name]:>10,}  {_answer(code)}"
        for code, name in enumerate(EDGE_CASES)
        if code
    ]
    honest = max(made.amounts_usd["legitimate"].count, 1)
    friendly = [
        f"{name:{NAME}}{count:>10,}{count / honest:>10.2%}" for name, count in made.outliers.items()
    ]
    return [
        *_section("Edge cases, and the right answer", cases),
        *_section("Friendly outliers: odd, and honest; share of the honest", friendly),
    ]


def _answer(code: int) -> str:
    if code <= REJECTED:
        return "400"
    return "200, decided" if code in (HUGE, LATE) else "200, the first answer again"


def _single(made: TrafficReport) -> list[str]:
    ordered = sorted(made.separability.items(), key=lambda item: -item[1])
    lines = [f"{name:{NAME}}{value:>10.3f}" for name, value in ordered]
    scale = f"0.5 ± {made.chance:.3f} says nothing, 1 everything"
    return _section(f"AUC of one field alone ({scale})", lines)


def _model(made: Judged) -> list[str]:
    lines = [
        f"{'AUC':{NAME}}{made.auc:>10.3f}",
        f"{'average precision':{NAME}}{made.average_precision:>10.3f}"
        f"  (a guess: {made.prevalence:.4f})",
        f"{f'recall at {FALSE_POSITIVE_RATE:.0%} false':{NAME}}{made.recall:>10.3f}",
        "",
        f"{'AUC by kind of fraud':{NAME}}{'model':>10}{'amount':>10}",
        *(
            f"{name:{NAME}}{value:>10.3f}{made.amount_by_kind[name]:>10.3f}"
            for name, value in made.by_kind.items()
        ),
        "",
        "Weights of the standardised features",
        *(f"{name:40}{value:>+8.2f}" for name, value in made.weights.items()),
    ]
    title = f"Logistic regression on nine plain features, fitted on seed {made.fitted_on_seed}"
    return _section(f"{title}, judged here", lines)


def _handbook(made: TrafficReport) -> list[str]:
    legitimate = made.amounts_usd["legitimate"]
    per_day = made.transactions / made.days
    rows = [
        ("transactions a day", f"{per_day:,.0f}", f"{reference.TRANSACTIONS_A_DAY:,.0f}"),
        (
            "a customer, a day",
            f"{per_day / reference.CUSTOMERS:.2f}",
            f"{reference.A_CUSTOMER_A_DAY:.2f}",
        ),
        ("median amount", f"{legitimate.percentiles[2]:.1f}", "-"),
        ("mean amount", f"{legitimate.mean:.1f}", f"{reference.MEAN_AMOUNT:.1f}"),
        (
            "time of day, hours",
            f"{made.rhythm.middle_hours:.1f} ± {made.rhythm.spread_hours:.1f}",
            f"{reference.TIME_OF_DAY_HOURS:.1f} ± {reference.TIME_OF_DAY_SPREAD_HOURS:.1f}",
        ),
    ]
    if made.model:
        auc, precision = reference.LOGISTIC_AUC, reference.LOGISTIC_AVERAGE_PRECISION
        rows += [
            ("fraud", f"{made.model.prevalence:.3%}", f"{reference.FRAUD_SHARE:.3%}"),
            ("AUC, logistic regression", f"{made.model.auc:.3f}", f"{auc:.3f}"),
            ("average precision of it", f"{made.model.average_precision:.3f}", f"{precision:.3f}"),
        ]
    lines = [f"{'':{NAME}}{'here':>14}{'Handbook':>14}"]
    lines += [f"{name:{NAME}}{here:>14}{there:>14}" for name, here, there in rows]
    title = "Beside the Fraud Detection Handbook's generator (ULB and Worldline, 2022)"
    return _section(title, [*lines, "", *_REMARKS])


_REMARKS = (
    "The Handbook's results are of its own features, of which some are told of past frauds a week",
    "later; nothing here is.",
    f"Best published on real e-commerce payments: AUC {reference.BEST_REAL_AUC:.3f}.",
)
