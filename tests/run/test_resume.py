"""A run that is stopped, at whatever moment, goes on with the same command and ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from imr_nlp.reading.inputs import expand
from imr_nlp.reading.problems import Problem
from imr_nlp.reading.source import Blob
from imr_nlp.run import cache
from imr_nlp.run.cache import CacheReader, DamagedEntryError, Failure, ResultCache
from imr_nlp.run.fingerprint import fingerprint
from imr_nlp.run.output_folder import OutputError
from imr_nlp.run.runner import run
from support.forked import imr_nlp_forked
from support.letters import LETTER, command, folder_of_letters
from support.runs import FILES, output

pytestmark = pytest.mark.usefixtures("workers_are_forks")


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hundred and twenty letters, one of them in two places, and a file that is none."""
    folder = folder_of_letters(tmp_path_factory.mktemp("letters"), 120)
    shutil.copy(folder / "0003.txt", folder / "0100a.txt")
    (folder / "0007b.txt").write_bytes(b"")
    return folder


@pytest.fixture(scope="module")
def whole(letters: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The output of a run that nothing disturbed."""
    out = tmp_path_factory.mktemp("whole") / "out"
    run(expand([str(letters)]), out)
    return output(out)


class StoppedError(Exception):
    """The tests' own reason to stop a run."""


def stop_after(letters: int):
    def stop(summary: object) -> None:
        if summary.letters >= letters:
            raise StoppedError

    return stop


def test_a_stopped_run_goes_on_and_reads_no_letter_twice(
    letters: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    with pytest.raises(StoppedError):
        run(expand([str(letters)]), tmp_path / "out", progress=stop_after(60))
    summary = run(expand([str(letters)]), tmp_path / "out", workers=2)
    assert output(tmp_path / "out") == whole
    assert 60 <= summary.reused < 121
    assert json.loads((tmp_path / "out" / "run.json").read_text())["counts"]["reused"] == summary.reused


def test_a_complete_run_is_not_done_again(letters: Path, whole: dict[str, bytes], tmp_path: Path) -> None:
    some = [str(letters / f"{number:04}.txt") for number in range(20)]
    assert run(expand(some), tmp_path / "out").reused == 0
    first = output(tmp_path / "out")
    assert run(expand(some), tmp_path / "out", workers=2).reused == 20
    assert output(tmp_path / "out") == first
    with pytest.raises(OutputError, match="--overwrite"):  # another run
        run(expand(some[:3]), tmp_path / "out")
    more = run(expand([*some, str(letters / "0100a.txt")]), tmp_path / "out", overwrite=True)
    assert (more.letters, more.reused) == (21, 21)  # the letter that is new has the content of another
    lines = (tmp_path / "out" / "letters.jsonl").read_bytes().splitlines()
    assert lines[-1] in whole["letters.jsonl"].splitlines()


def test_other_rules_make_other_records(letters: Path, tmp_path: Path) -> None:
    rules = tmp_path / "own.yml"
    rules.write_text("targets:\n- {id: splints, category: PROCEDURE, literal: splint}\n", encoding="utf-8")
    one = [str(letters / "0001.txt")]
    run(expand(one), tmp_path / "out")
    summary = run(expand(one), tmp_path / "out", rules=rules, overwrite=True)
    assert summary.reused == 0
    assert b'"splints"' in (tmp_path / "out" / "letters.jsonl").read_bytes()


@pytest.mark.stress
def test_texts_are_stored_for_letters_that_were_read_before(letters: Path, tmp_path: Path) -> None:
    one = [str(letters / "0001.txt")]
    run(expand(one), tmp_path / "out")
    assert run(expand(one), tmp_path / "out", store_text=True, overwrite=True).reused == 1
    (text,) = (tmp_path / "out" / "texts").iterdir()
    assert text.read_bytes() == (letters / "0001.txt").read_bytes()


# Loaded by the main process: kills it, as power failure would, when it is about to take a certain step of putting the
# files into place.
KILL_AT = """
import os, pathlib, sys
if sys.argv[-1:] != ["-c"] and "imr_nlp.run.worker" not in " ".join(sys.orig_argv):
    left = int(os.environ["KILL_AT"])
    def counted(method):
        def step(self, *arguments, **options):
            global left
            if "out" in self.parts and "results.sqlite" not in self.name:
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), 9)
            return method(self, *arguments, **options)
        return step
    for name in ("replace", "rename", "unlink"):
        setattr(pathlib.Path, name, counted(getattr(pathlib.Path, name)))
"""


@pytest.mark.stress
def test_a_run_that_is_killed_while_its_files_are_put_into_place(letters: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(KILL_AT, encoding="utf-8")
    some = [letters / f"{number:04}.txt" for number in range(9)]
    run(expand([str(path) for path in some]), tmp_path / "whole", duckdb=tmp_path / "whole.duckdb")
    arguments = command("run", *some, "-o", tmp_path / "out", "--duckdb", tmp_path / "out.duckdb", "--quiet")
    for step in range(30):
        path = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])
        done = subprocess.run(
            arguments, env={**os.environ, "PYTHONPATH": path, "KILL_AT": str(step)}, check=False, timeout=120
        )
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
    assert step > len(FILES)  # it was killed before each of the moves
    assert output(tmp_path / "out") == output(tmp_path / "whole")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        [".manifest.json", ".results.sqlite", *FILES, "run.json"]
    )
    assert (tmp_path / "out.duckdb").exists()


