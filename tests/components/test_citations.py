"""The parser of formal guideline sentences, its component and the catalogue. All wording is invented."""

from __future__ import annotations

import pickle

import pytest
import spacy
from hypothesis import example, given, settings
from hypothesis import strategies as st

import imr_nlp.doc.tokenizer  # noqa: F401  (registers the letter tokenizer)
from imr_nlp.components.citations.component import CitationFinder
from imr_nlp.components.citations.parser import Citation, CitationParser
from imr_nlp.concepts.guidelines import catalogue, normal
from imr_nlp.config import ConfigError
from imr_nlp.doc.spans import CITATIONS, SECTIONS, add_span, attrs_of, spans_of

PARSER = CitationParser(catalogue())
OUTSIDE = "The Claims Administrator based its decision on recommendations outside the MTUS. "


def read(text: str, party: str = "reviewer") -> list[Citation]:
    return PARSER.parse(text, party)


def short(text: str) -> list[tuple]:
    return [(c.authority, c.title, c.year, list(c.sections), list(c.pages)) for c in read(text)]


@pytest.mark.parametrize(
    ("written", "pages"),
    [
        ("Pages(s): 21-22, 40", ["21-22", "40"]),
        ("Page (s): 21-23", ["21-23"]),
        ("Page(s): from 21 to 23", ["21-23"]),
        ("Page No. 21", ["21"]),
        ("Page(s): 21/90", ["21"]),
        ("Page(s): 21 or 22", ["21", "22"]),
        ("Page(s): 21+22", ["21", "22"]),
        ("Page(s): 21 up to 23", ["21-23"]),
        ("Page(s): 21-23 (of 90)", ["21-23"]),
        ("Page(s): pages 21-23", ["21-23"]),
        ("page 21 through page 23", ["21-23"]),
        ("at page 21", ["21"]),
    ],
)
def test_ways_to_write_pages(written: str, pages: list[str]) -> None:
    text = f"Decision based on MTUS Knee Complaints 2004, Section(s): Splints {written}."
    assert short(text) == [("MTUS", "Knee Complaints", 2004, ["Splints"], pages)]


