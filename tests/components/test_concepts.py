"""The component imr_concepts: what entities, services, citations and reasons are linked to."""

from __future__ import annotations

import multiprocessing
import pickle

import pytest

import imr_nlp
from imr_nlp.components.concepts.component import ConceptLinker
from imr_nlp.concepts.amounts import days_supply, granted_amount, implied_amount
from imr_nlp.concepts.body_regions import body_regions
from imr_nlp.concepts.drugs import compound_parts, drugs
from imr_nlp.concepts.guideline_entries import guideline_entries
from imr_nlp.concepts.procedures import procedures
from imr_nlp.concepts.themes import themes
from imr_nlp.records.schema import Letter, Service
from support.scoring import pipeline

LETTER = """CLINICAL CASE SUMMARY

The worker is 44 years old. Diagnoses include left carpal tunnel syndrome, lumbar radiculopathy and anxiety.

1. {request}: Upheld

Claims Administrator guideline: The Claims Administrator based its decision on the MTUS Low Back Complaints 2004.

MAXIMUS guideline: The Expert Reviewer based his/her decision on the MTUS Chronic Pain Medical Treatment 2016.

Decision rationale: The MTUS guidelines recommend up to 10 visits over 8 weeks. There is no documentation of functional
improvement. The request is not medically necessary.
"""


@pytest.fixture(scope="module")
def nlp():  # type: ignore[no-untyped-def]
    return pipeline()


def read(nlp, request: str) -> Letter:  # type: ignore[no-untyped-def]
    return nlp(LETTER.format(request=request))._.letter


def service(nlp, request: str) -> Service:  # type: ignore[no-untyped-def]
    return read(nlp, request).services[0]


def test_diagnoses_have_codes_names_and_regions(nlp) -> None:  # type: ignore[no-untyped-def]
    found = {e.text: e for e in read(nlp, "Lumbar MRI").entities if e.label == "DIAGNOSIS"}
    assert found["left carpal tunnel syndrome"].concepts[0].code == "G56.02"
    assert found["lumbar radiculopathy"].canonical == "lumbar radiculopathy"
    assert [found[text].body_region for text in ("lumbar radiculopathy", "anxiety")] == ["back", "mind"]


def test_a_short_form_has_the_name_that_the_letter_gives_it(nlp) -> None:  # type: ignore[no-untyped-def]
    told = LETTER.replace(
        "and anxiety.", "and a surgical site infection (SSI). The SSI has healed, and a second SSI is feared."
    )
    found = nlp(told.format(request="Lumbar MRI"))._.letter.entities
    named = [e.canonical for e in found if e.text in ("SSI", "surgical site infection")]
    assert len(named) >= 3
    assert set(named) == {"surgical site infection"}


def test_a_service_has_the_diagnoses_of_its_region(nlp) -> None:  # type: ignore[no-untyped-def]
    letter = read(nlp, "MRI of the lumbar spine")
    entities = {e.id: e.text for e in letter.entities}
    assert [entities[one] for one in letter.services[0].diagnoses] == ["lumbar radiculopathy"]


@pytest.mark.parametrize(
    ("request_", "names"),
    [
        ("MRI and EMG/NCS of the left wrist", ["mri", "emg/ncv"]),
        ("Lumbar MRI", ["mri"]),
        ("Physical therapy with massage therapy, 6 sessions", ["physical therapy", "massage therapy"]),
    ],
)
def test_all_that_a_request_names(nlp, request_: str, names: list[str]) -> None:  # type: ignore[no-untyped-def]
    found = service(nlp, request_)
    assert found.procedures == names
    assert found.procedure == names[0]


def test_no_code_of_a_licensed_terminology_is_used() -> None:
    codes = [code for one in procedures().by_id.values() for code in one.hcpcs]
    assert codes
    assert all(code[0].isalpha() and len(code) == 5 for code in codes)  # CPT codes begin with a digit


def test_every_name_of_the_catalogue_has_one_concept() -> None:
    known = procedures()
    assert {known.of(name).id for name in ("mri", "magnetic resonance imaging", "MRIs")} == {"mri"}
    assert known.of("lumbar support").id == known.of("back brace").id
    assert all(part in known.by_id for one in known.by_id.values() for part in one.parts)


@pytest.mark.parametrize(
    ("name", "ingredients", "kinds"),
    [
        ("flexeril", ("cyclobenzaprine",), ("muscle relaxant",)),
        ("ultram er", ("tramadol",), ("opioid",)),
        ("hydrocodone/acetaminophen", ("hydrocodone", "acetaminophen"), ("opioid", "analgesic")),
        ("muscle relaxants", (), ("muscle relaxant",)),
        ("naproxen sodium", ("naproxen",), ("nsaid",)),
    ],
)
def test_a_drug_is_its_ingredients_and_class(name: str, ingredients: tuple[str, ...], kinds: tuple[str, ...]) -> None:
    assert drugs().of(name).ingredients == ingredients
    assert drugs().of(name).classes == kinds