@pytest.mark.stress
def test_an_interrupted_run_goes_on(letters: Path, whole: dict[str, bytes], tmp_path: Path) -> None:
    arguments = command("run", letters, "-o", tmp_path / "out", "--workers", "2")
    process = subprocess.Popen(
        arguments, stderr=subprocess.PIPE, text=True, start_new_session=True,
        # A test run in the background of a shell has it ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    written = tmp_path / "out" / ".incomplete" / "letters.jsonl"
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and not (written.exists() and written.stat().st_size):
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process of the run
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "imr-nlp: interrupted; the same command goes on from there\n")
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1  # one input is no letter
    assert output(tmp_path / "out") == whole


@pytest.mark.stress
def test_a_disk_that_was_full_and_has_room_again(small_disk: Path, letters: Path, whole: dict[str, bytes]) -> None:
    """What was read before the disk was full is not read again."""
    done = imr_nlp_forked("run", letters, "-o", small_disk / "out")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "the disk is full" in done.stderr
    assert "goes on from there" in done.stderr
    subprocess.run(["mount", "-o", "remount,size=20m", small_disk], check=True)
    done = imr_nlp_forked("run", letters, "-o", small_disk / "out")
    assert done.returncode == 1, done.stderr  # one input is no letter
    assert output(small_disk / "out") == whole
    assert json.loads((small_disk / "out" / "run.json").read_text())["counts"]["reused"] > 8


# --- the store -----------------------------------------------------------------------------------------------------


def test_the_cache_gives_back_what_it_was_given(tmp_path: Path) -> None:
    key = cache.key_of(Blob("a.txt", LETTER.encode(), "text/plain"))
    kept = ResultCache(tmp_path / "s", "pipeline 1")
    kept.add([cache.entry(key, b'{"a":1}\n'), cache.entry(key, b"a second one is not kept\n")])
    reader = CacheReader(tmp_path / "s")  # another connection, as in another process
    found = reader.get(key), reader.get(b"no such key")
    assert found == (b'{"a":1}\n', None)
    reader.close()
    kept.close()
    assert [path.name for path in tmp_path.iterdir()] == ["s"]
    assert len(ResultCache(tmp_path / "s", "pipeline 1")) == 1


def test_the_store_of_another_pipeline_is_emptied(tmp_path: Path) -> None:
    kept = ResultCache(tmp_path / "s", "pipeline 1")
    kept.add([cache.entry(b"key", b"{}\n")])
    kept.close()
    assert len(ResultCache(tmp_path / "s", "pipeline 2")) == 0


