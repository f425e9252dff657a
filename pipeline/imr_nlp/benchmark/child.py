"""The process of one row: ``python -m imr_nlp.benchmark.child``, spoken to in lines of JSON.

It reads a `Job`, loads and warms up, and answers ``ready``. For each line ``pass`` it does one pass and answers with
its figures; at ``end``, or when the other end is gone, it says how much memory it took and ends. Until it is spoken to
it waits and takes no processor time, so that the rows of a table can take their passes in turns.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict
from typing import IO, Any


def serve(questions: IO[str], answers: IO[str]) -> None:
    """Answer the questions of `imr_nlp.benchmark.measure`, one a line."""

    def answer(**known: Any) -> None:
        answers.write(json.dumps(known) + "\n")
        answers.flush()

    from imr_nlp.benchmark.rows import ROWS, Job

    begun = time.perf_counter()
    known = json.loads(questions.readline())
    job = Job(**{**known, "paths": tuple(known["paths"])})
    try:
        row = ROWS[job.row](job)
        answer(ready=True, seconds=time.perf_counter() - begun)
        for question in questions:
            if question != "pass\n":
                break
            answer(**asdict(row()))
        # Before anything else is loaded that isn't the row's.
        memory = row.memory()
        answer(**memory, **_size(row.texts))
    except Exception as error:
        if "IMR_BENCHMARK_DEBUG" in os.environ:
            raise
        answer(error=type(error).__name__)


def _size(texts: list[str]) -> dict[str, float]:
    """Return the letters' mean size. Tokens are those of ``spacy.blank("en")``, whatever the row makes of them."""
    import spacy

    blank = spacy.blank("en")
    return {
        "tokens": sum(len(blank(text)) for text in texts) / len(texts),
        "characters": sum(map(len, texts)) / len(texts),
        "sample": len(texts),
    }


def main() -> None:
    """Keep standard output for the answers: some libraries print to it."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        serve(sys.stdin, answers)


if __name__ == "__main__":
    main()
