"""What a process uses of the machine: CPU time and resident memory."""

from __future__ import annotations

import os
import time

import psutil


class ProcessUsage:
    """CPU and memory of one process; of this one without a pid.

    A process that has ended keeps the CPU time it was last seen with and uses no memory, so sums
    over processes never go back.
    """

    def __init__(self, pid: int | None = None) -> None:
        self._own = pid is None or pid == os.getpid()
        self._cpu_seconds = 0.0
        try:
            self._process: psutil.Process | None = psutil.Process(pid)
        except psutil.NoSuchProcess:
            self._process = None

    def cpu_seconds(self) -> float:
        """User and system time since the process began, without its children."""
        if self._own:
            return time.process_time()
        try:
            if self._process is not None:
                times = self._process.cpu_times()
                self._cpu_seconds = times.user + times.system
        except psutil.Error:
            self._process = None
        return self._cpu_seconds

    def rss_bytes(self) -> int:
        """Resident memory now; 0 once the process has ended."""
        try:
            return int(self._process.memory_info().rss) if self._process is not None else 0
        except psutil.Error:
            self._process = None
            return 0
