"""A second sound letter, with one contradiction planted at a time, in other wordings than those of test_audit."""

from __future__ import annotations

import pytest

from support.letters import head
from support.scoring import pipeline

SUMMARY = """\
The patient is a 52 year old male welder with pain in the right shoulder and low back since a fall from a ladder. He has
had six visits of therapy. Request is made for an ultrasound, chiropractic care, Naproxen and a lumbar epidural."""
#: A sound letter: no rule fires on it.
SOUND = (
    head("CM17-0998123", "02/06/2017", "08/19/2015", "03/02/2017", "01/05/2017", "01/26/2017", SUMMARY)
    + """\
Diagnostic ultrasound of the right shoulder: Overturned

Claims Administrator guideline: The Claims Administrator based its decision on the MTUS ACOEM 2004, Shoulder.

MAXIMUS guideline: Decision based on the ODG, Shoulder Chapter, Ultrasound.

Decision rationale: The ODG supports ultrasound where a tear of the rotator cuff is suspected. He has weakness of the
right shoulder and night pain. The drop arm sign is positive in his right shoulder. Therefore, the requested ultrasound
of the right shoulder is medically necessary.

Chiropractic treatment, 3 times a week for 4 weeks, 12 visits, low back: Upheld

Claims Administrator guideline: Decision based on the MTUS Chronic Pain Guidelines 2009, Manual therapy.

MAXIMUS guideline: Decision based on the MTUS Chronic Pain Guidelines 2009, Section(s): Manual therapy & manipulation.

Decision rationale: The MTUS recommends a trial of 6 visits over 2 weeks for the low back. He has had no such care, and
twelve visits exceed the trial. As such, the request for 12 visits of chiropractic treatment for the low back is not
medically necessary.

Naproxen 550 mg #60: Upheld

Claims Administrator guideline: The Claims Administrator did not use any guideline.

MAXIMUS guideline: Decision based on MTUS Chronic Pain Medical Treatment 2009, NSAIDs.

Decision rationale: The MTUS allows NSAIDs at the lowest dose for the shortest time. His notes show no gain from a year
of use. Consequently, Naproxen 550 mg #60 is not medically necessary.

Epidural steroid injection at L4-5: Upheld

Claims Administrator guideline: The Claims Administrator based its decision on the MTUS ACOEM 2004, Initial Care.

MAXIMUS guideline: Decision based on MTUS Chronic Pain Medical Treatment 2009, Epidural steroid injections.

Decision rationale: The MTUS asks for radiculopathy on examination that imaging bears out. His reflexes are normal, and
no MRI is on file. In view of this, the epidural steroid injection at L4-5 is not medically necessary.
"""
)

