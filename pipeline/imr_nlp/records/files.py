"""Where the records of a run are."""

from __future__ import annotations

from pathlib import Path

from imr_nlp.reading.run_files import RECORDS


def record_files(run: Path) -> list[Path]:
    """Return the files that hold the records of a run, in order: one, or the parts that Spark wrote.

    Args:
        run: The folder of a run, or its letters.jsonl.

    >>> [path.as_posix() for path in record_files(Path("out/letters.jsonl"))]
    ['out/letters.jsonl']
    """
    path = run / RECORDS if run.is_dir() and run.name != RECORDS else run
    return sorted(path.glob("part-*")) if path.is_dir() else [path]
