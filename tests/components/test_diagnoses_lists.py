"""Diagnoses in lists, with eponyms, and what only looks like one."""

from __future__ import annotations

import pytest
import spacy
from spacy.language import Language

from imr_nlp.doc.spans import ENTITIES, spans_of


@pytest.fixture(scope="module")
def nlp() -> Language:
    made = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": "imr.LetterTokenizer.v1"}}})
    made.add_pipe("imr_diagnoses")
    return made


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("She has lumbago and right and left-sided sciatica.", ["lumbago", "right and left-sided sciatica"]),
        (
            "Chiropractic care is not supported for the elbow, ankle, cubital tunnel syndrome, hip, wrist or knee.",
            ["cubital tunnel syndrome"],
        ),
        (
            "He has lumbar radiculopathy, lumbar region, and knee strain.",
            ["lumbar radiculopathy, lumbar region", "knee strain"],
        ),
        ("The films show a mild, chronic radiculopathy.", ["mild, chronic radiculopathy"]),
        (
            "Treated for cervical, thoracic and lumbar myofascial strain.",
            ["cervical, thoracic and lumbar myofascial strain"],
        ),
        ("A splint helps DeQuervain's tendinitis.", ["DeQuervain's tendinitis"]),
        ("A splint helps de Quervain tenosynovitis.", ["de Quervain tenosynovitis"]),
        ("They found McArdle's myopathy.", ["McArdle's myopathy"]),
        ("It treats co-morbid mood disorders.", ["mood disorders"]),
        ("It is not for long-term insomnia treatment.", ["insomnia"]),
        ("He was admitted with a crush to the hand.", ["crush to the hand"]),
        (
            "He has a comminuted, not significantly displaced fracture of the hamate.",
            ["comminuted, not significantly displaced fracture of the hamate"],
        ),
        (
            "A tear of the medial meniscus discoid lateral meniscus was seen.",
            ["tear of the medial meniscus", "discoid lateral meniscus"],
        ),
        ("The ankle had swelling without effusion. MRI showed effusion.", ["effusion"]),
        ("Ultrasound is studied for musculoskeletal injuries and soft tissue lesions.", []),
        ("She is treated for wrist pain, stress and depression.", ["wrist pain", "depression"]),
        # A numbered list goes on behind its full stops, and ends with its last item.
        (
            "Impression: 1. Wrist sprain. 2. Dizziness. 3) Right hand numbness. He complains of nausea.",
            ["Wrist sprain", "Dizziness", "Right hand numbness"],
        ),
        ("Diagnoses: (1) Neck pain. (2) Tinnitus. Weakness was found.", ["Neck pain", "Tinnitus"]),
        ("Diagnosis: knee pain. 30 days of dizziness followed.", ["knee pain"]),
    ],
)
def test_names_of_diagnoses(nlp: Language, text: str, names: list[str]) -> None:
    assert [span.text for span in spans_of(nlp(text), ENTITIES)] == names
