"""Letters read in a process of their own, for commands that show or export them.

A letter that crashes its process, takes too long or needs too much memory is a `Problem`, as it is in a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from imr_nlp.reading import source as reading
from imr_nlp.reading.problems import Problem, ReadError
from imr_nlp.records.schema import Letter
from imr_nlp.run.pool import Workers
from imr_nlp.run.protocol import TIMEOUT, Item, Settings, time_limit


def read_each(
    paths: Iterable[str], rules: Path | None = None, timeout: float = TIMEOUT, *, debug: bool = False, workers: int = 1
) -> Iterator[tuple[Letter, str] | Problem]:
    """Yield the record and text of each letter, or why it has none, in the order of the paths.

    Args:
        paths: Letters; "-" for standard input.
        rules: The user's rules file.
        timeout: Seconds that a letter may take; infinity for no limit.
        debug: Whether the processes show stack traces.
        workers: Processes.

    Raises:
        ConfigError: The rules file can't be used.
        WorkerError: No process can be started.
    """
    settings = Settings(None if rules is None else str(rules), True, time_limit(timeout), None, debug)
    with Workers(settings, workers) as processes:
        for result in processes.results(map(_item, paths)):
            lines, texts, problems = iter(result.lines.splitlines()), iter(result.texts), iter(result.errors)
            for letter_id in result.letter_ids:
                if letter_id is None:
                    yield next(problems)
                else:
                    yield Letter.model_validate_json(next(lines)), next(texts)[1]


def read_one(
    path: str, rules: Path | None = None, timeout: float = TIMEOUT, *, debug: bool = False
) -> tuple[Letter, str] | Problem:
    """Return the record and text of one letter, or why it has none. See `read_each`."""
    (read,) = read_each([path], rules, timeout, debug=debug)
    return read


def _item(path: str) -> Item:
    """Return what a worker is asked for. Standard input belongs to this process."""
    if path != reading.STDIN:
        return path
    try:
        return reading.fetch(path)
    except ReadError as error:
        return Problem(path, error.code, error.message)
