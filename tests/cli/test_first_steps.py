"""What a new user types first: help, versions, completion, a look at the configuration, and small mistakes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from imr_nlp import __version__
from imr_nlp.cli.config import VARIABLES
from support.forked import imr_nlp_forked
from support.letters import LETTER, NOVEL, command, imr_nlp
from support.paths import ROOT

RUN = "import sys; sys.argv = ['nlp-run', *sys.argv[1:]]; from imr_nlp.cli import main_run; main_run()"


def nlp_run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``nlp-run`` as its script does."""
    return subprocess.run([sys.executable, "-c", RUN, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("group", [[], ["review"], ["train"]])
def test_a_group_alone_prints_its_help_and_is_no_error(group: list[str]) -> None:
    bare, asked = imr_nlp_forked(*group), imr_nlp_forked(*group, "--help")
    assert (bare.returncode, bare.stderr) == (0, "")
    assert "Commands" in bare.stdout
    assert bare.stdout.split() == asked.stdout.split()


@pytest.mark.parametrize("verb", [["run"], ["show"], ["review", "export"], ["train", "entities"]])
def test_short_help_is_help_and_flags_have_no_type(verb: list[str]) -> None:
    done = imr_nlp_forked(*verb, "-h")
    assert (done.returncode, done.stdout) == (0, imr_nlp_forked(*verb, "--help").stdout)
    assert "<bool>" not in done.stdout
    assert "--help" in done.stdout


def test_both_programs_tell_their_version() -> None:
    said = f"imr-nlp {__version__}\n"
    assert [imr_nlp_forked("-V").stdout, imr_nlp_forked("--version").stdout] == [said, said]
    assert [nlp_run("-V").stdout, nlp_run("--version").stdout] == [said, said]


@pytest.mark.parametrize(
    ("arguments", "help_of"),
    [
        (["show", "--nonsense", "x"], "imr-nlp show"),
        (["run"], "imr-nlp run"),
        (["review", "export"], "imr-nlp review export"),
        (["review", "nonsense"], "imr-nlp review"),
        (["nonsense"], "imr-nlp"),
    ],
)
def test_an_error_points_to_the_help_of_its_own_command(arguments: list[str], help_of: str) -> None:
    done = imr_nlp_forked(*arguments)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.endswith(f" Try '{help_of} --help'.\n")


def test_the_shell_completes_verbs_and_options() -> None:
    asked = {"_IMR_NLP_COMPLETE": "complete_bash", "COMP_CWORD": "1"}
    for words, index, expected in (("imr-nlp sh", "1", "show"), ("imr-nlp show --wh", "2", "--why")):
        env = {**os.environ, **asked, "COMP_WORDS": words, "COMP_CWORD": index}
        done = subprocess.run(command(), capture_output=True, text=True, env=env, check=False)
        assert expected in done.stdout.split(), done


def test_config_tells_what_is_in_force_and_from_where(tmp_path: Path) -> None:
    rules = tmp_path / "mine.yml"
    rules.write_text(
        "targets:\n  - {id: mine.bracelet, literal: magnetic bracelet, category: PROCEDURE}\n", encoding="utf-8"
    )
    done = imr_nlp_forked("config", "--rules", rules, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["configuration"]["configs"] == str(ROOT / "configs")
    assert found["configuration"]["rules"] == str(rules)
    assert found["versions"]["imr-nlp"] == __version__
    assert Path(found["models"]["roles"]).is_dir()
    assert next(iter(found["components"])) == "imr_layout"
    assert set(found["environment"]) == set(VARIABLES)
    shown = imr_nlp_forked("config")
    assert shown.returncode == 0
    assert str(ROOT / "configs") in shown.stdout


def test_config_refuses_a_broken_rules_file(tmp_path: Path) -> None:
    rules = tmp_path / "mine.yml"
    rules.write_text("targets:\n  - {literal: [unclosed\n", encoding="utf-8")
    done = imr_nlp_forked("config", "--rules", rules)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "mine.yml:" in done.stderr


def test_every_variable_that_the_code_reads_is_listed() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "pipeline").rglob("*.py"))
    for name in re.findall(r'"(IMR_[A-Z_]+)', code):
        assert name in VARIABLES


def test_a_piped_run_says_that_it_found_no_service(tmp_path: Path) -> None:
    (tmp_path / "novel.txt").write_text(NOVEL, encoding="utf-8")
    (tmp_path / "letter.txt").write_text(LETTER, encoding="utf-8")
    done = imr_nlp_forked("run", "novel.txt", "-o", "novel", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "no disputed service was found" in done.stderr
    assert "no disputed service" not in imr_nlp_forked("run", "letter.txt", "-o", "out", cwd=tmp_path).stderr


@pytest.mark.stress
def test_the_rate_leaves_out_the_start(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text(LETTER, encoding="utf-8")
    assert imr_nlp("run", "letter.txt", "-o", "out", cwd=tmp_path).returncode == 0
    account = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    # One letter takes much less time than loading the pipeline.
    assert account["letters_per_second"] > 2 / account["seconds"]


@pytest.mark.parametrize("verb", [["show", "letter.txt", "--why"], ["run", "letter.txt", "-o", "out"], ["config"]])
def test_a_stream_without_the_characters_is_no_error(verb: list[str], tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text(LETTER.replace("needles", "Nadeln für Ōsaka ☃"), encoding="utf-8")
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    done = subprocess.run(command(*verb), capture_output=True, env=env, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    assert (done.stdout + done.stderr).isascii()
