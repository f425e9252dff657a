"""Names of treatments and conditions that say something else: jobs, places, machines, verbs and things at work."""

from __future__ import annotations

import pytest

from imr_nlp.concepts.other_senses import CONDITION, other_sense
from imr_nlp.doc.spans import ENTITIES, spans_of
from support.pipes import Pipes

NLP = Pipes("imr_procedures", "imr_diagnoses", "imr_abbreviations")


def found(text: str) -> list[str]:
    return [span.text for span in spans_of(NLP(text), ENTITIES)]


@pytest.mark.parametrize(
    "text",
    [
        # jobs
        "The applicant, an EKG technician, fell from a stool.",
        "A former acupuncture instructor, he now tends bar.",
        "Her job is an Occupational Therapy Aide position.",
        "She was hired as a wound infection control officer.",
        "He works as a traction splint salesman.",
        "She assists in surgery at a county hospital.",
        # places
        "He guards a dialysis center, and parks near the chiropractic college.",
        "She answers phones at Redwood Hand Surgery Associates.",
        "Charts of Elm Street Physical Therapy, Inc. were requested.",
        "He mops the MRI department.",
        # machines
        "A panel of the CT machine struck his brow.",
        "She cut her palm on an ultrasound transducer.",
        # verbs
        "He tried to brace himself against the rail.",
        "He could only brace for impact.",
        "A warm stone might well burn her.",
        # the ground, vehicles and loads
        "Her van lost traction.",
        "There was hardly traction on the icy dock.",
        "He stepped backward into a shallow depression and fell.",
        "Her heel caught in a tear in the rug.",
        "A rupture of the steam pipe threw him back.",
        "An injection press closed on her thumb.",
        "A fuel injection line burst.",
        "The rope sling slipped off the hook.",
        "A corner brace of the trench gave way.",
        "He swung a machete at the sugar cane.",
        "A dog walker by trade, she was pulled down.",
        # what is others'
        "Her foot was pinned under a resident's wheelchair.",
        "She slipped while transferring a patient from a chair to a hospital bed.",
        "He drives an ambulance. He sells walkers.",
        # goals
        "Goals of care: posture, flexibility and lumbar stabilization.",
        "The aims are endurance and core strengthening.",
    ],
)
def test_another_sense_is_no_entity(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("He was seen by a massage therapist.", ["massage"]),
        ("Six acupuncture clinic sessions were attended.", ["acupuncture"]),
        ("He had an EKG in an old machine.", ["EKG"]),
        ("Lumbar traction on the table eased him.", ["traction"]),
        ("The traction was of no help, and he lost weight.", ["traction"]),
        ("She stepped back from work for her depression.", ["depression"]),
        (
            "A tear in the labrum and a depression of the tibial plateau.",
            ["tear in the labrum", "depression of the tibial plateau"],
        ),
        ("He sustained a fracture in the parking lot.", ["fracture"]),
        ("A fracture of the orbital floor.", ["fracture of the orbital floor"]),
        ("A brace for the wrist and a sling for the arm.", ["brace", "sling"]),
        ("The patient's walker was replaced.", ["walker"]),
        ("He works as a welder and has tendinitis.", ["tendinitis"]),
        ("He is off work as a result of his plantar fasciitis.", ["plantar fasciitis"]),
        ("He drives a cab despite radiculopathy.", ["radiculopathy"]),
        ("She has been treated at a center for arthritis.", ["arthritis"]),
        ("The goals were met with stretching.", ["stretching"]),
        ("He had a CT. She had a stroke.", ["CT", "stroke"]),
        ("He has a burn her doctor dressed.", ["burn"]),
        ("The burn the worker has is deep.", ["burn"]),
    ],
)
def test_the_clinical_sense_stays(text: str, names: list[str]) -> None:
    assert found(text) == names


def test_a_rule_is_named() -> None:
    text = "Her trade is dog walker."
    assert other_sense(text, 17, 23, "device") == "walks"
    assert other_sense("An infection control nurse.", 3, 12, CONDITION) == "job"
