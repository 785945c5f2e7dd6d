"""Load tools of others: how each is found, asked for a load, and what it says of its answers.

Each gets the same target, the same static body and the same number of connections (in k6's family:
virtual users). `rate` 0 asks for as much as it can. A tool that cannot be asked for a rate is in
the saturated rows alone.
"""

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.stand import StandError

JSON_TYPE = "application/json"


@dataclass(frozen=True)
class Job:
    """What a tool is asked for; rate in requests/s of all its connections together."""

    url: str
    rate: float
    seconds: int
    connections: int
    body: Path
    scratch: Path

    @property
    def each(self):
        """The rate of one connection."""
        return self.rate / self.connections

    def write(self, name, text):
        """A file the tool needs; returns its path."""
        path = self.scratch / name
        path.write_text(text)
        return str(path)


Says = dict[str, float]  # name of a figure → ms


@dataclass(frozen=True)
class Tool:
    """One load tool.

    Attributes:
        name: As the table shows it.
        executable: Its command.
        version: Arguments that make it say its version, and where that is in what it prints.
        argv: The arguments of a job.
        says: The p99 response in ms it states, from the job and what it printed.
        paced: Whether it can be asked for a rate.
        note: How it was asked, where that is not plain from the command.
    """

    name: str
    executable: str
    version: tuple[list[str], str]
    argv: Callable[[Job], list[str]]
    says: Callable[[Job, str], Says]
    paced: bool = True
    note: str = ""

    def find(self, folder):
        """Its path: from the folder of tools, or the PATH; None if there is none."""
        if folder is not None:
            inside = Path(folder) / self.name / "bin" / self.executable
            if inside.exists():
                return str(inside)
        return shutil.which(self.executable)

    def version_of(self, path):
        arguments, pattern = self.version
        done = subprocess.run([path, *arguments], capture_output=True, text=True, check=False)
        found = re.search(pattern, done.stdout + done.stderr)
        return found[1] if found else package_version(self.executable)

    def start(self, path, job):
        return Running(self, [path, *self.argv(job)], job)


def package_version(name):
    """What Debian's package manager says, where there is one."""
    if shutil.which("dpkg-query") is None:
        return "unknown"
    query = ["dpkg-query", "-W", "-f", "${Version}", name]
    done = subprocess.run(query, capture_output=True, text=True, check=False)
    return done.stdout or "unknown"


class Running:
    """A tool at work; what it prints goes to a file, so that it never waits for a reader."""

    def __init__(self, tool, argv, job):
        self._tool, self._job = tool, job
        self._output = job.scratch / "output.txt"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=job.scratch
            )
        self.command = shown(argv, job)

    def finish(self, timeout):
        """Wait for its end; return the figures it states."""
        self.process.wait(timeout)
        text = self._output.read_text(errors="replace")
        if self.process.returncode:
            last = text.strip().splitlines()[-1:] or [""]
            raise StandError(f"it ended with code {self.process.returncode}: {last[0]}")
        return self._tool.says(self._job, text)


def shown(argv, job):
    """A command without the paths and the port of one machine and run."""
    words = (word.replace(f"{job.scratch}/", "") for word in [Path(argv[0]).name, *argv[1:]])
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", " ".join(words))


UNITS_MS = {"us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3, "secs": 1e3, "m": 6e4}


def duration_ms(text):
    """`12.3ms`, `1.2 secs`, `850us` in ms."""
    number, unit = re.fullmatch(r"([\d.]+)\s*(\D+)", text.strip()).groups()
    return float(number) * UNITS_MS[unit]


def p99_after(pattern):
    """Read the p99 as the first group of this pattern."""

    def says(_job, text):
        found = re.search(pattern, text)
        return {"p99": duration_ms(found[1])} if found else {}

    return says


def nothing(_job, _text):
    return {}


def lua(job):
    """The script by which wrk and wrk2 send a body."""
    text = (
        f'wrk.method = "POST"\nwrk.headers["Content-Type"] = "{JSON_TYPE}"\n'
        f"wrk.body = io.open([[{job.body}]]):read('*a')\n"
    )
    return job.write("post.lua", text)


def _wrk(job):
    sizes = ["-t1", f"-c{job.connections}", f"-d{job.seconds}s"]
    rate = [f"-R{job.rate:g}"] if job.rate else []
    return [*sizes, *rate, "--latency", "-s", lua(job), job.url]


def _ab(job):
    load = ["-k", "-q", "-c", str(job.connections), "-t", str(job.seconds), "-n", "2000000"]
    return [*load, "-p", str(job.body), "-T", JSON_TYPE, job.url]


def _h2load(job):
    load = ["--h1", "-t1", f"-c{job.connections}", f"-D{job.seconds}"]
    rate = [f"--rps={job.each:g}", f"--log-file={job.scratch / 'h2load.tsv'}"] if job.rate else []
    return [*load, *rate, "-d", str(job.body), "-H", f"content-type: {JSON_TYPE}", job.url]


def _h2load_p99(job, _text):
    """From its log: µs from request to the end of the answer, in the third column."""
    path = job.scratch / "h2load.tsv"
    if not job.rate or not path.exists():
        return {}
    times = sorted(int(line.split("\t")[2]) for line in path.read_text().splitlines())
    return {"p99": times[min(int(0.99 * len(times)), len(times) - 1)] / 1e3} if times else {}


def _hey(job):
    load = ["-z", f"{job.seconds}s", "-c", str(job.connections), "-cpus", "1"]
    rate = ["-q", f"{job.each:g}"] if job.rate else []
    return [*load, *rate, "-m", "POST", "-D", str(job.body), "-T", JSON_TYPE, job.url]


WRK_P99 = p99_after(r"99(?:\.000)?%\s+([\d.]+\w+)")

COMPILED = (
    Tool("wrk", "wrk", (["-v"], r"wrk (\S+)"), _wrk, WRK_P99, paced=False),
    Tool("ab", "ab", (["-V"], r"Version (\S+)"), _ab, nothing, paced=False),
    Tool(
        "h2load",
        "h2load",
        (["--version"], r"nghttp2/(\S+)"),
        _h2load,
        _h2load_p99,
        note="--h1; a rate is --rps of each connection; p99 from its --log-file",
    ),
    Tool(
        "hey",
        "hey",
        ([], r"(?!)"),  # it has no option for that: the package manager knows
        _hey,
        p99_after(r"99%+ in ([\d.]+ secs)"),
        note="a rate is -q of each connection, and all of them tick together: it sends in bursts",
    ),
)
