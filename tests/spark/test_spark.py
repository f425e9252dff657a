"""Spark reads letters as the local engine does, each once, and says of each that fails why."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pyarrow import parquet

from imr_nlp.reading.inputs import expand
from imr_nlp.records import tables
from imr_nlp.run.output_folder import OutputError
from imr_nlp.run.runner import run as run_here
from support import spark_runs
from support.forked import imr_nlp_forked
from support.letters import LETTER, imr_nlp, imr_nlp_here
from support.spark_runs import assert_same, errors, letters_of_all_sorts, rows

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(spark_runs.MISSING is not None, reason=str(spark_runs.MISSING)),
]


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A Spark of two cores, as a user's own job might have started it."""
    from pyspark.sql import SparkSession

    site = tmp_path_factory.mktemp("site")
    (site / "sitecustomize.py").write_text(spark_runs.SABOTAGE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(site), *sys.path]))
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_SUBMIT_OPTS", "-XX:TieredStopAtLevel=1")  # a JVM for a minute
        builder = SparkSession.builder.master("local[2,4]").config("spark.ui.enabled", "false")
        builder = builder.config("spark.ui.showConsoleProgress", "false").config("spark.sql.shuffle.partitions", "4")
        session = builder.config("spark.log.level", "OFF").config("spark.driver.host", "127.0.0.1").getOrCreate()
        yield session
        session.stop()


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return letters_of_all_sorts(tmp_path_factory.mktemp("in") / "letters")


@pytest.fixture(scope="module")
def here(letters: Path, tmp_path_factory: pytest.TempPathFactory, workers_are_forks: None) -> Path:
    """What the local engine makes of the letters."""
    out = tmp_path_factory.mktemp("here") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(letters.parent)
        run_here(expand(["letters/"]), out)
    return out


