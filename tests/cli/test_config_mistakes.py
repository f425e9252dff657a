"""Mistakes in the files of an installation are refused when a command begins, in one line with file, line and fix."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from imr_nlp.config import ConfigError, folder
from imr_nlp.doc.pipeline_file import read_pipeline
from support.paths import ROOT

LETTER = "Lumbar MRI: Upheld\nClaims Administrator guideline: None.\n"
SHIPPED = (folder("configs") / "pipeline.cfg").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package and its files, which a test may damage."""
    root = tmp_path_factory.mktemp("installation")
    for name in ("pipeline", "configs"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "models").symlink_to(folder("models"))
    (root / "letter.txt").write_text(LETTER, encoding="utf-8")
    return root


#: File, what stands there, what is written instead, and what the message says of it.
MISTAKES = [
    ("layout/parts.yml", "\nopens:", "\nopenz:", 'openz: unknown key "openz"; did you mean "opens"?'),
    ("audit.yml", "oldest: 95", "oldest: x", "oldest: must be a valid number"),
    ("layout/3-determination.yml", "before:", "befor:", 'unknown key "befor"'),
    ("concepts/icd10cm/chapters.yml", "[A00, B99, Infectious diseases]", "[]", "chapters.0: "),
    ("pipeline.cfg", "compose = false", "compos = false", "[components.imr_procedures] compos: imr_procedures has no"),
]


#: What is tried on each change: a file of YAML and that of spaCy. The others are alike, and test_config_models.py tries
#: their mistakes without a command.
QUICK = ("layout/parts.yml", "pipeline.cfg")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "old", "new", "reason"),
    [
        pytest.param(*mistake, id=mistake[0], marks=() if mistake[0] in QUICK else pytest.mark.stress)
        for mistake in MISTAKES
    ],
)
@pytest.mark.parametrize("command", ["run", pytest.param("config", marks=pytest.mark.stress)])
def test_a_command_refuses_a_mistake(
    installation: Path, command: str, name: str, old: str, new: str, reason: str
) -> None:
    path = installation / "configs" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    given = ["run", "letter.txt", "-o", "out"] if command == "run" else ["config"]
    try:
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "imr_nlp", *given], capture_output=True, text=True, encoding="utf-8",
            check=False, cwd=installation, env={**os.environ, "PYTHONPATH": str(installation / "pipeline")},
        )  # fmt: skip
    finally:
        path.write_text(text, encoding="utf-8")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert f"{path}:" in done.stderr
    assert reason in done.stderr
    assert "itself" not in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("compose = false", "compose = maybe", r"cfg:\d+: .*compose: must be true or false"),
        ('model = "roles/1.0"', "model = 5", r'cfg:\d+: .*model: must be a text such as "roles/1.0" or null'),
        ("[nlp]", "[nlpx]", r'cfg:3: \[nlpx\]: unknown section; did you mean "nlp"\? known are .*components'),
        ('= "imr_facts"', '= "imr_fact"', r'cfg:\d+: .*no component "imr_fact"; did you mean "imr_facts"\? known are'),
        ('factory = "imr_facts"', "", r'cfg:\d+: \[components.imr_facts\]: the key "factory" is missing'),
        ('lang = "en"', 'lang = "en"\nfoo = 1', r"cfg:5: \[nlp\] foo: unknown key; known are lang"),
        ("[components.imr_facts]", "[components.imr_factz]", r'"imr_facts" has no section \[components.imr_facts\]'),
        ('lang = "en"', "lang", r"cfg:4: not in the form of the shipped file"),
        ('lang = "en"', 'lang = "en"\nlang = "en"', r"cfg:5: option 'lang' in section 'nlp' already exists"),
        ("LetterTokenizer.v1", "LetterTokenizer.v2", r'@tokenizers: must be "imr.LetterTokenizer.v1"'),
        (SHIPPED, "", r"cfg:1: \[nlp\]: is missing"),
    ],
    ids=str,
)  # fmt: skip
def test_a_mistake_in_the_pipelines_file_is_named(tmp_path: Path, old: str, new: str, reason: str) -> None:
    path = tmp_path / "pipeline.cfg"
    assert old in SHIPPED
    path.write_text(SHIPPED.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=reason) as refused:
        read_pipeline(path)
    assert "\n" not in str(refused.value)
