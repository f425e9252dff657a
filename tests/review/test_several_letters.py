"""Review of files that hold several letters, and of letters that are there twice: gold of them can be scored."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from imr_nlp.evaluation.gold import read_gold
from support.letters import LETTER, imr_nlp_here

pytestmark = pytest.mark.slow
OTHER = LETTER.replace("0999001", "0999777").replace("left wrist", "right knee")


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the run ``out`` and its untouched gold: a file of two letters, and a letter twice."""
    home = tmp_path_factory.mktemp("reviewed")
    letters = home / "in"
    letters.mkdir()
    (letters / "two.txt").write_text(f"{LETTER}\n{OTHER}", encoding="utf-8")
    (letters / "once.txt").write_text(OTHER, encoding="utf-8")
    (letters / "twice.txt").write_text(OTHER, encoding="utf-8")
    for command in (
        ("run", letters, "-o", home / "out", "--store-text", "--workers", "1"),
        ("review", "export", home / "out", "-o", home / "tasks", "-f", "brat"),
        ("review", "import", home / "tasks", "-f", "brat", "-o", home / "gold", "--accept-untouched"),
    ):
        done = imr_nlp_here(*command)
        assert done.returncode == 0, done.stderr
    return home


def test_evaluate_reads_the_letter_of_the_file_that_the_gold_is_about(reviewed: Path) -> None:
    done = imr_nlp_here("evaluate", reviewed / "gold", "--json", reviewed / "scores.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 letters, 4 with a record" in done.stdout
    assert json.loads((reviewed / "scores.json").read_text())["ENTITIES exact"]["f1"] == 1.0


def test_records_of_a_run_belong_to_the_letter_of_their_place(reviewed: Path) -> None:
    done = imr_nlp_here("evaluate", reviewed / "gold", "--records", reviewed / "out" / "letters.jsonl")
    assert "4 letters, 4 with a record" in done.stdout
    done = imr_nlp_here("evaluate", reviewed / "gold", "--against", reviewed / "out")
    assert done.stdout.strip() == "0 gained, 0 lost in 4 letters"
    done = imr_nlp_here("review", "diff", reviewed / "out", reviewed / "gold")
    assert "4 reviewed letters; 0 more have no record" in done.stdout


def test_gold_without_ids_is_about_the_letter_of_its_spans(reviewed: Path, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in (reviewed / "gold" / "gold.jsonl").read_text().splitlines()]
    for line in lines:
        del line["review"]
    (tmp_path / "gold.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with_ids, without = read_gold(reviewed / "gold"), read_gold(tmp_path, reviewed / "gold" / "letters")
    assert {name: letter.part for name, letter in without.letters.items()} == {
        name: letter.part for name, letter in with_ids.letters.items()
    }


def test_each_letter_can_stand_alone_as_training_takes_it(reviewed: Path) -> None:
    gold = read_gold(reviewed / "gold").alone()
    assert sum(len(letter.text) < len(LETTER) + 9 for letter in gold.letters.values()) == 4
    for record in gold.records:
        text = gold.texts[record["name"]]
        for span in (*record["entities"], *record["services"]):
            assert text[span["start"] : span["end"]] == span["text"]


# --- runs of other forms ---------------------------------------------------------------------------------------------


def as_spark_writes(run: Path, out: Path) -> Path:
    """Copy a run such that its records are a folder of parts."""
    shutil.copytree(run, out)
    lines = (out / "letters.jsonl").read_bytes().splitlines(keepends=True)
    (out / "letters.jsonl").unlink()
    (out / "letters.jsonl").mkdir()
    (out / "letters.jsonl" / "_SUCCESS").touch()
    for number in range(2):
        (out / "letters.jsonl" / f"part-0000{number}.txt").write_bytes(b"".join(lines[2 * number : 2 * number + 2]))
    shutil.rmtree(out / "texts")  # Spark stores none
    return out


def test_the_output_of_spark_is_read_as_that_of_a_run(reviewed: Path, tmp_path: Path) -> None:
    parts = as_spark_writes(reviewed / "out", tmp_path / "spark")
    for options in ((), ("--json", "--severity", "info")):
        of_parts, of_run = (imr_nlp_here("audit", run, *options) for run in (parts, reviewed / "out"))
        assert (of_parts.returncode, of_parts.stdout) == (0, of_run.stdout), of_parts.stderr
    done = imr_nlp_here("review", "export", parts, "-o", tmp_path / "tasks", "-f", "brat")
    assert done.returncode == 0 and done.stdout.startswith("4 letters"), done.stderr
    names = {path.name: path.read_bytes() for path in (reviewed / "tasks").iterdir()}
    assert {path.name: path.read_bytes() for path in (tmp_path / "tasks").iterdir()} == names
    done = imr_nlp_here("review", "diff", parts, reviewed / "gold")
    assert "4 reviewed letters; 0 more have no record" in done.stdout, done.stderr
    done = imr_nlp_here("evaluate", reviewed / "gold", "--against", parts, "--records", parts)
    assert done.stdout.strip() == "0 gained, 0 lost in 4 letters", done.stderr


def test_an_unreadable_record_of_a_part_is_named_by_its_file(reviewed: Path, tmp_path: Path) -> None:
    parts = as_spark_writes(reviewed / "out", tmp_path / "spark")
    part = parts / "letters.jsonl" / "part-00001.txt"
    part.write_text("{")
    done = imr_nlp_here("audit", parts)
    assert (done.returncode, done.stderr) == (2, f"imr-nlp: {part}:1: not JSON; run again\n")


def test_several_runs_are_exported_together(reviewed: Path, tmp_path: Path) -> None:
    out = reviewed / "out"
    done = imr_nlp_here("review", "export", out, out, out, "-o", tmp_path / "tasks", "-f", "csv")
    assert done.returncode == 0 and done.stdout.startswith("12 letters"), done.stderr
    assert len(list((tmp_path / "tasks" / "texts").iterdir())) == 12
    done = imr_nlp_here("review", "export", out, reviewed / "in", "-o", tmp_path / "more", "-f", "csv")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "name runs or letters, not both" in done.stderr