def test_a_run_makes_what_the_local_engine_makes(
    spark: SparkSession, letters: Path, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from imr_nlp.spark.runner import run

    monkeypatch.chdir(letters.parent)
    summary = run(["letters/"], str(tmp_path / "out"))
    assert (summary.letters, summary.failed, summary.skipped) == (23, 4, 1)
    assert_same(tmp_path / "out", here)
    told, expected = (json.loads((out / "run.json").read_text(encoding="utf-8")) for out in (tmp_path / "out", here))
    assert told["counts"] == {**expected["counts"], "reused": 0}
    assert told["configuration"]["engine"] == "spark"
    assert rows(tmp_path / "out" / "errors.parquet") == sorted(
        repr(dict(zip(("path", "code", "message"), error, strict=True))) for error in errors(here)
    )
    assert not (tmp_path / "out" / ".incomplete").exists()
    audited, audited_here = (
        imr_nlp_here("audit", out, "--json", "--severity", "info") for out in (tmp_path / "out", here)
    )
    assert sorted(audited.stdout.splitlines()) == sorted(audited_here.stdout.splitlines()), audited.stderr


@pytest.mark.stress
def test_a_run_over_uris_patterns_and_single_files(
    spark: SparkSession, letters: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from imr_nlp.spark.runner import run

    monkeypatch.chdir(letters)
    named = ["later years *", f"file://{letters}/0001.txt", "Señor Núñez 100% {a}.txt", "later years [2017]/0002.txt"]
    run([*named, "notes.doc", "nowhere.txt"], f"file://{tmp_path}/out put", overwrite=True)
    out = tmp_path / "out put"
    paths = parquet.read_table(out / "letters.parquet").column("path").to_pylist()
    folder = [f"later years [2017]/{number:04}.txt" for number in range(6)]
    assert sorted(paths) == sorted([*folder, f"file://{letters}/0001.txt", "Señor Núñez 100% {a}.txt"])
    assert [error[:2] for error in errors(out)] == [("notes.doc", "unsupported"), ("nowhere.txt", "not_found")]
    assert [error[2] for error in errors(out)] == [
        "notes.doc: .doc files are not read; save it as .docx or .pdf",
        "nowhere.txt: no such file or folder",
    ]


@pytest.mark.stress
def test_a_run_that_was_killed_goes_on(
    spark: SparkSession, letters: Path, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from imr_nlp.spark import runner as engine

    shutil.copytree(letters, tmp_path / "letters")
    monkeypatch.chdir(tmp_path)
    changed, gone = Path("letters/0003.txt"), Path("letters/0005gone.txt")
    changed.write_text("Changed before the second run.", encoding="utf-8")
    gone.write_text(LETTER, encoding="utf-8")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):

        def killed(*rest: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(engine, "_write", killed)
        engine.run(["letters/"], "out")
    staged = Path("out/.incomplete/extracted/0")
    parts = sorted(staged.glob("part-*"), key=lambda part: part.stat().st_size)
    parts[-1].unlink()  # a task that had not committed
    shutil.copy(parts[-2], staged / "part-99999.zstd.parquet")  # one that has, twice
    left = parquet.read_table(staged, columns=["path"]).column("path").unique().to_pylist()
    shutil.copy2(letters / changed.name, changed)
    gone.unlink()

    told: list[tuple[int, int]] = []
    engine.run(["letters/"], "out", progress=lambda *counts: told.append(counts))
    kept = {path for path in left if Path(path) not in (changed, gone)}
    assert told[0] == (len(kept), 26)
    assert 0 < len(kept) < 26
    assert_same(Path("out"), here)


@pytest.mark.stress
def test_an_output_that_holds_something_is_left_alone(
    spark: SparkSession, letters: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from imr_nlp.spark.runner import run

    monkeypatch.chdir(letters)
    out = tmp_path / "out"
    run_here(expand(["0001.txt"]), out)
    with pytest.raises(OutputError, match="--overwrite"):
        run(["0002.txt"], str(out))
    run(["0002.txt"], str(out), overwrite=True)
    assert parquet.read_table(out / "letters.parquet").column("path").to_pylist() == ["0002.txt"]
    run_here(expand(["0001.txt"]), out, overwrite=True)
    assert parquet.read_table(out / "letters.parquet").column("path").to_pylist() == ["0001.txt"]
    assert not (out / "errors.parquet").exists()
    with pytest.raises(OutputError, match="is a file"):
        run(["0002.txt"], str(letters / "0001.txt"))


@pytest.mark.parametrize(
    "name",
    [
        "letters.jsonl",
        "run.json",
        "errors.parquet/notes.txt",
        ".incomplete/notes.txt",
        ".incomplete/both",
        ".manifest.json",
    ],
)
def test_a_file_of_the_user_is_never_replaced(
    name: str, spark: SparkSession, letters: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from imr_nlp.spark.runner import run

    monkeypatch.chdir(letters)
    mine = tmp_path / "out" / name
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    if name.endswith("both"):
        mine.with_name("run.json").write_text('{"run": "a marathon"}')
    with pytest.raises(OutputError, match="no run wrote"):
        run(["0002.txt"], str(tmp_path / "out"), overwrite=True)
    assert mine.read_text() == "mine"


def test_extract_keeps_the_rows_of_a_job_of_ones_own(spark: SparkSession) -> None:
    from imr_nlp.spark import extract, table

    given = [("a.txt", LETTER, 1), ("b.pdf", LETTER, 2), ("c.txt", None, 3), ("d", " ", 4), ("a.txt", LETTER, 5)]
    found = extract(spark.createDataFrame(given, "path string, text string, batch int")).persist()
    assert found.columns[:5] == ["path", "batch", "letter_id", "record", "error"]
    told = {row.batch: row for row in found.collect()}
    assert [told[batch].error and told[batch].error.code for batch in range(1, 6)] == [
        None,
        None,
        "empty",
        "empty",
        None,
    ]
    assert told[1].record == told[5].record
    assert json.loads(told[2].record)["source"]["media_type"] == "text/plain"
    assert [service.decision for service in told[1].services] == ["overturned", "upheld"]
    assert told[4].services == []
    assert table(found, "services").columns == list(tables.COLUMNS["services"])
    assert table(found, "services").count() == 6
    with pytest.raises(ValueError, match="content"):
        extract(spark.createDataFrame([("a.txt",)], "path string"))
    with pytest.raises(ValueError, match="letter_id"):
        extract(spark.createDataFrame([("a.txt", "b", "c")], "path string, text string, letter_id string"))


@pytest.mark.stress
def test_a_letter_that_hangs_costs_itself(spark: SparkSession) -> None:
    from imr_nlp.spark import extract

    names = ["0.txt", "1hang.txt", "2.txt"]
    given = spark.createDataFrame([(name, LETTER.encode()) for name in names], "path string, content binary")
    told = {row.path: row for row in extract(given.coalesce(1), timeout=3).collect()}
    assert [told[name].error and told[name].error.code for name in names] == [None, "timeout", None]
    assert "more than 3 s" in told["1hang.txt"].error.message


def test_rules_are_looked_for_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from imr_nlp.spark import _checked

    monkeypatch.chdir(tmp_path)
    Path("mine.yml").write_text("targets:\n  - {id: mine, literal: splint, category: PROCEDURE}\n", encoding="utf-8")
    assert _checked("mine.yml") == Path("mine.yml").read_bytes()


def test_rules_of_ones_own_reach_the_executors(spark: SparkSession, tmp_path: Path) -> None:
    from imr_nlp.config import ConfigError
    from imr_nlp.spark import extract, table

    rules = tmp_path / "mine.yml"
    rules.write_text("targets:\n  - {id: mine.splint, literal: splint, category: PROCEDURE}\n", encoding="utf-8")
    given = spark.createDataFrame([("a.txt", LETTER)], "path string, text string")
    extracted = extract(given, rules=rules)
    rules.unlink()
    assert "mine.splint" in {row.rule for row in table(extracted, "entities").select("rule").collect()}
    rules.write_text("targets:\n  - {id: mine.splint, litteral: splint, category: PROCEDURE}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="litteral"):
        extract(given, rules=rules)


def test_what_keeps_spark_from_starting_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(LETTER, encoding="utf-8")
    spark = ["run", tmp_path / "a.txt", "-o", tmp_path / "out", "--engine", "spark"]
    done = imr_nlp_forked(*spark, "--master", "nonsense")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "no such kind of master: nonsense" in done.stderr
    done = imr_nlp_forked(*spark, "--workers", "2")
    assert (done.returncode, "--workers: not with --engine spark" in done.stderr) == (2, True)
    assert not (tmp_path / "out").exists()


def test_without_pyspark_the_mend_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyspark.py").write_text("raise ImportError('no such package', name='pyspark')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    done = imr_nlp("run", "x.txt", "-o", tmp_path / "out", "--engine", "spark")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "pip install 'imr-nlp[spark]'" in done.stderr
