"""What the README shows works as it says."""

from __future__ import annotations

import re
from pathlib import Path

import imr_nlp
from support.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_rules_of_ones_own(tmp_path: Path) -> None:
    found = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert found
    (tmp_path / "my-rules.yml").write_text(found[1], encoding="utf-8")
    nlp = imr_nlp.load(rules=tmp_path / "my-rules.yml")
    doc = nlp("CLINICAL CASE SUMMARY\nHe was not interested in acupuncture and bought a magnetic bracelet.")
    entities = {entity.text: entity for entity in doc._.letter.entities}
    assert entities["magnetic bracelet"].rule == "mine.bracelet"
    assert (entities["acupuncture"].status, entities["acupuncture"].context_rule) == ("negated", "mine.declined")


def test_every_file_and_folder_it_names_is_there() -> None:
    for name in re.findall(r"`((?:configs|pipeline|annotations|tests|models|docs)/[\w/.-]*)`", README):
        assert (ROOT / name).exists(), name
    for name in re.findall(r"`([\w-]+\.(?:yml|cfg))`", README):
        assert (ROOT / "configs" / name).exists(), name


def test_it_is_short() -> None:
    assert len(README.splitlines()) < 120
