"""What a request is for: parts of the body, category and canonical procedure."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imr_nlp.concepts.anatomy import body_parts
from imr_nlp.concepts.services import plain_category, plain_name, request_fields
from imr_nlp.config import shipped
from imr_nlp.doc.spans import ENTITIES, attrs_of, spans_of
from support.pipes import Pipes

NLP = Pipes("imr_procedures", "imr_medications")


def fields(text: str) -> dict[str, Any]:
    doc = NLP(text)
    return request_fields(doc.text, [(span.label_, attrs_of(span)) for span in spans_of(doc, ENTITIES)])


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("MRI of the Left shoulder", ["left shoulder"]),
        ("MRI (R) hip", ["right hip"]),
        ("X-ray L wrist", ["left wrist"]),
        ("MRI B/L wrists", ["bilateral wrists"]),
        ("MRI bil. shoulders", ["bilateral shoulders"]),
        ("MRI L and R hip", ["bilateral hips"]),
        ("EMG RUE and LLE", ["right upper extremity", "left lower extremity"]),
        ("MRI L spine", ["lumbar spine"]),
        ("MRI cervical and thoracic spine", ["cervical spine", "thoracic spine"]),
        ("Right L5-S1 transforaminal injection", ["right lumbar spine"]),
        ("Cervical CT scan", ["cervical spine"]),
        ("Physical therapy, lumbar", ["lumbar spine"]),
        ("X-ray right hip and foot", ["right hip", "right foot"]),
        ("Bilateral hearing aids", ["bilateral ears"]),
        ("Shoulder Brace", ["shoulder"]),
        ("EMG of the bilateral upper extremities", ["bilateral upper extremities"]),
        ("EMG bilateral upper extremity", ["bilateral upper extremities"]),
        ("Therapy for the right shoulder and neck", ["right shoulder", "neck"]),
        ("Arthroscopy, knee, left", ["left knee"]),
        ("Left carpal tunnel release", ["left wrist"]),
        ("Carpal tunnel release", []),
        ("Hand therapy for the right wrist", ["right wrist"]),
        ("Neck/upper back massage", ["neck", "upper back"]),
        ("Norco 10/325mg #60", []),
        # compounds, lengths and what is left of something are no parts
        ("Hand-cranked hospital bed", []),
        ("Back-up generator", []),
        ("Head-to-toe assessment", []),
        ("Foot-operated faucet", []),
        ("Face-to-face encounter, left knee", ["left knee"]),
        ("Vinyl tubing, 15 feet", []),
        ("A 6-foot rail", []),
        ("Suction hose 8 foot long", []),
        ("Massage of the back, the 3 sessions left over from June", ["back"]),
        ("Chest film right away", ["chest"]),
        ("Acupuncture x 6 foot", ["foot"]),
        ("Whirlpool, 4 visits left ankle", ["left ankle"]),
        ("Ankle-foot orthosis, right", ["right ankle", "right foot"]),
        ("Wrist and hand X-rays, left", ["left wrist", "left hand"]),
        ("MRI of the neck and shoulder, left", ["neck", "left shoulder"]),
        ("MRI of the knee, ankle, left", ["knee", "left ankle"]),
        ("X-ray of the left 4th metatarsal", ["left foot"]),
        ("Fusion of the right 4th toe", ["right 4th toe"]),
        ("De Quervain's release, left", ["left wrist"]),
        ("", []),
    ],
)
def test_body_parts(text: str, parts: list[str]) -> None:
    assert body_parts(text) == parts


@pytest.mark.parametrize(
    ("text", "category", "procedure"),
    [
        ("Physical therapy 2 x 6, left knee", "rehabilitation", "physical therapy"),
        ("Open MRI of the brain", "diagnostic_imaging", "mri"),
        ("EMG/NCS, bilateral upper extremities", "diagnostic_testing", "emg/ncv"),
        ("EMG (electromyography)/NCV (nerve conduction velocity)", "diagnostic_testing", "emg/ncv"),
        ("Urine drug screening", "diagnostic_testing", "urine drug screen"),
        ("MRI/CT of the pelvis", "diagnostic_imaging", "mri/ct"),
        ("Acupunture 6 visits", "rehabilitation", "acupuncture"),
        ("Epidural steriod injection, L4-5", "injection", "epidural steroid injection"),
        ("CBC/CMP", "diagnostic_testing", "cbc/cmp"),
        ("Scoliosis series", "diagnostic_imaging", "scoliosis series"),
        ("Butrans patch 10mcg/hr #4", "pharmaceutical", "butrans"),
        ("Topical compound: ketoprofen 10%, baclofen 2%", "pharmaceutical", "ketoprofen/baclofen"),
        ("Platelet rich plasma (PRP) injection, left elbow", "injection", "platelet-rich plasma injection"),
        ("Transportation to and from appointments", "transportation", "transportation"),
        ("Labs - CBC", "diagnostic_testing", "cbc"),
        ("Ultram (tramadol) 50mg #90", "pharmaceutical", "tramadol"),
        ("Meloxicam (Mobic) 15mg", "pharmaceutical", "meloxicam"),
        ("Nortriptyline HCL 25 mg", "pharmaceutical", "nortriptyline hcl"),
        ("Injection 3cc of Marcaine and 1cc of Kenalog, right knee", "injection", "marcaine/kenalog injection"),
        ("Lumbar epidural steroid injection L4-5", "injection", "epidural steroid injection"),
        ("Diagnostic arthroscopy, rotator cuff repair, left shoulder", "surgery", "rotator cuff repair"),
        ("Associated surgical service: Assistant surgeon", "surgery", "assistant surgeon"),
        ("Pre-operative medical clearance", "surgery", None),
        ("Cardiac clearance by an internist", "evaluation_management", None),
        ("Associated surgical service: medical clearance", "surgery", None),
        ("Labs including: wrist x-rays", "diagnostic_imaging", None),
        ("Labs including: CBC", "diagnostic_testing", "cbc"),
        ("3 leg wraps", "dmepos", "leg wrap"),
        ("TENS unit purchase", "dmepos", "tens unit"),
        ("Interferential therapy, home rental", "dmepos", None),
        ("Orthopedic consultation", "evaluation_management", "orthopedic consultation"),
        ("Referral to chiropractor for the neck", "rehabilitation", "chiropractic treatment"),
        ("Cognitive behavioral therapy x 6", "behavioral_health", "cognitive behavioral therapy"),
        ("Gym membership", "program", "gym membership"),
        ("Home health aide, 4 hours a day", "home_health", "home health aide"),
        ("Transportation to appointments", "transportation", None),
        ("Rheumatology consult", "evaluation_management", "rheumatology consultation"),
        ("Consult", "evaluation_management", "consultation"),
        ("DME: right ankle brace", "dmepos", "ankle brace"),
        ("Durable medical equipment", "dmepos", "durable medical equipment"),
        ("Post-op home health care, 2 weeks", "home_health", "home health care"),
        ("Unknown compounded cream #1", "pharmaceutical", None),
    ],
)
def test_category_and_procedure(text: str, category: str, procedure: str | None) -> None:
    result = fields(text)
    assert result["category"] == category
    if procedure:
        assert result["procedure"] == procedure


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Vorla gloves", "dmepos"),
        ("Small Vorla crutches (2)", "dmepos"),
        ("Vorla wheelchair repair", None),
        ("Vorla 20 mg pads", None),
    ],
)
def test_the_last_noun_tells_the_kind_of_a_name_that_no_vocabulary_has(text: str, category: str | None) -> None:
    assert plain_category(text) == category


def test_a_name_that_no_vocabulary_has() -> None:
    assert plain_name("Associated surgical service: Zyro frame, 14 days rental") == "zyro frame"


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["left", "right"]), st.sampled_from(["knee", "shoulder", "ankle", "elbow", "hip", "wrist"]))
def test_case_and_line_breaks_change_no_part(side: str, part: str) -> None:
    expected = [f"{side} {part}"]
    for text in (f"MRI of {side} {part}", f"MRI OF {side.upper()} {part.upper()}", f"{part.title()} MRI, {side}"):
        assert body_parts(text) == expected


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120))
def test_any_request_has_a_category_of_the_guide(text: str) -> None:
    result = fields(text)
    assert result["category"] in shipped("concepts/service_categories.yml")["categories"]
    assert result["body_parts"] == list(dict.fromkeys(result["body_parts"]))


def test_requests_of_the_real_letters(gold: list[dict]) -> None:
    services = [service for record in gold for service in record["services"] if service.get("text")]
    right = sum(fields(service["text"])["category"] == service["category"] for service in services)
    assert right >= 0.93 * len(services)


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Zyrolam capsules", "pharmaceutical"),
        ("zyrolam suspension 60 ml", "pharmaceutical"),
        ("Zyrolam ophthalmic solution", "pharmaceutical"),
        ("zyrolam once weekly for 4 weeks by mouth", "pharmaceutical"),
        ("capsule endoscopy", None),
        ("suspension sleeve", None),
        ("tablet computer", None),
    ],
)
def test_a_form_tells_a_drug(text: str, category: str | None) -> None:
    assert plain_category(text) == category


def test_a_blood_test_for_a_vitamin_is_a_test() -> None:
    assert fields("Vitamin E blood test")["category"] == "diagnostic_testing"
