"""Letters read in a process of their own, for commands that show or export them.

A letter that crashes its process, takes too long or needs too much memory is a `Problem`, as it is in a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from imr_nlp.reading import source as reading
from imr_nlp.reading.inputs import Inputs
from imr_nlp.reading.problems import Problem, ReadError
from imr_nlp.records.schema import Letter
from imr_nlp.run.pool import Workers
from imr_nlp.run.protocol import TIMEOUT, Item, Result, Settings, time_limit


def read_each(
    paths: Iterable[str], rules: Path | None = None, timeout: float = TIMEOUT, *, debug: bool = False, workers: int = 1
) -> Iterator[tuple[Letter, str] | Problem]:
    """Yield the record of each letter and the text of its file, or why it has none, in the order of the paths.

    Args:
        paths: Letters; "-" for standard input.
        rules: The user's rules file.
        timeout: Seconds that a letter may take; infinity for no limit.
        debug: Whether the processes show stack traces.
        workers: Processes.

    Raises:
        ConfigError: The rules file can't be used.
        WorkerError: No process can be started, or the pipeline can't be loaded.

    >>> [problem.code for problem in read_each(["missing.txt"])]
    ['not_found']
    """
    settings = Settings(None if rules is None else str(rules), True, time_limit(timeout), None, debug)
    with Workers(settings, workers) as processes:
        letters = map(_item, Inputs(items=list(paths)).letters())
        for result in processes.results(letters):
            yield from _outcomes(result)


def _outcomes(result: Result) -> Iterator[tuple[Letter, str] | Problem]:
    """Yield what the letters of a batch became. The letters of one file share its text."""
    lines, texts, problems = iter(result.lines.splitlines()), iter(result.texts), iter(result.errors)
    ids = iter(result.letter_ids)
    for count in result.counts:
        of_file = list(islice(ids, count))
        text = next(texts)[1] if any(of_file) else ""
        for letter_id in of_file:
            yield next(problems) if letter_id is None else (Letter.model_validate_json(next(lines)), text)


def _item(item: Item) -> Item:
    """Return what a worker is asked for. Standard input belongs to this process."""
    if item != reading.STDIN:
        return item
    try:
        return reading.fetch(reading.STDIN)
    except ReadError as error:
        return Problem(reading.STDIN, error.code, error.message)
