"""A run accounts for every letter, in order, whatever the number of processes and whatever happens to them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from pyarrow import parquet

from imr_nlp.reading.inputs import expand
from imr_nlp.records import schema as records
from imr_nlp.records import tables
from imr_nlp.records.ids import letter_id
from imr_nlp.run.output_folder import OutputError, OutputFolder
from imr_nlp.run.runner import run
from support.letters import LETTER, command, folder_of_letters, imr_nlp

pytestmark = pytest.mark.usefixtures("workers_are_forks")

FILES = ["letters.jsonl", "errors.jsonl", *(f"{name}.parquet" for name in tables.NAMES)]


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def paths(out: Path) -> list[str]:
    return [record["source"]["path"] for record in lines(out / "letters.jsonl")]


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty letters, and two files that are none."""
    folder = folder_of_letters(tmp_path_factory.mktemp("letters"), 40)
    (folder / "0007b.txt").write_bytes(b"")
    (folder / "0023b.pdf").write_bytes(b"%PDF-1.4 cut")
    return folder


@pytest.fixture(scope="module")
def alone(letters: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of one process."""
    out = tmp_path_factory.mktemp("alone") / "out"
    run(expand([str(letters)]), out)
    return out


def test_records_stand_in_the_order_of_the_inputs(letters: Path, alone: Path) -> None:
    assert paths(alone) == [str(letters / f"{number:04}.txt") for number in range(40)]
    assert [(Path(error["path"]).name, error["code"]) for error in lines(alone / "errors.jsonl")] == [
        ("0007b.txt", "empty"),
        ("0023b.pdf", "damaged"),
    ]


def test_every_line_is_a_record(alone: Path) -> None:
    for line in (alone / "letters.jsonl").read_text(encoding="utf-8").splitlines():
        letter = records.Letter.model_validate_json(line)
        assert len(letter.services) == 2


@pytest.mark.stress
def test_output_is_the_same_byte_for_byte_in_three_processes(letters: Path, alone: Path, tmp_path: Path) -> None:
    summary = run(expand([str(letters)]), tmp_path / "out", workers=3)
    assert (summary.letters, summary.failed) == (40, 2)
    for name in FILES:
        assert (tmp_path / "out" / name).read_bytes() == (alone / name).read_bytes(), name


def test_run_json_accounts_for_everything(alone: Path) -> None:
    account = json.loads((alone / "run.json").read_text(encoding="utf-8"))
    counts = account["counts"]
    assert (counts["inputs"], counts["letters"], counts["failed"], counts["services"]) == (42, 40, 2, 80)
    assert counts["decisions"] == {"overturned": 40, "upheld": 40}
    assert counts["errors"] == {"damaged": 1, "empty": 1}
    assert account["versions"]["imr-nlp"]
    assert account["seconds"] > 0
    assert parquet.read_table(alone / "services.parquet").num_rows == 80


def test_stored_texts_are_what_offsets_point_into(letters: Path, tmp_path: Path) -> None:
    run(expand([str(letters / "0003.txt")]), tmp_path / "out", store_text=True)
    record = records.Letter.model_validate(lines(tmp_path / "out" / "letters.jsonl")[0])
    text = (tmp_path / "out" / "texts" / f"{letter_id(record.source)}.txt").read_text(encoding="utf-8")
    assert [text[service.start : service.end] for service in record.services] == [
        service.text for service in record.services
    ]


def test_a_folder_that_holds_something_is_left_alone(letters: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    run(expand([str(letters / "0001.txt")]), out)
    with pytest.raises(OutputError, match="--overwrite"):
        run(expand([str(letters / "0002.txt")]), out)
    assert paths(out) == [str(letters / "0001.txt")]
    run(expand([str(letters / "0002.txt")]), out, overwrite=True)
    assert paths(out) == [str(letters / "0002.txt")]


def test_an_output_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x", encoding="utf-8")
    for folder in (tmp_path / "out", tmp_path / "out" / "deeper"):
        with pytest.raises(OutputError, match="is a file"):
            OutputFolder(folder, overwrite=True)
    assert (tmp_path / "out").read_text(encoding="utf-8") == "x"


def test_a_stopped_run_leaves_its_store_and_a_former_run_stays(letters: Path, alone: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(expand([str(letters / "0001.txt")]), out)

    def fail(summary: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(expand([str(letters)]), out, overwrite=True, progress=fail)
    assert paths(out) == [str(letters / "0001.txt")]
    with pytest.raises(KeyboardInterrupt):
        run(expand([str(letters)]), tmp_path / "new", progress=fail)
    assert [path.name for path in (tmp_path / "new").iterdir()] == [".results.sqlite"]


@pytest.mark.stress
def test_a_file_that_is_no_database_is_not_replaced_by_one(letters: Path, tmp_path: Path) -> None:
    target = tmp_path / "notes.txt"
    target.write_text("mine, and longer than twelve bytes", encoding="utf-8")
    with pytest.raises(OutputError, match="no DuckDB database"):
        run(expand([str(letters / "0001.txt")]), tmp_path / "out", duckdb=target, overwrite=True)
    assert target.read_text(encoding="utf-8").startswith("mine")
    run(expand([str(letters / "0001.txt")]), tmp_path / "out", duckdb=tmp_path / "imr.duckdb")
    with pytest.raises(OutputError, match="--overwrite"):
        run(expand([str(letters / "0001.txt")]), tmp_path / "out2", duckdb=tmp_path / "imr.duckdb")


def test_two_runs_do_not_write_into_one_folder(tmp_path: Path) -> None:
    with OutputFolder(tmp_path / "out"), pytest.raises(OutputError, match="another run"):
        OutputFolder(tmp_path / "out")


def test_what_a_killed_run_left_behind_is_no_obstacle(letters: Path, tmp_path: Path) -> None:
    left = tmp_path / "out" / ".incomplete" / "texts"
    left.mkdir(parents=True)
    (left.parent / "made-by-imr-nlp").touch()
    (left.parent / "letters.jsonl").write_text("half a rec", encoding="utf-8")
    run(expand([str(letters / "0001.txt")]), tmp_path / "out")
    assert paths(tmp_path / "out") == [str(letters / "0001.txt")]
    assert not (tmp_path / "out" / ".incomplete").exists()


def children(pid: int) -> list[int]:
    """The worker processes of a run."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [int(child) for child in found if b"imr_nlp.run.worker" in Path(f"/proc/{child}/cmdline").read_bytes()]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds the workers in /proc")
