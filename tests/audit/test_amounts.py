"""Amounts in the summary and in split requests, modified decisions, and decisions without any guideline."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

import imr_nlp
from support.letters import head
from support.scoring import pipeline

#: A sound letter: no rule fires on it. Its requests are whole, split and modified.
SUMMARY = """\
The patient is a 47 year old female baker with pain in the left knee and the neck since a fall. She has had four
visits of acupuncture. On 01/05/2017, Utilization Review denied a request for Meloxicam 15 mg #30. The provider also
requested 8 sessions of aquatic therapy for the left knee. A request for biofeedback, 2 times a week for 3 weeks, was
denied."""
SOUND = (
    head("CM17-0997321", "02/06/2017", "08/19/2015", "03/02/2017", "01/05/2017", "01/27/2017", SUMMARY)
    + """\
Meloxicam 15 mg #30: Upheld

Claims Administrator guideline: Decision based on MTUS Pain Interventions 2004.

MAXIMUS guideline: Decision based on MTUS Chronic Pain Medical Treatment 2009, NSAIDs.

Decision rationale: The MTUS allows NSAIDs at the lowest dose for the shortest time. Her notes show no gain from a
year of use. Therefore, Meloxicam 15 mg #30 is not medically necessary.

Aquatic therapy, 8 sessions, left knee: Upheld

Claims Administrator guideline: The Claims Administrator used the ODG, Knee Chapter, Aquatic therapy.

MAXIMUS guideline: Decision based on MTUS Chronic Pain Medical Treatment 2009, Aquatic therapy.

Decision rationale: The MTUS keeps aquatic therapy for those who cannot bear weight. She walks without a cane.
Therefore, the request for 8 sessions of aquatic therapy is not medically necessary.

Biofeedback, 2 times a week for 3 weeks: Modified

Claims Administrator guideline: The Claims Administrator did not cite any guideline.

MAXIMUS guideline: Decision based on MTUS Chronic Pain Medical Treatment 2009, Biofeedback.

Decision rationale: The MTUS allows a trial of biofeedback. She is keen to learn it. Therefore, 4 sessions of
biofeedback are medically necessary, and the remaining sessions are not.

Acupuncture for the neck, 16 visits was the original request. Acupuncture for the neck, 6 treatments was authorized at
utilization review. The remaining IMR eligible portion of the original request, acupuncture for the neck, 10
visits: Upheld

Claims Administrator guideline: The Claims Administrator relied on the MTUS Acupuncture Treatment 2007.

MAXIMUS guideline: The Expert Reviewer based the decision on the MTUS Acupuncture Treatment Guidelines.

Decision rationale: The MTUS asks for a gain in function before more needles. Her notes show none. So what is
left of the original request, acupuncture for the neck, 10 visits, is not medically necessary.

Mattress: Upheld

Claims Administrator guideline: The Claims Administrator did not cite any guideline.

MAXIMUS guideline: The Expert Reviewer did not cite any guideline.