@pytest.mark.parametrize(
    "text",
    [
        "8 C.C.R. 9792.20 - 9792.26, MTUS (Effective July 18, 2009), page 21",
        "8 CCR §9792.24.2 MTUS (Effective July 18, 2009) page 21",
        "Title 8 C.C.R. section 9792.24.2; MTUS, pg. 21",
        "MTUS (8 C.C.R. §§9792.20 - 9792.26), page 21",
        "MTUS, 8 C.C.R. 9792.24.2, page 21 of 90",
    ],
)
def test_the_law_is_no_second_document(text: str) -> None:
    assert short(f"Decision based on {text}.") == [("MTUS", None, None, [], ["21"])]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Decision based on MTUS Knee Complaints 2004.",
            [("MTUS", "Knee Complaints", 2004, [], [])],
        ),
        (
            "Decision based on MTUS Forearm, Wrist, and Hand Complaints 2011, Section(s): Recap, and Opioid "
            "Treatment 2016, Section(s): 4.2 Tapering Opioids: Slow, steady steps, 4.3 Tapering Opioids: Follow-up.",
            [
                ("MTUS", "Forearm, Wrist, and Hand Complaints", 2011, ["Recap"], []),
                (
                    "MTUS",
                    "Opioid Treatment",
                    2016,
                    ["4.2 Tapering Opioids: Slow, steady steps", "4.3 Tapering Opioids: Follow-up"],
                    [],
                ),
            ],
        ),
        (
            "Decision based on MTUS Chronic Pain Medical Treatment 2012, Section(s): NSAIDs, GI symptoms & "
            "cardiovascular risk, Baclofen, Capsaicin, topical, Leeches, use of.",
            [
                (
                    "MTUS",
                    "Chronic Pain Medical Treatment",
                    2012,
                    [
                        "NSAIDs, GI symptoms & cardiovascular risk",
                        "Baclofen",
                        "Capsaicin, topical",
                        "Leeches, use of",
                    ],
                    [],
                )
            ],
        ),
        (
            "Decision based on MTUS Eye Complaints 2004, and Stress Related Conditions 2004.",
            [("MTUS", "Eye Complaints", 2004, [], []), ("MTUS", "Stress Related Conditions", 2004, [], [])],
        ),
        (  # titles of the ACOEM chapters are section names here
            "Decision based on MTUS General Approaches 2004, Section(s): Recap, Initial Approaches to Treatment, "
            "Cornerstones of Disability Prevention and Management, and Acupuncture Treatment 2007.",
            [
                (
                    "MTUS",
                    "General Approaches",
                    2004,
                    [
                        "Recap",
                        "Initial Approaches to Treatment",
                        "Cornerstones of Disability Prevention and Management",
                    ],
                    [],
                ),
                ("MTUS", "Acupuncture Treatment", 2007, [], []),
            ],
        ),
        (  # 2014
            "Decision based on MTUS Chronic Pain Treatment Guidelines Biofeedback Page(s): 24-25, 27.",
            [("MTUS", "Chronic Pain Treatment Guidelines", None, ["Biofeedback"], ["24-25", "27"])],
        ),
        (
            "Decision based on MTUS ACOEM Practice Guidelines, Chapter 13 Knee Complaints Page(s): 341, and "
            "Postsurgical Treatment Guidelines.",
            [
                ("MTUS", None, None, [], []),
                ("ACOEM", "Chapter 13 Knee Complaints", None, [], ["341"]),
                ("MTUS", "Postsurgical Treatment Guidelines", None, [], []),
            ],
        ),
        (  # 2013
            "The Expert Reviewer based his/her decision on the Medical Treatment Utilization Schedule (MTUS), "
            "Chronic Pain Medical Treatment Guidelines (May 2009), section on Biofeedback, pgs. 24-25, which is "
            "part of the MTUS.",
            [("MTUS", "Chronic Pain Medical Treatment Guidelines", 2009, ["Biofeedback"], ["24-25"])],
        ),
        (
            "The Claims Administrator based its decision on the ACOEM Practice Guidelines, 2nd Edition (2004), Chapter "
            "14, pg. 370, and the Burns Chapter of the ODG.",
            [
                ("ACOEM", "2nd Edition (2004), Chapter 14", 2004, [], ["370"]),
                ("ODG", "Burns Chapter", None, [], []),
            ],
        ),
        (
            "The Claims Administrator based its decision on the Knee Complaints (ACOEM Practice Guidelines, 2nd "
            "Edition (2004), Chapter 13) pg. 340, which is part of the MTUS.",
            [("MTUS", "Knee Complaints", 2004, [], ["340"])],
        ),
        (
            "The Expert Reviewer based his/her decision on the Elbow Complaints (ACOEM Practice Guidelines, 2nd "
            "Edition (2004), Chapter 10), Follow-up visits, page 33.",
            [("ACOEM", "Elbow Complaints", 2004, ["Follow-up visits"], ["33"])],
        ),
        (
            "The Expert Reviewer based his/her decision on the ACOEM Guidelines, Elbow Complaints (2004), pages 33-34, "
            "which is part of the MTUS.",
            [("ACOEM", "Elbow Complaints", 2004, [], ["33-34"])],
        ),
        (
            "Decision based on Non-MTUS Citation ODG, 11th Edition, 2013, Burns Chapter, Salves.",
            [("ODG", "11th Edition, 2013, Burns Chapter, Salves", 2013, [], [])],
        ),
        (  # another source after a semicolon, a full stop, or a comma and its authors
            "Decision based on Non-MTUS Citation ODG, Hernia Chapter, Trusses; Guild of Truss Makers, Manual of "
            "Fitting, 2010 edition.",
            [
                ("ODG", "Hernia Chapter, Trusses", None, [], []),
                ("other", "Guild of Truss Makers, Manual of Fitting, 2010 edition", 2010, [], []),
            ],
        ),
        (
            "Decision based on Non-MTUS Citation ODG Head Chapter, Helmets. American College of Surgeons, On helmets.",
            [
                ("ODG", "Head Chapter, Helmets", None, [], []),
                ("other", "American College of Surgeons, On helmets", None, [], []),
            ],
        ),
        (
            "Decision based on Non-MTUS Citation ODG Head Chapter, Helmets, Roe-Low P, et al. Helmets at work. "
            "J Hats 2001.",
            [
                ("ODG", "Head Chapter, Helmets", None, [], []),
                ("other", "Roe-Low P, et al. Helmets at work. J Hats 2001", 2001, [], []),
            ],
        ),
        (
            "Decision based on Non-MTUS Citation ODG Head Chapter, Helmets, Roe P, Poe QR. Helmets at work. "
            "J Hats 2001.",
            [
                ("ODG", "Head Chapter, Helmets", None, [], []),
                ("other", "Roe P, Poe QR. Helmets at work. J Hats 2001", 2001, [], []),
            ],
        ),
        (  # a vitamin is no author, and a semicolon may stand in a title
            "Decision based on Non-MTUS Citation ODG Diabetes Chapter, Vitamin D, Insulin; pumps.",
            [("ODG", "Diabetes Chapter, Vitamin D, Insulin; pumps", None, [], [])],
        ),
        (  # what the MTUS does not say is no citation
            "ODG, Hernia Chapter, Trusses, as the MTUS has nothing on trusses.",
            [("ODG", "Hernia Chapter, Trusses", None, [], [])],
        ),
        (
            "Postsurgical Treatment Guidelines, Shoulder, page 21. The ODG was also consulted: Hernia Chapter.",
            [
                ("MTUS", "Postsurgical Treatment Guidelines", None, ["Shoulder"], ["21"]),
                ("ODG", "Hernia Chapter", None, [], []),
            ],
        ),
        (
            "American College of Radiology, Wrists, 2011.",
            [("other", "American College of Radiology, Wrists, 2011", 2011, [], [])],
        ),
        ("The reviewer went by what he was taught.", []),
        (
            "Decision based on Non-MTUS Citation ODG, Neck Chapter, Collars, and the North American Spine "
            "Society, Necks.",
            [
                ("ODG", "Neck Chapter, Collars", None, [], []),
                ("other", "North American Spine Society, Necks", None, [], []),
            ],
        ),
        (
            "The Expert Reviewer based his/her decision on the Knee Complaints Chapter (ACOEM Practice Guidelines, 2nd "
            "Edition (2004), Chapter 13), page 340, which is part of the MTUS.",
            [("MTUS", "Knee Complaints", 2004, [], ["340"])],
        ),
        (
            "ODG, Hernia Chapter, Trusses. The MTUS Guidelines do not discuss this device.",
            [("ODG", "Hernia Chapter, Trusses", None, [], [])],
        ),
        (
            "The MTUS is silent, hence the ODG, Hernia Chapter.",
            [("ODG", "Hernia Chapter", None, [], [])],
        ),
        (
            "Decision based on Non-MTUS Citation ODG (Official Disability Guidelines), Elbow (Acute & Chronic), "
            "Splints, ODG Preface - Splints.",
            [
                ("ODG", "Elbow (Acute & Chronic), Splints", None, [], []),
                ("ODG", "Preface - Splints", None, [], []),
            ],
        ),
        (
            "Decision based on Non-MTUS Citation ACOEM guidelines as well as the Official Disability Guidelines.",
            [("ACOEM", None, None, [], []), ("ODG", None, None, [], [])],
        ),
        (
            "Decision based on Non-MTUS Citation ODG Head Chapter and Other Medical Treatment Guidelines Roe P. "
            "Splints. 6th ed. http://example.org/a.b.html, accessed 01/02/2016, Poe Q. More splints, accessed "
            "01/03/2016.",
            [
                ("ODG", "Head Chapter", None, [], []),
                (
                    "other",
                    "Roe P. Splints. 6th ed. http://example.org/a.b.html, accessed 01/02/2016",
                    None,
                    [],
                    [],
                ),
                ("other", "Poe Q. More splints, accessed 01/03/2016", None, [], []),
            ],
        ),
        (
            "Decision based on Non-MTUS Citation ODG and Medscape.",
            [("ODG", None, None, [], []), ("other", "Medscape", None, [], [])],
        ),
        (  # no lead-in
            "CA MTUS, Chronic Pain Medical Treatment Guidelines, Biofeedback. This one was chosen for its detail.",
            [("MTUS", "Chronic Pain Medical Treatment Guidelines", None, ["Biofeedback"], [])],
        ),
    ],
)
def test_formats(text, expected):
    assert short(text) == expected