@pytest.mark.stress
def test_a_worker_that_is_killed_costs_nothing(letters: Path, alone: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(command("run", letters, "-o", tmp_path / "out", "--workers", "2", "-q"))
    written = tmp_path / "out" / ".incomplete" / "letters.jsonl"
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and process.poll() is None:
        if written.exists() and written.stat().st_size:  # the first letters are through
            break
        time.sleep(0.01)
    for child in children(process.pid)[:1]:
        os.kill(child, signal.SIGKILL)
    code = process.wait(timeout=120)
    assert code == 1  # two inputs are no letters
    for name in FILES:
        assert (tmp_path / "out" / name).read_bytes() == (alone / name).read_bytes(), name


def test_interrupting_a_run_is_clean(tmp_path: Path) -> None:
    folder = folder_of_letters(tmp_path / "in", 600)
    process = subprocess.Popen(
        command("run", folder, "-o", tmp_path / "out", "--workers", "2"), stderr=subprocess.PIPE, text=True,
        start_new_session=True,
        # A test run in the background of a shell has it ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (tmp_path / "out" / ".incomplete").exists():
        time.sleep(0.02)
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process of the run
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert said in {
        f"imr-nlp: interrupted; nothing was written to {tmp_path / 'out'}\n",
        "imr-nlp: interrupted; the same command goes on from there\n",
    }
    assert {path.name for path in (tmp_path / "out").glob("*")} <= {".results.sqlite"}


def test_standard_input(tmp_path: Path) -> None:
    done = imr_nlp("run", "-", "-o", tmp_path / "out", input=LETTER)
    assert done.returncode == 0, done.stderr
    record = lines(tmp_path / "out" / "letters.jsonl")[0]
    assert (record["source"]["path"], len(record["services"])) == ("-", 2)