Decision rationale: The literature leaves a mattress to personal choice. Her notes name no pressure sore. Therefore,
the mattress is not medically necessary.
"""
)

MODIFIED = "Therefore, 4 sessions of biofeedback are medically necessary, and the remaining sessions are not."
MODIFIED_RATIONALE = f"The MTUS allows a trial of biofeedback. She is keen to learn it. {MODIFIED}"
REST = "original request, acupuncture for the neck, 10 visits, is not medically necessary."
NONE = "The literature leaves a mattress to personal choice. Her notes name no pressure sore."
FORMAL = "MAXIMUS guideline: The Expert Reviewer did not cite any guideline.\n"

#: Code of the rule, what is replaced in the sound letter, by what, and a word of each place that must be given.
PLANTED = [
    ("summary_amount_differs", "Meloxicam 15 mg #30. The", "Meloxicam 15 mg #90. The", ["#90"]),
    ("summary_amount_differs", "Meloxicam 15 mg #30. The", "Meloxicam 7.5 mg #30. The", ["7.5 mg"]),
    ("summary_amount_differs", "8 sessions of aquatic", "12 sessions of aquatic", ["12 sessions"]),
    ("summary_amount_differs", "biofeedback, 2 times a week for 3", "biofeedback, 2 times a week for 8", ["2 times"]),
    ("amounts_differ", REST, REST.replace("10", "14"), ["14"]),
    ("amounts_differ", REST, REST.replace("10 visits", "twelve visits"), ["twelve"]),
    ("amounts_differ", "So what is left of the " + REST,
     "So the request for the 9 visits of acupuncture that remain is not medically necessary.", ["9 visits"]),
    ("amounts_differ", "So what is left of the " + REST,
     "So the request for the remaining 8 visits is not medically necessary.", ["8 visits"]),
    ("split_amounts", "neck, 16 visits was", "neck, 24 visits was", ["24 visits", "6 treatments"]),
    ("split_amounts", "neck, 6 treatments was", "neck, 4 treatments was", ["16 visits", "4 treatments"]),
    ("split_amounts", "neck, 10 visits:", "neck, 12 visits:", ["12 visits"]),
    ("split_amounts", "neck, 16 visits was", "neck, 12 visits was", ["12 visits", "6 treatments"]),
    ("modified_conflict", MODIFIED_RATIONALE,
     "The MTUS allows biofeedback. She is keen to learn it. Therefore, the request is medically necessary.",
     ["Modified", "medically necessary"]),
    ("modified_conflict", MODIFIED_RATIONALE,
     "The MTUS reserves biofeedback for tension. She has none. Therefore, the request for biofeedback, 2 times a week "
     "for 3 weeks, is not medically necessary.", ["Modified", "not medically"]),
    ("modified_conflict", MODIFIED_RATIONALE,
     "The MTUS supports biofeedback. She sleeps badly. As such, biofeedback twice a week for three weeks is medically "
     "necessary and appropriate.", ["Modified", "necessary"]),
    ("modified_conflict", MODIFIED_RATIONALE,
     "The MTUS supports biofeedback. She sleeps well. In view of this, the requested 6 sessions of biofeedback are not "
     "medically necessary.", ["Modified", "necessary"]),
    ("no_guideline", NONE, "Her notes name no pressure sore.", ["pressure sore"]),
    ("no_guideline", NONE, "A mattress is a matter of taste. Nothing in her notes calls for a special one.", ["taste"]),
    ("no_guideline", f"{FORMAL}\nDecision rationale: {NONE}",
     "\nDecision rationale: She sleeps on a firm bed already.", ["firm bed"]),
    ("no_guideline", NONE, "She has had back pain for two years. The file does not say how she sleeps.", ["sleeps"]),
]  # fmt: skip

#: Changes that are no fault, and the code that must not be raised.
SOUND_TOO = [
    ("summary_amount_differs", "She has had four", "She took Meloxicam 7.5 mg #60 last year. She has had four"),
    ("summary_amount_differs", "15 mg #30. The provider", "15 mg #30. She takes 1 tablet a day. The provider"),
    ("summary_amount_differs", "She has had", "The request for Meloxicam 15 mg #90 was modified. She has had"),
    ("amounts_differ", REST, REST.replace(", 10 visits,", "")),
    ("amounts_differ", "So what is left of the " + REST,
     "So the request for 16 visits is not medically necessary."),
    ("split_amounts", "neck, 16 visits was", "the neck was"),
    ("split_amounts", "Acupuncture for the neck, 6 treatments was", "Massage, 4 visits was"),
    ("modified_conflict", MODIFIED, "Therefore, the request is modified to 4 sessions, which are medically necessary."),
    ("modified_conflict", MODIFIED, "Therefore, 4 sessions of biofeedback are medically necessary."),
    ("modified_conflict", MODIFIED,
     "Therefore, the six sessions are not medically necessary as asked for; half of them are."),
    ("no_guideline", NONE, "No guideline has anything on a mattress. Her notes name no pressure sore."),
    ("no_guideline", NONE, "The literature on a mattress is thin. Her notes name no pressure sore."),
    ("citation_unformal", NONE, "The ODG was intended for acute injuries. Her notes name no pressure sore."),
    ("citation_unformal", NONE, "MTUS and ODG do not speak of a mattress. Her notes name no pressure sore."),
    ("no_guideline", NONE, "As the surgery is not medically necessary, the ancillary item is not either."),
]  # fmt: skip


def changed(old: str, new: str) -> str:
    """The sound letter with a passage replaced; the passage may be broken into lines there."""
    text, count = re.subn(r"\s+".join(map(re.escape, old.split())), lambda _: new, SOUND, count=1)
    assert count == 1
    return text


Reader = Callable[[str], imr_nlp.Letter]


@pytest.fixture(scope="module")
def read() -> Reader:
    return lambda text: pipeline()(text)._.letter


def test_no_rule_fires_on_the_sound_letter(read: Reader) -> None:
    assert [warning.code for warning in read(SOUND).warnings] == []


@pytest.mark.parametrize(("code", "old", "new", "places"), PLANTED)
def test_a_planted_fault_is_found_with_its_places(
    read: Reader, code: str, old: str, new: str, places: list[str]
) -> None:
    text = changed(old, new)
    found = [warning for warning in read(text).warnings if warning.code == code]
    assert len(found) == 1
    shown = [text[place.start : place.end] for place in found[0].places]
    for word in places:
        assert any(word in one for one in shown), shown


@pytest.mark.parametrize(("code", "old", "new"), SOUND_TOO)
def test_what_is_no_fault_raises_nothing(read: Reader, code: str, old: str, new: str) -> None:
    text = changed(old, new)
    assert code not in {warning.code for warning in read(text).warnings}


def test_an_accessory_of_an_operation_needs_no_guideline(read: Reader) -> None:
    bare = changed(NONE, "Her notes name no pressure sore.")
    accessory = bare.replace("\nMattress: Upheld", "\nAssociated surgical service: Mattress: Upheld")
    assert accessory != bare
    assert [warning.code for warning in read(bare).warnings] == ["no_guideline"]
    assert [warning.code for warning in read(accessory).warnings] == []