def test_nothing_cited():
    text = "The Claims Administrator did not cite any guideline in its denial."
    (citation,) = read(text, "claims_administrator")
    assert (citation.authority, citation.title, citation.outside_mtus) == ("none", None, False)
    assert text[citation.start : citation.end] == text.rstrip(".")
    assert read("") == []
    assert read("Nothing here names a source.") == []


@pytest.mark.parametrize(
    "text",
    [
        "The Claims Administrator named no source.",
        "The Utilization Reviewer gave no basis in the literature.",
        "The Claims Administrator used neither guidelines nor studies.",
        "None given.",
        "N/A",
        "No published evidence was cited.",
    ],
)
def test_a_party_that_cites_nothing_in_other_words(text):
    (citation,) = read(text, "claims_administrator")
    assert (citation.party, citation.authority) == ("claims_administrator", "none")
    assert text[citation.start : citation.end] == text.rstrip(".")


def test_a_source_beside_a_silent_word_is_cited():
    text = "No guideline of the plan but ODG, Burns."
    assert [c.authority for c in read(text, "claims_administrator")] == ["ODG"]


def test_outside_of_the_mtus_marks_all_citations_of_that_party():
    text = OUTSIDE + "Decision based on Non-MTUS Citation ODG, Burns and the ACOEM Guidelines."
    assert [c.outside_mtus for c in read(text, "claims_administrator")] == [True, True]
    (alone,) = read(OUTSIDE, "claims_administrator")
    assert (alone.authority, alone.outside_mtus) == ("none", True)


