"""ICD-10-CM codes of diagnoses: the index, the ranking, and how often they are right."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from imr_nlp.concepts.diagnosis_wording import WordingReader
from imr_nlp.concepts.icd10cm import TrigramVectorizer, icd10cm
from imr_nlp.config import shipped
from support.paths import ROOT

GOLD = [
    line.split("\t")[:2]
    for line in (ROOT / "tests/data/icd10cm.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith(("#", "phrase\t"))
]
CODABLE = [(phrase, code) for phrase, code in GOLD if code != "-"]


def test_the_gold_is_large_and_distinct() -> None:
    assert len({phrase.lower() for phrase, _ in CODABLE}) == len(CODABLE) >= 300


def test_accuracy_on_the_gold() -> None:
    linker = icd10cm()
    best = [found[0].code if found else "" for found in linker.link_all([phrase for phrase, _ in CODABLE])]
    right = [code == wanted for code, (_, wanted) in zip(best, CODABLE, strict=True)]
    category = [code[:3] == wanted[:3] for code, (_, wanted) in zip(best, CODABLE, strict=True)]
    assert sum(category) / len(CODABLE) >= 0.95
    assert sum(right) / len(CODABLE) >= 0.95


def test_precision_at_the_threshold() -> None:
    linker = icd10cm()
    found = [(codes[0].code, wanted) for (phrase, wanted) in GOLD if (codes := linker.link(phrase))]
    assert sum(code == wanted for code, wanted in found) / len(found) >= 0.95


@pytest.mark.parametrize(
    "phrases",
    [
        ("knee pain", "right knee pain", "left knee pain"),
        ("rotator cuff tear", "right rotator cuff tear", "left rotator cuff tear"),
        ("carpal tunnel syndrome", "right carpal tunnel syndrome", "left carpal tunnel syndrome"),
        ("ankle sprain", "right ankle sprain", "left ankle sprain"),
    ],
)
def test_the_side_chooses_the_code(phrases: tuple[str, str, str]) -> None:
    names = [icd10cm().link(phrase)[0].name.lower() for phrase in phrases]
    assert "unspecified" in names[0]
    assert "right" in names[1]
    assert "left" in names[2]


def test_both_sides_where_there_is_no_code_for_them_together() -> None:
    assert [found.code for found in icd10cm().link("bilateral knee pain")[:2]] == ["M25.561", "M25.562"]
    assert icd10cm().link("bilateral carpal tunnel syndrome")[0].code == "G56.03"


@pytest.mark.parametrize(
    ("level", "code"), [("C4-5", "M50.221"), ("C5-C6", "M50.222"), ("L4-L5", "M51.26"), ("L5/S1", "M51.27")]
)
def test_the_level_chooses_the_code(level: str, code: str) -> None:
    for wording in (f"disc protrusion at {level}", f"{level} HNP", f"herniated disk, {level}"):
        assert icd10cm().link(wording)[0].code == code


def test_the_encounter_chooses_the_code() -> None:
    codes = [icd10cm().link(f"right wrist sprain, {told}")[0].code for told in ("initial encounter", "sequela")]
    assert codes == ["S63.501A", "S63.501S"]


@pytest.mark.parametrize(
    ("wording", "code"),
    [
        ("acute bronchitis", "J20.9"),
        ("chronic sinusitis", "J32.9"),
        ("moderate persistent asthma", "J45.40"),
        ("CKD, stage 2", "N18.2"),
        ("stage II sacral pressure ulcer", "L89.152"),
        ("bipolar II disorder", "F31.81"),
        ("recurrent major depression, severe", "F33.2"),
        ("unstable L1 burst fracture", "S32.012A"),
        ("coccidioidomycosis", "B38.9"),
    ],
)
def test_the_course_chooses_among_codes_that_fit_equally(wording: str, code: str) -> None:
    assert icd10cm().link(wording)[0].code == code


@pytest.mark.parametrize(
    ("wording", "code"),
    [
        ("lumbar stenosis, no neurogenic claudication", "M48.061"),
        ("osteoporosis, no fracture", "M81.0"),
        ("spondylosis without myelopathy or radiculopathy, lumbar region", "M47.816"),
        ("chronic migraine w/o aura", "G43.709"),
        ("carpal tunnel syndrome after a fall", "G56.00"),
        ("tailbone pain (worse when sitting)", "M53.3"),
    ],
)
def test_what_is_absent_and_what_is_told_beside_choose_no_code(wording: str, code: str) -> None:
    assert icd10cm().link(wording)[0].code == code


@pytest.mark.parametrize(
    ("wording", "code"),
    [
        ("right scaphoid nonunion", "S62.001K"),
        ("malunited distal radius fracture, left", "S52.502P"),
        ("nonunion of lumbar fusion", "M96.0"),
        ("nondisplaced fracture of the lateral malleolus of the left fibula", "S82.65XA"),
        ("sacral fracture malunion", "S32.10XA"),
    ],
)
def test_failed_unions_and_fractures_that_are_not_displaced(wording: str, code: str) -> None:
    assert icd10cm().link(wording)[0].code == code


@pytest.mark.parametrize(
    ("wording", "code"),
    [
        ("acute kidney injury", "N17.9"),
        ("kidney disease", "N28.9"),
        ("brain aneurysm", "I67.1"),
        ("venous thrombosis", "I82.90"),
        ("aortic stenosis", "I35.0"),
        ("diabetic retinopathy", "E11.319"),
        ("diabetic foot ulcer", "E11.621"),
        ("colon cancer", "C18.9"),
        ("personality disorder", "F60.9"),
        ("psychosis", "F29"),
        ("cord compression", "G95.20"),
        ("irritant contact dermatitis", "L24.9"),
        ("open wound", "T14.8XXA"),
        ("low bone density", "M85.80"),
    ],
)
def test_names_of_other_medicine(wording: str, code: str) -> None:
    assert icd10cm().link(wording)[0].code == code


def test_without_a_side_or_level_the_code_is_the_unspecified_one() -> None:
    assert icd10cm().link("cervical disc herniation")[0].code == "M50.20"
    assert icd10cm().link("sciatica")[0].code == "M54.30"


def test_the_most_similar_is_first_and_scores_fall() -> None:
    for phrase, _ in CODABLE[:60]:
        scores = [found.score for found in icd10cm().link(phrase)]
        assert scores == sorted(scores, reverse=True)
        assert all(0 < score <= 1 for score in scores)


@given(st.text(max_size=120))
def test_any_text_is_read(text: str) -> None:
    linker = icd10cm()
    for found in linker.link(text):
        assert found.score >= linker.threshold
        assert found.name


@given(st.sampled_from([phrase for phrase, _ in CODABLE]))
def test_capitals_and_hyphens_change_nothing(phrase: str) -> None:
    linker = icd10cm()
    assert linker.link(phrase.upper()) == linker.link(phrase)


def test_the_vectors_are_scikit_learns() -> None:
    names = [phrase.lower() for phrase, _ in CODABLE]
    theirs = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3), min_df=2).fit(names)
    ours = TrigramVectorizer(theirs.get_feature_names_out().tolist(), theirs.idf_)
    texts = ["lumbar strain", "xyz", "left knee sprain sprain"]
    assert np.allclose(ours.transform(texts).toarray(), theirs.transform(texts).toarray(), atol=1e-6)


def test_a_linker_survives_pickling() -> None:
    again = pickle.loads(pickle.dumps(icd10cm()))
    assert again.link("left tennis elbow") == icd10cm().link("left tennis elbow")


def test_the_reader_keeps_what_tells_conditions_apart() -> None:
    reader = WordingReader(shipped("concepts/icd10cm/words.yml"))
    assert reader("Pain in the right shoulder").key == reader("right shoulder pain").key == "pain shoulder"
    assert reader("concussion without loss of consciousness").key != reader("concussion").key
    assert reader("").words == frozenset()


@pytest.mark.stress
def test_the_shipped_index_is_the_one_that_is_built(tmp_path: Path) -> None:
    from imr_nlp.training.concepts import build

    built = build(tmp_path)
    shipped_files = ROOT / "models/concepts/1.0"
    assert (built / "card.md").read_bytes() == (shipped_files / "card.md").read_bytes()
    # Versions of Python pack the same arrays into different archives.
    with np.load(built / "icd10cm.npz") as new, np.load(shipped_files / "icd10cm.npz") as shipped_arrays:
        assert new.files == shipped_arrays.files
        for name in new.files:
            assert new[name].dtype == shipped_arrays[name].dtype
            assert new[name].tobytes() == shipped_arrays[name].tobytes(), name
