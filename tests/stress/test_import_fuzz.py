"""Damaged files of labelling tools: each ends in gold or in problems, soon, and nothing else is written.

The long run: ``IMR_IMPORT_FUZZ=5000 python -m pytest tests/stress/test_import_fuzz.py``.
"""

from __future__ import annotations

import json
import os
import shutil
import zlib
from pathlib import Path
from random import Random
from typing import Any

import pytest
import srsly

from imr_nlp.evaluation.gold import read_gold
from imr_nlp.reading.problems import Problem
from imr_nlp.review.formats import FORMATS, format_named, read_files
from imr_nlp.review.importing import import_corrections
from imr_nlp.review.task import Task, task_of_gold, text_sha256

COUNT = int(os.environ.get("IMR_IMPORT_FUZZ", "60"))
TEXT = "MRI of the knee and six visits: Upheld. The notes name no red flag. ODG: Knee."
#: What programs and people put where something else belongs.
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 5, 1e300, float("nan"), float("inf"), 10**30, 10**4000, "", "5", "12.0", "\x1b]0;owned\x07",
    "../x", "/etc/passwd", "x" * 300, "é" * 128, "\u202e", "\ud800", [], [[]], {}, [{}], {"id": []}, [1, "a", None],
)  # fmt: skip


def letter(name: str) -> Task:
    record: dict[str, Any] = {
        "case": {"case_number": "CM16-0999001"}, "patient": {"age": 44}, "reviewer": {"states": ["Ohio"]}, "facts": [],
        "entities": [
            {"id": "E1", "label": "PROCEDURE", "start": 0, "end": 3, "status": "requested", "rule": "px.test"},
            {"id": "E2", "label": "SESSION_COUNT", "start": 20, "end": 30, "min": 6, "max": 6, "unit": "visit"},
        ],
        "services": [
            {
                "id": "S1", "start": 0, "end": 30, "decision": "upheld", "decision_start": 32, "decision_end": 38,
                "category": "diagnostic_imaging", "body_parts": ["knee"],
                "citations": [{"id": "C1", "party": "reviewer", "authority": "ODG", "start": 68, "end": 77}],
                "rationale": [{"id": "R1", "role": "gap", "start": 40, "end": 67}],
            }
        ],
    }  # fmt: skip
    task = task_of_gold({"name": name, "sha256": text_sha256(TEXT), **record}, TEXT)
    return Task(name, task.text, task.record, task.meta | {"path": f"{name}.txt"})


def damaged(data: bytes, random: Random) -> bytes:
    """Return the bytes of a file with some of them changed, taken out, repeated or put in."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 5, 20))):
        at, size = random.randrange(len(changed) + 1), random.choice((1, 1, 2, 8, 64))
        kind = random.randrange(5)
        if kind == 0:
            changed[at : at + 1] = bytes([random.randrange(256)])
        elif kind == 1:
            del changed[at : at + size]
        elif kind == 2:
            changed[at:at] = changed[at : at + size] * random.choice((1, 2, 50))
        elif kind == 3:
            changed[at:at] = random.choice((b"\0", b"\n", b'"', b"{", b"[" * 3000, b";", b"\t", b"-1", b"NaN", b"\xff"))
        else:
            del changed[at:]
    return bytes(changed)


def misvalued(value: Any, random: Random) -> Any:
    """Return a JSON value with one part of it replaced by another kind of value, or taken out."""
    if isinstance(value, dict) and value and random.random() < 0.9:
        key = random.choice(list(value))
        if random.random() < 0.05:
            return {name: part for name, part in value.items() if name != key}
        return value | {key: misvalued(value[key], random)}
    if isinstance(value, list) and value and random.random() < 0.9:
        at = random.randrange(len(value))
        return [*value[:at], misvalued(value[at], random), *value[at + 1 :]]
    return random.choice(VALUES)


def misvalued_doc(packed: bytes, random: Random) -> bytes:
    """Return the content of a DocBin in which the record beside one Doc holds another kind of value somewhere."""
    content = srsly.msgpack_loads(packed)
    at = random.randrange(len(content["user_data"]))
    beside = srsly.msgpack_loads(content["user_data"][at])
    beside["imr_nlp"] = json.dumps(misvalued(json.loads(beside["imr_nlp"]), random))
    content["user_data"][at] = srsly.msgpack_dumps(beside)
    return srsly.msgpack_dumps(content)


def spoiled(data: bytes, name: str, random: Random) -> bytes:
    if name == "docbin" and random.random() < 0.9:  # damage what is compressed: its checksum finds the rest
        harm = random.choice((damaged, misvalued_doc))
        return zlib.compress(harm(zlib.decompress(data), random))
    if name not in ("label-studio", "prodigy", "doccano") or random.random() < 0.4:
        return damaged(data, random)
    if name == "label-studio":
        return json.dumps(misvalued(json.loads(data), random)).encode()
    lines = [json.loads(line) for line in data.splitlines()]
    at = random.randrange(len(lines))
    lines[at] = misvalued(lines[at], random)
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_imports(name: str, tmp_path: Path) -> None:
    tool = format_named(name)
    made = tmp_path / f"made{tool.SUFFIX}"
    tool.write([letter("a"), letter("b")], made)
    files = {"brat": "a.ann", "csv": "annotations.csv", "docbin": "letters-0001.spacy", "label-studio": "tasks.json"}
    target = made / files[name] if name in files else made
    good = target.read_bytes()
    taken = 0
    for number in range(COUNT):
        random = Random(f"{name} {number}")
        target.write_bytes(spoiled(good, name, random) if number else good)  # the first is whole, and is taken
        gold = tmp_path / "gold"
        before = set(tmp_path.rglob("*"))
        try:
            report = import_corrections(read_files(tool, [made]), gold, accept_untouched=True)
        except Exception as error:
            raise AssertionError(f"{name} {number}: {type(error).__name__}") from error
        assert all(isinstance(problem, Problem) and problem.message for problem in report.problems)
        added = set(tmp_path.rglob("*")) - before
        assert all(path == gold or gold in path.parents for path in added), (number, added)
        if report.added:
            taken += 1
            assert [line["name"] for line in read_gold(gold / "gold.jsonl").records] == sorted(report.added)
            shutil.rmtree(gold)
        else:
            assert not gold.exists(), number
    assert taken > COUNT // 20
