"""The folder that ``imr-nlp report`` writes."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from imr_nlp.report import site as report_site
from imr_nlp.report.dataset import ReportError, Run
from imr_nlp.report.letter import Records, Texts, id_of, payload
from support.letters import LETTER, imr_nlp_here


def test_pages_hold_nothing_from_elsewhere(site: Path) -> None:
    for page in site.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        policy = re.search('Content-Security-Policy" content="([^"]*)"', text)[1]  # type: ignore[index]
        assert "unsafe" not in policy
        assert "default-src &#39;none&#39;" in policy
        assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", text)
        assert not re.findall(r"<[^>]* on[a-z]+=", text)
        assert text.count("<script") == 1 + text.count("&lt;script")


def test_a_report_is_the_same_each_time(folder: Path, site: Path, tmp_path: Path) -> None:
    report_site.write(folder, tmp_path / "again")
    names = sorted(path.relative_to(site) for path in site.rglob("*") if path.is_file())
    assert names == sorted(
        path.relative_to(tmp_path / "again") for path in (tmp_path / "again").rglob("*") if path.is_file()
    )
    for name in names:
        assert (site / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name


@pytest.mark.parametrize("line", ['{"broken": ', "[]", '{"source": {"id": "x"}, "services": [', "5"])
@pytest.mark.parametrize("command", ["report", "serve"])
def test_a_damaged_line_of_a_run_is_named(folder: Path, command: str, line: str, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(folder, run)
    lines = (run / "letters.jsonl").read_text(encoding="utf-8").splitlines()
    lines[2] = line
    (run / "letters.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if command == "serve" and "source" in line:
        return  # the letter is read where it is asked for
    done = imr_nlp_here(command, run, *(("-o", tmp_path / "site") if command == "report" else ()))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert f"{run}/letters.jsonl:3: " in done.stderr and "; run again" in done.stderr
    assert not (tmp_path / "site").exists()


def test_only_a_reports_own_files_are_replaced(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "site"
    assert imr_nlp_here("report", folder, "-o", out).returncode == 0
    again = imr_nlp_here("report", folder, "-o", out)
    assert again.returncode == 2
    assert "--overwrite" in again.stderr
    (out / "notes.txt").write_text("mine")
    account = json.loads((out / "report.json").read_text())
    (tmp_path / "precious").write_text("mine")
    account["files"] += ["data/old.js", "../precious", str(tmp_path / "precious")]
    (out / "report.json").write_text(json.dumps(account))
    (out / "data" / "old.js").write_text("old")
    assert imr_nlp_here("report", folder, "-o", out, "--overwrite").returncode == 0
    assert (out / "notes.txt").read_text() == "mine"
    assert (tmp_path / "precious").read_text() == "mine"
    assert not (out / "data" / "old.js").exists()
    assert not (out / ".incomplete").exists()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").write_text("mine")
    refused = imr_nlp_here("report", folder, "-o", tmp_path / "full", "--overwrite")
    assert refused.returncode == 2
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["a"]


@pytest.mark.parametrize("broken", ["run.json", "services.parquet", "letters.parquet"])
def test_what_is_no_run_is_refused(folder: Path, tmp_path: Path, broken: str) -> None:
    copy = tmp_path / "run"
    shutil.copytree(folder, copy)
    (copy / broken).unlink()
    done = imr_nlp_here("report", copy, "-o", tmp_path / "site")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert not (tmp_path / "site").exists()
    (copy / broken).write_bytes(b"neither JSON nor Parquet")
    with pytest.raises(ReportError, match="run imr-nlp run again"):
        Run(copy)


def test_a_large_run_gets_aggregates_and_says_how_to_serve(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = dict(report_site.shipped("report.yml"), largest_report=20)
    monkeypatch.setattr(report_site, "shipped", lambda name: settings)
    account = report_site.write(folder, tmp_path / "site")
    assert account["lists"] is False
    assert not (tmp_path / "site" / "data").exists()
    text = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert "imr-nlp serve" in text
    assert 'href="services.html' not in text


def test_texts_are_read_again_where_they_were_not_stored(folder: Path, tmp_path: Path) -> None:
    stored, reread = Texts(folder), Texts(tmp_path)
    records = list(Records(folder))
    assert len(records) == 21
    for record in records:
        assert reread.of(record) == stored.of(record) is not None
    changed = tmp_path / "letter.txt"
    changed.write_text("something else")
    assert reread.of({"source": {**records[0]["source"], "path": str(changed)}}) is None
    assert reread.of({"source": {**records[0]["source"], "path": str(tmp_path / "gone.txt")}}) is None


def test_letters_without_their_text_are_counted_and_told(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    for name in ("a", "b"):
        (tmp_path / "letters" / f"{name}.txt").write_text(f"{LETTER}\nSeen: {name}.\n", encoding="utf-8")
    assert imr_nlp_here("run", tmp_path / "letters", "-o", tmp_path / "run").returncode == 0
    done = imr_nlp_here("report", tmp_path / "run", "-o", tmp_path / "all")
    assert (done.returncode, done.stderr.count("\n")) == (0, 1), done.stderr
    for name, said in (("a", "1 letter without text"), ("b", "2 letters without text")):
        (tmp_path / "letters" / f"{name}.txt").unlink()
        done = imr_nlp_here("report", tmp_path / "run", "-o", tmp_path / f"without-{name}")
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (0, "", 2), done.stderr
        assert done.stderr.startswith(said) and "--store-text" in done.stderr


def test_a_letter_of_a_file_of_several_shows_its_own_part(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    both = f"{LETTER}\n{LETTER.replace('0999001', '0999002')}"
    (tmp_path / "letters" / "two.txt").write_text(both, encoding="utf-8")
    assert imr_nlp_here("run", tmp_path / "letters", "-o", tmp_path / "run", "--store-text").returncode == 0
    (tmp_path / "letters" / "two.txt").unlink()
    records, texts = Records(tmp_path / "run"), Texts(tmp_path / "run")
    shown = [payload(record, texts.of(record)) for record in records]
    assert [one["id"] for one in shown] == records.ids
    assert "".join(one["text"] for one in shown) == both
    for one, number in zip(shown, ("0999001", "0999002"), strict=True):
        assert number in one["text"]
        for entity in one["record"]["entities"]:
            start, end = entity["start"] - one["offset"], entity["end"] - one["offset"]
            assert one["text"][start:end] == entity["text"]


def test_records_are_found_by_their_id(folder: Path) -> None:
    records = Records(folder)
    for number, record in enumerate(records):
        assert id_of(records.get(records.ids[number]) or {}) == id_of(record) == records.ids[number]
    assert records.get("nothing") is None
    assert records.beside(records.ids[0]) == (None, records.ids[1])
    assert records.beside(records.ids[-1]) == (records.ids[-2], None)
