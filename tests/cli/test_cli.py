"""The command line as a user meets it: the real program, run as a script runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from imr_nlp import __version__
from imr_nlp.cli.schema import json_schema
from support.forked import imr_nlp_forked
from support.letters import LETTER, command, imr_nlp, pdf


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.txt"
    path.write_text(LETTER, encoding="utf-8")
    return path


def test_help_has_examples_and_waits_for_no_heavy_package() -> None:
    code = "import sys; from imr_nlp.cli import main_run; sys.argv = ['nlp-run', '--help']; main_run()"
    done = subprocess.run([sys.executable, "-X", "importtime", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "nlp-run letters/ -o out" in done.stdout
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "imr_nlp" in imported
    assert imported.isdisjoint({"spacy", "medspacy", "numpy", "pandas", "pyarrow", "pydantic", "sklearn", "yaml"})


def test_nlp_run_is_imr_nlp_run() -> None:
    code = "import sys; sys.argv = ['nlp-run', *sys.argv[1:]]; from imr_nlp.cli import main_run; main_run()"
    done = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "nlp-run [OPTIONS]" in done.stdout
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_help_loads_nothing_heavy() -> None:
    heavy = ("spacy", "pyarrow", "duckdb", "numpy", "pydantic")
    code = f"import sys, imr_nlp.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_version() -> None:
    assert imr_nlp("--version").stdout == f"imr-nlp {__version__}\n"


def test_a_run_says_one_line_and_leaves_standard_output_alone(letter: Path, tmp_path: Path) -> None:
    done = imr_nlp("run", letter, "-o", tmp_path / "out", "--duckdb", tmp_path / "imr.duckdb")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("1 letter, 2 services, 0 failed, 0 skipped, ")
    assert done.stderr.count("\n") == 1
    assert (tmp_path / "imr.duckdb").is_file()
    done = imr_nlp_forked("run", letter, "-o", tmp_path / "out", "--overwrite", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Missing argument"),
        (["in.txt"], "-o"),
        (["gone.txt", "-o", "out"], "gone.txt: no such file or folder"),
        (["gone/*.txt", "-o", "out"], "no file matches this pattern"),
        (["empty", "-o", "out"], "no letters"),
        (["in.txt", "-o", "out", "--workers", "0"], "--workers"),
        (["in.txt", "-o", "out", "--nonsense"], "--nonsense"),
        (["in.txt", "-o", "out", "--rules", "gone.yml"], "gone.yml"),
        (["in.txt", "-o", "in.txt"], "is a file"),
        (["in.txt", "-o", "full"], "--overwrite"),
        (["https://example.org/a.pdf", "-o", "out"], "is a URL; download it"),
        (["in.txt", "https://example.org/a.pdf", "-o", "out"], "is a URL; download it"),
        (["in.txt", "table.csv", "-o", "out"], "name the column of its letters with --text-column"),
        (["table.csv", "-o", "out", "--text-column", "txt"], "table.csv: no column txt; columns: case, text"),
        (["table.csv", "-o", "out", "--text-column", "text", "--id-column", "id"], "table.csv: no column id; columns"),
        (["empty", "-o", "out"], ".eml, .zip) in empty"),
        (["in.txt", "-o", "."], "name another folder with -o"),
        (["in.txt", "-o", ""], "-o names nothing"),
        (["in.txt", "-o", "out", "--duckdb", "gone/imr.duckdb"], "make gone first"),
    ],
)
def test_wrong_usage_is_one_line_that_says_the_mend(arguments: list[str], says: str, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text(LETTER, encoding="utf-8")
    (tmp_path / "table.csv").write_text("case,text\n1,Knee brace: Upheld\n", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes").write_text("mine", encoding="utf-8")
    done = imr_nlp_forked("run", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert says in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_table_without_the_column_beside_another_is_an_error_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("case,text\n1,Cane: Upheld\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("case,words\n1,Cane: Upheld\n", encoding="utf-8")
    done = imr_nlp_forked("run", "b.csv", "a.csv", "--text-column", "text", "-o", "out", cwd=tmp_path)
    assert done.returncode == 1 and "1 of 2 inputs failed" in done.stderr


def test_where_all_inputs_fail_the_first_reasons_are_printed(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.txt").touch()
    done = imr_nlp_forked("run", *(f"{number}.txt" for number in range(5)), "-o", "out", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.count("the file is empty; fetch it again") == 3
    assert done.stderr.endswith("5 of 5 inputs failed; out/errors.jsonl says which and why\n")


def test_a_broken_rules_file_is_wrong_usage(letter: Path, tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text("targets:\n  - {literal: [unclosed\n", encoding="utf-8")
    for workers in ("1", "2"):
        done = imr_nlp_forked(
            "run", letter, "-o", tmp_path / "out", "--rules", tmp_path / "rules.yml", "--workers", workers
        )
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert "rules.yml:" in done.stderr
        assert not (tmp_path / "out").exists()


def test_on_a_terminal_a_table_closes_the_run(letter: Path, tmp_path: Path) -> None:
    import pty

    parent, terminal = pty.openpty()
    process = subprocess.Popen(command("run", letter, "-o", tmp_path / "out"), stderr=terminal, stdout=terminal)
    os.close(terminal)
    said = b""
    while True:
        try:
            chunk = os.read(parent, 4096)
        except OSError:  # how Linux says that the other end is closed
            break
        if not chunk:
            break
        said += chunk
    os.close(parent)
    assert process.wait(timeout=60) == 0
    shown = said.decode()
    assert "letters/s" in shown
    assert "overturned" in shown
    assert "│" in shown


@pytest.mark.parametrize("columns", ["80", pytest.param("120", marks=pytest.mark.stress)])
def test_show_fits_the_terminal_and_needs_no_colour(letter: Path, columns: str) -> None:
    done = subprocess.run(
        command("show", letter, "--why"), capture_output=True, text=True, encoding="utf-8", check=False,
        env={**os.environ, "COLUMNS": columns},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= int(columns)
    for part in ("OVERTURNED", "UPHELD", "MRI of the left wrist", "conclusion", "Why: every finding"):
        assert part in done.stdout


def test_show_colours_where_colour_is_wanted(letter: Path) -> None:
    done = subprocess.run(
        command("show", letter), capture_output=True, text=True, encoding="utf-8", check=False,
        env={**os.environ, "FORCE_COLOR": "1", "TERM": "xterm-256color"},
    )  # fmt: skip
    assert "\x1b[1;32mOVERTURNED" in done.stdout
    assert "\x1b[1;31mUPHELD" in done.stdout


def test_show_keeps_a_letter_from_steering_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text(LETTER.replace("no red flag", "no \x1b]0;owned\x07red \u202eflag"), encoding="utf-8")
    done = imr_nlp_forked("show", path, "--why")
    assert done.returncode == 0, done.stderr
    assert not {"\x1b", "\x07", "\u202e"} & set(done.stdout)


def test_show_says_why_it_cannot(tmp_path: Path) -> None:
    (tmp_path / "scan.pdf").write_bytes(pdf([""]))
    done = imr_nlp_forked("show", tmp_path / "scan.pdf")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "OCR" in done.stderr


def test_a_closed_pipe_is_no_error(letter: Path) -> None:
    shell = f"{sys.executable} -m imr_nlp schema | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", shell], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("{\n", "")


def test_the_schema_describes_real_records(letter: Path, tmp_path: Path) -> None:
    done = imr_nlp_forked("schema")
    schema = json.loads(done.stdout)
    assert schema == json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert imr_nlp_forked("run", letter, "-o", tmp_path / "out").returncode == 0
    record = json.loads((tmp_path / "out" / "letters.jsonl").read_text(encoding="utf-8"))
    jsonschema.validate(record, schema, cls=jsonschema.Draft202012Validator)
    record["services"][0]["decision"] = "perhaps"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(record, schema, cls=jsonschema.Draft202012Validator)
