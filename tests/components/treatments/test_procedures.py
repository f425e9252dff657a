"""PROCEDURE spans: what belongs to the name and what doesn't."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from imr_nlp.doc.spans import ENTITIES, add_span, attrs_of, spans_of
from imr_nlp.matching.vocabulary import load_vocabulary
from support.pipes import Pipes

NLP = Pipes("imr_procedures")


def found(text: str) -> list[str]:
    return [span.text for span in spans_of(NLP(text), ENTITIES, "PROCEDURE")]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        # tests, imaging and therapies leave the part of the body out
        ("Cervical spine MRI without contrast", ["MRI"]),
        ("standing left knee x-rays", ["x-rays"]),
        ("An open MRI of the brain", ["open MRI"]),
        ("three phase bone scan", ["three phase bone scan"]),
        ("MR arthrogram, right shoulder", ["MR arthrogram"]),
        ("EMG/NCV of the bilateral upper extremities", ["EMG/NCV"]),
        ("nerve conduction studies (NCS)", ["nerve conduction studies", "NCS"]),
        ("lumbar physical therapy, 6 additional sessions", ["physical therapy"]),
        ("acupuncture treatments", ["acupuncture"]),
        ("urine drug screens", ["urine drug screens"]),
        ("a sleep study and an echocardiogram", ["sleep study", "echocardiogram"]),
        # surgery, injections and devices keep it, without side and level
        ("right knee arthroscopy", ["knee arthroscopy"]),
        ("L4-5 anterior lumbar interbody fusion", ["anterior lumbar interbody fusion"]),
        ("bilateral partial medial meniscectomies", ["partial medial meniscectomies"]),
        ("left open carpal tunnel release", ["open carpal tunnel release"]),
        ("C5-6 anterior cervical discectomy and fusion", ["anterior cervical discectomy and fusion"]),
        ("lumbar epidural steroid injection", ["lumbar epidural steroid injection"]),
        ("right L5 transforaminal epidural steroid injections", ["transforaminal epidural steroid injections"]),
        ("lumbar medial branch blocks", ["lumbar medial branch blocks"]),
        ("radiofrequency ablation", ["radiofrequency ablation"]),
        ("injections of cortisone", ["injections of cortisone"]),
        ("cervical collar and a left wrist brace", ["cervical collar", "wrist brace"]),
        ("TENS unit, 30 day rental", ["TENS unit"]),
        ("cold therapy unit for 7 days", ["cold therapy unit"]),
        # evaluations and programmes
        ("orthopedic consultation", ["orthopedic consultation"]),
        ("a referral to neurosurgery", ["referral to neurosurgery"]),
        ("pain management follow-up visit", ["pain management follow-up visit"]),
        ("psychiatric evaluation, then biofeedback", ["psychiatric evaluation", "biofeedback"]),
        ("functional restoration program; gym membership", ["functional restoration program", "gym membership"]),
        ("home health aide and medical transportation", ["home health aide", "medical transportation"]),
        # generic words
        ("continue treatment, modalities and conservative care", []),
        ("physical examination and straight leg raise", []),
        ("follow up with the progress report", []),
    ],
)  # fmt: skip
def test_span(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("PT sessions were helpful", ["PT"]),
        ("Pt is a welder", []),
        ("Labs: PT/PTT", ["Labs", "PT/PTT"]),
        ("He had eight sessions of therapy", ["therapy"]),
        ("first-line drug therapy failed", []),
        ("the patient is advised to consult the guideline", []),
    ],
)
def test_ambiguous_words_need_their_surroundings(text: str, names: list[str]) -> None:
    assert found(text) == names


def test_canonical_name_and_category() -> None:
    span = spans_of(NLP("magnetic resonance imaging scans of the hip"), ENTITIES)[0]
    assert attrs_of(span)["canonical"] == "mri"
    assert attrs_of(span)["category"] == "diagnostic_imaging"
    assert attrs_of(span)["rule"] == "px.imaging"


def test_no_procedure_in_the_title_of_a_guideline() -> None:
    doc = NLP.make_doc("See the Acupuncture Guidelines on acupuncture.")
    add_span(doc, ENTITIES, 8, 30, "GUIDELINE", rule="test")
    doc = NLP.get_pipe("imr_procedures")(doc)
    assert [span.start_char for span in spans_of(doc, ENTITIES, "PROCEDURE")] == [34]


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(["left", "right", "bilateral"]),
    st.sampled_from(["knee", "shoulder", "cervical spine", "wrist", "lower extremity"]),
    st.sampled_from(["MRI", "CT scan", "x-ray", "physical therapy", "acupuncture", "EMG"]),
)
def test_side_and_part_stay_out_of_tests_and_therapies(side: str, part: str, name: str) -> None:
    assert found(f"{side} {part} {name}") == [name]
    assert found(f"{name} of the {side} {part}") == [name]


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet="abMRI PT/-.()\n0123456789", max_size=80))
def test_any_text_gives_spans_within_it(text: str) -> None:
    doc = NLP(text)
    for span in spans_of(doc, ENTITIES):
        assert 0 <= attrs_of(span)["start"] < attrs_of(span)["end"] <= len(doc.text)


def test_a_bundle_restored_from_its_config_finds_the_same(tmp_path: Path) -> None:
    NLP.to_disk(tmp_path / "model")
    again = spacy.load(tmp_path / "model")
    text = "Lumbar MRI and right knee arthroscopy"
    assert [span.text for span in spans_of(again(text), ENTITIES)] == found(text)


@pytest.mark.parametrize("vocabulary", ["treatments/procedures.yml", "treatments/medications.yml"])
def test_every_kind_of_name_is_looked_for(vocabulary: str) -> None:
    """A group of names whose kind stands in no pattern would never be found, without a word."""
    known = load_vocabulary(vocabulary)
    written = " ".join([*(entry["pattern"] for entry in known["patterns"]), *known["parts"].values()])
    kinds = {group["kind"] for group in known.get("names") or []}
    assert kinds <= set(re.findall(r"[a-z_]+", re.sub(r"'[^']*'", "", written)))  # quoted words are no classes


@pytest.mark.parametrize(
    ("text", "names"),
    [
        # what an exercise trains belongs to it, and two kinds share the noun
        ("Isometric and pelvic stabilization exercises.", ["Isometric and pelvic stabilization exercises"]),
        ("Heel slides, quad sets and wall walking every morning", ["Heel slides", "quad sets", "wall walking"]),
        ("warm water soaks before an infrared lamp", ["warm water soaks", "infrared lamp"]),
        # a test by what it looks for; a value is no test
        ("cortisol testing, iron and calcium tests", ["cortisol testing", "iron and calcium tests"]),
        ("a hemoglobin of 9.8", []),
        ("hemoglobin and glucose tolerance test", ["hemoglobin", "glucose tolerance test"]),
        # sedation for a procedure, not from a drug
        ("an ESI with sedation", ["ESI", "sedation"]),
        ("Gabapentin was stopped because of sedation.", []),
        ("hand or wrist surgery", ["hand or wrist surgery"]),
        ("Brostrom ankle ligament reconstruction", ["Brostrom ankle ligament reconstruction"]),
        # what is injected is named by its own words where there are two of it
        ("injection of Marcaine and Kenalog", ["injection"]),
        ("injection of Kenalog", ["injection of Kenalog"]),
        ("diagnostic facet-joint injections", ["diagnostic facet-joint injections"]),
        # a job is no service
        ("This 52-year-old caretaker fell at work.", []),
        ("He works as an interpreter.", []),
        ("Authorization for an interpreter", ["interpreter"]),
        ("Films show a solid fusion mass.", []),
        ("pain after amputation; post amputation pain", ["amputation"]),
        ("PT evaluation", ["PT evaluation"]),
        ("a figure-of-eight brace", ["figure-of-eight brace"]),
        ("four skilled nursing visits", ["skilled nursing"]),
        ("Nursing visits were denied.", ["Nursing"]),
        ("a nursing home", []),
        ("biceps tear with repair in 2011", ["repair"]),
        ("The release was certified; the release of records was not.", ["release"]),
        ("An FCE is considered if case management is hampered.", ["FCE"]),
        # whose operation it is, and structures of other fields
        ("an Evans osteotomy, then a modified Strayer procedure", ["Evans osteotomy", "modified Strayer procedure"]),
        ("mitral valve repair or iliopsoas release", ["mitral valve repair", "iliopsoas release"]),
        ("Evans filed the procedure manual.", []),
        # what is injected belongs to the name
        ("Prolia injections and a rituximab infusion", ["Prolia injections", "rituximab infusion"]),
        ("a left transtibial prosthesis with a check socket", ["transtibial prosthesis", "check socket"]),
        ("a zirconia crown and gamma knife surgery", ["zirconia crown", "gamma knife surgery"]),
        ("The Rorschach test, WAIS-IV and a tilt table testing", ["Rorschach test", "WAIS-IV", "tilt table testing"]),
        ("a blood lead level; electrolytes", ["blood lead level", "electrolytes"]),
        ("Heart block was seen.", []),
        ("A traumatic amputation was closed.", []),
        ("He fell on the ramp wearing ear plugs.", []),
    ],
)  # fmt: skip
def test_kinds_of_care_and_what_only_sounds_like_it(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        # what completes a name
        ("a chest tube placement and a punctal plug insertion", ["chest tube placement", "punctal plug insertion"]),
        ("CBT program, then an FRP evaluation", ["CBT program", "FRP evaluation"]),
        ("laparoscopic right ventral hernia repair", ["laparoscopic right ventral hernia repair"]),
        ("sural and saphenous nerve blocks", ["sural and saphenous nerve blocks"]),
        ("a block of the ulnar nerve in the forearm", ["block of the ulnar nerve"]),
        ("pre-op pulmonology consultation, preoperative EKG", ["pre-op pulmonology consultation", "preoperative EKG"]),
        ("Cardiology consultation of 3-4-17 says so", ["Cardiology consultation"]),
        ("mindfulness-based psychotherapy", ["mindfulness-based psychotherapy"]),
        ("dehydrated alcohol injections", ["dehydrated alcohol injections"]),
        ("TENS home unit", ["TENS home unit"]),
        ("an edema glove and sleeve", ["edema glove", "sleeve"]),
        # names of few words in lists and results
        ("dentures, bridges, onlays and extraction", ["dentures", "bridges", "onlays", "extraction"]),
        ("extraction of the left second molar", ["extraction"]),
        ("serial films showed no callus", ["films"]),
        ("silicone and massage were tried", ["silicone", "massage"]),
        ("Visual fields would be unreliable", ["Visual fields"]),
        ("potassium in patients on diuretics; magnesium for those with alcoholism", ["magnesium"]),
        # other senses
        ("He roofs in extreme heat, and heat stroke is a danger", []),
        ("wheezing after exercise, who cannot exercise", []),
        ("exercise and heat were advised", ["exercise", "heat"]),
        ("vaccine immunity was shown", []),
        ("asymmetric cupping of the disc, cupping of the back", ["cupping"]),
        ("burning at the graft margin", []),
        ("She vacuums hotel rooms; a hotel room near the clinic is asked for", ["hotel room"]),
        ("a fall of 9 points on the PCL-5; the PCL-5 is requested", ["PCL-5"]),
        ("Hemoglobin A1c was 7.4; hemoglobin A1c every three months", ["hemoglobin A1c"]),
        ("the visual fields are full, no visual field cut", []),
        ("He turned an old mattress", []),
    ],
)
def test_bounds_and_senses_of_many_fields(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        # fields of which the vocabulary had little
        (
            "periodontal scaling and root planing, then an intraoral x-ray",
            ["periodontal scaling and root planing", "intraoral x-ray"],
        ),
        ("Fillings, bridges or implants would do.", ["Fillings", "bridges", "implants"]),
        ("an otologic evaluation and binaural hearing aids", ["otologic evaluation", "hearing aids"]),
        ("EPAT for the heel and his prefab inserts", ["EPAT", "inserts"]),
        ("a negative pressure dressing; NPWT", ["negative pressure dressing", "NPWT"]),
        ("hepatic and thyroid function tests", ["hepatic and thyroid function tests"]),
        ("CBC, TSH and H. pylori were drawn", ["CBC", "TSH", "H. pylori"]),
        ("OCT of the left eye; a transesophageal echo", ["OCT", "transesophageal echo"]),
        ("two stellate blocks, then a trigger release", ["stellate blocks", "trigger release"]),
        ("an index trigger finger release, a ring trigger finger release", ["trigger finger release"] * 2),
        ("tried acupuncture, RFA and massage", ["acupuncture", "RFA", "massage"]),
        ("cervical traction in the clinic", ["traction"]),
        ("a home cervical traction unit", ["home cervical traction unit"]),
        ("heat/cold was tried", ["heat/cold"]),
        ("The 2016 screen was clean. The May screen was not.", ["screen", "screen"]),
        ("a mastectomy followed by radiation", ["mastectomy", "radiation"]),
        ("The hernia hurts. Repair is recommended for athletes.", ["Repair"]),
        ("post-injection physical therapy", ["physical therapy"]),
        ("Films show a solid fusion.", ["fusion"]),
        ("Speech discrimination testing was done.", ["Speech discrimination testing"]),
        # and what they are not
        ("package inserts of naproxen", []),
        ("a solid fusion mass", []),
        ("Speech discrimination was 90 percent.", []),
        ("pain followed by radiation into the leg", []),
        ("seen on OCT 3, 2016", []),
        ("The RFA was received on May 2.", []),
        ("PT, RFA dated 5-2-16", ["PT"]),
        ("DP/PT 2+ on both sides", []),
        ("She walks on a treadmill at home.", []),
        ("sits in a recliner all day", []),
        ("General surgery saw her in May.", []),
        ("failed non-operative management", []),
        ("H. pylori was found in the past", []),
    ],
)
def test_fields_of_few_letters(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        # what is imaged stays out, the name of a set stays in
        ("Full mouth x-rays showed caries.", ["x-rays"]),
        ("A full mouth series was ordered.", ["full mouth series"]),
        ("NWB films of the ankle; skyline films; the films crew left.", ["films", "films", "films"]),
        # the last word of a name may be another one for the same thing
        ("Tilt table testing and treadmill stress testing.", ["Tilt table testing", "treadmill stress testing"]),
        ("A dilated fundus exam was normal.", ["dilated fundus exam"]),
        # the teeth
        ("A provisional filling fell out; pocket charting was done.", ["provisional filling", "pocket charting"]),
        ("Restorations of three teeth are planned.", ["Restorations"]),
        ("He sees a dentist every year for check-ups and cleanings.", ["cleanings"]),
        ("The cleaning of the office hurt her back. Restoration of function is the aim.", []),
        ("An adult prophylaxis will do. The prophylaxis of migraine failed.", ["prophylaxis"]),
        ("She wears a boil-and-bite guard.", ["boil-and-bite guard"]),
        # what a wound does, and what a clinic writes
        ("Return to work until wound closure. Delayed wound closure was done.", ["wound closure"]),
        ("The wound clinic's nurse called. Refer to the wound clinic.", ["wound clinic"]),
        ("The ulcer drains slightly; two drains were removed.", ["drains"]),
        ("A dressing change was done; he needs help to change it.", ["dressing change"]),
        # prostheses
        ("A prosthetic leg, socks, and a new socket.", ["prosthetic leg", "socks", "socket"]),
        ("an endoskeletal knee prosthesis", ["endoskeletal knee prosthesis"]),
        ("He dons the prosthesis, shoes and socks. The tooth socket healed.", ["prosthesis"]),
        # again
        ("Re-amputation and re-exploration were avoided.", ["Re-amputation", "re-exploration"]),
        ("S/p discectomy 2009 and revision 2012. A revision of the report.", ["discectomy", "revision"]),
        ("She uses three pads a day and the pads of the fingers are numb.", ["pads"]),
        ("Schirmer's was 3 mm and a fasting lipid panel was drawn.", ["Schirmer", "fasting lipid panel"]),
        ("He has not started rehabilitation; the rehabilitation nurse called.", ["rehabilitation"]),
        ("Six visits of individual CBT.", ["individual CBT"]),
        ("medial and lateral knee reconstruction", ["medial and lateral knee reconstruction"]),
        ("An off-the-shelf brace. The shelf brace broke.", ["brace"]),
    ],
)  # fmt: skip
def test_bounds_of_names_in_rarer_fields(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("TLSO", "thoracolumbosacral orthosis"),
        ("individual cognitive behavioral therapy", "cognitive behavioral therapy"),
        ("full mouth radiographs", "x-ray"),
    ],
)
def test_canonical_names_of_short_forms(text: str, name: str) -> None:
    (span,) = spans_of(NLP(text), ENTITIES, "PROCEDURE")
    assert attrs_of(span)["canonical"] == name
