"""The entity model: its policy, what it reads, how it travels, and that loading it unpickles nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc

from imr_nlp.components.entity_model.component import (
    LABELS,
    EntityModelTagger,
    Policy,
    combine,
    hints_of,
    load_policy,
    reading,
    sentences,
)
from imr_nlp.config import ConfigError, folder
from imr_nlp.doc.spans import ENTITIES, EntityDraft, add_span, spans_of
from imr_nlp.training.entities import train
from imr_nlp.training.prepare import GOLD, gold_files, prepare, read_prepared
from support.paths import ANNOTATIONS

pytestmark = pytest.mark.slow

TEXT = "He has a severe lumbar sprain. An MRI was done. Impression: knee pain."
NOBODY = Policy(frozenset(), frozenset(), frozenset())


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Training data made of the project's own letters."""
    out = tmp_path_factory.mktemp("prepared")
    prepare({"samples": gold_files(ANNOTATIONS)["samples"]}, out)
    return out


@pytest.fixture(scope="module")
def trained(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model trained for a few steps."""
    return train(prepared, tmp_path_factory.mktemp("model"), **_STEPS)


_STEPS = {"training.max_steps": 8, "training.eval_frequency": 8}


def letter_doc(nlp: Language) -> Doc:
    doc = nlp.make_doc(TEXT)
    add_span(doc, ENTITIES, 16, 29, "DIAGNOSIS", rule="dx.named")
    add_span(doc, ENTITIES, 34, 37, "PROCEDURE", rule="px.named")
    add_span(doc, ENTITIES, 60, 69, "DIAGNOSIS", rule="dx.listed")
    for token in doc:
        token.is_sent_start = token.idx in (0, 31, 48)
    return doc


def test_only_sentences_with_entities_of_the_policy_are_read() -> None:
    doc = letter_doc(spacy.blank("en"))
    read = reading(doc, sentences(doc, frozenset({"DIAGNOSIS"})), hints_of(doc))
    assert read.doc.text == "He has a severe lumbar sprain. Impression: knee pain."
    assert [token.tag_ for token in read.doc if token.tag_ != "O"] == [
        "B-DIAGNOSIS", "L-DIAGNOSIS", "B-DIAGNOSIS", "L-DIAGNOSIS",
    ]  # fmt: skip
    assert [doc[i].text for i in read.tokens] == [token.text for token in read.doc]
    assert sentences(doc, frozenset({"MEDICATION"})) == []


def test_policy_widens_drops_and_adds_only_where_it_says_so() -> None:
    rules = [EntityDraft(10, 16, "DIAGNOSIS", {"rule": "a"}), EntityDraft(30, 34, "DIAGNOSIS", {"rule": "b"})]
    model = [EntityDraft(5, 16, "DIAGNOSIS", {}), EntityDraft(50, 55, "PROCEDURE", {})]
    diagnosis, procedure = frozenset({"DIAGNOSIS"}), frozenset({"PROCEDURE"})
    assert combine(rules, model, NOBODY) == rules
    assert [found[:2] for found in combine(rules, model, NOBODY._replace(widen=diagnosis))] == [(5, 16), (30, 34)]
    assert [found[:2] for found in combine(rules, model, NOBODY._replace(drop=diagnosis))] == [(10, 16)]
    assert combine(rules, model, NOBODY._replace(add=procedure)) == [*rules, model[1]]


def test_two_findings_that_the_model_reads_as_one_stay_two() -> None:
    rules = [EntityDraft(0, 5, "DIAGNOSIS", {}), EntityDraft(8, 12, "DIAGNOSIS", {})]
    assert combine(rules, [EntityDraft(0, 12, "DIAGNOSIS", {})], Policy(LABELS, LABELS, LABELS)) == rules


stretches = st.builds(
    lambda start, length, label: EntityDraft(start, start + length, label, {"rule": "x"}),
    st.integers(0, 60), st.integers(1, 12), st.sampled_from(sorted(LABELS)),
)  # fmt: skip
policies = st.builds(Policy, *[st.frozensets(st.sampled_from(sorted(LABELS)))] * 3)


@settings(max_examples=80, deadline=None)
@given(st.lists(stretches, max_size=6), st.lists(stretches, max_size=6), policies)
def test_combining_leaves_labels_alone_that_the_policy_does_not_name(
    rules: list[EntityDraft], model: list[EntityDraft], policy: Policy
) -> None:
    combined = combine(rules, model, policy)
    for label in LABELS - policy.labels:
        assert [found for found in combined if found.label == label] == [
            found for found in rules if found.label == label
        ]
    if not policy.add:
        assert len(combined) <= len(rules)


def test_unknown_policy_is_refused(tmp_path: Path) -> None:
    bad = tmp_path / "policy.yml"
    bad.write_text("widen: [DIAGNOSES]\n")
    with pytest.raises(ConfigError, match="widen"):
        load_policy(str(bad))


def test_without_a_model_nothing_changes() -> None:
    nlp = spacy.blank("en")
    before = letter_doc(nlp)
    after = EntityModelTagger(nlp, model=None)(letter_doc(nlp))
    assert [(s.text, s.label_) for s in spans_of(after, ENTITIES)] == [
        (s.text, s.label_) for s in spans_of(before, ENTITIES)
    ]


def test_a_model_that_is_nowhere_is_named() -> None:
    nlp = spacy.blank("en")
    with pytest.raises(ConfigError, match="entities/none"):
        EntityModelTagger(nlp, model="entities/none")(letter_doc(nlp))


def test_prepared_letters_hold_the_gold_at_its_place(prepared: Path) -> None:
    gold = {record["name"]: record for record in map(json.loads, (ANNOTATIONS / "gold.jsonl").open(encoding="utf-8"))}
    letters = read_prepared(prepared)
    assert {letter.name for letter in letters} == set(gold)
    for letter in letters:
        wanted = sorted((entity["label"], entity["text"].split()) for entity in gold[letter.name]["entities"])
        found = sorted((span.label_, span.text.split()) for span in letter.doc.spans[GOLD])
        assert [label for label, _ in found] == [label for label, _ in wanted]
        same = sum(one == other for one, other in zip(found, wanted, strict=True))
        assert same >= 0.9 * len(wanted)  # the reading view joins what a line break hyphenated
        assert letter.doc.spans[ENTITIES] and letter.doc.ents


@pytest.mark.slow
def test_preparing_twice_gives_the_same_bits(prepared: Path, tmp_path: Path) -> None:
    prepare({"samples": gold_files(ANNOTATIONS)["samples"]}, tmp_path)
    assert (tmp_path / "letters.spacy").read_bytes() == (prepared / "letters.spacy").read_bytes()


@pytest.mark.stress
def test_same_seed_and_data_give_the_same_bits(prepared: Path, trained: Path, tmp_path: Path) -> None:
    again = train(prepared, tmp_path / "again", **_STEPS)
    files = sorted(path.relative_to(trained) for path in trained.rglob("*") if path.is_file())
    assert Path("ner/model") in files
    assert all((trained / name).read_bytes() == (again / name).read_bytes() for name in files)


@pytest.mark.stress
def test_the_model_travels_with_the_pipeline(trained: Path, tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    component = nlp.add_pipe("imr_entity_model", config={"model": str(trained)})
    assert isinstance(component, EntityModelTagger)
    nlp.to_disk(tmp_path / "stored")
    moved = tmp_path / "moved"
    (tmp_path / "stored").rename(moved)
    trained.rename(trained.with_name("away"))  # what was stored must not need it
    try:
        stored = spacy.load(moved).get_pipe("imr_entity_model")
    finally:
        trained.with_name("away").rename(trained)
    copied = EntityModelTagger(spacy.blank("en"), str(trained)).from_bytes(component.to_bytes())
    doc = letter_doc(nlp)
    read = reading(doc, sentences(doc), hints_of(doc))
    assert component.find(read, doc) == stored.find(read, doc) == copied.find(read, doc)


@pytest.mark.stress
def test_loading_a_model_unpickles_nothing(trained: Path) -> None:
    watched = (
        "import sys, spacy\n"
        "from imr_nlp.components.entity_model.component import EntityModelTagger\n"
        "nlp, seen = spacy.blank('en'), []\n"
        "sys.addaudithook(lambda event, _: seen.append(event) if event.startswith('pickle.') else None)\n"
        f"assert EntityModelTagger(nlp, {str(trained)!r}).ner is not None\n"
        "print(seen)\n"
    )
    done = subprocess.run([sys.executable, "-c", watched], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_no_word_of_a_letter_is_stored(trained: Path) -> None:
    assert {path.name for path in trained.rglob("*") if path.is_file()} == {
        "config.cfg", "meta.json", "cfg", "model", "moves",
    }  # fmt: skip
    assert b"lumbar" not in b"".join(path.read_bytes() for path in trained.rglob("*") if path.is_file())


def test_shipped_model_is_the_one_that_the_card_is_about() -> None:
    shipped = folder("models") / "entities" / "1.0"
    assert (shipped / "card.md").is_file()
    assert sum(path.stat().st_size for path in shipped.rglob("*") if path.is_file()) < 15_000_000
    assert EntityModelTagger(spacy.blank("en"), "entities/1.0").ner is not None
