"""k9-load and locust, which read their load from a file, and the tools this project met elsewhere.

The last five are asked as their manuals say; they were not at hand where this was written, so a run
of one of them that fails says so in its row.
"""

import csv
import json

from tests.benchmarks.tools import JSON_TYPE, WRK_P99, Tool, lua, p99_after

USERS_OF_K9 = 128  # fewer leave requests out at times, more cost it CPU
LONGER_SECONDS = 2  # locust counts from before its users are there
LOCUSTFILE = """
from locust import FastHttpUser, constant, constant_throughput, task

with open({body!r}, "rb") as file:
    BODY = file.read()


class Sender(FastHttpUser):
    host = {host!r}
    wait_time = {wait}

    @task
    def send(self):
        self.client.post({path!r}, data=BODY, headers={{"Content-Type": "application/json"}})
"""
K6_SCRIPT = """
import http from "k6/http";
export const options = { discardResponseBodies: true, summaryTrendStats: ["med", "p(99)"],
  scenarios: { s: SCENARIO } };
const body = open("BODY");
const params = { headers: { "Content-Type": "application/json" } };
export default function () { http.post("URL", body, params); }
"""


def _scenario(job):
    """k6's form of a load, which k9 shares."""
    ends = {"duration": f"{job.seconds}s", "gracefulStop": "2s"}
    if not job.rate:
        return {"executor": "constant-vus", "vus": job.connections} | ends
    users = {"preAllocatedVUs": USERS_OF_K9, "maxVUs": USERS_OF_K9}
    pace = {"executor": "constant-arrival-rate", "rate": round(job.rate), "timeUnit": "1s"}
    return pace | users | ends


def _k9(job):
    request = {
        "method": "POST",
        "url": job.url,
        "headers": {"Content-Type": JSON_TYPE},
        "body": job.body.read_text(),
    }
    options = {
        "discardResponseBodies": True,
        "summaryTrendStats": ["med", "p(99)"],
        "scenarios": {"load": _scenario(job)},
    }
    plan = {"options": options, "flows": {"default": [{"request": request}]}}
    summary = ["--summary-export", str(job.scratch / "summary.json")]
    return ["run", "-q", "--no-color", *summary, job.write("plan.json", json.dumps(plan))]


def _k6(job):
    script = K6_SCRIPT.replace("SCENARIO", json.dumps(_scenario(job)))
    script = script.replace("URL", job.url).replace("BODY", str(job.body))
    summary = ["--summary-export", str(job.scratch / "summary.json")]
    return ["run", "-q", "--no-color", *summary, job.write("script.js", script)]


def _summary_p99(job, _text):
    metrics = json.loads((job.scratch / "summary.json").read_text())["metrics"]
    says = {"p99": metrics["http_req_duration"]["p(99)"]}
    if corrected := metrics.get("iteration_duration_corrected"):
        says["p99 corrected"] = corrected["p(99)"]
    return says


def _locust(job):
    host, _, path = job.url.partition("/v1/")
    wait = f"constant_throughput({job.each!r})" if job.rate else "constant(0)"
    text = LOCUSTFILE.format(body=str(job.body), host=host, path=f"/v1/{path}", wait=wait)
    load = ["-u", str(job.connections), "-r", str(job.connections), "-t"]
    load.append(f"{job.seconds + LONGER_SECONDS}s")
    output = ["--csv", str(job.scratch / "locust"), "--only-summary"]
    return ["-f", job.write("locustfile.py", text), "--headless", *load, *output]


def _locust_p99(job, _text):
    with (job.scratch / "locust_stats.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["Name"] == "Aggregated"]
    return {"p99": float(rows[-1]["99%"])}


def _wrk2(job):
    load = ["-t1", f"-c{job.connections}", f"-d{job.seconds}s", f"-R{job.rate or 1_000_000:g}"]
    return [*load, "--latency", "-s", lua(job), job.url]


def _vegeta(job):
    targets = f"POST {job.url}\nContent-Type: {JSON_TYPE}\n@{job.body}\n"
    workers = ["-workers", str(job.connections), "-max-workers", str(job.connections)]
    load = [f"-rate={job.rate:g}/1s" if job.rate else "-rate=0", f"-duration={job.seconds}s"]
    output = f"-output={job.scratch / 'vegeta.bin'}"
    return ["attack", *load, *workers, "-targets", job.write("targets.txt", targets), output]


def _oha(job):
    load = ["-z", f"{job.seconds}s", "-c", str(job.connections)]
    rate = ["-q", f"{job.rate:g}", "--latency-correction"] if job.rate else []
    body = ["-m", "POST", "-D", str(job.body), "-T", JSON_TYPE]
    return ["--no-tui", *load, *rate, *body, job.url]


def _bombardier(job):
    load = ["-c", str(job.connections), "-d", f"{job.seconds}s", "-l"]
    rate = ["-r", f"{job.rate:g}"] if job.rate else []
    return [
        *load,
        *rate,
        "-m",
        "POST",
        "-f",
        str(job.body),
        "-H",
        f"Content-Type: {JSON_TYPE}",
        job.url,
    ]


SCRIPTED = (
    Tool(
        "k9-load",
        "k9",
        (["--version"], r"k9 (\S+)"),
        _k9,
        _summary_p99,
        note=f"a rate is constant-arrival-rate with {USERS_OF_K9} users",
    ),
    Tool(
        "locust",
        "locust",
        (["--version"], r"locust (\S+)"),
        _locust,
        _locust_p99,
        note="FastHttpUser; a rate is constant_throughput of each user",
    ),
)
ELSEWHERE = (
    Tool("wrk2", "wrk2", (["-v"], r"wrk (\S+)"), _wrk2, WRK_P99),
    Tool("vegeta", "vegeta", (["-version"], r"Version: (\S+)"), _vegeta, lambda _j, _t: {}),
    Tool("k6", "k6", (["version"], r"k6 (\S+)"), _k6, _summary_p99),
    Tool("oha", "oha", (["--version"], r"oha (\S+)"), _oha, p99_after(r"99\.?0*% in ([\d.]+ \w+)")),
    Tool(
        "bombardier",
        "bombardier",
        (["--version"], r"bombardier version (\S+)"),
        _bombardier,
        p99_after(r"99%\s+([\d.]+\w+)"),
    ),
)
