"""A file of words that is damaged gives a ConfigError that names it, whatever component reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
import spacy

from imr_nlp.config import ConfigError, folder, replaced

#: (component, setting, shipped file) whose file is one mapping.
FILES = [
    ("imr_quantities", "rules", "quantities.yml"),
    ("imr_facts", "rules", "case_facts.yml"),
    ("imr_targets", "rules", "targets.yml"),
]
#: A file that is no mapping, or no YAML: refused by every reader.
BROKEN = {"empty list": "[]", "text": "just words", "number": "7", "no YAML": "a: [", "deep": "[" * 200 + "]" * 200}


def make(component: str, setting: str, path: Path) -> object:
    return spacy.blank("en").create_pipe(component, config={setting: str(path)})


@pytest.mark.parametrize(("component", "setting", "name"), FILES, ids=[f"{c}-{n}" for c, _, n in FILES])
@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_file_that_is_no_mapping(component, setting, name, text, tmp_path):
    path = tmp_path / "own.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"own\.yml"):
        make(component, setting, path)


def test_a_layout_without_its_id_is_named():
    text = (folder("configs") / "layout/1-notice-2013.yml").read_text(encoding="utf-8")
    damaged = {"layout/1-notice-2013.yml": text.replace("id:", "idd:", 1)}
    with replaced(damaged), pytest.raises(ConfigError, match=r"1-notice-2013\.yml"):
        spacy.blank("en").create_pipe("imr_layout")
