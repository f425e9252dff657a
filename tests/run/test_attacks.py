"""What an attacker, or an accident, can do to a run: nothing of the user's is lost, and nothing wrong is written.

The kinds and their numbers are those of docs/attacks.md. Most tests use the command line only: ``IMR_PYTHON`` names the
Python of another version that they are tried on.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from support.forked import imr_nlp_forked
from support.letters import LETTER, folder_of_letters

PYTHON = os.environ.get("IMR_PYTHON", sys.executable)
CACHE = ".results.sqlite"
COUNT = 12


def nlp(
    *arguments: str | bytes | Path, site: Path | None = None, **options: object
) -> subprocess.CompletedProcess[str]:
    """Run the command line; ``site`` is a folder with a sitecustomize.py that every process of the run loads.

    Without one, or anything else that the start of Python matters to, it is a fork.
    """
    if sys.executable == PYTHON and not site and set(options) <= {"cwd"} and bytes not in map(type, arguments):
        return imr_nlp_forked(*arguments, **options)  # type: ignore[arg-type]
    path = [str(site)] if site else []
    if sys.executable == PYTHON:
        path.append(os.environ.get("PYTHONPATH", ""))
    env = {**os.environ, "COLUMNS": "100", "PYTHONPATH": os.pathsep.join(path), **options.pop("env", {})}  # type: ignore[dict-item]
    options = {"capture_output": True, "text": True, "errors": "surrogateescape", "timeout": 240, **options}
    return subprocess.run([PYTHON, "-m", "imr_nlp", *arguments], env=env, check=False, **options)  # type: ignore[call-overload]


# Changes a module when it is imported. To import it here would be too early for spaCy, which then finds no components.
AFTER = """
import importlib.abc, importlib.util, sys
class After(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name != MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module
        def exec_module(module):
            execute(module)
            change(module)
        spec.loader.exec_module = exec_module
        return spec
sys.meta_path.insert(0, After())
"""


def sabotage(folder: Path, module: str, change: str) -> Path:
    """Return a folder whose sitecustomize.py calls ``change`` (code of a function) on a module."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(f"MODULE = {module!r}\n{change}\n{AFTER}", encoding="utf-8")
    return folder


def records(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "letters.jsonl").read_text(encoding="utf-8").splitlines()]


def one_line(done: subprocess.CompletedProcess[str], code: int, *says: str) -> None:
    """Check that a command ended with a code and one line that says something."""
    assert (done.returncode, done.stderr.count("\n")) == (code, 1), done.stderr
    assert "unexpected" not in done.stderr
    for part in says:
        assert part in done.stderr


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of_letters(tmp_path_factory.mktemp("letters"), COUNT)