def test_what_a_request_says_of_a_drug(nlp) -> None:  # type: ignore[no-untyped-def]
    found = service(nlp, "Flexeril 10mg tablets #90, 30 day supply")
    assert (found.form, found.days_supply) == ("tablet", 30)
    assert {"cyclobenzaprine", "muscle-relaxant"} <= {one.code for one in found.concepts}


def test_a_compound_has_its_parts() -> None:
    parts = compound_parts("Flurbiprofen 20%/Baclofen 5%/Dexamethasone 2% cream 210gm")
    assert [part["strength"] for part in parts] == ["20%", "5%", "2%"]
    assert days_supply("Norco #60") is None


def test_a_range_keeps_both_ends(nlp) -> None:  # type: ignore[no-untyped-def]
    found = service(nlp, "Physical therapy, 8-12 visits")
    assert found.requested is not None
    assert (found.requested.min, found.requested.max, found.requested.unit) == (8, 12, "visit")
    assert found.granted is not None
    assert found.granted.max == 0


@pytest.mark.parametrize(
    ("request_", "amount"),
    [
        ("Ketoprofen cream 180 gm", (180, "gram")),
        ("Voltaren gel 1% 100g with 3 refills", (100, "gram")),
        ("Dicopanol 5 mg/ml oral suspension, 150 ml", (150, "ml")),
        ("Voltaren gel 100 g tube #2", (2, "unit")),
        ("Gabapentin 300 mg", None),
    ],
)
def test_creams_and_fluids_have_amounts(nlp, request_: str, amount: tuple[float, str] | None) -> None:  # type: ignore[no-untyped-def]
    found = service(nlp, request_).requested
    assert (found and (found.min, found.unit)) == amount
    assert found is None or found.min == found.max


def test_amounts_that_are_only_implied() -> None:
    known = {"implied_sessions": 12, "frequency": {"min": 2, "max": 3}, "duration": {"min": 4, "max": 4}}
    assert implied_amount(known) == {"min": 8, "max": 12, "unit": "session"}
    assert granted_amount("modified", {"min": 1, "max": 1, "unit": "visit"}) is None


def test_a_quoted_limit_is_an_amount_of_its_guideline(nlp) -> None:  # type: ignore[no-untyped-def]
    limits = service(nlp, "Physical therapy, 12 visits").limits
    assert [(one.min, one.max, one.unit) for one in limits] == [(10, 10, "visit")]
    assert limits[0].duration is not None
    assert (limits[0].duration.max, limits[0].duration.unit) == (8, "week")
    assert limits[0].concepts[0].code == "mtus"


def test_citations_resolve_to_one_entry_or_to_chapter_and_topic(nlp) -> None:  # type: ignore[no-untyped-def]
    codes = {c.party: [one.code for one in c.concepts] for c in service(nlp, "Lumbar MRI").citations}
    assert codes == {"claims_administrator": ["mtus-low-back", "acoem-12"], "reviewer": ["mtus-chronic-pain"]}
    assert guideline_entries().edition("mtus-acupuncture", None) == 2007


def test_gaps_have_a_theme(nlp) -> None:  # type: ignore[no-untyped-def]
    found = [(one.role, one.theme) for one in service(nlp, "Lumbar MRI").rationale if one.theme]
    assert found == [("gap", "no_functional_improvement")]
    assert {"no_red_flags", "exceeds_guideline", "other"} <= set(themes().names)


@pytest.mark.parametrize("part", ["left L4-5 facet", "low back", "lumbar spine", "bilateral lower back"])
def test_parts_of_the_back_count_together(part: str) -> None:
    assert body_regions().region(part) == "back"


@pytest.mark.slow
def test_the_index_loads_only_for_a_diagnosis_and_can_be_left_out(nlp) -> None:  # type: ignore[no-untyped-def]
    plain = imr_nlp.load(imr_concepts={"icd10cm": None})
    found = [e for e in plain(LETTER.format(request="Lumbar MRI"))._.letter.entities if e.label == "DIAGNOSIS"]
    assert found
    assert not any(e.concepts for e in found)
    assert found[0].canonical == "carpal tunnel syndrome"


def test_it_survives_pickling() -> None:
    assert pickle.loads(pickle.dumps(ConceptLinker())).icd10cm == "concepts/1.0"


@pytest.mark.slow
@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="needs fork")
def test_links_are_the_same_in_other_processes(nlp) -> None:  # type: ignore[no-untyped-def]
    texts = [LETTER.format(request=request) for request in ("Lumbar MRI", "Flexeril 10mg #60")] * 2
    alone = [doc._.letter.model_dump() for doc in nlp.pipe(texts)]
    assert [doc._.letter.model_dump() for doc in nlp.pipe(texts, n_process=2)] == alone