#: Code of the rule, what is replaced in the sound letter, and by what.
PLANTED = [
    ("decision_conflict",
     "ultrasound\nof the right shoulder is medically",
     "ultrasound\nof the right shoulder is not medically"),
    ("decision_conflict", "low back is not\nmedically necessary", "low back is\nmedically necessary"),
    ("decision_conflict", "#60 is not medically necessary", "#60 is medically appropriate and necessary"),
    ("decision_conflict", "low back: Upheld", "low back: Overturned"),
    ("decision_conflict", "L4-5 is not medically necessary", "L4-5 is certified as medically necessary"),
    ("amounts_differ", "request for 12 visits of", "request for 24 visits of"),
    ("amounts_differ", "Consequently, Naproxen 550 mg #60", "Consequently, Naproxen 550 mg #120"),
    ("amounts_differ", "Consequently, Naproxen 550 mg", "Consequently, Naproxen 375 mg"),
    ("sessions_product", "4 weeks, 12 visits", "8 weeks, 12 visits"),
    ("sessions_product", "3 times a week", "twice a day"),
    ("sessions_product", "4 weeks, 12 visits", "4 weeks, 6 visits"),
    ("dates_out_of_order", "UR Denial Date: 01/05/2017", "UR Denial Date: 02/20/2017"),
    ("dates_out_of_order", "Date Assigned: 02/06/2017", "Date Assigned: 03/09/2017"),
    ("dates_out_of_order", "01/26/2017", "12/27/2016"),
    ("dates_out_of_order", "08/19/2015", "08/19/2017"),
    ("case_year", "CM17-", "CM14-"),
    ("case_year", "CM17-", "CM20-"),
    ("age_against_dates", "52 year old", "9 year old"),
    ("age_against_dates", "52 year old", "107 year old"),
    ("body_part_differs", "treatment for the low back is not", "treatment for the right ankle is not"),
    ("body_part_differs", "ultrasound\nof the right shoulder is med", "ultrasound\nof the left knee is med"),
    ("body_part_differs", "injection at L4-5 is not", "injection at C5-6 is not"),
    ("side_differs",
     "right shoulder and night pain. The drop arm sign is positive in his right shoulder. Therefore, "
     "the requested ultrasound\nof the right",
     "left shoulder and night pain. The drop arm sign is positive in his left shoulder. Therefore, "
     "the requested ultrasound\nof the left"),
    ("other_service", "requested ultrasound\nof", "requested acupuncture\nof"),
    ("other_service", "Naproxen 550 mg #60 is not", "gabapentin is not"),
    ("other_service", "the epidural steroid injection at L4-5", "the TENS unit"),
    ("other_sex", "His notes show no", "Her notes show no"),
    ("other_sex", "His reflexes are normal", "Her reflexes are normal"),
    ("no_conclusion", " In view of this, the epidural steroid injection at L4-5 is not medically necessary.", ""),
    ("no_rationale",
     "Decision rationale: The MTUS asks for radiculopathy on examination that imaging bears out. His "
     "reflexes are normal, and\nno MRI is on file. In view of this, the epidural steroid injection at "
     "L4-5 is not medically necessary.\n",
     "Decision rationale:\n"),
    ("citation_unformal", "The MTUS asks for radiculopathy", "The ODG Low Back chapter asks for radiculopathy"),
    ("citation_unformal", "The MTUS allows NSAIDs", "ODG allows NSAIDs"),
    ("citation_repeated", "2009, Section(s): Manual therapy & manipulation", "2009, Manual therapy"),
    ("limit_exceeded", "low back: Upheld", "low back: Overturned"),
    ("limit_not_exceeded", "trial of 6 visits over 2 weeks", "trial of 24 visits over 12 weeks"),
    ("no_reviewer_guideline",
     "MAXIMUS guideline: Decision based on MTUS Chronic Pain Medical Treatment 2009, NSAIDs.\n\n",
     ""),
    ("body_part_differs",
     "of chiropractic treatment for the low back is not",
     "of chiropractic treatment for the elbow is not"),
]  # fmt: skip

#: The request names two parts of the body, one of them without a side.
TWO_PARTS = SOUND.replace("low back: Upheld", "low back and left hip: Upheld").replace(
    "treatment for the low back is not", "treatment for the low back and left hip is not"
)


@pytest.fixture(scope="module")
def read() -> object:
    nlp = pipeline()
    return lambda text: {warning.code for warning in nlp(text)._.letter.warnings}


def test_no_rule_fires_on_the_sound_letters(read) -> None:
    assert read(SOUND) == set()
    assert read(TWO_PARTS) == set()


@pytest.mark.parametrize(("code", "old", "new"), PLANTED)
def test_a_planted_contradiction_is_found(read, code: str, old: str, new: str) -> None:
    assert old in SOUND
    assert code in read(SOUND.replace(old, new, 1))


def test_one_of_two_parts_of_the_body_may_be_another(read) -> None:
    assert "body_part_differs" in read(TWO_PARTS.replace("back and left hip is", "neck and left hip is"))
    assert "body_part_differs" not in read(TWO_PARTS.replace("the low back and left hip is", "the low back is"))


def test_the_side_of_one_of_two_parts_may_be_the_other(read) -> None:
    assert "side_differs" in read(TWO_PARTS.replace("back and left hip is", "back and right hip is"))


def test_a_denial_is_not_later_than_the_year_of_the_case_number(read) -> None:
    later = SOUND.replace("UR Denial Date: 01/05/2017", "UR Denial Date: 01/05/2018")
    assert {"case_year", "dates_out_of_order"} <= read(later)
