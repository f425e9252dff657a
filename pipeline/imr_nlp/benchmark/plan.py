"""Which letters are read, and which rows are measured."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import cycle, islice
from pathlib import Path
from shutil import which

from imr_nlp.reading import archives, limits
from imr_nlp.reading import source as reading
from imr_nlp.reading.inputs import expand

#: Rows whose processes take their passes in turns; the others follow, in groups of their own.
ALONE = ("tokenise", "pipeline", "medspacy", "library", "components", "pdf")
KINDS = (*ALONE, "workers", "spark")
_PDF = "application/pdf"


class NoLettersError(Exception):
    """There is nothing to measure with; the message is one line."""


@dataclass(frozen=True, slots=True)
class Letters:
    """Files that can be read: ``all`` for the rows that begin with text, ``pdfs`` for those that begin with a PDF."""

    all: tuple[str, ...]
    pdfs: tuple[str, ...]
    unreadable: int = 0

    @property
    def files(self) -> tuple[str, ...]:
        """What whole runs read: the PDFs, or the texts where there are none."""
        return self.pdfs or self.all


@dataclass(slots=True)
class Plan:
    """What to measure. ``notes`` say what isn't measured and why, ``failed`` what could not be in the end."""

    letters: Letters
    kinds: list[str]
    workers: list[int]
    seconds: float
    passes: int
    notes: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def plan(
    arguments: Sequence[str],
    *,
    letters: int,
    workers: int,
    seconds: float = 1.0,
    passes: int = 5,
    only: Sequence[str] = (),
    spark: bool = True,
) -> Plan:
    """Return what to measure.

    ``letters`` bounds the number of letters, which are taken evenly from all; each row makes ``passes`` of at least
    ``seconds``, of which the fastest counts.

    Raises NoLettersError where nothing can be read.
    """
    chosen = _letters(arguments, letters)
    counts = sorted({1, workers})
    kinds = [kind for kind in KINDS if not only or any(_means(name, kind) for name in only)]
    made = Plan(chosen, kinds, counts, seconds, passes)
    if chosen.unreadable:
        made.notes.append(f"{chosen.unreadable} of the letters could not be read and are left out")
    if "pdf" in kinds and not chosen.pdfs:
        kinds.remove("pdf")
        made.notes.append("pdf: left out, the corpus has no PDF")
    if "spark" in kinds and (reason := _no_spark() if spark else "--no-spark"):
        kinds.remove("spark")
        made.notes.append(f"spark: left out, {reason}")
    if "workers" in kinds and not chosen.pdfs:
        made.notes.append("workers: from text files, the corpus has no PDF")
    return made


def _means(name: str, kind: str) -> bool:
    """Return whether a name that a user gave (a row, or a kind of rows) means a kind.

    >>> [_means(name, "workers") for name in ("workers", "workers-2", "pdf")]
    [True, True, False]
    >>> _means("pipeline:imr_layout", "components")
    True
    """
    return name == kind or name.rpartition("-")[0] == kind or (kind == "components" and name.startswith("pipeline:"))


def is_row(name: str) -> bool:
    """Return whether a name given to ``--only`` means anything."""
    return any(_means(name, kind) for kind in KINDS)


def spread(items: Sequence[str], count: int) -> list[str]:
    """Return ``count`` items taken evenly from all of ``items``, in their order.

    >>> spread(["a", "b", "c", "d", "e", "f"], 3), spread(["a", "b"], 3)
    (['a', 'c', 'e'], ['a', 'b'])
    """
    step = max(1.0, len(items) / max(1, count))
    return [items[int(number * step)] for number in range(min(count, len(items)))]


def make_copies(files: Sequence[str], count: int, folder: Path) -> Iterator[None]:
    """Write ``count`` letters into ``folder``, each with content of its own, one at a time.

    A run does not read the same content twice, so the same letter again needs a line of its own: a comment after a
    PDF's end, a number after a text's.
    """
    for number, path in enumerate(islice(cycle(files), count)):
        if limits.media_type(path) == _PDF:
            data = Path(path).read_bytes() + b"\n%% copy %d\n" % number
            (folder / f"{number:06}.pdf").write_bytes(data)
        else:
            text = reading.read(path).text
            (folder / f"{number:06}.txt").write_text(f"{text}\n\n{number}\n", encoding="utf-8", newline="")
        yield


def _letters(arguments: Sequence[str], limit: int) -> Letters:
    found = expand(arguments)
    paths = [str(Path(item).resolve()) for item in found.items if isinstance(item, str) and item != reading.STDIN]
    paths = [path for path in paths if not archives.is_archive(path)]
    if not paths:
        missing = [item.message for item in found.items if not isinstance(item, str)]
        kinds = ", ".join(limits.MEDIA_TYPES)
        raise NoLettersError(missing[0] if missing else f"no letters ({kinds}) in {', '.join(arguments[:3])}")
    pdfs = [path for path in paths if limits.media_type(path) == _PDF]
    texts = [path for path in paths if limits.media_type(path) != _PDF]
    # The same letters often lie there as text and as PDF; the rows that begin with text need them only once.
    wanted = {"all": spread(max(texts, pdfs, key=len), limit), "pdfs": spread(pdfs, limit)}
    bad = {path for path in dict.fromkeys([*wanted["all"], *wanted["pdfs"]]) if not _readable(path)}
    good = {name: tuple(path for path in chosen if path not in bad) for name, chosen in wanted.items()}
    if not good["all"]:
        raise NoLettersError("none of the letters can be read; nlp-run says why")
    return Letters(**good, unreadable=len(bad))


def _readable(path: str) -> bool:
    try:
        reading.read(path)
    except reading.ReadError:
        return False
    return True


def _no_spark() -> str | None:
    """Return why Spark can't be measured here."""
    if find_spec("imr_nlp.spark") is None or find_spec("pyspark") is None:
        return "PySpark is not installed (pip install 'imr-nlp[spark]')"
    return None if "JAVA_HOME" in os.environ or which("java") else "there is no Java"
