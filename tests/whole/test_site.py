"""The documentation site and the notebook: they build, nothing is fetched when they are read, and the code runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml
from nbclient import NotebookClient

from support.paths import ANNOTATIONS, ROOT

#: What makes a browser fetch something, as against a link that a reader follows.
FETCHES = re.compile(
    r"""<(?:script|img|iframe|link(?![^>]*rel="?canonical))[^>]*(?:src|href)=["']?(?:https?:)?//[^"'> ]+|"""
    r"""(?:@import|url\()\s*["']?(?:https?:)?//[^"') ]+"""
)
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
#: Words that stand together in one output of a notebook.
SHOWN = {
    "overturn_rates": [("rehabilitation", "rate"), ("MTUS", "rate")],
    "labelling_team": [
        ("no letter was corrected or accepted",),
        ("1 letter rejected by the reviewer",),
        ("jo and sam: 2 letters in common, 3 disagreements", "kappa"),
        ("tx-plan", "precision"),
        ("1 gained, 0 lost",),
    ],
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(out)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return out


@pytest.mark.stress
def test_the_site_has_every_page_and_fetches_nothing(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert {page.name for page in pages} >= {"index.html", "record.html", "library.html", "api.html"}
    for path in (*pages, *site.rglob("*.css")):
        assert not FETCHES.findall(path.read_text(encoding="utf-8")), path


@pytest.mark.slow
def test_the_api_page_has_the_docstrings(site: Path) -> None:
    page = (site / "api.html").read_text(encoding="utf-8")
    for name in ("imr_nlp.pipeline.load", "imr_nlp.pipeline.read", "imr_nlp.pipeline.read_all"):
        assert f'id="{name}"' in page


def test_every_page_of_docs_is_in_the_navigation() -> None:
    listed = re.findall(r"[\w/-]+\.md", str(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]))
    there = {path.name for path in (ROOT / "docs").glob("*.md")}
    assert there - set(listed) == set()


@pytest.mark.stress
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IMR_LETTERS", str(ANNOTATIONS / "letters"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    notebook = nbformat.read(path, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "clear the outputs before a commit"
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    shown = [str(output) for cell in notebook.cells for output in cell.get("outputs", [])]
    for wanted in SHOWN[path.stem]:
        assert any(all(word in text for word in wanted) for text in shown), wanted