@pytest.mark.parametrize("left", [b"", b"no database at all, and longer than a header " * 10, b"SQLite format 3\0" * 9])
def test_a_damaged_store_is_begun_anew(tmp_path: Path, left: bytes) -> None:
    (tmp_path / "s").write_bytes(left)
    kept = ResultCache(tmp_path / "s", "pipeline 1")
    kept.add([cache.entry(b"key", b"{}\n")])
    assert CacheReader(tmp_path / "s").get(b"key") == b"{}\n"


@pytest.mark.parametrize("damaged", [True, False])
def test_what_stands_in_the_log_of_a_store_is_set_aside_with_it(damaged: bool, tmp_path: Path) -> None:
    store, aside = tmp_path / "s", tmp_path / "s.damaged"
    statements = ["PRAGMA journal_mode = WAL", "CREATE TABLE mine (word)", "PRAGMA wal_checkpoint(TRUNCATE)"]
    statements.append("INSERT INTO mine VALUES ('kept')")
    code = f"import os, sqlite3; c = sqlite3.connect({str(store)!r}, isolation_level=None)"
    code += f"; [c.execute(statement).fetchall() for statement in {statements!r}]; os._exit(0)"
    subprocess.run([sys.executable, "-c", code], check=True)
    whole, log = store.read_bytes(), (tmp_path / "s-wal").read_bytes()
    found = b"no database at all, and longer than a header " * 10 if damaged else whole
    store.write_bytes(found)
    ResultCache(store, "pipeline 1").close()
    assert aside.read_bytes() == found
    assert (tmp_path / "s.damaged-wal").read_bytes() == log
    aside.write_bytes(whole)  # somebody repairs it
    with closing(sqlite3.connect(aside)) as connection:
        assert connection.execute("SELECT word FROM mine").fetchall() == [("kept",)]


def test_no_file_that_was_set_aside_before_is_replaced(tmp_path: Path) -> None:
    for number in range(1, 1000):
        (tmp_path / f"s.damaged{'' if number == 1 else f'-{number}'}").write_bytes(b"mine")
    (tmp_path / "s").write_bytes(b"no database at all, and longer than a header " * 10)
    with pytest.raises(OSError, match="999 files"):
        ResultCache(tmp_path / "s", "pipeline 1")
    assert (tmp_path / "s.damaged-999").read_bytes() == b"mine"
    (tmp_path / "s.damaged-7").rename(tmp_path / "s.damaged-7-wal")  # the log of another database
    with pytest.raises(OSError, match="999 files"):
        ResultCache(tmp_path / "s", "pipeline 1")
    assert (tmp_path / "s.damaged-7-wal").read_bytes() == b"mine"


def test_a_store_that_holds_nothing_leaves_no_file(tmp_path: Path) -> None:
    ResultCache(tmp_path / "s", "pipeline 1").close()
    assert list(tmp_path.iterdir()) == []


def test_a_reader_without_a_store_finds_nothing(tmp_path: Path) -> None:
    (tmp_path / "s").write_bytes(b"no database at all")
    with pytest.raises(DamagedEntryError):
        CacheReader(tmp_path / "s").get(b"key")
    (tmp_path / "s").unlink()
    assert CacheReader(tmp_path / "s").get(b"key") is None


def test_letters_given_up_are_remembered_until_the_run_is_complete(tmp_path: Path) -> None:
    kept = ResultCache(tmp_path / "s", "pipeline 1")
    failed = Failure(b"key", Problem("a.txt", "timeout", "a.txt: it took more than 60 s"))
    kept.add_failures("run 1", [failed])
    assert kept.failures("run 1") == {"a.txt": failed}
    assert kept.failures("run 2") == {}
    kept.complete()
    assert kept.failures("run 1") == {}


def test_the_run_that_wrote_last_is_remembered(tmp_path: Path) -> None:
    assert cache.run_at(tmp_path / "s") is None
    kept = ResultCache(tmp_path / "s", "pipeline 1")
    for name in ("first", "second", "second"):
        kept.begin(name)
        assert cache.run_at(tmp_path / "s") == name


def test_the_fingerprint_tells_rules_apart(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("targets: []\n", encoding="utf-8")
    assert fingerprint() == fingerprint()
    assert fingerprint() != fingerprint(tmp_path / "a.yml")
