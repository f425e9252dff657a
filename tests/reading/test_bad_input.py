"""Every kind of bad input ends in a record with warnings or a line of errors.jsonl, never in a crash."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from pathlib import Path

import pytest

from support.forked import imr_nlp_forked
from support.letters import LETTER, NOVEL, command, folder_of_letters, many_services, pdf

pytestmark = pytest.mark.slow  # runs the command line


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, dict], dict[str, dict], str]:
    """Everything bad in one folder, through the real command line: records and errors by name, and what was said."""
    top = tmp_path_factory.mktemp("bad")
    folder = top / "in put ñ"
    for name in ("2016", "2017"):
        (folder / name).mkdir(parents=True)
        (folder / name / "same.txt").write_text(LETTER, encoding="utf-8")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "scanned.pdf").write_bytes(pdf(["", ""]))
    (folder / "encrypted.pdf").write_bytes(pdf(["Knee brace: Upheld"], encrypt=True))
    (folder / "truncated.pdf").write_bytes(pdf([LETTER])[:-300])
    (folder / "binary.txt").write_bytes(os.urandom(5000))
    (folder / "huge.txt").write_text("words " * (50_000_000 // 6), encoding="ascii")
    (folder / "300 services.txt").write_text(many_services(300), encoding="utf-8")
    (folder / "novel.txt").write_text(NOVEL, encoding="utf-8")
    (folder / "carta de Señor Ωmega 二.txt").write_text(LETTER, encoding="utf-8")
    os.mkfifo(folder / "pipe.txt")
    (folder / "broken.txt").symlink_to("nowhere.txt")
    (folder / "loop.txt").symlink_to("loop.txt")
    (folder / "loop").symlink_to(".", target_is_directory=True)
    (folder / "notes.doc").write_bytes(b"PK")
    done = imr_nlp_forked("run", folder.name, "-o", "out", "--workers", "1", cwd=top)
    assert done.returncode == 1, done.stderr
    records = {
        record["source"]["path"].removeprefix(f"{folder.name}/"): record
        for record in lines(top / "out" / "letters.jsonl")
    }
    errors = {error["path"].removeprefix(f"{folder.name}/"): error for error in lines(top / "out" / "errors.jsonl")}
    return records, errors, done.stderr


@pytest.mark.parametrize(
    ("name", "code", "says"),
    [
        ("empty.txt", "empty", "empty"),
        ("scanned.pdf", "no_text", "OCR"),
        ("encrypted.pdf", "encrypted", "password"),
        ("truncated.pdf", "damaged", "cut off"),
        ("binary.txt", "binary", "binary"),
        ("huge.txt", "too_large", "limit"),
        ("pipe.txt", "not_a_file", "pipe"),
        ("broken.txt", "broken_link", "doesn't exist"),
        ("loop.txt", "link_loop", "leads back to itself"),
        ("loop", "link_loop", "not followed"),
    ],
)
def test_what_is_no_letter_is_an_error_with_the_reason(
    run: tuple[dict[str, dict], dict[str, dict], str], name: str, code: str, says: str
) -> None:
    error = run[1][name]
    assert error["code"] == code
    assert says in error["message"]
    assert name in error["message"]


def test_everything_is_accounted_for_and_the_command_says_where(
    run: tuple[dict[str, dict], dict[str, dict], str],
) -> None:
    records, errors, said = run
    assert len(errors) == 10
    assert sorted(records) == [
        "2016/same.txt", "2017/same.txt", "300 services.txt", "carta de Señor Ωmega 二.txt", "novel.txt",
    ]  # fmt: skip
    assert said.splitlines()[-1] == "imr-nlp: 10 of 15 inputs failed; out/errors.jsonl says which and why"


def test_the_numbers_of_a_run_agree(tmp_path: Path) -> None:
    """Letters of one file and rows of a table count one by one, as in the message."""
    (tmp_path / "two.txt").write_text(LETTER + LETTER.replace("0999001", "0999002"), encoding="utf-8")
    rows = [{"text": LETTER}, {"text": ""}, {"text": "Cane: Upheld"}]
    (tmp_path / "table.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    done = imr_nlp_forked("run", "two.txt", "table.jsonl", "--text-column", "text", "-o", "out", cwd=tmp_path)
    assert "1 of 5 inputs failed" in done.stderr
    assert json.loads((tmp_path / "out" / "run.json").read_text())["counts"]["inputs"] == 5


def test_a_letter_with_300_services(run: tuple[dict[str, dict], dict[str, dict], str]) -> None:
    assert len(run[0]["300 services.txt"]["services"]) == 300


def test_a_chapter_of_a_novel_is_a_record_with_warnings(
    run: tuple[dict[str, dict], dict[str, dict], str],
) -> None:
    record = run[0]["novel.txt"]
    assert record["services"] == []
    assert record["warnings"]


def test_two_inputs_of_one_name_stay_apart(run: tuple[dict[str, dict], dict[str, dict], str]) -> None:
    first, second = run[0]["2016/same.txt"], run[0]["2017/same.txt"]
    assert first["services"] == second["services"]
    assert first["source"]["sha256"] == second["source"]["sha256"]


@pytest.mark.parametrize("workers", [pytest.param("1", marks=pytest.mark.stress), "2"])
def test_a_full_disk_leaves_nothing_that_looks_complete(small_disk: Path, tmp_path: Path, workers: str) -> None:
    letters = folder_of_letters(tmp_path / "in", 120)
    done = imr_nlp_forked("run", letters, "-o", small_disk / "out", "--workers", workers)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "the disk is full" in done.stderr
    assert [path.name for path in small_disk.glob("out/*")] in ([], [".results.sqlite"])


def test_a_full_disk_under_the_output_folder_itself(small_disk: Path, tmp_path: Path) -> None:
    """OUT may be a mount of its own: nothing is written beside it."""
    letters = folder_of_letters(tmp_path / "in", 120)
    done = imr_nlp_forked("run", letters, "-o", small_disk)
    assert done.returncode == 1
    assert "the disk is full" in done.stderr
    assert [path.name for path in small_disk.iterdir()] in ([], [".results.sqlite"])
    done = imr_nlp_forked("run", letters / "0001.txt", "-o", small_disk, "--quiet")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_limit_on_file_sizes_is_told_in_one_line(tmp_path: Path) -> None:
    letters = folder_of_letters(tmp_path / "in", 30)
    done = subprocess.run(
        command("run", letters, "-o", tmp_path / "out"), capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "could not be written" in done.stderr
    assert not (tmp_path / "out" / "letters.jsonl").exists()


def test_a_folder_without_permission_as_output(tmp_path: Path) -> None:
    from imr_nlp.run.output_folder import OutputError, OutputFolder

    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)  # root may write anywhere: go on as a user who may not
    try:
        with pytest.raises(OutputError, match="can't write there"):
            OutputFolder(locked / "out")
    finally:
        if root:
            os.seteuid(0)
