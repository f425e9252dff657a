"""What the tests of Spark share: letters, and ways to compare what two engines made of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from imr_nlp.records import tables
from support.letters import LETTER, folder_of_letters, pdf

#: Why Spark can't be tried here, or None.
MISSING: str | None = None
try:
    import pandas  # noqa: F401
    import pyspark  # noqa: F401
except ImportError:
    MISSING = "PySpark is not installed: pip install 'imr-nlp[spark]'"
if MISSING is None and shutil.which("java") is None:
    MISSING = "Spark needs Java 17, and there is no java here"

# Loaded by every Python of Spark's: makes letters of certain names hang, and all take their time where $SLOW says so.
SABOTAGE = """
import os, time
from imr_nlp.reading import source as reading
_decode = reading.decode
def decode(blob):
    if blob.path.endswith("hang.txt"):
        time.sleep(1000)
    time.sleep(float(os.environ.get("SLOW", "0")))
    return _decode(blob)
reading.decode = decode
"""


def letters_of_all_sorts(folder: Path) -> Path:
    """Letters in several kinds of file and awkward places, and files that are none."""
    folder_of_letters(folder, 12)
    folder_of_letters(folder / "later years [2017]", 6)
    (folder / "Señor Núñez 100% {a}.txt").write_text(LETTER.replace("gardener", "gärtner"), encoding="utf-8")
    (folder / "twice.txt").write_text(LETTER, encoding="utf-8")
    (folder / "TWICE.TXT").write_text(LETTER, encoding="utf-8")
    (folder / "scan.pdf").write_bytes(pdf([LETTER]))
    (folder / "old.txt").write_bytes(LETTER.replace("gardener", "gärtner").encode("cp1252"))
    (folder / "empty.txt").write_bytes(b"")
    (folder / "cut.pdf").write_bytes(b"%PDF-1.4 cut")
    (folder / "locked.pdf").write_bytes(pdf([LETTER], encrypt=True))
    (folder / "notes.docx").write_bytes(b"PK")
    (folder / "notes.doc").write_bytes(b"\xd0\xcf\x11\xe0")
    return folder


def lines(output: Path) -> list[bytes]:
    """The lines of a text output, a file or a folder of parts, in the order of the alphabet."""
    files = sorted(output.glob("part-*")) if output.is_dir() else [output]
    return sorted(line for file in files for line in file.read_bytes().splitlines())


def rows(output: Path) -> list[str]:
    """The rows of a Parquet output, in the order of the alphabet."""
    return sorted(map(repr, parquet.read_table(output).to_pylist()))


def assert_same(ours: Path, theirs: Path) -> None:
    """Two runs made the same records, tables and errors of their letters."""
    assert lines(ours / "letters.jsonl") == lines(theirs / "letters.jsonl")
    for name in tables.NAMES:
        one, other = ours / f"{name}.parquet", theirs / f"{name}.parquet"
        assert plain_types(one) == plain_types(other), name
        assert rows(one) == rows(other), name
    assert errors(ours) == errors(theirs)


def plain_types(output: Path) -> list[tuple[str, pa.DataType]]:
    """Names and types of the columns of a Parquet output. Spark writes no Arrow dictionaries, only their values."""
    fields = parquet.read_table(output).schema
    return [(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in fields]


def errors(output: Path) -> list[tuple[str, str, str]]:
    """Path, code and message of each error of a run."""
    return sorted(tuple(json.loads(line).values()) for line in lines(output / "errors.jsonl"))  # type: ignore[misc]
