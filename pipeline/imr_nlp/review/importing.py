"""Where corrected letters come home: a folder with a gold file and its letters (annotations/README.md).

Letters that can't be gold are left out as a whole, with the reason: a gold letter with holes would teach that what is
in them is wrong.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imr_nlp.reading.limits import media_type
from imr_nlp.reading.problems import Problem, ReadError
from imr_nlp.reading.source import read_bytes
from imr_nlp.review.task import Task, check, gold_line

GOLD = "gold.jsonl"


@dataclass(slots=True)
class Report:
    """What an import did: the letters that are new, those that took another's place, and what was not taken."""

    added: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class HomeError(Exception):
    """A gold file that can't be read or written; the message says which and why."""


def bring_home(tasks: Iterable[Task], out: Path, replace: bool = False) -> Report:
    """Add corrected letters to the gold in ``out``, a folder, or a gold file with its ``letters/`` beside it.

    A letter that is there already stays as it is, unless ``replace`` is true. The gold file is put into place at the
    end, as a whole. Raises HomeError.
    """
    file = out if out.suffix == ".jsonl" else out / GOLD
    gold, report, seen = _gold(file), Report(), set[str]()
    try:
        for task in tasks:
            problems = check(task)
            if task.name in seen:
                problems.append(_problem(task, "twice", "is in this import already; import one reviewer at a time"))
            elif task.name in gold and not replace:
                problems.append(_problem(task, "present", f"is in {file} already; --replace puts this in its place"))
            seen.add(task.name)
            line = _line(task, gold.get(task.name))
            problems = problems or _keep_text(task, file.parent / line["file"], replace)
            if problems:
                report.problems += problems
                continue
            (report.replaced if task.name in gold else report.added).append(task.name)
            gold[task.name] = line
        if report.added or report.replaced:
            _write(file, gold)
    except OSError as error:
        raise HomeError(f"{error.filename or file}: {error.strerror}") from error
    return report


def _gold(file: Path) -> dict[str, dict[str, Any]]:
    """Return the lines of a gold file by name; none where there is no file yet."""
    if not file.exists():
        return {}
    gold = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), 1):
        if line.strip():
            try:
                record = json.loads(line)
                gold[str(record["name"])] = record
            except (ValueError, KeyError, TypeError) as error:
                raise HomeError(f"{file}:{number}: no gold record; nothing was imported") from error
    return gold


def _line(task: Task, present: dict[str, Any] | None) -> dict[str, Any]:
    """Return a task's line; the letter's file stays the one that is there, if it is the same letter."""
    line = gold_line(task)
    if present and present.get("sha256") == line["sha256"] and "file" in present:
        line["file"] = present["file"]
    return line


def _keep_text(task: Task, path: Path, replace: bool) -> list[Problem]:
    """Write the letter's text beside the gold, such that reading it gives the same characters."""
    if path.is_file():
        if _reads_as(path.read_bytes(), path, task.text):
            return []
        if not replace:
            return [_problem(task, "present", f"{path} is another letter; --replace puts this in its place")]
    for codec in ("utf-8", "utf-8-sig"):  # the mark, where the text begins with one, or looks like another encoding
        data = task.text.encode(codec, "replace")
        if _reads_as(data, path, task.text):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            return []
    return [_problem(task, "text", "its text is none that a file of a letter can hold")]


def _reads_as(data: bytes, path: Path, text: str) -> bool:
    try:
        return read_bytes(data, path, media_type(path)).text == text
    except ReadError:
        return False


def _write(file: Path, gold: dict[str, dict[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    work = file.with_name(f".{file.name}.new")
    with work.open("w", encoding="utf-8", newline="\n") as stream:
        for name in sorted(gold):
            stream.write(json.dumps(gold[name], ensure_ascii=False) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    work.replace(file)


def _problem(task: Task, code: str, message: str) -> Problem:
    return Problem(task.name, code, message)
