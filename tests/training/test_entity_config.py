"""Mistakes in the training config of the entity model are one line each, before anything is trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.letters import imr_nlp_here
from support.paths import ROOT

SHIPPED = (ROOT / "configs" / "entity_model" / "train.cfg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (None, "--config my.cfg: no such file"),
        ("some notes ] [", "my.cfg: Make sure the sections and values are formatted correctly"),
        ("", "my.cfg: it has no section [components]"),
        (SHIPPED.replace("\npatience", "\npateince"), "my.cfg: [training] has no key pateince"),
        (SHIPPED.replace("\nmax_epochs = -1", "\nmax_epochs = -1\nspeed = 2"), "my.cfg: [training] has no key speed"),
        (SHIPPED.replace("max_steps = 500", "max_steps = lots"), "my.cfg: [training] max_steps: value is not"),
        (SHIPPED.replace("width = 48", "breadth = 48"), "[ner.model.tok2vec.embed] lacks the key width"),
        (SHIPPED.replace("spacy.Tok2Vec.v2", "my.Tok2Vec.v9"), "Could not find function 'my.Tok2Vec.v9'"),
        (SHIPPED.replace("${system.seed}", "${system.sede}"), "system.sede"),
        (SHIPPED + "\n[trainning]\nseed = 2\n", "my.cfg: no section [trainning] is known; known are components"),
        (SHIPPED[: SHIPPED.index("[training]")], "my.cfg: it has no section [initialize]"),
    ],
)
def test_a_mistake_in_a_training_config_is_told(config: str | None, says: str, tmp_path: Path) -> None:
    (tmp_path / "prepared").mkdir()
    (tmp_path / "prepared" / "letters.spacy").touch()
    if config is not None:
        (tmp_path / "my.cfg").write_text(config, encoding="utf-8")
    done = imr_nlp_here(
        "train", "entities", "-o", "models", "--prepared", "prepared", "--config", "my.cfg", cwd=tmp_path
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert says in done.stderr
    assert not (tmp_path / "models").exists()
