"""What a worker costs: `python -m tests.integration.load.bench RATE SECONDS [CONNECTIONS]`.

One worker at that rate against a target that approves everything, with the traffic it makes and
every decision validated. Prints CPU (user and system) per transaction, the rate achieved, and
quantiles in ms; the first and last second do not count for CPU.
"""

import json
import subprocess
import sys

from tests.integration.load.harness import Worker, assert_conserved, plan

QUANTILES = (50, 90, 99, 99.9, 100)


def measure(tps, seconds, connections):
    with subprocess.Popen(
        [sys.executable, "-m", "tests.servers"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as target:
        url = target.stdout.readline().decode().strip()
        load = plan(url, tps, seconds, connections=connections, mix="realistic")
        with Worker(load) as worker:
            worker.start()
            sums = worker.finish(timeout=seconds + 60)
        target.stdin.close()
    assert_conserved(sums.reports)
    middle = sums.reports[4:-4]
    ended = sum(r.decided + r.rejected + r.failed for r in middle)
    cpu_seconds = sum(r.cpu_seconds for r in middle)
    found = {
        "decided": sums.decided,
        "failed": sums.failed,
        "dropped": sums.dropped,
        "achieved_tps": ended / (0.25 * len(middle)),
        "cpu_us_per_transaction": cpu_seconds / ended * 1e6,
        "rss_mb": max(r.rss_bytes_now for r in middle) / 1e6,
    }
    for name in ("response", "service", "queue", "lateness"):
        found[f"{name}_ms"] = {q: getattr(sums, name).quantile_ms(q) for q in QUANTILES}
    return found


if __name__ == "__main__":
    rate, duration, *rest = (float(word) for word in sys.argv[1:])
    sys.stdout.write(json.dumps(measure(rate, duration, int(*rest or [64])), indent=1) + "\n")
