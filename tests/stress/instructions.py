"""How many machine instructions each component takes a letter: unlike seconds, a count repeats.

    python tests/stress/instructions.py LETTERS [--letters 20]

LETTERS is a folder of letters as text. valgrind counts, at a fiftieth of the usual speed: about five minutes. It
collects inside `functools.reduce`, which is called only while modules load, and writes a count whenever that returns.
So the interpreter needs its symbols, as it has where it was built from source (pyenv), and not in most Linux packages.
"""

from __future__ import annotations

import argparse
import functools
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

TOGGLE = "functools_reduce"
FLOOR = "tokenise"  # spaCy's own tokenizer and nothing else, as in the benchmark


def count(letters: Sequence[str]) -> None:
    """Take all letters through each component in turn, each turn inside one `functools.reduce`."""
    import spacy

    from imr_nlp.letter import letter_of
    from imr_nlp.pipeline import load
    from imr_nlp.records import tables

    texts = [Path(path).read_text(encoding="utf-8") for path in letters]
    nlp, floor = load(), spacy.blank("en")
    for text in texts:  # words and patterns are met before the count begins
        floor(text)
        tables.batches([letter_of(nlp(text))])
    turn(FLOOR, floor, texts)
    docs = turn("tokenizer", nlp.make_doc, texts)
    for name, component in nlp.pipeline:
        results = turn(name, component, docs)
        docs = docs if name == "imr_record" else results  # the record is made from the reading view, as in a run
    records = turn("letter", letter_of, docs)
    turn("json", lambda letter: letter.model_dump_json(exclude_none=True), records)
    turn("tables", lambda letter: tables.batches([letter]), records)


def turn(name: str, step: Callable[[Any], Any], items: list[Any]) -> list[Any]:
    """Return ``step`` of each item, and say whose turn it was."""
    results: list[Any] = []
    functools.reduce(lambda _, item: results.append(step(item)), items, None)
    print(name, flush=True)
    return results


def counted(letters: Sequence[str]) -> list[tuple[str, int]]:
    """Return each part's name and its instructions for all letters, as valgrind counts them."""
    with tempfile.TemporaryDirectory() as folder:
        child = subprocess.run(
            ["valgrind", "--tool=callgrind", "--collect-atstart=no", f"--toggle-collect={TOGGLE}",
             f"--dump-after={TOGGLE}", f"--callgrind-out-file={folder}/counts", sys.executable, __file__, "--count",
             *letters],
            capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )  # fmt: skip
        names = child.stdout.split()
        dumps = sorted(Path(folder).glob("counts.*"), key=lambda dump: int(dump.suffix[1:]))[-len(names) :]
        return [(name, _total(dump)) for name, dump in zip(names, dumps, strict=True)]


def _total(dump: Path) -> int:
    for line in dump.read_text(encoding="utf-8").splitlines():
        if line.startswith(("totals:", "summary:")):
            return int(line.split()[1])
    raise SystemExit(f"{dump.name} holds no count: does this interpreter have the symbol {TOGGLE}?")


def main() -> None:
    """Print a table of instructions by part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", metavar="LETTERS")
    parser.add_argument("--letters", type=int, default=20, help="letters, taken evenly from the folder")
    parser.add_argument("--count", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.count:
        return count(given.paths)
    paths = sorted(str(path) for path in Path(given.paths[0]).glob("*.txt"))
    chosen = paths[:: max(1, len(paths) // given.letters)][: given.letters]
    (_, floor), *parts = counted(chosen)
    whole = sum(instructions for _, instructions in parts)
    print(f"{len(chosen)} letters, {whole / len(chosen) / 1e6:.1f} million instructions each")
    print(f"{FLOOR} / all parts: {floor / whole:.2f}")
    for name, instructions in sorted(parts, key=lambda part: -part[1]):
        print(f"{name:20} {instructions / len(chosen) / 1e6:8.2f} million {instructions / whole:6.1%}")


if __name__ == "__main__":
    main()
