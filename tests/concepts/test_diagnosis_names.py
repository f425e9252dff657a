"""Names of diagnoses: one name for all wordings of a thing, in the words of the field."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imr_nlp.concepts.diagnosis_names import diagnosis_name, diagnosis_names, plain_title
from imr_nlp.concepts.icd10cm import icd10cm
from support.growth import growth


def name_of(mention: str) -> str:
    codes = icd10cm().link(mention)
    return diagnosis_name(mention, *codes[0][:2]) if codes else diagnosis_name(mention)


@pytest.mark.parametrize(
    ("name", "mentions"),
    [
        ("deep vein thrombosis", ("DVT", "deep venous thrombosis", "acute deep vein thrombosis of the left leg")),
        ("stroke", ("CVA", "cerebrovascular accident", "cerebral infarction")),
        ("myocardial infarction", ("heart attack", "MI", "acute myocardial infarction")),
        ("diabetes mellitus", ("diabetes", "DM", "poorly controlled diabetes")),
        ("type 2 diabetes mellitus", ("type II diabetes", "diabetes mellitus type 2", "T2DM")),
        ("tendinitis", ("tendinitis", "tendinosis", "tendinopathies")),
        ("keloid", ("keloids", "keloid scar")),
        ("hypertrophic scar", ("hypertrophic scars", "hypertrophic scar of the forearm")),
        ("acute kidney injury", ("AKI", "acute renal failure")),
        ("benign paroxysmal positional vertigo", ("BPPV", "positional vertigo")),
        ("lumbar compression fracture", ("L1 compression fracture", "wedge compression fracture of L2")),
        ("cervical facet arthropathy", ("facet arthropathy at C4-5", "cervical facet syndrome")),
        ("heart disease", ("cardiac disease", "heart disease")),
    ],
)
def test_wordings_of_one_thing_have_one_name(name: str, mentions: tuple[str, ...]) -> None:
    assert {mention: name_of(mention) for mention in mentions} == dict.fromkeys(mentions, name)


@pytest.mark.parametrize(
    ("mention", "name"),
    [
        ("fracture", "fracture"),
        ("Asthma", "asthma"),
        ("infections", "infection"),
        ("female breast cancer", "breast cancer"),
        ("myelopathy", "myelopathy"),
        ("spinal cord compression", "spinal cord compression"),
        ("labral tear", "labral tear"),
        ("SLAP tear", "slap lesion"),
        ("compression fractures", "vertebral compression fracture"),
        ("somatic symptom disorder", "somatic symptom disorder"),
        ("vocal cord dysfunction", "vocal cord dysfunction"),
        ("left hip fracture", "hip fracture"),
        ("surgical site infection", "surgical site infection"),
        ("facial pain", "facial pain"),
        ("respiratory depression", "respiratory depression"),
        ("scaphoid nonunion, left", "scaphoid nonunion"),
        ("prediabetes", "prediabetes"),
    ],
)
def test_names_are_those_that_clinicians_use(mention: str, name: str) -> None:
    assert name_of(mention) == name


@pytest.mark.parametrize(
    ("mention", "name"),
    [
        ("severe contusions of the right hand", "hand contusion"),
        ("mild to moderate contusion, right hand", "hand contusion"),
        ("contusion right hand, initial encounter", "hand contusion"),
        ("right-hand contusion", "hand contusion"),
        ("second degree burns of both forearms", "forearm burn"),
        ("amputation of fingers", "finger amputation"),
        ("fracture of the shaft of the left fibula", "fibula shaft fracture"),
        ("grade II chondromalacia", "chondromalacia"),
        ("5 mm ganglion of the wrist", "wrist ganglion"),
        ("disc thing at L4-5, right worse than left", "lumbar disc thing"),
        ("loss of lordosis", "loss of lordosis"),
        ("left ventricular hypertrophy", "left ventricular hypertrophy"),
        ("closed head injury", "closed head injury"),
        ("double crush syndrome", "double crush syndrome"),
        ("TMJ dysfunction", "temporomandibular joint disorder"),
        ("tibia fx", "tibia fracture"),
    ],
)
def test_an_own_wording_has_one_form(mention: str, name: str) -> None:
    assert diagnosis_names().plain(mention) == name


def test_words_of_the_course_stay_where_the_title_has_them() -> None:
    assert diagnosis_name("chronic cough", "R05.3", "Chronic cough") == "chronic cough"
    assert diagnosis_name("chronic cough", "R05.9", "Cough, unspecified") == "cough"


def test_a_mere_short_form_has_the_title_as_its_name() -> None:
    assert diagnosis_name("KLQ", "Z00.0", "Other kinds of quarrel, unspecified") == "kinds of quarrel"
    assert diagnosis_name("KLQ") == "klq"
    assert diagnosis_name("severe", "Z00.0", "Quarrel, unspecified") == "quarrel"


def test_what_a_title_leaves_open_goes() -> None:
    assert plain_title("Other asthma, unspecified, uncomplicated") == "asthma"
    assert plain_title("Unspecified") == "unspecified"


@given(st.text(max_size=80))
def test_any_text_has_a_name(text: str) -> None:
    name = diagnosis_name(text)
    assert name == name.lower() or not text.isascii()
    assert bool(name) == bool(text)


@given(st.sampled_from(["hand contusion", "lumbar facet pain", "wrist sprain", "chest wall burn"]), st.data())
def test_a_name_names_itself(name: str, data: st.DataObject) -> None:
    side = data.draw(st.sampled_from(["", "left ", "right ", "bilateral "]))
    assert diagnosis_names().plain(side + name) == diagnosis_names().plain(name)


@pytest.mark.parametrize("piece", ["grade ii ", "3 mm ", "L4-5 and ", "left, ", "mild chronic ", "tear of the "])
def test_time_grows_with_the_length_alone(piece: str) -> None:
    # Words that are left out leave blanks, and runs of blanks once took the cube of their number.
    assert growth(lambda repeats: diagnosis_names().plain(piece * repeats), 200, 800) < 10
