"""How much memory a process, or a process with all its children, holds and has held at most, and its processor time.

Memory comes from ``/proc`` where there is one: there the peak belongs to the program that runs, while ``ru_maxrss`` of
a freshly started process still knows the size of the process that started it. Elsewhere ``ru_maxrss`` has to do.
"""

from __future__ import annotations

import os
import resource
import sys
import threading
from pathlib import Path

_PROC = Path("/proc")
#: Seconds between two looks at a family of processes: rare enough to take nothing from what is measured.
_INTERVAL = 1.0


def peak_mib(pid: int | None = None) -> float:
    """Return the most memory (MiB resident) that a process has held so far; 0 for one that is gone."""
    if not _PROC.is_dir():
        return _maxrss(resource.RUSAGE_SELF) if pid in (None, os.getpid()) else 0.0
    return _status(pid or os.getpid(), "VmHWM")


def resident_mib(pid: int) -> float:
    """Return the memory (MiB resident) that a process holds now; 0 for one that is gone."""
    return _status(pid, "VmRSS")


def cpu_seconds(pids: list[int]) -> float | None:
    """Return the processor time that some processes have taken so far; None where the system has no /proc to tell."""
    ticks = 0
    for pid in pids:
        try:
            stat = (_PROC / str(pid) / "stat").read_text(errors="replace")
        except OSError:
            continue
        ticks += sum(map(int, stat.rpartition(")")[2].split()[11:13]))  # in user mode, in the kernel
    return ticks / os.sysconf("SC_CLK_TCK") if _PROC.is_dir() else None


def family(pid: int) -> list[int]:
    """Return a process and all processes below it, parents first.

    >>> family(os.getpid())[0] == os.getpid()
    True
    """
    children: dict[int, list[int]] = {}
    for entry in _PROC.glob("[0-9]*/stat"):
        try:
            # The program's name stands in parentheses and may hold anything; after it: state, parent.
            parent = int(entry.read_text(errors="replace").rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
        children.setdefault(parent, []).append(int(entry.parent.name))
    found = [pid]
    for known in found:
        found.extend(children.get(known, ()))
    return found


class FamilyPeak:
    """Context manager, for use again and again, that watches this process and all below it.

    ``mib`` is the largest sum of their peaks seen. Memory that processes share (a forked Python worker, the code of a
    library) counts once for each of them, so the sum is an upper bound. ``largest_child_mib`` is the peak of the
    largest process below this one.
    """

    def __init__(self) -> None:
        self.mib = 0.0
        self.largest_child_mib = 0.0

    def __enter__(self) -> FamilyPeak:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def look(self) -> None:
        """Take the present state into account."""
        peaks = [peak_mib(pid) for pid in family(os.getpid())]
        self.mib = max(self.mib, sum(peaks))
        self.largest_child_mib = max(self.largest_child_mib, *peaks[1:], 0.0)

    def _watch(self) -> None:
        while not self._stop.wait(_INTERVAL):
            self.look()

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()
        if not _PROC.is_dir():  # the children have been waited for by now; the largest of them is all that is known
            self.largest_child_mib = _maxrss(resource.RUSAGE_CHILDREN)
            self.mib = _maxrss(resource.RUSAGE_SELF) + self.largest_child_mib


def _status(pid: int, key: str) -> float:
    try:
        lines = (_PROC / str(pid) / "status").read_text(errors="replace").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{key}:")), 0.0)


def _maxrss(who: int) -> float:
    size = resource.getrusage(who).ru_maxrss  # bytes on macOS, KiB elsewhere
    return size / 2**20 if sys.platform == "darwin" else size / 1024
