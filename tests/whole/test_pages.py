"""Each code block of README and docs runs as it is shown, on the sample letters, and gives the output that is shown."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.blocks import blocks, run_page, samples
from support.forked import imr_nlp_forked
from support.paths import ROOT

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "annotations/README.md", "annotations/dwc/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "models").rglob("card.md")),
]
#: Pages whose blocks take more than 20 s: several runs, reports and trainings.
LONG = frozenset(
    "docs/index.md docs/report.md docs/training.md docs/review.md docs/library.md docs/questions.md docs/inputs.md "
    "docs/audit.md docs/review/agreement.md docs/review/docbin.md".split()
)
#: Languages that run here, and those that another test runs or that are no code.
RUN = ("sh", "console", "python")
ELSEWHERE = {"sql": "tests/records/test_questions.py"}


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def runs(page: Path) -> bool:
    found = blocks(page.read_text(encoding="utf-8"))
    return any(block.language in RUN and "not run" not in block.notes for block in found)


@pytest.fixture(scope="module")
def run_of_the_samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``letters`` and what the tutorial makes of them in ``out``."""
    folder = samples(tmp_path_factory.mktemp("pages"))
    done = imr_nlp_forked("run", "letters", "-o", "out", "--store-text", "--quiet", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def _parameters() -> list[Any]:
    marks = {page: pytest.mark.stress if name_of(page) in LONG else pytest.mark.slow for page in PAGES if runs(page)}
    return [pytest.param(page, id=name_of(page), marks=mark) for page, mark in marks.items()]


@pytest.mark.parametrize("page", _parameters())
def test_the_blocks_of_a_page_run(page: Path, run_of_the_samples: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(run_of_the_samples, tmp_path / "page")
    if " -o out" in page.read_text(encoding="utf-8"):
        shutil.rmtree(folder / "out")  # the page makes it
    (folder / ".venv").mkdir()
    (folder / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    shutil.copytree(ROOT / "annotations", folder / "annotations")
    run_page(page, folder)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_each_block_is_run_or_says_why_not(page: Path) -> None:
    for block in blocks(page.read_text(encoding="utf-8")):
        where = f"{name_of(page)}:{block.line}"
        assert block.language, f"{where}: a block without a language"
        if block.language == "yaml":
            assert yaml.safe_load(block.text), where
        elif block.language == "json":
            json.loads(block.text)
        else:
            assert block.language in (*RUN, *ELSEWHERE, "mermaid", "ini", "yaml") or "not run" in block.notes, where
        if reason := block.notes.get("not run"):
            assert len(reason.split()) > 2, f"{where}: {reason}"
