"""Roles of rationale sentences and rationales that stand for several services, on invented text."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence
from pathlib import Path

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc

import imr_nlp.components.sentences.component  # noqa: F401  (registers imr_sentences)
from imr_nlp.components.rationale.component import RationaleClassifier, References
from imr_nlp.components.rationale.role_rules import Role, RoleRules, Sentence
from imr_nlp.config import ConfigError, read_yaml
from imr_nlp.doc import spans as annotate
from imr_nlp.matching.phrases import PhraseIndex, words

RULES = RoleRules("rationale/roles.yml")
REFERENCES = References("rationale/references.yml")
ROLES = {"conclusion", "gap", "fact", "guideline", "other"}


@pytest.fixture(scope="module")
def nlp() -> Language:
    language = spacy.blank("en")
    language.add_pipe("imr_sentences")
    return language


def letter(nlp: Language, rationales: list[str | None]) -> Doc:
    """Make a Doc with one service for each rationale; None is a service without one."""
    parts, sections, at = [], [], 0
    for service, rationale in enumerate(rationales):
        for label, text in (("service", f"Item {service + 1}: Upheld"), ("rationale", rationale)):
            if text is not None:
                sections.append((at, at + len(text), label, service))
                parts.append(text)
                at += len(text) + 1
    doc = nlp.make_doc(" ".join(parts))
    for start, end, label, service in sections:
        known = {"service": service, "body_start": start, "body_end": end}
        annotate.add_span(doc, annotate.SECTIONS, start, end, label, rule="test", **known)
    return RationaleClassifier(RULES, REFERENCES)(nlp.get_pipe("imr_sentences")(doc))


def found(doc: Doc) -> list[tuple[int, str, str]]:
    spans = doc.spans.get(annotate.RATIONALE, [])
    return [(annotate.attrs_of(span)["service"], span.label_, span.text) for span in spans]


@pytest.mark.parametrize(
    ("role", "sentence"),
    [
        ("conclusion", "Therefore, the request for six visits of aquatic therapy is not medically necessary."),
        ("conclusion", "Medical necessity of the heel wedge has not been established."),
        ("conclusion", "The requested wrist splint is medically necessary and appropriate."),
        ("conclusion", "As such, the denial is upheld."),
        ("conclusion", "Consequently, a sleep study is not clinically indicated."),
        ("gap", "There is no documentation that the patient has tried a splint."),
        ("gap", "The treating physician does not explain why a second brace is needed."),
        ("gap", "In this case, the claimant has not completed the visits already approved."),
        ("gap", "The requested number of visits exceeds the guideline recommendation."),
        ("gap", "A urine screen was not provided."),
        ("fact", "The patient is a 41-year-old baker who sprained the left ankle on 02/03/15."),
        ("fact", "The injured worker completed nine visits of therapy with good relief."),
        ("fact", "The request is for a cane."),
        ("fact", "On examination of 03/04/15, tenderness over the heel was noted."),
        ("guideline", "The MTUS recommends a short course of acupuncture for neck pain."),
        ("guideline", "Per ODG, splints are recommended for patients with mild carpal tunnel syndrome."),
        ("guideline", "Repeat imaging is not recommended unless symptoms change."),
        ("guideline", "Studies suggest that heat is as effective as cold (Doe, 2004)."),
        ("guideline", "The ACOEM guidelines do not address this device."),
        ("other", "This decision addresses the medical necessity of opioids and should not be interpreted as a "
                  "recommendation to stop them abruptly."),
    ],
)  # fmt: skip
def test_role_of_a_sentence(role: str, sentence: str) -> None:
    assert RULES.role_of(sentence, 2, 6, None).role == role


def test_role_comes_with_its_rule_and_a_score() -> None:
    role = RULES.role_of("The request is not medically necessary.", 3, 4, "gap")
    assert role.rule == "decision.not_necessary"
    assert 0.5 <= role.score <= 1


def test_place_decides_where_no_cue_does() -> None:
    assert RULES.role_of("Heat too.", 1, 3, "guideline").role == "guideline"
    assert RULES.role_of("Heat too.", 1, 3, "fact").role == "fact"


@settings(max_examples=200, deadline=None)
@given(
    st.text(max_size=200),
    st.integers(min_value=0, max_value=20),
    st.sampled_from([None, "conclusion", "gap", "fact", "guideline", "other"]),
)
def test_any_text_has_one_role(text: str, position: int, previous: str | None) -> None:
    role = RULES.role_of(text, position, position + 3, previous)
    assert role.role in ROLES
    assert 0 <= role.score <= 1
    assert role == RULES.role_of(f"  {text} \n", position, position + 3, previous)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from("no clear evidence of any tear is seen here".split()), max_size=14))
def test_gap_in_a_phrase_spans_at_most_six_words(sentence: list[str]) -> None:
    index = PhraseIndex({})
    index.add("no ... evidence", cue=7)
    near = any(first == "no" and "evidence" in sentence[at + 1 : at + 8] for at, first in enumerate(sentence))
    assert index.find(sentence) == ({7} if near else set())


def test_phrases_can_be_tied_to_an_end_of_the_sentence() -> None:
    index = PhraseIndex({"@number": r"\d+"})
    index.add("recommended", 0, "start")
    index.add("is|are not indicated", 1, "end")
    index.add("for @number *|visits", 2)
    assert index.find(words('"Recommended for 6 visits."')) == {0, 2}
    assert index.find(words("Not recommended; it is not indicated.")) == {1}
    assert index.find(words("It is not indicated here.")) == set()


@pytest.mark.parametrize("phrase", ["", "... necessary", "not ...", "* necessary", False])
def test_bad_phrases_are_refused(phrase: str) -> None:
    with pytest.raises(ConfigError, match="phrase"):
        PhraseIndex({}).add(phrase, 0)


def test_bad_role_file_is_named(tmp_path: Path) -> None:
    rules = read_yaml("rationale/roles.yml")
    rules["cues"][0]["role"] = "verdict"
    path = tmp_path / "roles.yml"
    path.write_text(json.dumps(rules), encoding="utf-8")
    with pytest.raises(ConfigError, match="verdict"):
        RoleRules(str(path))


def test_each_service_has_its_own_sentences(nlp: Language) -> None:
    doc = letter(nlp, ["The patient fell. The request is not medically necessary.", "There is no report."])
    assert found(doc) == [
        (0, "fact", "The patient fell."),
        (0, "conclusion", "The request is not medically necessary."),
        (1, "gap", "There is no report."),
    ]


REASONS = "There is no report of a trial. The request is not medically necessary."


@pytest.mark.parametrize(
    ("reference", "source"),
    [
        ("See the rationale above.", 1),
        ("Same rationale as #1.", 0),
        ("Please refer to the discussion for request 1. The request is not medically necessary.", 0),
        ("For the same reasons, the request is not medically necessary.", 1),
    ],
)
def test_mere_reference_takes_over_the_sentences(nlp: Language, reference: str, source: int) -> None:
    doc = letter(nlp, [REASONS, REASONS.replace("trial", "brace"), reference])
    shared = [span for span in doc.spans["rationale"] if "shared_from" in annotate.attrs_of(span)]
    assert {annotate.attrs_of(span)["shared_from"] for span in shared} == {source}
    assert [span.text for span in shared] == [text for service, _, text in found(doc) if service == source]
    assert {annotate.attrs_of(span)["service"] for span in shared} == {2}


@pytest.mark.parametrize(
    "rationale",
    [
        "As the surgery is not medically necessary, the sling is not medically necessary.",
        "See the rationale above. In addition, there is no report of a fall.",
        "The request is not medically necessary.",
    ],
)
def test_reasons_of_its_own_are_enough(nlp: Language, rationale: str) -> None:
    doc = letter(nlp, [REASONS, rationale])
    assert all("shared_from" not in annotate.attrs_of(span) for span in doc.spans["rationale"])


def test_rationale_that_includes_a_service_without_one(nlp: Language) -> None:
    doc = letter(nlp, [REASONS + " The same rationale applies to request 2.", None, None])
    services = {service for service, _, _ in found(doc)}
    assert services == {0, 1}
    doc = letter(nlp, [REASONS, None])
    assert {service for service, _, _ in found(doc)} == {0}


def test_any_role_assigner_can_take_the_place_of_the_rules(nlp: Language) -> None:
    class Alternating:
        def roles_of(self, rationales: Sequence[Sequence[Sentence]]) -> list[list[Role]]:
            return [
                [Role(("fact", "gap")[at % 2], f"model.{at}", 0.9) for at in range(len(rationale))]
                for rationale in rationales
            ]

    doc = letter(nlp, ["One day. Two days. Three days.", "Four days."])
    del doc.spans["rationale"]
    labels = [label for _, label, _ in found(RationaleClassifier(Alternating(), REFERENCES)(doc))]
    assert labels == ["fact", "gap", "fact", "fact"]


def test_without_sections_or_text_nothing_is_found(nlp: Language) -> None:
    component = RationaleClassifier(RULES, REFERENCES)
    assert found(component(nlp("The request is not medically necessary."))) == []
    assert found(component(nlp(""))) == []


def test_component_can_be_sent_and_stored(tmp_path: Path) -> None:
    language = spacy.blank("en")
    language.add_pipe("imr_sentences")
    language.add_pipe("imr_rationale")
    component = pickle.loads(pickle.dumps(language.get_pipe("imr_rationale")))
    assert component.roles.role_of("The denial is upheld.", 0, 1).role == "conclusion"
    language.to_disk(tmp_path / "model")
    again = spacy.load(tmp_path / "model")
    assert again.pipe_names == ["imr_sentences", "imr_rationale"]
    assert len(list(again.pipe(["No text."] * 3, n_process=2, batch_size=1))) == 3


def test_real_rationales_reach_the_floor(gold: list[dict], corpus: Path) -> None:
    right = total = 0
    for record in gold:
        text = (corpus / "letters" / f"{record['name']}.txt").read_bytes().decode("utf-8")
        for service in record["services"]:
            sentences, previous = service["rationale"], None
            for position, sentence in enumerate(sentences):
                cut = text[sentence["start"] : sentence["end"]]
                previous = RULES.role_of(cut, position, len(sentences), previous).role
                right += previous == sentence["role"]
                total += 1
    assert total > 500
    assert right / total >= 0.85
