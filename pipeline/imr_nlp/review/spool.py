"""Tasks in a temporary file, so that they can be taken in another order without being in memory."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from imr_nlp.review.order import choose
from imr_nlp.review.task import Task


def in_order(tasks: Iterable[Task], order: str, limit: int | None, seed: int) -> Iterator[Task]:
    """Yield the tasks that an order chooses, first to last (see `imr_nlp.review.order`).

    >>> tasks = [Task("sure", "", {}, {}), Task("unsure", "", {}, {"warnings": ["no_service"]})]
    >>> [task.name for task in in_order(tasks, "uncertain", 1, 0)]
    ['unsure']
    """
    with tempfile.TemporaryFile() as spool:
        places: dict[str, int] = {}

        def kept() -> Iterator[Task]:
            for task in tasks:
                places[task.name] = spool.tell()
                spool.write(json.dumps(asdict(task)).encode() + b"\n")
                yield task

        for name in choose(kept(), order, limit, seed):
            spool.seek(places[name])
            yield Task(**json.loads(spool.readline()))
