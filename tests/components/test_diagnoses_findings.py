"""Diagnoses that tests find: bounds and sizes, lists of findings, and words that name none."""

import re

import pytest

from imr_nlp.doc import spans as annotate
from support.pipes import shared


@pytest.fixture(scope="module")
def nlp():
    return shared("imr_diagnoses")


def found(nlp, text):
    return [span.text for span in annotate.spans_of(nlp(text), "imr", "DIAGNOSIS")]


#: Invented sentences; brackets mark the diagnoses.
BOUNDS = """
The scan shows a [5-mm central disc protrusion at C5-6] and a [60% articular sided tear].
Assessment: [cataract OS], [conjunctivitis OU]; [pterygium, OD].
He had [scald burns of the left cornea and conjunctival sac].
It may cause [bacterial keratitis], [corneal melt] or [perforation].
MRI: [lateral meniscus tear], ACL normal in signal, [ganglion cyst], knee alignment kept.
Films show a [nondisplaced radial head fracture], elbow splint applied.
She has [asthma], nasal smear normal.
The worker has [radiculopathy, lumbar region] and [arthritis, right hip].
CT showed [fractures of right ribs 3 through 6], [left zone 2 sacral fracture].
There are [fractures of the fourth and fifth metatarsal bases].
She has [lacerations of the right index and middle fingers].
He has a [burn of the left foot dorsum].
The arthrogram shows a [labral tear from 1 to 4 o'clock].
There is [thickening of the plantar fascia] 6 mm on the left.
There is no [renal insufficiency] or [recurrent pneumonia].
The chart lists [type 1 diabetes mellitus] and [C8 radiculitis].
They consider [gout]. The question [lupus] was raised.
She has [avulsed and fractured teeth #7 and #8] and a [missing tooth #19].
For [strains and sprains] six visits are allowed.
"""

FINDINGS = """
Chest film: no [infiltrate], [nodule] or [air trapping].
Head CT was negative for [bleed], [mass effect] or [midline shift].
There is [mucosal thickening of the right frontal sinus] and [ethmoid sinus mucosal thickening].
Slit lamp: [stromal haze], [non-healing epithelial defects], no [stromal thinning].
Ultrasound: no [hydrocele], no [torsion]; no [hydronephrosis], no [stones].
No [fracture], [dislocation] or documented [instability].
There are no signs of [strangulation] or [incarceration].
X-rays show [loss of lordosis] and [reversal of the normal cervical lordosis].
It showed a [thickened posterior capsule] and [blunting of the posterior labrum].
There is a [2 mm bulge at L2-3] and a [broad-based bulge], with [compression of the right L3 nerve root].
Audiogram: [high-frequency loss]; he has [bilateral tinnitus].
She has [graft loss], [wound breakdown] and a [boutonniere].
He has [AF], prior [VTE] and [RADS].
"""

NONE = """
He carries shingles up a ladder all day, and nailed cedar shingles on the roof.
The knee shows stiffness, instability and crepitus.
She noted a bulge in the groin and a 2 cm bulge beside the scar.
He cannot bite into bread, and the bite is even.
His feet burn at night, and the wound began to burn. The foot burns, itches and tingles.
Artificial tears and preservative-free tears were used for low tear production.
The incision may bleed. His gums bleed.
The plan is to infiltrate the joint.
After his incarceration he moved. She survived an attempted strangulation.
He denied headache, tinnitus and nausea. A tinnitus masker was fitted.
The block has a role in the diagnosis of sympathetically maintained pain.
Examination: effusion 2+, thigh 3 cm atrophy, no loss of lumbar lordosis.
The hepatitis B surface antibody and the HCV RNA were negative.
The Society for Burn Injury met.
AF 45 degrees. No structural lesion was described.
Her husband reported witnessed apneas.
"""


@pytest.mark.parametrize("sentence", [*BOUNDS.strip().splitlines(), *FINDINGS.strip().splitlines()])
def test_findings_and_their_bounds(nlp, sentence):
    assert found(nlp, re.sub(r"[\[\]]", "", sentence)) == re.findall(r"\[(.*?)\]", sentence)


def test_a_heading_in_the_next_line_is_no_part_of_a_name(nlp):
    assert found(nlp, "4. Opioid induced constipation\nSurgeries: none.") == ["Opioid induced constipation"]


