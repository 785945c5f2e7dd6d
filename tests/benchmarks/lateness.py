"""How late requests arrived, by one rule for all clients; pure functions on arrays of instants.

A client that is asked for R requests a second promises one each 1/R seconds. None of them tells the
server when each was due, so the schedule is fitted: with a_0 ≤ a_1 ≤ … the instants at which the
server read the requests of the window,

    due(k) = t0 + k / R        t0 = min over k of (a_k - k / R)
    lateness(k) = a_k - due(k) ≥ 0

that is, the latest schedule at rate R that no request precedes. A client that sends in bursts,
falls behind, or leaves requests out is late by this rule; a constant delay on the way is in t0, so
it counts for nobody. For our own client the true schedule is known as well, and both are given.

A freeze of the target from f0 to f1 delays whatever is due meanwhile: for an arrival due at d the
response is at least f1 - d if f0 ≤ d < f1. `true_response_ms` is the quantile of that over the
whole schedule, which every client was asked for; it is what a client ought to report.
"""

import math

import numpy as np

QUANTILES = (50, 99, 99.9, 100)


def lateness_ms(arrivals_ns, rate):
    """Lateness of each arrival in ms by the fitted schedule; `arrivals_ns` ascending."""
    offsets = np.asarray(arrivals_ns, dtype=np.float64) - arrivals_ns[0]
    offsets -= np.arange(len(offsets)) * (1e9 / rate)
    return (offsets - offsets.min()) / 1e6


def known_lateness_ms(arrivals_ns, rate, start_ns):
    """Lateness of each arrival in ms where arrival k is due (k + 1) / rate after the start."""
    due_ns = start_ns + (np.arange(len(arrivals_ns)) + 1) * (1e9 / rate)
    return (np.asarray(arrivals_ns) - due_ns) / 1e6


def quantiles(values):
    """The value of rank ⌈q/100 · n⌉ for each of `QUANTILES`."""
    ordered = np.sort(values)
    ranks = {f"{q:g}": max(math.ceil(round(q / 100 * len(ordered), 6)), 1) for q in QUANTILES}
    return {name: round(float(ordered[rank - 1]), 4) for name, rank in ranks.items()}


def schedule_start_ns(arrivals_ns, rate):
    """t0 of these arrivals in ns."""
    offsets = np.asarray(arrivals_ns) - np.arange(len(arrivals_ns)) * (1e9 / rate)
    return float(offsets.min())


def true_response_ms(q, rate, seconds, start_ns, freeze_ns):
    """Quantile `q` of the response of a schedule through a freeze (its begin and end)."""
    due_ns = start_ns + np.arange(round(rate * seconds)) * (1e9 / rate)
    began, ended = freeze_ns
    responses = np.where((due_ns >= began) & (due_ns < ended), ended - due_ns, 0.0)
    rank = max(math.ceil(round(q / 100 * len(responses), 6)), 1)
    return float(np.sort(responses)[rank - 1]) / 1e6
