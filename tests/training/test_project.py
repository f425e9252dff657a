"""The spaCy project, run small in a folder of its own: from the shipped gold to a model, a wheel and records."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from support.paths import ROOT

STEPS = ("prepare", "train-entities", "evaluate", "package", "run")
SAME_RECORDS = """
import sys, spacy, imr_nlp
text = open(sys.argv[1], encoding="utf-8", newline="").read()
packed, shipped = spacy.load("en_imr_letters"), imr_nlp.load()
assert packed(text)._.letter.model_dump() == shipped(text)._.letter.model_dump()
print(len(packed(text)._.letter.services), packed.meta["name"])
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the project file and copies of what it depends on."""
    place = tmp_path_factory.mktemp("project")
    for name in ("project.yml", "pyproject.toml"):
        shutil.copy(ROOT / name, place)
    for name in ("annotations", "configs", "models", "pipeline"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    return place


def run(project: Path, step: str) -> str:
    """Run one command of the project on the shipped letters alone, with few training steps."""
    environment = {key: value for key, value in os.environ.items() if key != "IMR_CORPUS"}
    command = [sys.executable, "-m", "spacy", "project", "run", step, "."]
    command += ["--vars.steps=5"]  # no corpus lies beside the copy
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def ran(project: Path) -> Path:
    """The project after its commands have run once."""
    for step in STEPS:
        run(project, step)
    return project


def test_workflows_name_commands_that_exist() -> None:
    described = yaml.safe_load((ROOT / "project.yml").read_text(encoding="utf-8"))
    commands = {command["name"]: command for command in described["commands"]}
    assert {name for workflow in described["workflows"].values() for name in workflow} <= set(commands)
    assert set(described["workflows"]["all"]) == set(commands) - {"review-export", "review-import"}
    # The check has neither, so that it runs each time.
    assert all(command["deps"] and command["outputs"] for name, command in commands.items() if name != "check")
    assert not {"deps", "outputs"} & set(commands["check"])


@pytest.mark.stress
def test_project_makes_a_model_figures_and_records(ran: Path) -> None:
    work = ran / "out" / "project"
    folds = json.loads((work / "prepared" / "folds.json").read_text())
    assert {row["fold"] for row in folds.values()} == {0, 1, 2, 3, 4}
    assert {row["source"] for row in folds.values()} == {"samples"}
    assert (work / "models" / "entities" / "1.0" / "ner" / "model").stat().st_size < 15_000_000
    assert json.loads((work / "scores.json").read_text())
    assert len((work / "records" / "letters.jsonl").read_text().splitlines()) == len(
        list((ROOT / "annotations" / "letters").iterdir())
    )


@pytest.mark.stress
def test_second_run_does_nothing(ran: Path) -> None:
    assert [step for step in STEPS if "nothing changed" not in run(ran, step)] == []


@pytest.mark.stress
def test_package_gives_the_same_records(ran: Path, tmp_path: Path) -> None:
    (wheel,) = (ran / "out" / "project" / "wheel").glob("en_imr_letters-*.whl")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target"]
    subprocess.run([*install, str(tmp_path / "site"), str(wheel)], check=True, capture_output=True)
    letter = ROOT / "annotations" / "letters" / "eight-services.txt"
    done = subprocess.run(
        [sys.executable, "-c", SAME_RECORDS, str(letter)],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path / "site")}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["8", "imr_letters"]


@pytest.mark.slow
def test_the_project_tells_first_what_is_not_installed(tmp_path: Path) -> None:
    # A folder whose "build" can't be found, before the real one: as in an environment without the extra.
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util\n"
        "found = importlib.util.find_spec\n"
        'importlib.util.find_spec = lambda name, *more: None if name == "build" else found(name, *more)\n',
        encoding="utf-8",
    )
    project = tmp_path / "project"  # of its own: the other tests have run theirs
    project.mkdir()
    for name in ("project.yml", "pyproject.toml"):
        shutil.copy(ROOT / name, project)
    described = yaml.safe_load((ROOT / "project.yml").read_text(encoding="utf-8"))
    assert described["workflows"]["all"][0] == "check"
    done = subprocess.run(
        [sys.executable, "-m", "spacy", "project", "run", "all", "."],
        cwd=project, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "build: not installed" in done.stdout + done.stderr
    assert "pip install 'imr-nlp[train]'" in done.stdout + done.stderr
    assert not (project / "out" / "project" / "prepared").exists()