def test_a_source_outside_of_the_mtus_is_no_document_of_it():
    text = "The Expert Reviewer relied on a source outside of the MTUS. Decision based on Non-MTUS Citation ODG, Burns."
    (only,) = read(text, "reviewer")
    assert (only.authority, only.outside_mtus) == ("ODG", True)


def test_a_sentence_that_names_the_other_party_counts_for_it():
    text = (
        "The Claims Administrator based its decision on the MTUS Knee Complaints 2004. "
        "The Expert Reviewer based his decision on the ODG, Knee Chapter, which is not part of the MTUS."
    )
    assert [(c.party, c.authority, c.outside_mtus) for c in read(text)] == [
        ("claims_administrator", "MTUS", False),
        ("reviewer", "ODG", True),
    ]


def test_reviewer_who_adopts_the_administrators_guidelines():
    text = (
        "The Claims Administrator based its decision on the ODG, Hernia. The Expert Reviewer found the guidelines "
        "used by the Claims Administrator relevant and appropriate."
    )
    assert [(c.party, c.title) for c in read(text)] == [
        ("claims_administrator", "Hernia"),
        ("reviewer", "Hernia"),
    ]


@pytest.mark.parametrize(
    ("authority", "titles", "canonical"),
    [
        (
            "MTUS",
            [
                "Chronic Pain Treatment Guidelines",
                "Chronic Pain Medical Treatment",
                "chronic pain guidelines",
            ],
            "Chronic Pain Medical Treatment Guidelines",
        ),
        ("MTUS", ["Opioid Treatment", "Opioids Treatment Guidelines"], "Opioids Treatment Guidelines"),
        ("ACOEM", ["Chapter 8", "Neck & Upper Back Complaints"], "Chapter 8: Neck and Upper Back Complaints"),
        (
            "ODG",
            ["Low Back", "Low Back -Lumbar & Thoracic", "Lower back chapter"],
            "Low Back - Lumbar & Thoracic",
        ),
        ("other", ["Rest. UpToDate, accessed 1/2/2016"], "UpToDate"),
    ],
)
def test_one_canonical_title_however_it_is_written(authority, titles, canonical):
    assert {catalogue().canonical(authority, title) for title in titles} == {canonical}
    assert catalogue().canonical(authority, "Almanac of Nothing") is None
    assert catalogue().canonical(authority, None) is None


def test_every_name_of_the_catalogue_finds_its_own_document():
    known = catalogue()
    for authority, documents in known.documents.items():
        for document in documents:
            assert known.canonical(authority, document.name) == document.name
    assert all(normal(name) == name for name in known.sections)


