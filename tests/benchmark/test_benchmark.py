"""``imr-nlp benchmark``: its figures are there, are numbers, and say nothing of the letters."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import spacy

from imr_nlp.benchmark import plan, processes
from imr_nlp.reading import source as reading
from support import spark_runs
from support.forked import imr_nlp_forked
from support.letters import LETTER, command, imr_nlp
from support.paths import ANNOTATIONS

SAMPLES = ANNOTATIONS / "letters"


@pytest.fixture(scope="module")
def corpus_of_samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few sample letters under names that would be recognised in an output."""
    folder = tmp_path_factory.mktemp("gardener-letters")
    for name in ("notice-2013-knee.txt", "notice-2013-knee.pdf", "psych-home-transport.html", "retrospective.txt"):
        shutil.copy(SAMPLES / name, folder / f"patient-{name}")
    (folder / "empty.txt").write_bytes(b"")
    return folder


def rows_of(known: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in known["rows"]}


def check(known: dict[str, Any], folder: Path) -> None:
    """What holds of every output: finite figures of the right size, no path, no text."""
    for row in known["rows"]:
        for key in ("letters_per_second", "tokens_per_second", "peak_mib"):
            assert math.isfinite(row[key]) and row[key] > 0, row
        if "cpu_ms_per_letter" in row and ":" not in row["name"]:
            cores = known["machine"]["cores"] if row["name"].startswith(("workers", "spark")) else 1
            assert row["cpu_ms_per_letter"] <= 1.05 * cores * row["ms_per_letter"], row
    assert all(math.isfinite(ratio) and ratio > 0 for ratio in known["ratios"].values())
    assert known["machine"]["cores"] >= 1
    assert known["machine"]["versions"]["spacy"] == spacy.about.__version__
    written = json.dumps(known)
    for word in (folder.name, "patient-", ".txt", "/", "\\\\"):
        assert word not in written.replace("pipeline/", "").replace("/tokenise", "").replace("/medspacy", "").replace(
            "/workers-1", ""
        ), word


@pytest.mark.stress
def test_the_text_rows(corpus_of_samples: Path, tmp_path: Path) -> None:
    only = [part for row in ("tokenise", "pipeline", "components") for part in ("--only", row)]
    done = imr_nlp(
        "benchmark", corpus_of_samples, "--seconds", "0.05", "--passes", "2", *only, "--json", tmp_path / "b.json"
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "pipeline/tokenise: " in done.stdout
    assert "1 of the letters could not be read" in done.stdout
    known = json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))
    check(known, corpus_of_samples)
    rows = rows_of(known)
    assert {"tokenise", "pipeline", "pipeline:tokenizer", "pipeline:imr_layout", "pipeline:letter"} <= set(rows)
    assert set(known["ratios"]) == {"pipeline/tokenise"}
    assert known["corpus"]["letters"] == 3
    texts = [reading.read(path).text for path in sorted(corpus_of_samples.glob("patient-*[!f]"))]
    mean = sum(len(spacy.blank("en")(text)) for text in texts) / len(texts)
    for row in rows.values():  # every row counts the tokens of the blank tokenizer
        assert row["tokens_per_second"] / row["letters_per_second"] == pytest.approx(mean, rel=2e-3)
    parts = sum(row["cpu_ms_per_letter"] for name, row in rows.items() if name.startswith("pipeline:"))
    assert 0.5 < parts / rows["pipeline"]["cpu_ms_per_letter"] < 2.5


@pytest.mark.stress
def test_stock_medspacy_and_whole_runs_from_pdf(corpus_of_samples: Path, tmp_path: Path) -> None:
    only = [part for row in ("medspacy", "pdf", "workers-2") for part in ("--only", row)]
    done = imr_nlp(
        "benchmark", corpus_of_samples, "--seconds", "0.05", "--passes", "1", "--workers", "2", *only, "--quiet",
        "--json", tmp_path / "b.json",
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    known = json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))
    check(known, corpus_of_samples)
    rows = rows_of(known)
    assert set(rows) == {"medspacy", "pdf", "workers-1", "workers-2"}
    assert set(known["ratios"]) == {"workers-2/workers-1"}
    assert rows["workers-2"]["peak_mib"] > rows["workers-2"]["peak_mib_worker"] > 100
    assert rows["workers-1"]["seconds_to_first"] > 0


@pytest.mark.stress
@pytest.mark.skipif(spark_runs.MISSING is not None, reason=str(spark_runs.MISSING))
def test_spark_leaves_a_row_and_no_process(corpus_of_samples: Path, tmp_path: Path) -> None:
    done = imr_nlp(
        "benchmark", corpus_of_samples, "--seconds", "0.05", "--passes", "1", "--workers", "1", "--only", "spark",
        "--json", tmp_path / "b.json", "--quiet",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    known = json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))
    check(known, corpus_of_samples)
    assert set(rows_of(known)) == {"spark-1"}
    assert rows_of(known)["spark-1"]["peak_mib"] > 300  # Java and Python


