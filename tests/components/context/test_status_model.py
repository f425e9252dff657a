"""Models over the rules' assertion and status: when they have a say, what they leave, and how they add up."""

from __future__ import annotations

import pickle
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc

from imr_nlp import load
from imr_nlp.audit.confidence import rate
from imr_nlp.components.context.component import ContextResolver
from imr_nlp.components.context.mentions import Elsewhere, Mention, features, mentions
from imr_nlp.components.context.status_model import MARGIN, StatusModel, margin, overrule
from imr_nlp.doc.spans import ENTITIES, add_span, attrs_of, span_values
from imr_nlp.labels import ATTRIBUTE, NAMED
from imr_nlp.learned.linear_model import LinearModel
from imr_nlp.learned.loading import Model, ModelError, load_model
from imr_nlp.records import schema
from support.growth import growth
from support.paths import ROOT
from support.pipes import shared

STATUSES = ["general", "negated", "performed", "planned", "requested"]
LETTERS = sorted((ROOT / "annotations" / "letters").glob("*.txt"))


def set_to(value: str, probability: float, other: str = "performed") -> Model:
    """A model that gives ``value`` this probability whatever it sees, and ``other`` the rest."""
    share = [probability if label == value else 1 - probability if label == other else 1e-9 for label in STATUSES]
    linear = LinearModel(STATUSES, ["label PROCEDURE"], np.zeros((1, len(STATUSES))), np.log(share))
    return Model("demo/1.0", linear, {})


@pytest.fixture(scope="module")
def nlp() -> Language:
    return shared("sentencizer", "imr_context")


def read(
    nlp: Language, text: str, words: str, label: str = "PROCEDURE", *, heading: int = 5, section: str = "rationale",
    **known: Any,
) -> Doc:  # fmt: skip
    """Return a Doc with one entity in a section, whose heading has so many characters."""
    doc = nlp.get_pipe("sentencizer")(nlp.make_doc(text))
    start = text.index(words)
    add_span(doc, ENTITIES, start, start + len(words), label, rule="test", **known)
    if section:
        add_span(doc, "sections", 0, len(text), section, rule="test", body_start=heading, body_end=len(text), service=0)
    return doc


def decided(context: ContextResolver, doc: Doc, model: Model) -> dict[str, Any]:
    """Return what is known of the only entity once rules and a model have decided."""
    entities = span_values(doc, ENTITIES, *NAMED)
    place, judged = context.by_rules(doc, entities)
    looking = StatusModel(model)
    overrule(place, judged, dict.fromkeys(NAMED, looking))
    return entities[0].attrs


TEXT = "Case: The worker asked about an MRI of the knee."


def test_a_model_overrules_where_it_is_surer(nlp: Language) -> None:
    known = decided(nlp.get_pipe("imr_context"), read(nlp, TEXT, "MRI"), set_to("requested", 0.6))
    assert (known["status"], known["context_rule"], known["context_score"]) == ("requested", "model:demo/1.0", 0.6)
    assert "cue_start" not in known


@pytest.mark.parametrize("probability", [0.1, 0.49])
def test_a_model_that_is_less_sure_changes_nothing(nlp: Language, probability: float) -> None:
    known = decided(nlp.get_pipe("imr_context"), read(nlp, TEXT, "MRI"), set_to("requested", probability))
    assert (known["status"], known["context_rule"]) == ("performed", "default")
    assert "context_score" not in known


@pytest.mark.parametrize(("probability", "value"), [(0.6, "negated"), (0.7, "requested")])
def test_a_cue_yields_by_its_margin_only(nlp: Language, probability: float, value: str) -> None:
    text = "Case: He has not had an MRI."
    assert margin("PROCEDURE", "any-cue") == MARGIN["PROCEDURE"] == 0.3
    known = decided(nlp.get_pipe("imr_context"), read(nlp, text, "MRI"), set_to("requested", probability, "negated"))
    assert known["status"] == value
    assert ("cue_start" in known) == (value == "negated"), "a model has no cue"


@pytest.mark.parametrize(
    ("doc", "value"),
    [
        ({"section": "service"}, "requested"),  # a heading
        ({"section": ""}, "performed"),  # no sections at all
        ({"section": "citations"}, "performed"),
        ({"heading": 0}, "performed"),  # a text without a heading, as one types it
        ({"status": "planned"}, "planned"),  # its own
    ],
    ids=str,
)
def test_what_a_model_leaves_alone(nlp: Language, doc: dict[str, Any], value: str) -> None:
    known = decided(nlp.get_pipe("imr_context"), read(nlp, TEXT, "MRI", **doc), set_to("general", 0.999))
    assert known["status"] == value
    assert not known["context_rule"].startswith("model:")