def test_a_catalogue_without_its_parts_is_refused(tmp_path):
    path = tmp_path / "guidelines.yml"
    path.write_text("authorities: {}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="is missing"):
        catalogue(str(path))


PIECES = st.sampled_from(
    [
        "Decision based on MTUS ",
        "Decision based on Non-MTUS Citation ",
        "ODG",
        "ACOEM",
        ", ",
        " and ",
        "(",
        ")",
        "2004",
        "Knee Complaints",
        "Section(s): ",
        "Page(s): 1-2",
        ". ",
        "; ",
        "Summary",
        "accessed 1/2/2016 ",
        OUTSIDE,
        "/",
        "é",
        "3.1 ",
        "Other Medical Treatment Guidelines",
        " of the ",
        "Chronic Pain Treatment Guidelines",
        "did not cite evidence",
    ]
)


@settings(max_examples=150, deadline=None)
@example(text=" of the ODG", offset=0)
@example(text="MTUS and of the ODG", offset=0)
@example(text="in the MTUS.", offset=3)
@given(st.lists(PIECES, max_size=25).map("".join), st.integers(0, 50))
def test_any_text_gives_citations_within_it(text, offset):
    for citation in PARSER.parse(text, "reviewer", offset):
        assert offset <= citation.start < citation.end <= len(text) + offset
        assert citation.party in ("reviewer", "claims_administrator")
        assert citation.authority in ("MTUS", "ACOEM", "ODG", "other", "none")
        assert all(citation.sections) and all(page[0].isdigit() for page in citation.pages)


@pytest.mark.parametrize("text", [" of the ODG", "of the ODG", "from the ACOEM.", "in the MTUS"])
def test_an_authority_with_nothing_before_it_is_the_document(text):
    assert [(text[c.start : c.end], c.title) for c in read(text)] == [(text.split()[-1].strip("."), None)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["Summary", "Baclofen", "Capsaicin, topical", "Opioids, dosing", "Weaning, Carisoprodol (Soma)"]
        ),
        min_size=1,
        max_size=6,
    )
)
def test_known_section_names_come_back_as_they_were_listed(names):
    assert PARSER.split_sections(", ".join(names)) == names


def test_long_lists_take_time_in_proportion():
    text = "Decision based on MTUS " + "Knee (" * 20_000 + ", and Word " * 5_000
    assert len(read(text)) >= 1


def test_component_writes_spans_with_their_service():
    nlp = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": "imr.LetterTokenizer.v1"}}})
    text = (
        "MAXIMUS guideline: Decision based on MTUS Knee Complaints 2011, Section(s): Summary. Decision rationale: Rest."
    )
    doc = nlp(text)
    end = text.index(" Decision rationale")
    add_span(doc, SECTIONS, 0, end, "reviewer_guideline", rule="made", body_start=19, body_end=end, service=3)
    component = pickle.loads(pickle.dumps(CitationFinder()))  # as it goes to another process
    (span,) = spans_of(component(doc), CITATIONS)
    known = attrs_of(span)
    assert (span.label_, known["party"], known["service"]) == ("MTUS", "reviewer", 3)
    assert (known["title"], known["year"], known["sections"], known["pages"]) == (
        "Knee Complaints",
        2011,
        ["Summary"],
        [],
    )
    assert text[known["start"] : known["end"]] == "MTUS Knee Complaints 2011, Section(s): Summary"
    assert CITATIONS not in component(nlp("No sections here.")).spans


def test_a_section_of_several_services_gives_each_what_names_it():
    nlp = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": "imr.LetterTokenizer.v1"}}})
    requests = ["Girdle, purchase", "Salve x 2 months"]
    relied = "ODG, Hernia Chapter, Girdles. ODG, Burns Chapter, Salves. MTUS Chronic Pain Medical Treatment Guidelines."
    doc = nlp(" ".join([*requests, relied]))
    at = 0
    for number, request in enumerate(requests):
        end = at + len(request)
        add_span(
            doc, SECTIONS, at, end, "service", rule="made", body_start=at, body_end=end, text_end=end, service=number
        )
        at = end + 1
    for number in (0, 1):
        end = at + len(relied)
        add_span(doc, SECTIONS, at, end, "reviewer_guideline", rule="made", body_start=at, body_end=end, service=number)
    found = [
        (attrs_of(span)["service"], attrs_of(span)["title"]) for span in spans_of(CitationFinder()(doc), CITATIONS)
    ]
    assert sorted(found) == [
        (0, "Chronic Pain Medical Treatment Guidelines"),
        (0, "Hernia Chapter, Girdles"),
        (1, "Burns Chapter, Salves"),
        (1, "Chronic Pain Medical Treatment Guidelines"),
    ]