@pytest.fixture(scope="module")
def complete(letters: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of a run that nothing disturbed."""
    out = tmp_path_factory.mktemp("complete") / "out"
    done = nlp("run", letters, "-o", out, "--quiet")
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.txt"
    path.write_text(LETTER, encoding="utf-8")
    return path


def with_cache(complete: Path, out: Path) -> Path:
    """Return an output folder with the cache of the complete run: a run over its letters need not read them anew."""
    out.mkdir()
    for end in ("", "-wal", "-shm"):
        if (complete / f"{CACHE}{end}").exists():
            shutil.copy(complete / f"{CACHE}{end}", out / f"{CACHE}{end}")
    return out


# --- A: output folders and links ------------------------------------------------------------------------------------


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    folder = tmp_path / "victim"
    (folder / "deeper").mkdir(parents=True)
    (folder / "mine.txt").write_text("mine", encoding="utf-8")
    (folder / "deeper" / "letters.jsonl").write_text("mine", encoding="utf-8")
    return folder


def untouched(victim: Path) -> bool:
    return [path.read_text(encoding="utf-8") for path in sorted(victim.rglob("*")) if path.is_file()] == ["mine"] * 2


def test_a1_a_link_for_the_work_folder_is_not_followed(letter: Path, victim: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".incomplete").symlink_to(victim)
    one_line(nlp("run", letter, "-o", tmp_path / "out"), 2, ".incomplete", "link")
    assert untouched(victim)


def test_a1_files_of_others_in_the_work_folder_stay(letter: Path, tmp_path: Path) -> None:
    work = tmp_path / "out" / ".incomplete"
    work.mkdir(parents=True)
    (work / "thesis.txt").write_text("mine", encoding="utf-8")
    one_line(nlp("run", letter, "-o", tmp_path / "out", "--overwrite"), 2, "thesis.txt")
    assert (work / "thesis.txt").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("overwrite", [(), ("--overwrite",)])
def test_a2_inputs_in_the_output_folder(overwrite: tuple[str, ...], tmp_path: Path) -> None:
    letters = folder_of_letters(tmp_path / "out" / "texts", 2)
    one_line(nlp("run", letters, "-o", tmp_path / "out", *overwrite), 2, "0000.txt", "another folder")
    assert len(list(letters.iterdir())) == 2
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "a.txt").symlink_to(letters / "0001.txt")
    one_line(nlp("run", tmp_path / "links", "-o", tmp_path / "out", "--overwrite"), 2, "a.txt")
    assert len(list(letters.iterdir())) == 2


def test_a2_files_of_the_users_own_are_not_replaced_by_overwrite(letter: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "texts").mkdir(parents=True)
    (out / "texts" / "mine.txt").write_text("mine", encoding="utf-8")
    (out / "notes").write_text("mine", encoding="utf-8")
    assert nlp("run", letter, "-o", out, "--overwrite", "--store-text").returncode == 0
    assert len(list((out / "texts").iterdir())) == 2
    assert nlp("run", letter, "-o", out, "--overwrite").returncode == 0
    assert [path.name for path in (out / "texts").iterdir()] == ["mine.txt"]
    assert (out / "notes").read_text(encoding="utf-8") == "mine"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "run.json").write_text("{}", encoding="utf-8")
    one_line(nlp("run", letter, "-o", tmp_path / "other", "--overwrite"), 2, "run.json", "no run wrote")
    assert (tmp_path / "other" / "run.json").read_text(encoding="utf-8") == "{}"


def test_a2b_an_empty_name_is_wrong_usage(tmp_path: Path) -> None:
    texts = folder_of_letters(tmp_path / "texts", 1)
    one_line(nlp("run", "texts/0000.txt", "-o", "", "--overwrite", cwd=tmp_path), 2, "-o")
    assert len(list(texts.iterdir())) == 1


def test_a3_names_that_are_taken_are_told_before_any_letter_is_read(letter: Path, victim: Path, tmp_path: Path) -> None:
    for name, options in (("texts", ["--store-text"]), ("letters.jsonl", []), (CACHE, [])):
        out = tmp_path / f"out-{name}"
        out.mkdir()
        (out / name).symlink_to(victim)
        one_line(nlp("run", letter, "-o", out, "--overwrite", *options), 2, name, "link")
        assert sorted(path.name for path in out.iterdir()) == [name]
    assert untouched(victim)


def test_a3d_no_tables_are_written_through_a_link(letter: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "mine.sqlite")) as connection, connection:
        connection.execute("CREATE TABLE mine (x)")
    before = (tmp_path / "mine.sqlite").read_bytes()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / CACHE).symlink_to(tmp_path / "mine.sqlite")
    one_line(nlp("run", letter, "-o", tmp_path / "out"), 2, CACHE)
    assert (tmp_path / "mine.sqlite").read_bytes() == before


@pytest.mark.stress
def test_a3_a_link_in_the_place_of_a_text_is_kept(letter: Path, victim: Path, tmp_path: Path) -> None:
    command = ("run", letter, "-o", tmp_path / "out", "--store-text", "--overwrite")
    assert nlp(*command).returncode == 0
    (text,) = (tmp_path / "out" / "texts").iterdir()
    text.unlink()
    text.symlink_to(victim / "mine.txt")
    one_line(nlp(*command), 2, text.name, "a link")
    assert text.is_symlink()
    assert untouched(victim)


@pytest.mark.stress
def test_a3d_a_backup_of_hard_links_is_not_written(letter: Path, tmp_path: Path) -> None:
    assert nlp("run", letter, "-o", tmp_path / "out").returncode == 0
    backup = tmp_path / "backup"
    shutil.copytree(tmp_path / "out", backup, copy_function=os.link)
    before = {path.name: path.read_bytes() for path in backup.iterdir()}
    second = tmp_path / "second.txt"
    second.write_text(LETTER.replace("0999001", "0999002"), encoding="utf-8")
    assert nlp("run", letter, second, "-o", tmp_path / "out", "--overwrite").returncode == 0
    assert {path.name: path.read_bytes() for path in backup.iterdir()} == before
    assert json.loads((tmp_path / "out" / "run.json").read_bytes())["counts"]["reused"] == 1


@pytest.mark.stress
def test_a_texts_of_an_earlier_run_are_no_letters(tmp_path: Path) -> None:
    folder = folder_of_letters(tmp_path / "in", 2)
    assert nlp("run", folder, "-o", folder / "old", "--store-text").returncode == 0
    done = nlp("run", folder, "-o", folder / "new")
    assert done.returncode == 0
    assert len(records(folder / "new")) == 2
    assert f"not read, since a run wrote it: {folder / 'new'}" in done.stderr or str(folder / "old") in done.stderr
    one_line(nlp("run", folder / "old", "-o", tmp_path / "third"), 2, "output of a run")


# --- S: the cache --------------------------------------------------------------------------------------------------


def again(letters: Path, complete: Path, out: Path, damage: object) -> subprocess.CompletedProcess[str]:
    """Run over the same letters with the cache of the complete run, damaged; the output must be the same."""
    with_cache(complete, out)
    damage(out / CACHE)  # type: ignore[operator]
    done = nlp("run", letters, "-o", out)
    assert done.returncode == 0, done.stderr
    assert (out / "letters.jsonl").read_bytes() == (complete / "letters.jsonl").read_bytes()
    assert (out / "errors.jsonl").read_bytes() == b""
    return done


def sql(statement: str) -> object:
    def damage(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(statement)

    return damage


@pytest.mark.stress
def test_s2_flipped_bits_cost_a_reading_and_no_record(letters: Path, complete: Path, tmp_path: Path) -> None:
    chance = random.Random(7)

    def flip(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            rows = connection.execute("SELECT rowid, record FROM results").fetchall()
            for row, record in rows[:8]:
                at = chance.randrange(len(record))
                bad = record[:at] + bytes([record[at] ^ 1 << chance.randrange(8)]) + record[at + 1 :]
                connection.execute("UPDATE results SET record = ? WHERE rowid = ?", (bad, row))

    done = again(letters, complete, tmp_path / "out", flip)
    assert "8 results were damaged" in done.stderr
    assert done.stderr.count("\n") == 2
    done = nlp("run", letters, "-o", tmp_path / "out")  # said once: it is sound again
    assert "damaged" not in done.stderr


@pytest.mark.stress
def test_s3_a_damaged_database_heals_itself(letters: Path, complete: Path, tmp_path: Path) -> None:
    def zeros(path: Path) -> None:
        data = bytearray(path.read_bytes())
        middle = 4096 * 2
        data[middle:] = bytes(len(data) - middle)
        path.write_bytes(data)

    done = again(letters, complete, tmp_path / "out", zeros)
    assert CACHE in done.stderr
    assert done.stderr.count("\n") <= 3
    assert nlp("run", letters, "-o", tmp_path / "out").stderr.count("\n") == 1


@pytest.mark.stress
def test_s4_a_record_of_another_letter_is_not_taken(letters: Path, complete: Path, tmp_path: Path) -> None:
    swap = "UPDATE results SET record = (SELECT record FROM results WHERE rowid = 2) WHERE rowid = 3"
    again(letters, complete, tmp_path / "out", sql(swap))


def test_s4_even_with_a_checksum_made_for_it(tmp_path: Path) -> None:
    from imr_nlp.reading.source import Blob
    from imr_nlp.run import cache
    from imr_nlp.run.batch import process
    from imr_nlp.run.protocol import Settings

    one, two = (Blob(f"{n}.txt", LETTER.replace("0999001", f"000000{n}").encode(), "text/plain") for n in (1, 2))
    line = process([one], Settings()).lines
    kept = cache.ResultCache(tmp_path / "c", "pipeline")
    kept.add([cache.entry(cache.key_of(two), line)])
    result = process([two], Settings(cache=tmp_path / "c"))
    assert result.damaged == [cache.key_of(two)]
    assert b"CM16-0000002" in result.lines


@pytest.mark.parametrize("size", ["-1", "0", "10000000000000", "4611686018427387904", "'text'"])
def test_s6_a_size_that_is_wrong(size: str) -> None:
    from imr_nlp.run.entries import DamagedEntryError, checked, checksum, entry

    key, _, packed, _ = entry(b"k", b"{}\n")
    value: object = eval(size)  # a literal of this file
    with pytest.raises(DamagedEntryError):
        checked(key, value, packed, checksum(key, str(value), packed))


def test_s5_a_record_with_line_breaks(tmp_path: Path) -> None:
    from imr_nlp.reading.source import Blob
    from imr_nlp.run import cache
    from imr_nlp.run.batch import process
    from imr_nlp.run.protocol import Settings

    blob = Blob("1.txt", LETTER.encode(), "text/plain")
    line = process([blob], Settings()).lines
    kept = cache.ResultCache(tmp_path / "c", "pipeline")
    kept.add([cache.entry(cache.key_of(blob), line.replace(b"{", b"{\n", 1))])
    result = process([blob], Settings(cache=tmp_path / "c"))
    assert (result.lines, result.damaged) == (line, [cache.key_of(blob)])


def test_s7_a_database_of_the_users_own_is_set_aside(letters: Path, complete: Path, tmp_path: Path) -> None:
    def other(path: Path) -> None:
        path.unlink()
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("CREATE TABLE results (mine)")
            connection.execute("INSERT INTO results VALUES ('mine')")

    done = again(letters, complete, tmp_path / "out", other)
    assert f"{CACHE}.damaged" in done.stderr
    with closing(sqlite3.connect(tmp_path / "out" / f"{CACHE}.damaged")) as connection:
        assert connection.execute("SELECT mine FROM results").fetchall() == [("mine",)]


@pytest.mark.stress
def test_g4_a_cache_that_is_removed_in_mid_run(
    letters: Path, complete: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from imr_nlp.reading.inputs import expand
    from imr_nlp.run import runner

    class Removed(runner.Workers):
        def __init__(self, settings: object, *arguments: object, **options: object) -> None:
            for path in settings.cache.parent.glob(f"{CACHE}*"):  # type: ignore[attr-defined]
                path.unlink()
            super().__init__(settings, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(runner, "Workers", Removed)
    summary = runner.run(expand([str(letters)]), tmp_path / "out")
    assert (summary.letters, summary.failed) == (COUNT, 0)
    assert (tmp_path / "out" / "letters.jsonl").read_bytes() == (complete / "letters.jsonl").read_bytes()


def test_g6_a_cache_that_another_process_holds(letters: Path, complete: Path, tmp_path: Path) -> None:
    out = with_cache(complete, tmp_path / "out")
    with closing(sqlite3.connect(out / CACHE, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        one_line(nlp("run", letters, "-o", out, timeout=40), 2, CACHE, "another process")


def test_the_fingerprint_is_of_what_can_change_a_record() -> None:
    from imr_nlp.config import PACKAGE
    from imr_nlp.run.fingerprint import PARTS, UNRELATED

    assert "numpy" in PARTS
    assert "duckdb" not in PARTS
    assert {"cli/", "report/", "review/", "benchmark/"} <= set(UNRELATED)
    assert {"records/views.py", "records/notebook.py", "records/files.py", "run/unique.py"} <= set(UNRELATED)
    assert not [path for path in UNRELATED if path.startswith(("components", "reading", "letter", "run/batch"))]
    for path in UNRELATED:
        assert (PACKAGE / path).exists(), path


# --- D: DuckDB -----------------------------------------------------------------------------------------------------


def letters_in(database: Path) -> list[tuple[str]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute("SELECT path FROM letters ORDER BY path").fetchall()


@pytest.mark.parametrize("name", ["d[1]", "d*"])
def test_d1_a_folder_is_a_name_and_no_pattern(name: str, letters: Path, complete: Path, tmp_path: Path) -> None:
    shutil.copytree(complete, tmp_path / "d1")
    letter, out = letters / "0000.txt", with_cache(complete, tmp_path / name)
    assert nlp("run", letter, "-o", out, "--duckdb", tmp_path / "x.duckdb").returncode == 0
    assert letters_in(tmp_path / "x.duckdb") == [(str(letter),)]


def test_d2_a_folder_that_is_missing_is_told_before_the_run(letter: Path, tmp_path: Path) -> None:
    done = nlp("run", letter, "-o", tmp_path / "out", "--duckdb", tmp_path / "gone" / "x.duckdb")
    one_line(done, 2, "no such folder")
    assert not (tmp_path / "out").exists()


def test_d5_tables_of_the_users_own_are_kept(letters: Path, complete: Path, tmp_path: Path) -> None:
    out = with_cache(complete, tmp_path / "out")
    command = ("run", letters, "-o", out, "--duckdb", tmp_path / "x.duckdb")
    assert nlp(*command).returncode == 0
    assert nlp(*command).returncode == 0
    with duckdb.connect(str(tmp_path / "x.duckdb")) as connection:
        connection.execute("CREATE TABLE work AS SELECT 42 AS answer")
    for more in ((), ("--overwrite",)):
        one_line(nlp(*command, *more), 2, "work", "of your own")
    with duckdb.connect(str(tmp_path / "x.duckdb")) as connection:
        assert connection.execute("SELECT answer FROM work").fetchall() == [(42,)]


def test_d5_a_database_that_no_run_made(letter: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "x.duckdb")) as connection:
        connection.execute("CREATE TABLE letters AS SELECT 42 AS answer")
    command = ("run", letter, "-o", tmp_path / "out", "--duckdb", tmp_path / "x.duckdb", "--overwrite")
    one_line(nlp(*command), 2, "letters", "of your own")


def test_d5_a_link_to_a_database_is_kept(letter: Path, tmp_path: Path) -> None:
    target = tmp_path / "link.duckdb"
    for leads_to in ("nowhere.duckdb", "other.duckdb"):
        target.unlink(missing_ok=True)
        target.symlink_to(leads_to)
        one_line(nlp("run", letter, "-o", tmp_path / "out", "--duckdb", target, "--overwrite"), 2, "is a link")
        assert target.is_symlink()


@pytest.mark.stress
def test_d5_the_log_of_a_replaced_database_goes_with_it(letter: Path, tmp_path: Path) -> None:
    database = tmp_path / "x.duckdb"
    command = ("run", letter, "-o", tmp_path / "out", "--duckdb", database, "--overwrite")
    assert nlp(*command).returncode == 0
    leave = "c.execute('SET wal_autocheckpoint=\\'1TB\\''); c.execute('DELETE FROM letters'); os._exit(0)"
    code = f"import duckdb, os; c = duckdb.connect({str(database)!r}); {leave}"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert database.with_name("x.duckdb.wal").exists()
    assert nlp(*command).returncode == 0
    assert len(letters_in(database)) == 1
    database.unlink()
    database.with_name("x.duckdb.wal").write_bytes(b"mine")
    one_line(nlp(*command), 2, "without its database")
    assert database.with_name("x.duckdb.wal").read_bytes() == b"mine"


# --- N, E: names, terminals, settings --------------------------------------------------------------------------------

STEERING = ("\x1b]0;owned\x07", "\u202e", "\u009b2J", "\u061c", "\u200b", "\U000e0041")


@pytest.mark.stress
def test_n1_names_do_not_steer_a_terminal(tmp_path: Path) -> None:
    paths = []
    for number, mark in enumerate(STEERING):
        path = tmp_path / f"no{number}{mark}.txt"
        path.write_bytes(b"")
        paths.append(path)
    done = nlp("run", *paths, tmp_path / f"gone{STEERING[0]}.txt", "-o", tmp_path / "out")
    shown = nlp("show", *paths)
    written = (tmp_path / "out" / "errors.jsonl").read_text(encoding="utf-8")
    for text in (done.stderr, shown.stderr, written):
        assert text
        assert not {"\x1b", "\x07", "\u202e", "\u009b", "\u061c", "\u200b", "\U000e0041"} & set(text)
    assert [json.loads(line)["path"] for line in written.splitlines()][:6] == [str(path) for path in paths]
    done = nlp("run", tmp_path / f"gone{STEERING[0]}.txt", "-o", tmp_path / "none")
    one_line(done, 2, "no such file")
    assert "\x1b" not in done.stderr


@pytest.mark.stress
def test_n3_n4_names_that_are_not_utf8(letter: Path, tmp_path: Path) -> None:
    here = os.fsencode(tmp_path)
    done = nlp("run", letter, b"x://\xff*.txt", "-o", here + b"/out\xff")
    assert done.returncode == 1, done.stderr
    assert "unexpected" not in done.stderr
    assert (Path(os.fsdecode(here + b"/out\xff")) / "letters.jsonl").stat().st_size
    rules = Path(os.fsdecode(here + b"/rules\xff.yml"))
    rules.write_text("targets:\n- {id: splints, category: PROCEDURE, literal: splint}\n", encoding="utf-8")
    one_line(nlp("run", letter, "-o", tmp_path / "ruled", "--rules", rules), 2, "UTF-8", "rename it")
    assert not (tmp_path / "ruled").exists()
    done = nlp("run", letter, "-o", tmp_path / "base", "--duckdb", here + b"/x\xff.duckdb")
    one_line(done, 2, "UTF-8")
    assert not (tmp_path / "base").exists()


@pytest.mark.parametrize("name", ["run:1", "s3:b", "file:x", "hdfs:x"])
@pytest.mark.stress
def test_n7_a_colon_is_part_of_a_name(name: str, letters: Path, complete: Path, tmp_path: Path) -> None:
    with_cache(complete, tmp_path / name)
    done = nlp("run", letters / "0000.txt", "-o", name, "--duckdb", f"{name}.duckdb", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(records(tmp_path / name)) == 1


@pytest.mark.parametrize("name", ["s3://bucket/x", "http://h/x", "hdfs://n/x"])
def test_n7_a_url_is_for_spark(name: str, letter: Path, tmp_path: Path) -> None:
    one_line(nlp("run", letter, "-o", name, cwd=tmp_path), 2, "--engine spark")


def test_e1_closed_standard_streams(letters: Path, complete: Path, tmp_path: Path) -> None:
    letter = letters / "0000.txt"
    shell = f'exec "{PYTHON}" -m imr_nlp "$@" '
    for number, closed in enumerate(("2>&-", ">&- 2>&- <&-")):
        out = with_cache(complete, tmp_path / str(number))
        done = subprocess.run(["sh", "-c", shell + closed, "sh", "run", letter, "-o", out], check=False, timeout=120)
        assert done.returncode == 0
        assert len(records(out)) == 1
        assert (out / "errors.jsonl").read_bytes() == b""
    done = subprocess.run(
        ["sh", "-c", shell + "<&-", "sh", "run", "-", "-o", tmp_path / "in"], check=False, timeout=120,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert "unexpected" not in done.stderr
    assert "standard input: it is closed" in (tmp_path / "in" / "errors.jsonl").read_text(encoding="utf-8")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.stress
def test_e2_full_standard_streams(letter: Path, tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        for command in (("schema",), ("show", letter), ("show", letter, "--format", "json")):
            done = nlp(*command, stdout=full, stderr=subprocess.PIPE, capture_output=False)
            one_line(done, 1, "standard output", "No space left")
        done = nlp("run", letter, "-o", tmp_path / "out", stderr=full, stdout=full, capture_output=False)
    assert done.returncode == 0
    assert len(records(tmp_path / "out")) == 1


@pytest.mark.parametrize("seconds", ["inf", "1e12", "1e300"])
@pytest.mark.stress
def test_e3_no_time_limit(seconds: str, letter: Path, tmp_path: Path) -> None:
    done = nlp("run", letter, "-o", tmp_path / "out", "--timeout", seconds)
    assert done.returncode == 0, done.stderr

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    text = (tmp_path / "out" / "run.json").read_text(encoding="utf-8")
    assert json.loads(text, parse_constant=refuse)["configuration"]["timeout"] is None


@pytest.mark.stress
def test_e4_odd_encodings(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text(LETTER.replace("a splint", "a splint \u2013 \u65e5\u672c"), encoding="utf-8")
    for env in ({"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}):
        done = nlp("show", path, "--why", env=env)
        assert (done.returncode, done.stderr) == (0, "")
        assert "MRI of the left wrist" in done.stdout


def test_e5_few_file_handles(letter: Path, tmp_path: Path) -> None:
    shell = f'ulimit -n 16; exec "{PYTHON}" -m imr_nlp "$@"'
    done = subprocess.run(
        ["sh", "-c", shell, "sh", "run", letter, "-o", tmp_path / "out"], check=False, timeout=120,
        capture_output=True, text=True,
    )  # fmt: skip
    one_line(done, 1, "ulimit -n")


def test_r6_a_rules_file_does_not_steer_a_terminal(letter: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text('"\\e]0;owned\\a": []\n', encoding="utf-8")
    done = nlp("run", letter, "-o", tmp_path / "out", "--rules", rules)
    one_line(done, 2, "rules.yml")
    assert not {"\x1b", "\x07"} & set(done.stderr)


# --- L, G: locks and workers -----------------------------------------------------------------------------------------


def test_l2_a_lock_on_a_folder_that_is_gone_is_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from imr_nlp.run import output_folder

    out, flock, calls = tmp_path / "out", output_folder.fcntl.flock, []

    def late(descriptor: int, operation: int) -> None:
        calls.append(descriptor)
        if len(calls) == 1:  # between opening and locking, the holder of the lock removes the folder, another makes it
            out.rmdir()
            out.mkdir()
        flock(descriptor, operation)

    monkeypatch.setattr(output_folder.fcntl, "flock", late)
    descriptor = output_folder._locked(out)
    assert os.path.samestat(os.fstat(descriptor), out.stat())
    assert len(calls) == 2
    os.close(descriptor)


@pytest.mark.stress
def test_g2_a_worker_that_is_stopped_for_ever_is_replaced(letters: Path) -> None:
    from imr_nlp.run.pool import Workers
    from imr_nlp.run.protocol import Settings

    paths = [str(path) for path in sorted(letters.iterdir())]
    with Workers(Settings(timeout=20), silence=-35) as workers:  # 5 seconds in all
        results = workers.results(paths)
        first = next(results)
        (child,) = workers._children
        os.kill(child._process.pid, signal.SIGSTOP)
        rest = list(results)
    assert sum(len(result.letter_ids) for result in [first, *rest]) == COUNT
    assert not [error for result in rest for error in result.errors]


def test_g5_a_letter_that_was_given_up_is_read_when_it_was_repaired(tmp_path: Path) -> None:
    from imr_nlp.reading.problems import Problem
    from imr_nlp.reading.source import fetch
    from imr_nlp.run.batch import process
    from imr_nlp.run.cache import Failure, key_of
    from imr_nlp.run.protocol import Settings, Suspect

    path = tmp_path / "a.txt"
    path.write_text("a letter that took too long", encoding="utf-8")
    problem = Problem(str(path), "timeout", "it took more than 60 s")
    suspect = Suspect(str(path), Failure(key_of(fetch(path)), problem))
    assert process([suspect], Settings()).errors == [problem]
    path.write_text(LETTER, encoding="utf-8")
    assert process([suspect], Settings()).letter_ids != [None]


HANGS = """
def change(module):
    read = module.read_part
    def read_part(nlp, source):
        if "HANG" in source.text:
            import time
            time.sleep(1000)
        return read(nlp, source)
    module.read_part = read_part
"""


@pytest.mark.stress
def test_g5_the_same_in_a_run_that_was_killed(tmp_path: Path) -> None:
    site = sabotage(tmp_path / "site", "imr_nlp.letter", HANGS)
    folder = folder_of_letters(tmp_path / "in", 10)
    bad = folder / "0000a.txt"
    bad.write_text(LETTER + "HANG", encoding="utf-8")
    (folder / "0005.txt").write_text(LETTER + "HANG more", encoding="utf-8")
    path = os.pathsep.join([str(site)])
    command = [PYTHON, "-m", "imr_nlp", "run", folder, "-o", tmp_path / "out", "--timeout", "3", "--workers", "1"]
    run = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, stderr=subprocess.DEVNULL)
    cache = tmp_path / "out" / CACHE
    deadline = threading.Event()
    for _ in range(1200):
        deadline.wait(0.1)
        if cache.exists() and failures(cache):
            break
    run.kill()
    run.wait()
    bad.write_text(LETTER.replace("0999001", "0777777"), encoding="utf-8")
    (folder / "0005.txt").write_text(LETTER.replace("0999001", "0777778"), encoding="utf-8")
    done = nlp("run", folder, "-o", tmp_path / "out", "--timeout", "3", "--workers", "1", site=site)
    assert done.returncode == 0, done.stderr
    assert {"CM16-0777777", "CM16-0777778"} <= {record["case"]["case_number"] for record in records(tmp_path / "out")}


def failures(cache: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{cache}?mode=ro", uri=True)) as connection:
            names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            table = "failures" if "failures" in names else "given_up"
            return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
    except sqlite3.Error:
        return 0


def test_g7_results_that_wait_are_bounded_by_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    from imr_nlp.run.pool import Workers
    from imr_nlp.run.protocol import Result, Settings

    slow, seen, lock = threading.Event(), [], threading.Lock()

    def ask(self: Workers, items: list[str]) -> Result:
        if items[0] == "0":
            slow.wait(60)
        with lock:
            seen.append(items[0])
        return Result(letter_ids=list(items), lines=bytes(1000))

    monkeypatch.setattr(Workers, "_ask_for", ask)
    with Workers(Settings(), 3, waiting=5000) as workers:
        results = workers.results([str(number) for number in range(8 * 100)])
        reader = threading.Thread(target=lambda: collected.extend(results))
        collected: list[Result] = []
        reader.start()
        threading.Event().wait(1.0)
        waiting = len(seen)
        slow.set()
        reader.join(60)
    assert waiting <= 7
    assert [letter for result in collected for letter in result.letter_ids] == [str(number) for number in range(800)]


# --- Z: what is shown, and what is not -------------------------------------------------------------------------------

QUOTES = """
def change(module):
    batches = module.batches
    def quoting(letters):
        letters = list(letters)
        if letters:
            raise ValueError("SECRET WORDS of the letter")
        return batches(letters)
    module.batches = quoting
"""
RAISES = """
def change(module):
    def fail(*arguments, **options):
        raise ValueError("SECRET WORDS")
    module.NAME = fail
"""


@pytest.mark.stress
def test_z2_debug_shows_no_message_that_may_quote_a_letter(letter: Path, tmp_path: Path) -> None:
    site = sabotage(tmp_path / "site", "imr_nlp.records.tables", QUOTES)
    done = nlp("run", letter, "-o", tmp_path / "out", "--debug", site=site)
    assert done.returncode == 1
    assert "ValueError" in done.stderr
    assert "SECRET" not in done.stderr + (tmp_path / "out" / "errors.jsonl").read_text(encoding="utf-8")


def test_an_error_in_our_own_code_names_the_letter_and_leaves_a_report(letter: Path, tmp_path: Path) -> None:
    site = sabotage(tmp_path / "site", "imr_nlp.letter", RAISES.replace("NAME", "read_part"))
    done = nlp("run", letter, "-o", tmp_path / "out", site=site)
    assert done.returncode == 1
    (error,) = (json.loads(line) for line in (tmp_path / "out" / "errors.jsonl").read_text().splitlines())
    assert str(letter) in error["message"]
    report = (tmp_path / "out" / "failures.txt").read_text(encoding="utf-8")
    assert str(letter) in report
    assert "ValueError" in report
    assert "batch.py" in report
    assert "SECRET" not in report + done.stderr + error["message"]


@pytest.mark.parametrize("cached", [False, True])
def test_a_pipeline_that_cannot_be_loaded_is_no_letters_fault(
    cached: bool, letters: Path, complete: Path, letter: Path, tmp_path: Path
) -> None:
    site = sabotage(tmp_path / "site", "imr_nlp.pipeline", RAISES.replace("NAME", "load"))
    out = with_cache(complete, tmp_path / "out") if cached else tmp_path / "out"
    done = nlp("run", letters, letter, "-o", out, "--quiet", site=site)
    one_line(done, 1, "the pipeline can't be loaded (ValueError at ")
    assert "SECRET" not in done.stderr
    assert not (out / "run.json").exists()
    if cached:  # what was read before needs no pipeline
        assert nlp("run", letters, "-o", out, "--quiet", site=site).returncode == 0


def test_an_error_that_nobody_foresaw_leaves_a_report(letter: Path, tmp_path: Path) -> None:
    site = sabotage(tmp_path / "site", "imr_nlp.run.runner", RAISES.replace("NAME", "run"))
    (tmp_path / "tmp").mkdir()
    done = nlp("run", letter, "-o", tmp_path / "out", site=site, env={"TMPDIR": str(tmp_path / "tmp")})
    one_line(done, 1, "ValueError", "can be sent to us")
    (report,) = (tmp_path / "tmp").iterdir()
    text = report.read_text(encoding="utf-8")
    assert str(report) in done.stderr
    assert "imr_nlp" in text
    assert "SECRET" not in text + done.stderr
    assert str(letter) not in text


@pytest.mark.stress
def test_z3_show_reads_with_the_time_limit_of_a_run(letter: Path, tmp_path: Path) -> None:
    site = sabotage(tmp_path / "site", "imr_nlp.letter", HANGS)
    (tmp_path / "slow.txt").write_text(LETTER + "HANG", encoding="utf-8")
    done = nlp("show", letter, tmp_path / "slow.txt", "--timeout", "3", site=site)
    assert done.returncode == 1
    assert "MRI of the left wrist" in done.stdout
    assert "more than 3 s" in done.stderr
