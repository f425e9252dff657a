"""A letter that crashes, hangs or eats memory costs that letter alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from imr_nlp.config import ConfigError
from imr_nlp.reading.problems import Problem
from imr_nlp.run.pool import Workers
from imr_nlp.run.protocol import Result, Settings
from support.letters import LETTER, command, folder_of_letters
from support.runs import workers_of

# Loaded by every process of a run: makes reading a file of a certain name fail in a certain way.
SABOTAGE = """
import ctypes, os, re, signal, time
from imr_nlp.reading import source as reading
_fetch = reading.fetch
def fetch(path):
    name = os.path.basename(str(path))
    if "segfault" in name:
        ctypes.string_at(0)
    if "exit" in name:
        os._exit(0)
    if "loop" in name:
        re.match(r"(a+)+$", "a" * 60 + "b")  # one call of native code that doesn't come back
    if "blocked" in name:
        signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals) - {signal.SIGALRM})
        time.sleep(1000)
    if "greedy" in name:
        bytearray(16 << 30)
    if "raise" in name:
        raise KeyError("words of the letter")
    return _fetch(path)
reading.fetch = fetch
"""


@pytest.fixture(scope="module")
def sabotaged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """A run over good and evil letters: its input, its output, what it said."""
    top = tmp_path_factory.mktemp("sabotaged")
    (top / "site").mkdir()
    (top / "site" / "sitecustomize.py").write_text(SABOTAGE, encoding="utf-8")
    folder = folder_of_letters(top / "in", 60)
    for name in ("0011segfault", "0012raise", "0020exit", "0033loop", "0034blocked", "0050greedy"):
        (folder / f"{name}.txt").write_text(LETTER.replace("0999001", name), encoding="utf-8")
    path = os.pathsep.join([str(top / "site"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        command("run", folder, "-o", top / "out", "--workers", "2", "--timeout", "2"),
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    return folder, top / "out", done.stderr


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.stress
def test_each_of_them_is_an_error_with_its_reason(sabotaged: tuple[Path, Path, str]) -> None:
    _, out, said = sabotaged
    errors = {Path(error["path"]).stem[4:]: error for error in lines(out / "errors.jsonl")}
    assert {name: error["code"] for name, error in errors.items()} == {
        "segfault": "crashed", "raise": "failed", "exit": "crashed", "loop": "timeout", "blocked": "timeout",
        "greedy": "failed",
    }  # fmt: skip
    assert "SIGSEGV" in errors["segfault"]["message"]
    assert "more than 2 s" in errors["loop"]["message"]
    assert "MemoryError" in errors["greedy"]["message"]
    assert "KeyError" in errors["raise"]["message"]
    assert "words" not in errors["raise"]["message"]
    assert "6 of 66 inputs failed" in said
    assert len(said.splitlines()) == 2, said


@pytest.mark.stress
def test_all_others_are_read_in_their_order(sabotaged: tuple[Path, Path, str]) -> None:
    folder, out, _ = sabotaged
    read = [record["source"]["path"] for record in lines(out / "letters.jsonl")]
    assert read == [str(folder / f"{number:04}.txt") for number in range(60)]


def test_processes_that_die_before_they_are_ready_are_started_again(tmp_path: Path) -> None:
    letters = folder_of_letters(tmp_path / "in", 4)
    found: list[Result] = []
    with Workers(Settings(timeout=60)) as workers:
        reader = threading.Thread(
            target=lambda: found.extend(workers.results([str(path) for path in sorted(letters.iterdir())]))
        )
        reader.start()
        for _ in range(3):
            time.sleep(0.4)  # loading takes longer
            for child in list(workers._children):
                child.kill()
        reader.join(timeout=120)
    assert sum(result.rows["letters"].num_rows for result in found) == 4


def test_a_rules_file_that_is_wrong_is_told_by_the_first_result(tmp_path: Path) -> None:
    (tmp_path / "own.yml").write_text("targets: 7\n", encoding="utf-8")
    with Workers(Settings(rules=str(tmp_path / "own.yml"))) as workers, pytest.raises(ConfigError, match=r"own\.yml"):
        list(workers.results(["a.txt"]))


def test_inputs_that_are_known_to_be_bad_come_through_in_place(tmp_path: Path) -> None:
    letters = folder_of_letters(tmp_path / "in", 20)
    problem = Problem("gone.txt", "not_found", "gone.txt: no such file")
    items = [*(str(path) for path in sorted(letters.iterdir())), problem]
    with Workers(Settings(), 2) as workers:
        results = list(workers.results(items))
    assert [result.rows["letters"].num_rows for result in results] == [8, 8, 4]
    assert results[-1].errors == [problem]


def test_no_process_is_left_when_the_run_is_killed(tmp_path: Path) -> None:
    letters = folder_of_letters(tmp_path / "in", 400)
    process = subprocess.Popen(command("run", letters, "-o", tmp_path / "out", "--workers", "2", "-q"))
    written = tmp_path / "out" / ".incomplete" / "letters.jsonl"
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and not (written.exists() and written.stat().st_size):
        time.sleep(0.01)
    workers = workers_of(process.pid)
    assert len(workers) == 2
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < deadline, "a worker goes on without its run"
        time.sleep(0.05)


def test_a_module_in_the_current_folder_is_not_taken_for_a_library(tmp_path: Path) -> None:
    (tmp_path / "pyarrow.py").write_text("raise SystemExit('not this one')\n", encoding="utf-8")
    (tmp_path / "a.txt").write_text(LETTER, encoding="utf-8")
    done = subprocess.run(
        [Path(sys.executable).with_name("nlp-run"), "a.txt", "-o", "out"], cwd=tmp_path, capture_output=True,
        text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
