"""Runs over files that hold several letters, and over letters that are there twice."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq

from support.forked import imr_nlp_forked
from support.letters import LETTER

OTHER = LETTER.replace("0999001", "0999777")
TABLES = ("letters", "services", "entities", "citations", "rationale", "relations")


def test_each_letter_of_a_file_has_a_record_with_its_place_and_rows_that_join(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    text = f"{LETTER}\n{OTHER}"
    (folder / "two.txt").write_text(text, encoding="utf-8")
    (folder / "again.txt").write_text(OTHER, encoding="utf-8")
    (folder / "copy.txt").write_text(OTHER, encoding="utf-8")
    (folder / "scan.tif").write_bytes(b"II*")
    done = imr_nlp_forked("run", str(folder), "-o", str(out), "--workers", "1", "--store-text")
    assert done.returncode == 0, done.stderr
    assert "1 .tif file not read" in done.stderr
    assert "run OCR on it" in done.stderr
    first = {name: (out / name).read_bytes() for name in ("letters.jsonl", *(f"{table}.parquet" for table in TABLES))}
    records = [json.loads(line) for line in first["letters.jsonl"].splitlines()]
    assert [record["case"]["case_number"] for record in records] == [
        "CM16-0999777", "CM16-0999777", "CM16-0999001", "CM16-0999777",
    ]  # fmt: skip
    assert [(record["source"].get("part") or {}).get("number") for record in records] == [None, None, 1, 2]
    ids = [record["source"]["id"] for record in records]
    assert len(set(ids)) == 4
    assert ids[1] == f"{ids[0]}-2"
    for record in records[2:]:
        part = record["source"]["part"]
        for found in (*record["entities"], *record["services"]):
            assert text[found["start"] : found["end"]] == found["text"]
            assert part["start"] <= found["start"] < found["end"] <= part["end"]
    assert pq.read_table(out / "letters.parquet").column("letter_id").to_pylist() == ids
    for table in TABLES[1:]:
        rows = pq.read_table(out / f"{table}.parquet").to_pylist()
        assert {row["letter_id"] for row in rows} <= set(ids)
    services = pq.read_table(out / "services.parquet").column("service_id").to_pylist()
    assert len(services) == len(set(services)) == 8
    account = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert account["skipped"] == {"files": [f"{folder}/scan.tif"], "kinds": {".tif": 1}}

    again = imr_nlp_forked("run", str(folder), "-o", str(out), "--workers", "1", "--store-text")
    assert again.returncode == 0, again.stderr
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["counts"]["reused"] == 4
    assert {name: (out / name).read_bytes() for name in first} == first
