"""The letter's own lexicon: names that only the requests of a letter give."""

import pytest
from spacy.tokens import Doc

from imr_nlp.components.treatments.unlisted import UnlistedServiceFinder
from imr_nlp.doc.spans import ENTITIES, SERVICES, add_span, attrs_of, span_values, spans_of
from support.pipes import Pipes

NLP = Pipes("imr_procedures")
UNNAMED = UnlistedServiceFinder()
DRUGS = Pipes("imr_medications")


def read(request: str, story: str) -> Doc:
    """Return a Doc whose only service asks for ``request``."""
    doc = NLP(f"{request}: Upheld. {story}")
    add_span(doc, SERVICES, 0, len(request), "upheld", rule="test", procedure="unknown")
    return UNNAMED(doc)


def found(doc: Doc) -> list[str]:
    return [" ".join(span.text.split()) for span in spans_of(doc, ENTITIES, "PROCEDURE")]


def test_a_request_names_what_no_vocabulary_has() -> None:
    doc = read("Zyro frame, 14 days rental", "He wants a zyro  frame. The Zyro frame is new, as frames are.")
    assert found(doc) == ["Zyro frame", "zyro frame", "Zyro frame", "frames"]
    assert {attrs_of(span)["rule"] for span in spans_of(doc, ENTITIES)} == {"px.heading"}
    assert span_values(doc, SERVICES)[0].attrs["procedure"] == "zyro frame"


def test_a_request_that_names_nothing_gives_nothing() -> None:
    assert found(read("12 additional visits", "No visits were made.")) == []


@pytest.mark.parametrize(
    ("request_", "name", "story", "mentions"),
    [
        ("purchase of a quilted shower chair", "quilted shower chair", "A quilted shower chair", 2),
        ("Swedish massage 2 times a week", "swedish massage", "swedish massage helps", 2),
        ("Gated ultrasound 2 times a week", "gated ultrasound", "The gated ultrasound", 2),
    ],
)
def test_a_request_widens_a_known_name_all_over_the_letter(request_: str, name: str, story: str, mentions: int) -> None:
    doc = read(request_, story)
    assert [text.lower() for text in found(doc)] == [name] * mentions
    assert span_values(doc, SERVICES)[0].attrs["procedure"] == name


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        ("Additional physical therapy, 6 sessions", "physical therapy"),
        ("Lumbar physical therapy, 6 sessions", "physical therapy"),
        ("MRI of the left knee", "MRI"),
    ],
)
def test_what_the_guide_leaves_out_stays_out(request_: str, name: str) -> None:
    assert found(read(request_, "It was asked for.")) == [name]


def test_a_size_is_no_part_of_a_name() -> None:
    assert found(read("Extra large zyro mitts", "He has mitts.")) == ["zyro mitts", "mitts"]


@pytest.mark.parametrize(
    "request_", ["Zyrotrex 25mg #60", "Zyrotrex 5% cream", "One month supply of Zyrotrex capsules 30mg"]
)
def test_an_unknown_name_with_a_strength_or_form_is_a_drug(request_: str) -> None:
    doc = read(request_, "He takes zyrotrex.")
    drugs = [span.text for span in spans_of(doc, ENTITIES, "MEDICATION")]
    assert drugs[-1] == "zyrotrex"
    assert found(doc) == []


@pytest.mark.parametrize(
    ("request_", "name", "drugs"),
    [
        ("Baclofen 2%, Zylophen 10%, Gabapentin 6% cream", "baclofen/zylophen/gabapentin",
         ["Baclofen", "Gabapentin", "Zylophen", "zylophen"]),
        ("Diclofenac/xyprostol 75-0.2 mg #60", "diclofenac/xyprostol", ["Diclofenac/xyprostol"]),
        ("Lidocaine 5% patch #30", "unknown", ["Lidocaine"]),
    ],
)  # fmt: skip
def test_a_compound_names_drugs_that_no_vocabulary_has(request_: str, name: str, drugs: list[str]) -> None:
    doc = DRUGS(f"{request_}: Upheld. She likes zylophen.")
    add_span(doc, SERVICES, 0, len(request_), "upheld", rule="test", procedure="unknown")
    doc = UNNAMED(doc)
    assert sorted(span.text for span in spans_of(doc, ENTITIES, "MEDICATION")) == drugs
    assert span_values(doc, SERVICES)[0].attrs["procedure"] == name


def test_a_heading_before_a_test_is_not_its_name() -> None:
    doc = read("Labs - zyro panel", "The zyro panel was drawn.")
    assert found(doc) == ["Labs", "zyro panel", "zyro panel"]
    assert span_values(doc, SERVICES)[0].attrs["procedure"] == "zyro panel"
