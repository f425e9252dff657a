"""Quantities: what is written is found, whole and with its value; what looks like one but isn't is left."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from imr_nlp.components.quantities.parser import DURATION, FREQUENCY, SESSION_COUNT, parser_of, shipped_parser
from imr_nlp.components.quantities.request import RequestQuantities, request_quantities
from imr_nlp.config import ConfigError, folder
from imr_nlp.doc.spans import SECTIONS, add_span, attrs_of, spans_of

LABELS = {"S": SESSION_COUNT, "F": FREQUENCY, "D": DURATION}


def found(text: str, *, heading: bool = False) -> list[tuple[str, str, float, float, str]]:
    return [
        (text[q.start : q.end], q.label[0], q.min, q.max, q.unit) for q in shipped_parser().find(text, heading=heading)
    ]


def test_a_plural_in_parentheses_belongs_to_its_quantity() -> None:
    assert found("He had 8 massage session(s) and 6 week(s) of casting.") == [
        ("8 massage session(s)", "S", 8, 8, "session"),
        ("6 week(s)", "D", 6, 6, "week"),
    ]


def test_letters_in_parentheses_that_are_no_plural_are_left() -> None:
    assert found("The (s) sign, (s)(s) and 6(s) say nothing; 8 visit(s)(s).") == [("8 visit(s)", "S", 8, 8, "visit")]
    assert found("8 massage sessions" + "(s)" * 3000, heading=True)[0][1:3] == ("S", 8)


def test_the_time_after_which_a_treatment_is_given_up_is_its_own() -> None:
    assert [q[0] for q in found("If it has not helped after 3-4 weeks, treatment should be changed.")] == ["3-4 weeks"]
    assert [q[0] for q in found("The cream is covered, and a month is an adequate trial.")] == ["a month"]
    assert [q[0] for q in found("He is no better after two months of inhaled steroids.")] == ["two months"]
    assert found("If the ache persists after 4 weeks, treatment should be considered.") == []
    assert found("He was seen in a month, and a month is a long wait.") == []


@pytest.mark.parametrize(
    ("text", "asked", "wanted"),
    [
        ("The stretch of 17 days is more than ODG gives.", {(17, 17, "day")}, ["17 days"]),
        ("The stretch of 17 days is more than ODG gives.", {(16, 16, "day")}, []),
        ("The stretch of 17 days is more than ODG gives.", set(), []),
        ("The fall was 17 days ago.", {(17, 17, "day")}, []),
        ("She has had pain for 17 days.", {(17, 17, "day")}, []),
        ("The splint gave relief for 17 days.", {(17, 17, "day")}, []),
    ],
)
def test_what_the_request_is_to_run_is_named_again(
    text: str, asked: set[tuple[float, float, str]], wanted: list[str]
) -> None:
    assert [text[q.start : q.end] for q in shipped_parser().find(text, asked=frozenset(asked))] == wanted


def test_the_time_of_a_limitation_is_no_treatment() -> None:
    assert found("Surgery is for those whose grip is limited for more than three months and whom exercises fail.") == []
    assert found("Therapy is limited to six weeks.")[0][0] == "six weeks"


# Headings: text, then (stretch, label, least, most, unit) of everything that must be found in it.
HEADINGS = [
    ("Gait training, 10 visits over 8 weeks",
     [("10 visits", "S", 10, 10, "visit"), ("8 weeks", "D", 8, 8, "week")]),
    ("Six (6) acupuncture treatments, left ankle", [("Six (6) acupuncture treatments", "S", 6, 6, "treatment")]),
    ("Massage sessions for the right wrist, #8", [("sessions for the right wrist, #8", "S", 8, 8, "session")]),
    ("Aquatic therapy visits: 9", [("visits: 9", "S", 9, 9, "visit")]),
    ("Baclofen 5mg #60", [("#60", "S", 60, 60, "tablet")]),
    ("Arnica balm #60 grams", [("#60 grams", "S", 60, 60, "other")]),
    ("Menthol patches #1 box", [("#1 box", "S", 1, 1, "unit")]),
    ("Tylenol #3 #20", [("#20", "S", 20, 20, "tablet")]),
    ("Ketoprofen 20% cream #1", [("#1", "S", 1, 1, "unit")]),
    ("Acupuncture x 12", [("x 12", "S", 12, 12, "session")]),
    ("Acupuncture x12", [("x12", "S", 12, 12, "session")]),
    ("Spirometry test times 3", [("times 3", "S", 3, 3, "other")]),
    ("Nerve consultation QTY: 2", [("QTY: 2", "S", 2, 2, "visit")]),
    ("Baclofen 5 mg, quantity of 60, three (3) refills",
     [("quantity of 60", "S", 60, 60, "tablet"), ("three (3) refills", "S", 3, 3, "refill")]),
    ("Baclofen 5 mg Qty: 120.00 refills: 2",
     [("Qty: 120.00", "S", 120, 120, "tablet"), ("refills: 2", "S", 2, 2, "refill")]),
    ("2 additional OT sessions", [("2 additional OT sessions", "S", 2, 2, "session")]),
    ("Two trigger point injections", [("Two trigger point injections", "S", 2, 2, "injection")]),
    ("Zofran for 3 days after the arthroscopy", [("3 days", "D", 3, 3, "day")]),
    ("Seen two weeks after the arthroscopy for physical therapy", []),
    ("Home health aide for 2 weeks following the hip surgery", [("2 weeks", "D", 2, 2, "week")]),
    ("PT x 12 w/o change", [("x 12", "S", 12, 12, "session")]),
    ("PT x 12 w", [("12 w", "D", 12, 12, "week")]),
    ("12 post-op PT visits, 2 more refills",
     [("12 post-op PT visits", "S", 12, 12, "visit"), ("2 more refills", "S", 2, 2, "refill")]),
    ("Series of 3 knee injections", [("3 knee injections", "S", 3, 3, "injection")]),
    ("Stretching class twice weekly for a total of 18",
     [("twice weekly", "F", 2, 2, "week"), ("18", "S", 18, 18, "session")]),
    ("Two wrist braces", [("Two wrist braces", "S", 2, 2, "unit")]),
    ("PT 2-3x/wk x 6 wks", [("2-3x/wk", "F", 2, 3, "week"), ("6 wks", "D", 6, 6, "week")]),
    ("PT 2xwk x 6wks", [("2xwk", "F", 2, 2, "week"), ("6wks", "D", 6, 6, "week")]),
    ("PT 2 times per week x 6", [("2 times per week", "F", 2, 2, "week"), ("6", "D", 6, 6, "week")]),
    ("Physiotherapy 2x4", [("2x", "F", 2, 2, "unknown"), ("4", "D", 4, 4, "unknown")]),
    ("Physiotherapy 1 times 6", [("1 times", "F", 1, 1, "unknown"), ("6", "D", 6, 6, "unknown")]),
    ("Physiotherapy 3 x 4 weeks", [("3 x", "F", 3, 3, "week"), ("4 weeks", "D", 4, 4, "week")]),
    ("Splint, seven day use", [("seven day", "D", 7, 7, "day")]),
    ("Stimulator, 30-day trial", [("30-day", "D", 30, 30, "day")]),
    ("Baclofen, days' supply 5", [("days' supply 5", "D", 5, 5, "day")]),
    ("Massage (12) sessions", [("(12) sessions", "S", 12, 12, "session")]),
    ("Massage sessions 4 for the hip", [("sessions 4", "S", 4, 4, "session")]),
    ("Acupuncture 6, neck", [("6", "S", 6, 6, "session")]),
    ("Stretch training, 3 view x-rays", []),
    ("10 weekly sessions of voice therapy",
     [("10 weekly sessions", "S", 10, 10, "session"), ("weekly", "F", 1, 1, "week")]),
    ("Two weekly sessions of voice therapy", [("Two weekly", "F", 2, 2, "week")]),
    ("Nine 50-minute dance therapy visits", [("Nine 50-minute dance therapy visits", "S", 9, 9, "visit")]),
    ("Two thumb splints", [("Two thumb splints", "S", 2, 2, "unit")]),
    ("Individual CBT x 9", [("x 9", "S", 9, 9, "session")]),
    ("Thumb splints (2)", [("(2)", "S", 2, 2, "unit")]),
    ("Opana patch, one patch q.72.h., #9", [("q.72.h", "F", 0.3333, 0.3333, "day"), ("#9", "S", 9, 9, "unit")]),
    ("Nursing 4 hours/day, 7 days/week", [("7 days/week", "F", 7, 7, "week")]),
    ("Dental implant #30 with membrane", []),
    ("Extraction of teeth #1 and #17, with ibuprofen 600 mg #30", [("#30", "S", 30, 30, "tablet")]),
    ("Work hardening x 20 days", [("20 days", "S", 20, 20, "day")]),
    ("Interdisciplinary program, 120 hours", [("120 hours", "S", 120, 120, "other")]),
    ("One container of ketoprofen balm", [("One container", "S", 1, 1, "unit")]),
]  # fmt: skip

# Running text, in the same form.
SENTENCES = [
    ("The request was for work hardening 3 visits per week.", [("3 visits per week", "F", 3, 3, "week")]),
    ("He takes one tablet a day, or one tablet three times daily.",
     [("one tablet a day", "F", 1, 1, "day"), ("three times daily", "F", 3, 3, "day")]),
    ("She was given one to two tablets daily #30.",
     [("daily", "F", 1, 1, "day"), ("#30", "S", 30, 30, "tablet")]),
    ("Take b.i.d. or q4-6h or every 12 hours.",
     [("b.i.d.", "F", 2, 2, "day"), ("q4-6h", "F", 4, 6, "day"), ("every 12 hours", "F", 2, 2, "day")]),
    ("Injections may be given every 3 months.", [("every 3 months", "F", 4, 4, "year")]),
    ("1-2 visits every 4-6 months are allowed.",
     [("1-2 visits", "S", 1, 2, "visit"), ("every 4-6 months", "F", 2, 3, "year")]),
    ("A brace may be replaced once every four years.", [("once every four years", "F", 0.25, 0.25, "year")]),
    ("He was seen by the therapist every other week.", [("every other week", "F", 0.5, 0.5, "week")]),
    ("He finished 4/6 acupuncture treatments and 5 of 6 chiropractic sessions.",
     [("4/6 acupuncture treatments", "S", 4, 4, "treatment"),
      ("5 of 6 chiropractic sessions", "S", 5, 5, "session")]),
    ("A six-visit trial of therapy is allowed.", [("six-visit", "S", 6, 6, "visit")]),
    ("Opioids are not advised beyond two to three (2-3) weeks.",
     [("two to three (2-3) weeks", "D", 2, 3, "week")]),
    ("He had 20+ sessions of massage.", [("20+ sessions", "S", 20, 20, "session")]),
    ("An additional 12 physical therapy was asked for.", [("12 physical therapy", "S", 12, 12, "session")]),
    ("Therapy between 6 and 8 weeks is usual.", [("6 and 8 weeks", "D", 6, 8, "week")]),
    ("He failed conservative care for at least a month.", [("a month", "D", 1, 1, "month")]),
    ("Low back pain persisted despite 6 weeks of physical therapy.", [("6 weeks", "D", 6, 6, "week")]),
    ("A 3- or 4-week course of heat came first.", [("3- or 4-week", "D", 3, 4, "week")]),
    ("A run of nine weeks was proposed.", [("nine weeks", "D", 9, 9, "week")]),
    ("After three months of celecoxib the knee was no better.", [("three months", "D", 3, 3, "month")]),
    ("Cryotherapy may run up to 7 days after surgery.", [("7 days", "D", 7, 7, "day")]),
    ("He was put on clobetasol for two weeks.", [("two weeks", "D", 2, 2, "week")]),
    ("Three weeks of dizziness followed. The shot helped ten days.", []),
    ("Eleven days exceeds what is usual.", [("Eleven days", "D", 11, 11, "day")]),
    ("ODG approves baclofen for five days.", [("five days", "D", 5, 5, "day")]),
    ("Of 9 massage sessions she attended seven of the nine, and asks for another six.",
     [("9 massage sessions", "S", 9, 9, "session"), ("seven", "S", 7, 7, "session"),
      ("nine", "S", 9, 9, "session"), ("six", "S", 6, 6, "session")]),
    ("The rule allows 3-5 visits. Two more are wanted. The total would come to 7.",
     [("3-5 visits", "S", 3, 5, "visit"), ("Two", "S", 2, 2, "visit"), ("7", "S", 7, 7, "visit")]),
    ("Eleven visits go beyond the five that are foreseen.",
     [("Eleven visits", "S", 11, 11, "visit"), ("five", "S", 5, 5, "visit")]),
    ("Facet injections (four in all) brought no change.", [("four", "S", 4, 4, "injection")]),
    ("Soma was asked for with a quantity of 45 tonight.", [("45", "S", 45, 45, "tablet")]),
    ("Massage 3 times a week for 5 weeks (15) was denied.",
     [("3 times a week", "F", 3, 3, "week"), ("5 weeks", "D", 5, 5, "week"), ("15", "S", 15, 15, "session")]),
    ("Massage 3 times a week for 5 weeks (17) was denied.",
     [("3 times a week", "F", 3, 3, "week"), ("5 weeks", "D", 5, 5, "week")]),
    ("That is the usual number. Nine visits are enough.", [("Nine visits", "S", 9, 9, "visit")]),
    ("He takes Norco tid. She takes it b.i.d. too.", [("tid", "F", 3, 3, "day"), ("b.i.d.", "F", 2, 2, "day")]),
    ("The best practice target for this operation is 5 days.", [("5 days", "D", 5, 5, "day")]),
    ("He had 3 visits and did two more heel raises.", [("3 visits", "S", 3, 3, "visit")]),
    ("Nine visits of speech therapy were asked for. UR trimmed them to five.",
     [("Nine visits", "S", 9, 9, "visit"), ("five", "S", 5, 5, "visit")]),
    ("Nine visits were asked for. Pain was reduced to 5.", [("Nine visits", "S", 9, 9, "visit")]),
    ("The rule allows 9 visits. Already used 4, UR added 3. That makes 7.",
     [("9 visits", "S", 9, 9, "visit"), ("4", "S", 4, 4, "visit"), ("3", "S", 3, 3, "visit"),
      ("7", "S", 7, 7, "visit")]),
    ("Ten visits are usual. Sixteen at once is too many.",
     [("Ten visits", "S", 10, 10, "visit"), ("Sixteen", "S", 16, 16, "visit")]),
    ("Hand therapy (8 sessions) was certified; 4 denied.",
     [("8 sessions", "S", 8, 8, "session"), ("4", "S", 4, 4, "session")]),
    ("ODG allows 10 visits. The five who came were seen. Three requested braces were denied.",
     [("10 visits", "S", 10, 10, "visit"), ("Three requested braces", "S", 3, 3, "unit")]),
    ("A lumbar plexus block helped. Three blocks are allowed. He walks three blocks.",
     [("Three blocks", "S", 3, 3, "injection")]),
    ("Sleeves wear out; two sets are needed. She does three sets of 10 repetitions.",
     [("two sets", "S", 2, 2, "unit")]),
    ("Two hearing aids were denied, and two scleral lenses.",
     [("Two hearing aids", "S", 2, 2, "unit"), ("two scleral lenses", "S", 2, 2, "unit")]),
    ("A crown on #9 was placed and amoxicillin 500 mg #21 was given. #10 is sound.",
     [("#21", "S", 21, 21, "tablet")]),
    ("Six visits in three weeks are allowed. She had two falls in three weeks.",
     [("Six visits", "S", 6, 6, "visit"), ("three weeks", "D", 3, 3, "week")]),
    ("Tramadol was stopped after ten days. His cough stopped after ten days.", [("ten days", "D", 10, 10, "day")]),
    ("Nine weeks is longer than the rule allows.", [("Nine weeks", "D", 9, 9, "week")]),
    ("Symptoms persist beyond four weeks. Opioids are not advised beyond four weeks.",
     [("four weeks", "D", 4, 4, "week")]),
    ("A month of intensive therapy was tried. He missed a month of work.", [("A month", "D", 1, 1, "month")]),
    ("Drops were given hourly. Her hourly wage is low.", [("hourly", "F", 24, 24, "day")]),
    ("Visits every three [3] months are usual.", [("every three [3] months", "F", 4, 4, "year")]),
    ("The program is 120 hours long, and must begin within 72 hours.", [("120 hours", "S", 120, 120, "other")]),
    ("Ice was continued past 30 days. In the past 30 days he used none.", [("30 days", "D", 30, 30, "day")]),
    ("She has completed 14 of her 20 visits and wants the other six.",
     [("14", "S", 14, 14, "visit"), ("20 visits", "S", 20, 20, "visit"), ("six", "S", 6, 6, "visit")]),
    ("Nineteen visits were had. The guideline's cap of 24 leaves five.",
     [("Nineteen visits", "S", 19, 19, "visit"), ("24", "S", 24, 24, "visit"), ("five", "S", 5, 5, "visit")]),
    ("Of the twelve cupping visits, nine were attended and three were missed. Four were injured.",
     [("twelve cupping visits", "S", 12, 12, "visit"), ("nine", "S", 9, 9, "visit"), ("three", "S", 3, 3, "visit")]),
    ("Massage was denied, and Soma #40 and Vicodin 5/300 #35 were cut to #20.",
     [("#40", "S", 40, 40, "tablet"), ("#35", "S", 35, 35, "tablet"), ("#20", "S", 20, 20, "tablet")]),
    ("A nerve block came first. A series of three was asked for.", [("three", "S", 3, 3, "injection")]),
    ("Five cupping visits were allowed. Nobody says what came of those five or asks for the whole 15 at once.",
     [("Five cupping visits", "S", 5, 5, "visit"), ("15", "S", 15, 15, "visit")]),
    ("Five cupping visits were allowed. How she did with those five is unknown. Nine visits cannot do what 5 have not.",
     [("Five cupping visits", "S", 5, 5, "visit"), ("five", "S", 5, 5, "visit"), ("Nine visits", "S", 9, 9, "visit"),
      ("5", "S", 5, 5, "visit")]),
    ("Of 9 cupping visits 4 remain. Two toes remain numb.",
     [("9 cupping visits", "S", 9, 9, "visit"), ("4", "S", 4, 4, "visit")]),
    ("He is no better after two months of an NSAID.", [("two months", "D", 2, 2, "month")]),
]  # fmt: skip

# Numbers that are no quantity of treatment.
NOT_QUANTITIES = [
    "Epidural #1 on 3/4/16 gave relief; #2 on 5/6/16 did not.",
    "The patch gave 60% relief for five days. The brace gave two weeks of relief.",
    "A steroid injection with two weeks' relief; the boot and a splint, two months into the claim.",
    "Two of the four denied these three. Those four are unrelated. The whole 3 miles were walked.",
    "A Panorex film showed missing #17 and an edentulous lower jaw at #31.",
    "Methotrexate takes three months to work, and needles took up to six weeks.",
    "PSA tests are for men over 50 years. HIV tests at 6 weeks, 3 months and 6 months are usual.",
    "She lives two blocks from the clinic and had an epidural injection.",
    "She is a 45-year-old cook who fell two months ago.",
    "Nine months have gone by with therapy and braces.",
    "He would have not one injection.",
    "Six more are waiting, and he wants another ten.",
    "Pain was 7/10 at L4-5 and C6-7.",
    "Return in 4 weeks; off work for 6 weeks.",
    "Symptoms have been present for 17 days.",
    "He has had wrist pain for 2 years.",
    "He is alert and oriented x 3.",
    "The wound was 3 x 4 cm and he walked x 20 minutes.",
    "See Chapter 12, page 300, section 3 and step 4.",
    "Ibuprofen 800 mg and Tylenol #3 were listed.",
    "Flexion was 45 degrees and grip 25 pounds.",
    "She needs help with activities of daily living.",
    "Headaches occur three times a week and seizures every 6 months.",
    "The note of 11-16-2016 and the January 5 visit list two treatment options.",
    "He walked 2 blocks after 3 weeks post surgery.",
    "A three-phase bone scan and a 12 lead tracing were normal.",
    "Take 1-2 tabs by mouth as needed.",
    "At visit #3 the white cell count of 12 was read, and tooth #14.",
    "Exercises were 3 x 10 repetitions. The score had a total of 18.",
    "The claim of 2015 lists 97110.",
    "The injection gave 3 weeks of relief; Mobic gave 2 days relief.",
    "Treatments were Mobic and Tylenol #3, and the Sept. 9 visit was the last.",
    "NSAIDs carry a risk at age over 65 years.",
    "The list has Dexcom 6 sensors and size 9 gloves.",
    "He naps in 3 one-hour rests.",
    "Two positive provocative tests were noted, and the knee gives out twice a week.",
]


@pytest.mark.parametrize(("text", "wanted"), HEADINGS)
def test_headings(text: str, wanted: list[tuple[str, str, float, float, str]]) -> None:
    assert found(text, heading=True) == wanted


@pytest.mark.parametrize(("text", "wanted"), SENTENCES)
def test_sentences(text: str, wanted: list[tuple[str, str, float, float, str]]) -> None:
    assert found(text) == wanted


@pytest.mark.parametrize("text", NOT_QUANTITIES)
def test_not_quantities(text: str) -> None:
    assert found(text) == []


# --- whole requests ---------------------------------------------------------------------------------------------------


def week(low: float, high: float | None = None) -> dict[str, object]:
    return {"min": low, "max": high or low, "per": "week"}


def last(low: float, unit: str = "week", high: float | None = None) -> dict[str, object]:
    return {"min": low, "max": high or low, "unit": unit}


REQUESTS = {
    "Yoga therapy three times a week for two weeks": RequestQuantities(
        implied_sessions=6, frequency=week(3), duration=last(2)
    ),
    "Daily nurse for 3 weeks": RequestQuantities(
        implied_sessions=21, frequency={"min": 1, "max": 1, "per": "day"}, duration=last(3)
    ),
    "Acupuncture, 1-2 times per week for 4-5 weeks": RequestQuantities(
        implied_sessions=10, frequency=week(1, 2), duration=last(4, high=5)
    ),
    "Physical therapy 3x4 for the thumb": RequestQuantities(implied_sessions=12, frequency=week(3), duration=last(4)),
    "Acupuncture 2 times a week for 3 weeks (6 sessions)": RequestQuantities(
        sessions=6, frequency=week(2), duration=last(3)
    ),
    "Dance therapy 12-18 sessions": RequestQuantities(),
    "Baclofen 7.5mg #60": RequestQuantities(count=60, strength="7.5 mg"),
    "Percocet 5/325mg #35, 2 refills": RequestQuantities(count=35, strength="5/325 mg", refills=2),
    "Numbing balm 4%-2.5% 90gm #1": RequestQuantities(count=1, strength="4%-2.5%"),
    "Clinic visit times 2": RequestQuantities(sessions=2),
    "Ice machine, seven day use": RequestQuantities(duration=last(7, "day")),
    "Baclofen 5 mg twice a day for 30 days": RequestQuantities(
        frequency={"min": 2, "max": 2, "per": "day"}, duration=last(30, "day"), strength="5 mg"
    ),
    "Acupuncture, eight (8), for the neck": RequestQuantities(sessions=8),
    "MRI of the left thumb": RequestQuantities(),
}


@pytest.mark.parametrize("text", REQUESTS)
def test_requests(text: str) -> None:
    assert request_quantities(text) == REQUESTS[text]


def test_request_reads_across_line_ends() -> None:
    assert request_quantities("Acupuncture 2 times\n  a week\nfor 3 weeks").implied_sessions == 6


# --- the component ----------------------------------------------------------------------------------------------------


def entities(text: str, *sections: tuple[str, int, int]) -> list[tuple[str, str, dict[str, object]]]:
    nlp = spacy.blank("en")
    component = nlp.add_pipe("imr_quantities")
    doc = nlp.make_doc(text)
    for label, start, end in sections:
        add_span(doc, SECTIONS, start, end, label, rule="test", body_start=start, body_end=end)
    return [
        (text[attrs_of(s)["start"] : attrs_of(s)["end"]], s.label_, attrs_of(s))
        for s in spans_of(component(doc), "imr")
    ]


def test_facts_of_an_entity() -> None:
    (stretch, label, known), *_ = entities("Acupuncture 1-2 times per week was requested.")
    assert (stretch, label) == ("1-2 times per week", FREQUENCY)
    assert (known["min"], known["max"], known["per"], known["rule"]) == (1, 2, "week", "rate")


def test_bare_pair_takes_weeks_from_the_letter() -> None:
    bare = entities("Physical therapy 3x2 was asked for.")
    assert [known.get("per") or known.get("unit") for _, _, known in bare] == ["unknown", "unknown"]
    spelled = entities("Physical therapy 3x2 was asked for. The form says 3 times a week for 2 weeks.")
    assert [known.get("per") or known.get("unit") for _, _, known in spelled] == ["week"] * 4


def test_only_entity_sections_are_read() -> None:
    text = "Guideline: 8 visits. Request: 6 visits."
    got = entities(text, ("claims_guideline", 0, 20), ("service", 21, len(text)))
    assert [stretch for stretch, _, _ in got] == ["6 visits"]


def test_offsets_are_those_of_the_whole_text() -> None:
    text = "İ said: 6 visits then 2 times a week"
    assert [text[q.start : q.end] for q in shipped_parser().find(text, 8)] == ["6 visits", "2 times a week"]


def test_component_survives_saving(tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("imr_quantities")
    nlp.to_disk(tmp_path / "model")
    doc = spacy.load(tmp_path / "model")("Acupuncture for 6 sessions")
    assert [span.text for span in doc.spans["imr"]] == ["6 sessions"]


def test_words_are_data(tmp_path: Path) -> None:
    words = (folder("configs") / "quantities.yml").read_text(encoding="utf-8")
    path = tmp_path / "words.yml"
    path.write_text(words.replace("session: [session]", "session: [session, sitting]"), encoding="utf-8")
    text = "Acupuncture for 6 sittings"
    assert [text[q.start : q.end] for q in parser_of(path).find(text)] == ["6 sittings"]
    assert found(text) == []


@pytest.mark.parametrize(
    ("content", "named"), [("{}", "is missing"), ("a: []", '"a"'), ("not_between: [of, no]", "not_between")]
)
def test_what_is_wrong_with_a_words_file_is_named(tmp_path: Path, content: str, named: str) -> None:
    path = tmp_path / "words.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=named):
        parser_of(path)


# --- the real letters ----------------------------------------------------------------------------


def f1(true: int, predicted: int, wanted: int) -> float:
    return 2 * true / (predicted + wanted)


def test_requests_of_the_real_letters(corpus: Path, gold: list[dict]) -> None:
    true = predicted = wanted = 0
    for record in gold:
        letter = (corpus / "letters" / f"{record['name']}.txt").read_bytes().decode("utf-8")
        for service in record["services"]:
            got = request_quantities(letter[service["start"] : service["end"]])
            total = service.get("sessions") or service.get("implied_sessions")
            pairs = [(total, got.sessions or got.implied_sessions)]
            pairs += [(service.get(key), getattr(got, key)) for key in ("frequency", "duration")]
            true += sum(want is not None and have == want for want, have in pairs)
            predicted += sum(have is not None for _, have in pairs)
            wanted += sum(want is not None for want, _ in pairs)
    assert f1(true, predicted, wanted) >= 0.96


# --- properties -------------------------------------------------------------------------------------------------------

ONES = "one two three four five six seven eight nine ten eleven twelve".split()


@st.composite
def numbers(draw: st.DrawFn, most: int = 12) -> tuple[str, int, int]:
    """A number or range as letters write it, with its least and most."""
    low = draw(st.integers(1, most - 1))
    high = draw(st.integers(low + 1, most))
    word_low, word_high = ONES[low - 1], ONES[high - 1]
    figures = [(str(low), low), (word_low, low), (f"{word_low} ({low})", low), (f"{low} ({word_low})", low)]
    figures += [(word_low.capitalize(), low), (f"{low}-{high}", high), (f"{low} to {high}", high)]
    figures += [(f"{word_low} to {word_high}", high), (f"{word_low} to {word_high} ({low}-{high})", high)]
    written, top = draw(st.sampled_from(figures))
    return written, low, top


RATES = {
    "{} times a week": "week", "{} times per week": "week", "{} times/week": "week", "{}x/wk": "week",
    "{}x per week": "week", "{} times weekly": "week", "{} visits per week": "week", "{} times a day": "day",
    "{} x per month": "month", "{} times per year": "year",
}  # fmt: skip
LENGTHS = {"weeks": "week", "wks": "week", "days": "day", "months": "month", "-week": "week", "years": "year"}
COUNTED = {"sessions": "session", "visits": "visit", "treatments": "treatment", "physical therapy sessions": "session",
           "additional acupuncture treatments": "treatment", "follow up office visits": "visit", "refills": "refill",
           "steroid injections": "injection"}  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    numbers(7),
    st.sampled_from(sorted(RATES)),
    numbers(),
    st.sampled_from(sorted(LENGTHS)),
    st.sampled_from(["for", "over", "x"]),
)
def test_frequency_and_duration_are_read_back(
    times: tuple[str, int, int], rate: str, length: tuple[str, int, int], unit: str, joined: str
) -> None:
    frequency = rate.format(times[0] + (" " if times[0].isalpha() or " to " in times[0] else ""))
    frequency = frequency.replace("  ", " ")
    duration = length[0] + (unit if unit.startswith("-") else f" {unit}")
    text = f"Requested was physical therapy {frequency} {joined} {duration}, right elbow."
    assert found(text) == [
        (frequency, "F", times[1], times[2], RATES[rate]),
        (duration, "D", length[1], length[2], LENGTHS[unit]),
    ]


@settings(max_examples=150, deadline=None)
@given(numbers(), st.sampled_from(sorted(COUNTED)), st.booleans())
def test_counts_are_read_back(number: tuple[str, int, int], noun: str, heading: bool) -> None:
    stretch = f"{number[0]} {noun}"
    assert found(f"The plan asks for {stretch} for the neck.", heading=heading) == [
        (stretch, "S", number[1], number[2], COUNTED[noun])
    ]


@settings(max_examples=100, deadline=None)
@given(st.integers(3, 999), st.sampled_from(["#{}", "QTY: {}", "qty {}", "quantity of {}", "quantity {}"]))
def test_tablets_are_read_back(count: int, form: str) -> None:
    stretch = form.format(count)
    assert found(f"Baclofen 7.5mg {stretch}, denied") == [(stretch, "S", count, count, "tablet")]


FRAGMENTS = st.sampled_from(
    "2 12 six x times # a week weeks sessions visits ( ) - / to of every q 4-6 b.i.d. QTY: total days supply daily per "
    "PT mg pain for . refills weekly splints patch disp two-hour : İ ½ \n".split(" ")
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=200),
        st.lists(FRAGMENTS, max_size=40).map(" ".join),
        st.lists(FRAGMENTS, max_size=40).map("".join),
    )
)
def test_any_text_is_read_without_overlaps(text: str) -> None:
    for heading in (False, True):
        end, count_end = 0, -1
        for quantity in shipped_parser().find(text, heading=heading):
            nested = quantity.label == FREQUENCY and quantity.end < count_end
            assert nested or end <= quantity.start
            assert quantity.start < quantity.end <= len(text)
            assert quantity.label in LABELS.values()
            assert quantity.min <= quantity.max
            end = max(end, quantity.end)
            count_end = quantity.end if quantity.label == SESSION_COUNT else -1
    request_quantities(text)


@pytest.mark.stress
@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "1 ",
        "1-",
        "six ",
        "#1 ",
        "2x",
        "sessions ",
        "6 of ",
        "(6) ",
        "a week ",
        "q4",
        "2 a b c d ",
        "every 2 ",
        "x ",
        "visits, ",
        "6 weekly ",
        "6 50-minute ",
        "2 patches a ",
        "splints (",
    ],
)
def test_time_is_linear_on_hostile_runs(piece: str) -> None:
    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        begin = time.perf_counter()
        list(shipped_parser().find(text))
        return time.perf_counter() - begin

    seconds(2_000)
    short, long = min(seconds(5_000) for _ in range(3)), min(seconds(20_000) for _ in range(3))
    assert long < 0.02 + 15 * short


@pytest.mark.parametrize(
    ("request_text", "wanted"),
    [
        ("Percocet 5/325mg two hundred ten (210) tablets", {"count": 210}),
        ("Physical therapy one hundred and four sessions", {"sessions": 104}),
        ("Xeomin three hundred sixty-five units", {"count": 365}),
        ("Ultram 50mg #120 refills 3", {"count": 120, "refills": 3}),
        ("Ultram 50mg qty 120 rf 1", {"count": 120, "refills": 1}),
        ("Ultram 50mg #120 no refills", {"count": 120, "refills": 0}),
        ("Ultram 50mg #120 weekly refill", {"count": 120, "refills": None}),
        ("Lyrica 75mg q.h.s. #30", {"frequency": {"min": 1, "max": 1, "per": "day"}, "count": 30}),
        ("Lyrica 75mg q.o.d. #15", {"frequency": {"min": 0.5, "max": 0.5, "per": "day"}}),
        ("Lyrica 75mg Q.I.D. #120", {"frequency": {"min": 4, "max": 4, "per": "day"}}),
        ("Aquatic therapy 2 times a week for 3 weeks, then once a week for 4 weeks", {"implied_sessions": 10}),
        ("Acupuncture 2x/week x 2 weeks followed by 1x/week x 2 weeks", {"implied_sessions": 6}),
        ("Xanax .25mg #30", {"strength": "0.25 mg"}),
        ("Ativan 0. 5 mg #30", {"strength": "0.5 mg"}),
        ("Lidocaine .5% gel", {"strength": "0.5%"}),
        ("Synvisc One injection x 1, left knee", {"sessions": 1}),
        ("Vitamin B-12 injections 6", {"sessions": 6}),
        ("Recheck visit in 8 weeks", {"duration": None}),
        ("Percocet 5/325mg, one-hundred-forty (140) tablets", {"count": 140}),
        ("Percocet one hundred-ten tabs", {"count": 110}),
        ("Aquatic therapy, one-hundred-six sessions", {"sessions": 106}),
        ("Massage, half a dozen sessions", {"sessions": 6}),
        ("Massage, two dozen sessions", {"sessions": 24}),
        ("Opana 5mg No. 45", {"count": 45}),
        ("Tylenol No. 3 #45", {"count": 45}),
        ("Opana 5mg count 45", {"count": 45}),
        ("Case number 45, massage", {"count": None, "sessions": None}),
        ("Opana tablets, ninety", {"count": 90}),
        ("Opana 5mg #60 RFx3", {"count": 60, "refills": 3}),
        ("Opana 5mg #60 3RF", {"count": 60, "refills": 3}),
        ("Zofran 4mg t. i. d. #60", {"frequency": {"min": 3, "max": 3, "per": "day"}, "count": 60}),
        ("Zofran 4mg q h s", {"frequency": {"min": 1, "max": 1, "per": "day"}}),
        ("Zofran 4mg Q. HS", {"frequency": {"min": 1, "max": 1, "per": "day"}}),
        ("Zofran 4mg every evening", {"frequency": {"min": 1, "max": 1, "per": "day"}}),
        ("Zofran 4mg q am", {"frequency": {"min": 1, "max": 1, "per": "day"}}),
        ("Zofran 4mg every third day", {"frequency": {"min": 0.3333, "max": 0.3333, "per": "day"}}),
        ("Zofran 4mg tid-qid", {"frequency": {"min": 3, "max": 4, "per": "day"}}),
        ("Zofran 4mg b.i.d. to t.i.d.", {"frequency": {"min": 2, "max": 3, "per": "day"}}),
        ("Sonata 7 .5 mg #30", {"strength": "7.5 mg", "count": 30}),
        ("Ativan .5 to 2 mg", {"strength": "0.5-2 mg"}),
        ("Ativan .5mg-2mg", {"strength": "0.5-2 mg"}),
        ("Percocet 5mg/325mg", {"strength": "5/325 mg"}),
        ("Massage 3 times a week for 2 weeks and 1 time a week for 4 weeks", {"implied_sessions": 10}),
        ("Massage 3 times a week for 2 weeks + 1 time a week for 4 weeks", {"implied_sessions": 10}),
        ("Massage 3x/week x 2 weeks; 2x/week x 2 weeks; 1x/week x 2 weeks", {"implied_sessions": 12}),
        ("Massage for 2 weeks at 3 times a week, then for 4 weeks at 1 time a week", {"implied_sessions": 10}),
        ("Massage 3 times a week for 2 weeks, 3 times a week for 2 weeks", {"implied_sessions": None}),
        ("Massage 3 times a week, then once a week, for 2 weeks", {"implied_sessions": None}),
        ("X-rays 3 weeks after surgery", {"duration": None}),
        ("Office visit 3 weeks from now", {"duration": None}),
        ("Office visit at three weeks", {"duration": None}),
        ("Sling for 3 weeks after surgery", {"duration": {"min": 3, "max": 3, "unit": "week"}}),
        ("Duragesic patch 25mcg #5 refills 4", {"count": 5, "refills": 4}),
        ("Duragesic patch 25mcg #5, 4 refills", {"count": 5, "refills": 4}),
        ("Ultram 50mg qday #30", {"frequency": {"min": 1, "max": 1, "per": "day"}, "count": 30}),
        ("Massage once a week for 3 weeks, increasing to 2 times a week for 4 weeks", {"implied_sessions": 11}),
        ("Glucose test strips #200", {"count": 200}),
        ("90 Percocet 5/325mg", {"count": 90, "strength": "5/325 mg"}),
        ("3 Percocet 5/325mg", {"count": None}),
        # numbers behind a thing, and things of equipment
        ("Glucose lancets, two hundred (200)", {"count": 200}),
        ("two hundred fifty urine test strips", {"count": 250}),
        ("Ankle sleeves (2), size 4", {"count": 2}),
        ("Ear syringes: 12", {"count": 12}),
        ("One rolling walker", {"count": 1}),
        ("Ankle sleeves, size 4", {"count": None}),
        ("Ankle braces (L1902)", {"count": None}),
        ("9 volt batteries", {"count": None}),
        ("Urinary catheters, 14 French", {"count": None}),
        ("Omnipod 5 sensors #10", {"count": 10}),
        ("3 in 1 walker", {"count": None}),
        ("Facet injections (2 levels)", {"sessions": None}),
        # refills in other words
        ("Xyzal 5mg, 30 tablets, can be refilled twice", {"count": 30, "refills": 2}),
        ("Xyzal 5mg #30, refillable up to three (3) times", {"refills": 3}),
        ("Xyzal 5mg #30, a single refill", {"refills": 1}),
        ("Xyzal 5mg #30, refills: none", {"refills": 0}),
        ("Xyzal 5mg #30, refills - zero", {"refills": 0}),
        ("Xyzal 5mg #30, non-refillable", {"refills": 0}),
        ("Xyzal 5mg #30, not to be refilled", {"refills": 0}),
        ("Xyzal 5mg #30, refilled twice last year", {"refills": None}),
        ("Xyzal 5mg #30, refill twice a month", {"refills": None}),
        ("Xyzal 5mg #30, refill not asked for", {"refills": None}),
        ("Xyzal 5mg #30, refills: N/A", {"refills": None}),
        ("Xyzal 5mg #30, refill no. 2", {"refills": None}),
        ("Xyzal 5mg 30 refills 2", {"count": 30, "refills": 2}),
        # what is dispensed
        ("Xyzal 5mg, dispense 30", {"count": 30}),
        ("Xyzal 5mg Disp: 30 Sig: 1 tab BID RF 2", {"count": 30, "refills": 2}),
        ("Xyzal, disp. thirty", {"count": 30}),
        ("Xyzal 5mg, amount: 30", {"count": 30}),
        ("Xyzal 5mg, dispense one month supply", {"count": None}),
        ("Xyzal 5mg, dispense as written", {"count": None}),
        ("Retrospective dispensing of 2 drugs", {"count": None}),
        # doses and Latin
        ("Forteo t.i.w. #6", {"frequency": week(3), "count": 6}),
        ("Forteo b.i.w.", {"frequency": week(2)}),
        ("Butrans, 1 patch every 7 days, #8", {"count": 8}),
        ("Butrans, two patches with 1 refill", {"count": 2}),
        ("Forteo one syringe to the thigh b.i.d., 60 syringes", {"count": 60}),
        ("Zofran 8mg q.6.h. #20", {"frequency": {"min": 4, "max": 4, "per": "day"}, "count": 20}),
        # decimals
        ("Remeron 15mg, .5 tablet nightly, #15", {"count": 15}),
        ("Remeron 15mg, .5-1 tab nightly, #30", {"count": 30}),
        ("Sixty Lasix 7. 5 mg tablets", {"count": 60, "strength": "7.5 mg"}),
        ("Ninety Lasix 7 .5mg", {"count": 90, "strength": "7.5 mg"}),
        ("Lasix . 25 mg", {"strength": None}),
        # so many, once a week
        ("8 weekly sessions of hand therapy", {"sessions": 8, "frequency": week(1)}),
        ("14 twice-weekly stretching visits", {"sessions": 14, "frequency": week(2)}),
        ("Three weekly Supartz injections", {"sessions": 3, "frequency": week(1)}),
        ("4 quarterly Xeomin injections", {"sessions": 4, "frequency": {"min": 4, "max": 4, "per": "year"}}),
        ("12 monthly visits over 12 months", {"sessions": 12}),
        ("Four weekly sessions of yoga therapy for 3 weeks", {"sessions": None, "implied_sessions": 12}),
        ("Two weekly voice therapy sessions", {"sessions": None, "frequency": week(2)}),
        ("2 daily treatments", {"sessions": None}),
        # how long each is
        ("14 three-hour sessions of cognitive testing", {"sessions": 14}),
        ("Seven 45 min biofeedback sessions", {"sessions": 7}),
        ("9 one-on-one sessions", {"sessions": 9}),
        ("Home nurse, 3 one-hour rests", {"sessions": None}),
        # phases with numbered ends, and pairs that say the same again
        ("Yoga therapy weeks 1 to 3 twice a week, weeks 4 to 6 once a week", {"implied_sessions": 9}),
        (
            "Yoga therapy 3x/week for weeks one through two and 1x/week for weeks three through five",
            {"implied_sessions": 9},
        ),
        ("Yoga therapy week 1: daily; weeks 2-3: twice a week", {"implied_sessions": 11}),
        ("Yoga therapy weeks 1-2 twice a week, weeks 5-8 once a week", {"implied_sessions": None}),
        ("Yoga therapy twice a week beginning week 1", {"implied_sessions": None}),
        ("Yoga therapy 2 times a week 1 to 2 hours", {"implied_sessions": None}),
        ("Yoga therapy 3 times a week for 5 weeks (3x5)", {"implied_sessions": 15}),
        ("Yoga therapy 3x5 (three times a week for five weeks)", {"implied_sessions": 15}),
        ("Yoga therapy 3x5, i.e., three times a week for five weeks", {"implied_sessions": 15}),
        ("Yoga therapy 3x5 (twice a week for five weeks)", {"implied_sessions": None}),
        ("Yoga therapy 3 times a week for 5 weeks, hip, 3x5, knee", {"implied_sessions": None}),
        # numbers and strengths in words, misspelled or with a comma
        ("Ninety (90) Mobic fifteen mg tablets", {"count": 90, "strength": "15 mg"}),
        ("Sixty Keppra five hundred (500) milligram tablets", {"count": 60, "strength": "500 mg"}),
        ("Remeron 15 milligrams, thrity tablets", {"count": 30, "strength": "15 mg"}),
        ("Zanaflex 4mg, one hunderd eighty tablets", {"count": 180}),
        ("Yoga therapy, fourty-four visits", {"sessions": 44}),
        ("Remeron 7,5mg, thirty", {"strength": "7.5 mg"}),
        ("Coreg 6,25 mg #60", {"count": 60, "strength": "6.25 mg"}),
        ("Xodol 7,5/300 mg #40", {"count": 40, "strength": "7.5/300 mg"}),
        ("Keppra 1,500 mg #60", {"count": 60, "strength": "1,500 mg"}),
        ("Roxicodone 5,15 mg", {"strength": "5,15 mg"}),
        # measures before a noun are no counts
        ("Zipsor 25 milligram capsules", {"count": None, "strength": "25 mg"}),
        ("Dendracin 60 gram tube", {"count": None}),
        ("Saline rinse, 240 milliliter bottle", {"count": None}),
        # plurals in parentheses
        ("Mobic 15mg #30, Refill(s) 4", {"count": 30, "refills": 4}),
        ("Mobic 15mg #30, refill(s): none", {"count": 30, "refills": 0}),
        ("Yoga therapy 3 time(s) a week for 2 week(s)", {"implied_sessions": 6}),
        ("Hand therapy, 9 session(s)", {"sessions": 9}),
        ("Hand therapy, 2 visit(s) per week", {"sessions": None, "frequency": week(2)}),
        # initials
        ("Cardiology evaluation by T.I.D. Moreno", {"frequency": None}),
        ("Second opinion, Q.D. O'Neil, D.O.", {"frequency": None}),
        ("Keppra 500mg B.I.D. Dispense 60", {"frequency": {"min": 2, "max": 2, "per": "day"}, "count": 60}),
        ("Keppra 500mg with food t.i.d.", {"frequency": {"min": 3, "max": 3, "per": "day"}}),
        # phases by name
        (
            "Yoga therapy once a week for 5 weeks, then a third phase of 2 weeks at 2 visits per week",
            {"implied_sessions": 9},
        ),
        (
            "Hand therapy 3 times a week for 3 weeks and in the closing stage once a week for 3 weeks",
            {"implied_sessions": 12},
        ),
        ("Hand therapy: stage 1: 3x/week for 3 weeks; stage 2: 2x/week for 1 week", {"implied_sessions": 11}),
        ("Hand therapy twice a week for 3 weeks or 3 times a week for 2 weeks", {"implied_sessions": None}),
        ("Hand therapy 3 times a week for 3 weeks, the second phase once a week", {"implied_sessions": None}),
        # models
        ("Orbit 12 elbow brace", {"count": None}),
        ("Vita-4 stimulator unit, 14 day trial", {"count": None, "duration": last(14, "day")}),
        ("Purchase of 3 Medrox box", {"count": 3}),
        ("2 elbow braces", {"count": 2}),
        ("Medrox 15 patch", {"count": 15}),
        ("Physical therapy 12 visits in 6 weeks", {"sessions": 12, "duration": {"min": 6, "max": 6, "unit": "week"}}),
        ("Chiropractic 6 visits, to commence in 3 weeks", {"sessions": 6, "duration": None}),
        ("Massage 4 sessions and follow-up in 8 weeks", {"sessions": 4, "duration": None}),
    ],
)
def test_amounts_that_were_once_read_wrongly(request_text: str, wanted: dict) -> None:
    found = request_quantities(request_text)
    assert {name: getattr(found, name) for name in wanted} == wanted
