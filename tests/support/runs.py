"""What the tests of runs share: the files that a run writes, and its processes."""

from __future__ import annotations

from pathlib import Path

from imr_nlp.records import tables

FILES = ["letters.jsonl", "errors.jsonl", *(f"{name}.parquet" for name in tables.NAMES)]


def output(out: Path) -> dict[str, bytes]:
    """Return the files of a run that hold no times, by name."""
    return {name: (out / name).read_bytes() for name in FILES}


def workers_of(pid: int) -> list[int]:
    """Return the children of all threads of a process."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text(encoding="ascii").split()]
    return found
