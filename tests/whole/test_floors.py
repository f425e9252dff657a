"""The import contracts of pyproject.toml hold, and break where an import goes up."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from support.paths import ROOT


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"]
    return subprocess.run(
        command, cwd=root, env={**os.environ, "PYTHONPATH": str(root / "pipeline")},
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip


def copy(to: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", to)
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(ROOT / "pipeline", to / "pipeline", ignore=ignored)
    return to


def test_the_contracts_hold() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_a_planted_upward_import_breaks_them(tmp_path: Path) -> None:
    root = copy(tmp_path)
    module = root / "pipeline" / "imr_nlp" / "text" / "dates.py"
    module.write_text(module.read_text(encoding="utf-8") + "\nimport imr_nlp.cli  # noqa\n", encoding="utf-8")
    done = lint(root)
    assert done.returncode != 0
    assert "imr_nlp.text is not allowed to import imr_nlp.cli" in done.stdout


def test_a_component_may_not_import_its_sibling(tmp_path: Path) -> None:
    root = copy(tmp_path)
    module = root / "pipeline" / "imr_nlp" / "components" / "diagnoses.py"
    planted = "\nimport imr_nlp.components.abbreviations  # noqa\n"
    module.write_text(module.read_text(encoding="utf-8") + planted, encoding="utf-8")
    done = lint(root)
    assert done.returncode != 0
    assert "imr_nlp.components.diagnoses" in done.stdout
