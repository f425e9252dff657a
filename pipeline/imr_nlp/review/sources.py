"""Where tasks come from: the records of a run, or letters that are read now."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, count
from pathlib import Path, PurePath

from pydantic import ValidationError

from imr_nlp.reading.problems import Problem, ReadError
from imr_nlp.reading.run_files import RUN, TEXTS
from imr_nlp.reading.source import read
from imr_nlp.records import schema as records
from imr_nlp.records.files import record_files
from imr_nlp.records.ids import letter_id, numbered, text_id
from imr_nlp.review.formats.reading import OverlongError, bounded_lines, within
from imr_nlp.review.task import Task, task_of_letter, text_sha256

#: Reads letters: takes their paths, and yields the record and text of each, or why it has none.
Reader = Callable[[Iterable[str]], Iterator[tuple[records.Letter, str] | Problem]]
#: Bytes of a task's name. A format adds a suffix, and file systems take 255 bytes.
_MAX_NAME = 200


def tasks_of(
    what: Sequence[str],
    problems: list[Problem] | None = None,
    rules: str | None = None,
    reader: Reader | None = None,
) -> Iterator[Task]:
    """Yield the tasks of a run, or of letters that are read now, in their order.

    Args:
        what: The folders (or letters.jsonl) of runs, or letters as `imr_nlp.reading.inputs.expand` takes them.
        problems: Gets what gives no task: a letter that can't be read, or has changed since the run.
        rules: The user's rules file, for letters that are read now.
        reader: Reads the letters; without one they are read in this process, without a limit of time.

    Raises:
        ConfigError: The rules file can't be used.
        OSError: The records of the run can't be read.
    """
    problems = [] if problems is None else problems
    runs = runs_in(what)
    found: Iterator[tuple[records.Letter, str]]
    if runs and len(runs) == len(what):
        files = (file for run in runs for file in record_files(run))
        found = chain.from_iterable(_of_run(file, problems) for file in files)
    else:
        found = _of_letters(what, problems, reader or _in_process(rules))
    taken: set[str] = set()
    for letter, text in found:
        source = letter.source
        name = _name(source, taken)
        yield task_of_letter(letter.model_dump(exclude_none=True), text, name, letter_id(source))


def runs_in(what: Sequence[str]) -> list[Path]:
    """Return those of ``what`` that are folders of runs, or the records of one; the others are letters.

    >>> [path.name for path in runs_in(["letters", "out/letters.jsonl", "a.pdf"])]
    ['letters.jsonl']
    """
    return [path for name in what if ((path := Path(name)) / RUN).is_file() or path.suffix == ".jsonl"]


def _of_run(path: Path, problems: list[Problem]) -> Iterator[tuple[records.Letter, str]]:
    for number, line in bounded_lines(path):
        try:
            letter = records.Letter.model_validate(json.loads(within(line)))
        except ValidationError as error:
            fault = error.errors(include_input=False, include_url=False)[0]
            reason = f"no record of this version: {'.'.join(map(str, fault['loc']))[:160]}: {fault['type']}"
            problems.append(Problem(f"{path}:{number}", "record", f"{path}:{number}: {reason}"))
            continue
        except (ValueError, RecursionError, OverlongError):
            problems.append(Problem(f"{path}:{number}", "record", f"{path}:{number}: no record of a run"))
            continue
        source = letter.source
        try:
            text = _text(path.parent / TEXTS / f"{text_id(source)}.txt", source)
        except ReadError as error:
            problems.append(Problem(source.path or "-", error.code, error.message))
            continue
        if text_sha256(text) != source.text_sha256:
            reason = f"{source.path}: not the text that the run read (its sha256 differs); run again"
            problems.append(Problem(source.path or "-", "text_changed", reason))
            continue
        yield letter, text


def _text(stored: Path, source: records.Source) -> str:
    """Return a letter's text as the run stored it (--store-text), else read it again."""
    try:
        if stored.is_file():
            return stored.read_bytes().decode("utf-8", "surrogatepass")
        if source.path in (None, "-"):
            raise ReadError("no_text", "-: a letter from standard input; run again with --store-text")
        return read(source.path).text
    except (ValueError, OSError) as error:
        raise ReadError("text", f"{source.path}: its text can't be read again") from error


def _in_process(rules: str | None) -> Reader:
    """Return a reader of letters in this process."""

    def reader(paths: Iterable[str]) -> Iterator[tuple[records.Letter, str] | Problem]:
        from imr_nlp.letter import read_part
        from imr_nlp.pipeline import load
        from imr_nlp.reading import inputs

        nlp = load(rules=rules, source_doc=False)
        for source in inputs.sources(inputs.expand(list(paths))):
            yield source if isinstance(source, Problem) else (read_part(nlp, source), source.text)

    return reader


def _of_letters(what: Sequence[str], problems: list[Problem], reader: Reader) -> Iterator[tuple[records.Letter, str]]:
    from imr_nlp.reading import inputs

    found: list[str | Problem] = list(inputs.expand(what).items)
    problems += [item for item in found if isinstance(item, Problem)]
    paths = [item for item in found if not isinstance(item, Problem)]
    for result in reader(paths) if paths else ():
        if isinstance(result, Problem):
            problems.append(result)
        else:
            yield result


def _name(source: records.Source, taken: set[str]) -> str:
    """Return a name that can be a file's name and that no letter before has."""
    stem = PurePath(source.path or "").stem.strip("-.")
    name = "".join(c if c.isalnum() or c in "-_." else "_" for c in stem) or letter_id(source)
    if len(name.encode()) > _MAX_NAME:
        short = name.encode()[: _MAX_NAME - 20].decode(errors="ignore")
        name = f"{short}-{letter_id(source)}"
    if name in taken:
        name = f"{name}-{letter_id(source)}"
    name = next(one for times in count(1) if (one := numbered(name, times)) not in taken)
    taken.add(name)
    return name