@pytest.mark.parametrize("sentence", NONE.strip().splitlines())
def test_words_that_name_no_diagnosis(nlp, sentence):
    assert found(nlp, sentence) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Tooth #9 has a fractured buccal cusp.", ["fractured buccal cusp"]),
        (
            "He has an asymmetric sensorineural loss and a conductive loss.",
            ["asymmetric sensorineural loss", "conductive loss"],
        ),
        ("A large sized tear and gross hematuria were found.", ["large sized tear", "gross hematuria"]),
        ("She has gastroc equinus. No DM.", ["gastroc equinus", "DM"]),
        ("There is no neurocompression.", ["neurocompression"]),
        ("To lower the risk of withdrawal, a taper is advised.", ["withdrawal"]),
        ("There is a risk of abuse.", ["abuse"]),
        ("Films of the ankles - mild arthritis.", ["mild arthritis"]),
        ("Diagnosed with asthma worsened by stiffness.", ["asthma"]),
        ("He has a diagnosis of sciatica, with cramping at night.", ["sciatica"]),
        ("MRI showed a small effusion.", ["small effusion"]),
        # and what they are not
        ("An abrupt withdrawal of gabapentin was planned.", []),
        ("Withdrawal should be slow.", []),
        ("He gave a history of abuse by a parent.", []),
        ("He took Robitussin DM.", []),
        ("Blocks serve the diagnosis of sympathetically maintained pain.", []),
        ("Exam: crepitus, mild effusion, ligaments stable.", []),
        ("There was a 2+ effusion and an antalgic gait.", []),
        ("Calf atrophy of 1 cm was seen; no intrinsic atrophy.", []),
        ("She felt emotional strain. Subgingival calculus was seen.", []),
    ],
)
def test_fields_of_few_letters(nlp, text: str, names: list[str]) -> None:
    assert found(nlp, text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        # where a finding is seen, and what "other" refers to
        ("MRI shows at L3-4 facet arthropathy. L3-4 facet arthropathy was seen.",
         ["facet arthropathy", "L3-4 facet arthropathy"]),
        ("Exclude gout, sepsis or other arthritis. Other specified arthritis.",
         ["gout", "sepsis", "arthritis", "Other specified arthritis"]),
        ("torn meniscus; and other fracture of the left tibia", ["torn meniscus", "other fracture of the left tibia"]),
        # teeth, digits, sizes
        ("There is decay on teeth #2 and #4 and an abscess at #20.", ["decay on teeth #2 and #4", "abscess at #20"]),
        ("fractures of the third through fifth metacarpals", ["fractures of the third through fifth metacarpals"]),
        ("a 1.2 x 3 cm retracted infraspinatus tear", ["1.2 x 3 cm retracted infraspinatus tear"]),
        ("a knee contusion, thigh 41 cm; a knee contusion, thigh", ["knee contusion", "knee contusion, thigh"]),
        # two complaints of a list, and one with two names
        ("Diagnoses: neck pain and spasm of the trapezius.", ["neck pain", "spasm of the trapezius"]),
        ("Diagnoses: pain and swelling of the left hand.", ["pain and swelling of the left hand"]),
        # eyes, heart, allergy, hernia
        ("Corneal ulcers, OS worse than OD. A cataract, OS.", ["Corneal ulcers", "cataract, OS"]),
        ("Asthma, mild to moderate; xerostomia, moderate.", ["Asthma, mild to moderate", "xerostomia, moderate"]),
        ("Left atrial enlargement in sinus rhythm; an infection in the sinus.",
         ["Left atrial enlargement", "infection in the sinus"]),
        ("Occupational rhinitis, an IgE-mediated allergy.", ["Occupational rhinitis", "IgE-mediated allergy"]),
        ("A foreign body sensation; a corneal foreign body.", ["corneal foreign body"]),
        ("A hernia. Incarceration is a complication. His incarceration lasted a year.", ["hernia", "Incarceration"]),
        ("urge incontinence", ["urge incontinence"]),
        # the mental state on a day
        ("He denies suicidal ideation. Major depression with suicidal ideation.",
         ["Major depression", "suicidal ideation"]),
    ],
)  # fmt: skip
def test_bounds_of_findings_in_rarer_fields(nlp, text: str, names: list[str]) -> None:
    assert found(nlp, text) == names