def test_a_cue_of_a_diagnosis_is_final(nlp: Language) -> None:
    doc = read(nlp, "Case: He denies gout.", "gout", "DIAGNOSIS")
    known = decided(nlp.get_pipe("imr_context"), doc, set_to("general", 0.999))
    assert known["assertion"] == "negated"


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("{id: mine, category: PERFORMED, literal: asked, direction: FORWARD}", "performed"),
        ("{id: mine, category: GUIDELINE_CONTEXT, literal: the worker, direction: FORWARD}", "general"),
    ],
)
def test_a_users_rule_is_final(nlp: Language, tmp_path: Path, rule: str, value: str) -> None:
    rules = tmp_path / "mine.yml"
    rules.write_text(f"context:\n  - {rule}\n", encoding="utf-8")
    context = ContextResolver(nlp, extra_rules=str(rules))
    known = decided(context, read(nlp, TEXT, "MRI"), set_to("requested", 0.999))
    assert known["status"] == value


def test_the_shipped_pipeline_gives_the_score_and_the_models_name() -> None:
    nlp, alone = shipped(), load(imr_context={"status_model": None, "assertion_model": None})
    by_model = 0
    for path in LETTERS:
        text = path.read_bytes().decode("cp1252", "replace")
        one, other = nlp(text)._.letter, alone(text)._.letter
        assert len(one.entities) == len(other.entities)
        for entity, ruled in zip(one.entities, other.entities, strict=True):
            assert ruled.context_score is None and not (ruled.context_rule or "").startswith("model:")
            if (entity.context_rule or "").startswith("model:"):
                by_model += 1
                assert entity.context_rule == f"model:{'assertions' if entity.label == 'DIAGNOSIS' else 'statuses'}/1.0"
                assert 0 < entity.context_score <= 1 and entity.cue_start is None
                assert getattr(entity, ATTRIBUTE[entity.label]) != getattr(ruled, ATTRIBUTE[entity.label])
                assert entity.confidence <= entity.context_score
            else:
                assert (entity.assertion, entity.status) == (ruled.assertion, ruled.status)
                assert entity.context_score is None and entity.context_rule == ruled.context_rule
    assert by_model > 3


def test_a_bare_sentence_is_left_to_the_rules() -> None:
    for text in ("He may need an MRI and naproxen for gout.", "An MRI was denied. No gout."):
        for span in span_values(shipped()(text), ENTITIES, *NAMED):
            assert not span.attrs["context_rule"].startswith("model:")


def test_confidence_is_no_greater_than_the_models_probability() -> None:
    entity = schema.Entity(
        id="E1", label="PROCEDURE", text="MRI", start=0, end=3, status="planned", rule="demo", context_score=0.3
    )
    source = schema.Source(text_sha256="0" * 64, characters=3, layout="unknown", pipeline_version="0")
    letter = schema.Letter(source=source, entities=[entity])
    rate(letter)
    assert letter.entities[0].confidence == 0.3


@lru_cache
def shipped() -> Language:
    return load()


def seen(doc_text: str) -> tuple[list[Mention], Language]:
    """Return what models see of a letter's entities."""
    nlp = shipped()
    context = nlp.get_pipe("imr_context")
    caught: list[Mention] = []
    models, context.models = context.models, {}
    try:
        with nlp.select_pipes(disable=nlp.pipe_names[nlp.pipe_names.index("imr_context") :]):
            doc = nlp(doc_text)
        place, judged = context.by_rules(doc, span_values(doc, ENTITIES, *NAMED))
        caught += mentions(place, judged, Elsewhere(place, judged))
    finally:
        context.models = models
    return caught, nlp


@pytest.mark.parametrize("name", ["statuses/1.0", "assertions/1.0"])
def test_fast_sums_are_those_of_the_readable_rows(name: str) -> None:
    model = load_model(name)
    for path in LETTERS[:6]:
        found, nlp = seen(path.read_bytes().decode("cp1252", "replace"))
        assert found
        rows = [features(mention, nlp.vocab.strings) for mention in found]
        assert np.allclose(StatusModel(model).probabilities(found), model.linear.probabilities(rows), atol=1e-6)
    assert StatusModel(model).probabilities([]).shape == (0, len(model.linear.labels))


def test_digits_and_entities_are_one_word_each(nlp: Language) -> None:
    rows = []
    for text, words in (("Case: on 03 an MRI was denied.", "MRI"), ("Case: on 17 an EMG was denied.", "EMG")):
        doc = read(nlp, text, words)
        place, judged = nlp.get_pipe("imr_context").by_rules(doc, span_values(doc, ENTITIES, *NAMED))
        rows.append(features(mentions(place, judged, Elsewhere(place, judged))[0], nlp.vocab.strings))
    assert rows[0] == rows[1]
    assert rows[0]["left-2 <number>"] == 1.0 and "word mri" not in rows[0]
    assert rows[0]["verdict requested"] == rows[0]["general no"] == 0.3, "what the rules say counts less"


