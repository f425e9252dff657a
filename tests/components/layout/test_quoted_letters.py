"""An earlier letter that the summary quotes with its headings, and quotation marks that enclose none."""

from spacy.language import Language

_LETTER = (
    "Case Number: CM16-0000101\nCLINICAL CASE SUMMARY\n{summary}\n"
    "IMR ISSUES, DECISIONS AND RATIONALES\nRepeat hip film: Upheld\nClaims Administrator guideline: None.\n"
    "MAXIMUS guideline: None.\nDecision rationale: {reasons}\n"
)
_EARLIER = (
    "The file holds an earlier letter, which reads in part:\n  {}IMR ISSUES, DECISIONS AND RATIONALES\n"
    "  Hip film: Overturned\n  Decision rationale: The film is medically necessary.\n  Disclaimer: that was all.{}\n"
    "The film was made."
)


def _decided(nlp: Language, summary: str, reasons: str = "Nothing has changed.") -> dict[str, str | None]:
    letter = nlp(_LETTER.format(summary=summary, reasons=reasons))._.letter
    return {service.text: service.decision for service in letter.services}


def test_what_a_quoted_letter_decided_is_none_of_this_one(nlp: Language) -> None:
    for marks in ('""', "“”"):
        assert _decided(nlp, _EARLIER.format(*marks)) == {"Repeat hip film": "upheld"}


def test_a_mark_without_its_fellow_takes_no_heading_away(nlp: Language) -> None:
    expected = {"Repeat hip film": "upheld"}
    assert _decided(nlp, 'He said "it hurts all day.', 'He said "no" twice. It is not medically necessary.') == expected
    assert _decided(nlp, 'A "second" film is asked for.', 'The "second" film adds nothing.') == expected