def test_interrupted_it_says_so_and_leaves_no_process(corpus_of_samples: Path) -> None:
    process = subprocess.Popen(
        command("benchmark", corpus_of_samples, "--only", "tokenise", "--seconds", "60"),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    below: list[int] = []
    # The row's process is loading: the command waits for its answer.
    while process.poll() is None and not any(processes.resident_mib(pid) > 40 for pid in below):
        below = processes.family(process.pid)[1:]
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)
    assert (process.returncode, *said) == (130, "", "imr-nlp: interrupted\n")
    assert not any(processes.resident_mib(pid) for pid in below)


def test_without_spark_the_row_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text(LETTER, encoding="utf-8")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    made = plan.plan([str(tmp_path)], letters=5, workers=2)
    assert "spark" not in made.kinds
    assert any(note.startswith("spark: left out, ") for note in made.notes)


def test_without_a_pdf_the_row_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(LETTER, encoding="utf-8")
    made = plan.plan([str(tmp_path)], letters=5, workers=2, seconds=1, spark=False)
    assert "pdf" not in made.kinds
    assert any("no PDF" in note for note in made.notes)
    assert made.letters.files == made.letters.all
    assert made.workers == [1, 2]


def test_copies_are_letters_with_content_of_their_own(tmp_path: Path) -> None:
    files = [str(SAMPLES / name) for name in ("notice-2013-knee.pdf", "psych-home-transport.html")]
    for _ in plan.make_copies(files, 6, tmp_path):
        pass
    read = [reading.read(path) for path in sorted(tmp_path.iterdir())]
    assert len({source.sha256 for source in read}) == 6
    assert read[0].text == read[2].text == reading.read(files[0]).text
    assert read[1].text.startswith(reading.read(files[1]).text)


@pytest.mark.stress
def test_a_process_that_ends_leaves_only_its_row_out(corpus_of_samples: Path) -> None:
    from imr_nlp.benchmark import measure

    made = plan.plan([str(corpus_of_samples)], letters=2, workers=1, seconds=0.01, only=["tokenise"], spark=False)
    broken = measure._job("tokenise", made, ("gone.txt",))
    working = measure._job("tokenise", made, made.letters.all)
    steps = measure._Steps(lambda doing, share: None, 1)
    rows = measure._in_turns([("broken", broken), ("tokenise", working)], 2, made, steps)
    assert [row.name for row in rows] == ["tokenise"]
    assert len(rows[0].passes) == 2
    assert made.failed == ["broken: it failed with ReadError"]


def test_the_memory_of_a_process_is_its_own() -> None:
    held = bytearray(60 * 2**20)
    code = "import os; from imr_nlp.benchmark.processes import peak_mib; print(peak_mib())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 5 < float(done.stdout) < 40  # not the 60 MiB of the process that started it
    assert processes.peak_mib() > 60
    assert len(held) == 60 * 2**20


def test_a_family_is_watched_as_one() -> None:
    watch = processes.FamilyPeak()
    with watch:
        child = subprocess.Popen([sys.executable, "-c", "held = b'x' * (80 << 20); print(flush=True); input()"],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
        assert child.stdout
        child.stdout.readline()
        assert child.pid in processes.family(os.getpid())
        watch.look()
        child.communicate(b"\n")
    assert watch.largest_child_mib > 80
    assert watch.mib > watch.largest_child_mib
    assert processes.resident_mib(child.pid) == 0


def test_help_has_examples() -> None:
    done = imr_nlp_forked("benchmark", "--help")
    assert done.returncode == 0
    assert "imr-nlp benchmark letters/ --json benchmark.json" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Missing argument"),
        (["gone"], "gone: no such file or folder"),
        (["empty"], "no letters"),
        (["bad"], "none of the letters can be read"),
        (["in.txt", "--only", "nonsense"], "no such row; known are tokenise, pipeline, medspacy"),
        (["in.txt", "--json", "gone/b.json"], "there is no folder gone"),
        (["in.txt", "--letters", "0"], "--letters"),
        (["in.txt", "--workers", "0"], "--workers"),
    ],
)
def test_wrong_usage_is_one_line_that_says_the_mend(arguments: list[str], says: str, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text(LETTER, encoding="utf-8")
    for name in ("empty", "bad"):
        (tmp_path / name).mkdir()
    (tmp_path / "bad" / "cut.pdf").write_bytes(b"%PDF-1.4")
    done = imr_nlp_forked("benchmark", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert says in done.stderr
