"""The steps of CONTRIBUTING.md, followed once in a copy of the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.paths import ROOT

LETTER = """CLINICAL CASE SUMMARY
The injured worker has quibbler's elbow. He was given a thermosling. He was lukewarm about acupuncture.
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("checkout")
    for name in ("pipeline", "configs", "models"):
        shutil.copytree(ROOT / name, root / name)  # with what Python keeps, which spares half the time
    return root


def python(checkout: Path, code: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(checkout / "pipeline")}
    done = subprocess.run(
        [sys.executable, "-c", code, LETTER], cwd=checkout, env=environment,
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


ENTITIES = """
import sys, imr_nlp
for entity in imr_nlp.load()(sys.argv[1])._.letter.entities:
    print(entity.label, entity.text, entity.assertion or entity.status)
"""


@pytest.mark.stress
def test_a_word_and_a_rule(checkout: Path) -> None:
    before = python(checkout, ENTITIES)
    assert "thermosling" not in before
    targets = checkout / "configs" / "targets.yml"
    rule = "\n- {id: px.thermosling, literal: thermosling, category: PROCEDURE}\n"
    text = targets.read_text(encoding="utf-8")
    targets.write_text(text.replace("targets: []", "targets:").rstrip() + rule, encoding="utf-8")
    context = checkout / "configs" / "context.yml"
    cue = (
        "\n- id: tx-lukewarm\n  literal: was lukewarm about\n  category: NEGATED_EXISTENCE\n  direction: FORWARD\n"
        "  allowed_types: [PROCEDURE]\n  priority: 59\n"
    )
    context.write_text(context.read_text(encoding="utf-8").rstrip() + cue, encoding="utf-8")
    after = python(checkout, ENTITIES)
    assert "PROCEDURE thermosling" in after
    assert "PROCEDURE acupuncture negated" in after


@pytest.mark.stress
def test_a_field_of_the_record(checkout: Path) -> None:
    schema = checkout / "pipeline" / "imr_nlp" / "records" / "schema.py"
    text = schema.read_text(encoding="utf-8")
    marker = "    refills: Number | None = None\n"
    assert marker in text
    schema.write_text(text.replace(marker, marker + "    color: str | None = None\n", 1), encoding="utf-8")
    tables = checkout / "pipeline" / "imr_nlp" / "records" / "tables.py"
    text = tables.read_text(encoding="utf-8")
    marker = '"original_request": _TEXT,'
    assert marker in text
    tables.write_text(text.replace(marker, marker + ' "color": _TEXT,', 1), encoding="utf-8")
    code = (
        "import imr_nlp; from imr_nlp.records import tables\n"
        "letter = imr_nlp.load()('Lumbar MRI: Upheld\\nClaims Administrator guideline: None.')._.letter\n"
        "letter.services[0].color = 'blue'\n"
        "print(tables.batches([letter])['services'].to_pylist()[0]['color'])"
    )
    assert python(checkout, code).strip() == "blue"


def test_contributing_names_what_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for name in (
        "configs/diagnoses.yml",
        "configs/context.yml",
        "configs/targets.yml",
        "configs/layout",
        "docs/layouts.md",
    ):
        assert name in text
        assert (ROOT / name).exists()
    for name in ("labels.py", "records/schema.py", "records/tables.py", "doc/attributes.py", "doc/factory.py"):
        assert (ROOT / "pipeline" / "imr_nlp" / name).exists()