def test_entities_that_touch_or_overlap_are_one_word(nlp: Language) -> None:
    doc = read(nlp, "Case: had a knee MRI today.", "knee MRI")
    add_span(doc, ENTITIES, 12, 16, "DIAGNOSIS", rule="test")
    place, judged = nlp.get_pipe("imr_context").by_rules(doc, span_values(doc, ENTITIES, *NAMED))
    outer, inner = (features(one, nlp.vocab.strings) for one in mentions(place, judged, Elsewhere(place, judged)))
    assert {"left-1 a", "right-1 today"} <= set(outer)
    assert {"left-1 a", "right-1 <entity>"} <= set(inner)


def test_a_missing_model_is_named(nlp: Language) -> None:
    for setting in ("status_model", "assertion_model"):
        with pytest.raises(ModelError, match="no such model"):
            spacy.blank("en").create_pipe("imr_context", config={setting: "statuses/none-such"})


def test_without_settings_there_is_no_model(nlp: Language) -> None:
    assert nlp.get_pipe("imr_context").models == {}
    assert set(shipped().get_pipe("imr_context").models) == set(NAMED)


def test_a_model_survives_a_copy(nlp: Language) -> None:
    found, _ = seen(LETTERS[0].read_bytes().decode("cp1252", "replace"))
    model = StatusModel(load_model("statuses/1.0"))
    before = model.probabilities(found)
    assert np.array_equal(pickle.loads(pickle.dumps(model)).probabilities(found), before)


@pytest.mark.slow
def test_time_grows_with_the_entities_alone() -> None:
    nlp = shipped()
    sentence = "The worker had an MRI, naproxen and acupuncture for gout. "
    docs = {size: nlp("CLINICAL CASE SUMMARY\n\n" + sentence * size) for size in (40, 160)}
    model = StatusModel(load_model("statuses/1.0"))

    def run(size: int) -> None:
        for span in span_values(docs[size], ENTITIES, *NAMED):
            attrs_of(docs[size].spans[ENTITIES][0])
            span.attrs.pop(ATTRIBUTE[span.label_], None)
        place, judged = nlp.get_pipe("imr_context").by_rules(docs[size], span_values(docs[size], ENTITIES, *NAMED))
        model.probabilities(mentions(place, judged, Elsewhere(place, judged)))

    assert growth(run, 40, 160) < 10


def seen_of(nlp: Language, text: str, *words: str) -> list[dict[str, float]]:
    """Return the features of procedures in a rationale, in text order."""
    doc = read(nlp, text, words[0])
    for word in words[1:]:
        add_span(doc, ENTITIES, text.index(word), text.index(word) + len(word), "PROCEDURE", rule="test")
    place, judged = nlp.get_pipe("imr_context").by_rules(doc, span_values(doc, ENTITIES, *NAMED))
    return [features(one, nlp.vocab.strings) for one in mentions(place, judged, Elsewhere(place, judged))]


def test_the_items_of_a_list_have_the_words_around_it(nlp: Language) -> None:
    seen = seen_of(nlp, "Case: He tried massage, yoga and traction last year; a brace came later.", "massage", "yoga",
                   "traction", "brace")  # fmt: skip
    for row in seen[:3]:
        assert {"left-1 tried", "right-1 last", "clause-left he", "clause-right year", "clause-right ;"} <= set(row)
        assert "clause-right later" not in row, "the clause ends before"
    assert {"left-1 a", "clause-left ;", "right-1 came", "clause-right later"} <= set(seen[3])


def test_a_mention_is_told_what_the_rules_say_of_its_name_elsewhere(nlp: Language) -> None:
    text = "Case: He has not had an MRI. The mri is old. A brace is worn."
    seen = seen_of(nlp, text, "MRI", "mri", "brace")
    assert {"elsewhere performed", "elsewhere+section performed+rationale"} <= set(seen[0])
    assert {"elsewhere negated", "elsewhere+section negated+rationale"} <= set(seen[1])
    assert "elsewhere none" in seen[2]


def test_a_mention_is_told_of_all_cues_of_its_sentence(nlp: Language) -> None:
    (row,) = seen_of(nlp, "Case: He denies pain but a brace was requested.", "brace")
    assert {"told left+NEGATED_EXISTENCE", "told right+REQUESTED"} <= set(row)
