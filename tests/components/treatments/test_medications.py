"""MEDICATION spans: drugs, classes, and what stays outside."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imr_nlp.doc.spans import ENTITIES, add_span, attrs_of, spans_of
from support.pipes import Pipes

NLP = Pipes("imr_procedures", "imr_medications")


def found(text: str) -> list[str]:
    return [span.text for span in spans_of(NLP(text), ENTITIES, "MEDICATION")]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Norco 10/325mg #60", ["Norco"]),
        ("Tylenol #3, one tablet daily", ["Tylenol #3"]),
        ("Nortriptyline HCL 25 mg", ["Nortriptyline HCL"]),
        ("Tramadol ER 150mg", ["Tramadol ER"]),
        ("Hydrocodone/APAP 5/325", ["Hydrocodone/APAP"]),
        (
            "Oxycodone HCL 15 mg and hydrocodone bitartrate-acetaminophen",
            ["Oxycodone HCL", "hydrocodone bitartrate-acetaminophen"],
        ),
        ("Metaxall, Xeomin, Qulipta, Vicoden and omeprazol", ["Metaxall", "Xeomin", "Qulipta", "Vicoden", "omeprazol"]),
        ("a TNF inhibitor, biologics and neuropathic agents", ["TNF inhibitor", "biologics", "neuropathic agents"]),
        ("a morphine equivalent dose of 30", []),
        (
            "acitretin, an ocular lubricant and appetite suppressants",
            ["acitretin", "ocular lubricant", "appetite suppressants"],
        ),
        ("engine lubricant got into the eye", []),
        ("MRI with gadolinium; no allergy to gadolinium", ["gadolinium"]),
        ("Vitamin D was low; vitamin D 2000 units a day", ["vitamin D"]),
        ("calcium excision; calcium with magnesium", ["calcium", "magnesium"]),
        ("a bronchodilator response, relief from a bronchodilator", ["bronchodilator"]),
        ("Diclofenac/misoprostol", ["Diclofenac/misoprostol"]),
        ("lidocaine/dexamethasone", ["lidocaine", "dexamethasone"]),
        ("Flurbiprofen 20%, Baclofen 4% cream", ["Flurbiprofen", "Baclofen"]),
        ("topical lidocaine patch", ["lidocaine"]),
        ("NSAIDs, opioids and muscle relaxants", ["NSAIDs", "opioids", "muscle relaxants"]),
        ("anti-inflammatory medication", ["anti-inflammatory medication"]),
        ("opioid pain medications", ["opioid pain medications"]),
        ("non-steroidal anti-inflammatory drugs (NSAIDs)", ["non-steroidal anti-inflammatory drugs", "NSAIDs"]),
        ("proton pump inhibitors", ["proton pump inhibitors"]),
        ("zaltoprofen and ecabapentin", ["zaltoprofen", "ecabapentin"]),  # by their endings
        ("Eylea, Kerendia, Zurzuvae and suzetrigine", ["Eylea", "Kerendia", "Zurzuvae", "suzetrigine"]),
        ("dalbavancin, Injectafer, Creon", ["dalbavancin", "Injectafer", "Creon"]),
        ("tension with the president on a northern, vertical baseline", []),
        ("medications and pain medication", []),
        ("high cholesterol on the telephone", []),
        ("the vaccine is at hand", []),
    ],
)
def test_span(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize("text", ["lumbar epidural steroid injection", "Toradol injection", "Kenalog injections"])
def test_no_drug_inside_the_name_of_a_procedure(text: str) -> None:
    assert found(text) == []


def test_no_drug_in_the_title_of_a_guideline() -> None:
    doc = NLP.make_doc("MTUS Opioids Treatment Guidelines")
    add_span(doc, ENTITIES, 0, 33, "GUIDELINE", rule="test")
    assert not spans_of(NLP.get_pipe("imr_medications")(doc), ENTITIES, "MEDICATION")


def test_generic_name_of_a_brand() -> None:
    brand, generic = spans_of(NLP("Ultram (tramadol) 50mg"), ENTITIES)
    assert (attrs_of(brand)["canonical"], attrs_of(brand)["generic"]) == ("ultram", "tramadol")
    assert attrs_of(generic)["canonical"] == "tramadol"


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(["Norco", "Soma", "naproxen", "Omeprazole", "gabapentin", "Lyrica"]),
    st.integers(1, 900),
    st.sampled_from(["mg", "mcg", " mg"]),
    st.integers(1, 200),
)
def test_strength_and_count_stay_outside(name: str, strength: int, unit: str, count: int) -> None:
    assert found(f"{name} {strength}{unit} #{count}") == [name]


def test_the_acetaminophen_of_a_combination_is_no_device() -> None:
    doc = NLP("Hydrocodone/APAP 10/325 and Norco (hydrocodone/APAP)")
    assert [span.text for span in spans_of(doc, ENTITIES, "PROCEDURE")] == []
