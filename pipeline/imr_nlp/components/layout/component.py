"""``imr_layout``: recognises a letter's layout and cuts it into sections.

medspaCy's matcher of section rules finds the headings (``configs/layout/sections.yml``); this component drops those
that are running text, finds the headings of the disputed services, and writes each section as a span of
``doc.spans["sections"]``. Section categories (the spans' labels):

==================  =========================================================================================
header              everything before the first heading: case number and dates
how_made            the boilerplate on how the determination was made; in 2014 the reviewer in prose
reviewer            the reviewer's credentials
case_summary        the clinical case summary
documents           what was reviewed
decisions           the heading over the decisions, and what stands between it and the first service
issue               what is at dispute, in layouts that say it apart
service             one a disputed service: its heading, with the decision where that is part of it
claims_guideline    the claims administrator's formal guideline sentences
reviewer_guideline  the reviewer's
both_guidelines     both parties' (layouts 1 and 2), each in sentences that name the party
rationale           the decision rationale
closing             what follows the last rationale
==================  =========================================================================================

Facts of a section: ``body_start`` and ``body_end`` (its text without the heading), ``service`` (index of the service
that it belongs to, or None); of a service section also ``text_end``, ``decision``, ``decision_start``,
``decision_end``. ``doc._.layout`` is the layout's id.
"""

from typing import Any

from medspacy.section_detection import SectionRule
from spacy.language import Language
from spacy.tokens import Doc

from imr_nlp.components.layout.decisions import load_decisions
from imr_nlp.components.layout.definitions import Heading, Layout, load_headings, load_layouts, recognise
from imr_nlp.components.layout.heading_order import OF_SERVICE, in_place
from imr_nlp.components.layout.issue_list import shared_parts
from imr_nlp.components.layout.lists.listed import load_listed
from imr_nlp.components.layout.misread_headings import MisreadHeadings
from imr_nlp.components.layout.prose.findings import Findings
from imr_nlp.components.layout.service_headings import Reading, ServiceHeading, Title, after_colon
from imr_nlp.components.layout.statements.reader import load_statements
from imr_nlp.components.layout.styles import find_services
from imr_nlp.doc.factory import FromFiles, factory
from imr_nlp.doc.spans import LAYOUT, SECTIONS, add_span, layout_of
from imr_nlp.doc.tokenizer import View, view_of
from imr_nlp.matching.rule_matcher import rule_matcher

if not Doc.has_extension("layout"):
    Doc.set_extension("layout", getter=layout_of)

#: Sections that no document of a party has.
_OF_LETTERS = OF_SERVICE - {"rationale"} | {"how_made", "decisions"}


class LayoutSectionizer(FromFiles):
    """Callable component; see the module's page.

    >>> import spacy
    >>> nlp = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": "imr.LetterTokenizer.v1"}}})
    >>> _ = nlp.add_pipe("imr_layout")
    >>> doc = nlp("Lumbar MRI: Upheld\\nClaims Administrator guideline: None.\\nDecision rationale: No red flags.")
    >>> [section.label_ for section in doc.spans["sections"]]
    ['service', 'claims_guideline', 'rationale']
    """

    def __init__(self, nlp: Language, rules: str = "layout") -> None:
        self.layouts = load_layouts(rules)
        self.decisions = load_decisions(f"{rules}/decisions.yml")
        self.statements = load_statements(f"{rules}/statements.yml", f"{rules}/reservations.yml")
        self.findings = Findings(self.statements, f"{rules}/requests.yml")
        self.listed = load_listed(f"{rules}/listed.yml")
        self.headings = load_headings(f"{rules}/sections.yml")
        self.misread = MisreadHeadings(self.headings)
        # The matcher of medspaCy's Sectionizer. The Sectionizer also makes an object a section and writes it to every
        # token, which takes 0.5 ms a letter.
        self.matcher = rule_matcher(nlp)
        by_wording: dict[str, list[Heading]] = {}  # of equal matches one counts, so each wording is one rule
        for heading in self.headings:
            for wording in heading.wordings:
                by_wording.setdefault(wording, []).append(heading)
        self.matcher.add(
            SectionRule(wording, same[0].category, metadata={"wording": wording})
            for wording, same in by_wording.items()
        )
        self.headings_of = {
            nlp.vocab.strings[key]: by_wording[rule.metadata["wording"]] for key, rule in self.matcher.rule_map.items()
        }

    def __call__(self, doc: Doc) -> Doc:
        """Set ``doc._.layout`` and ``doc.spans["sections"]``."""
        view = view_of(doc)
        own, layout, titles = self._own(doc, view)
        doc.user_data[LAYOUT] = layout.id
        titles = in_place(layout, own.text, titles, self.decisions)
        services = find_services(self.reading(own, layout, titles))
        titles = with_reasons(titles, services)
        if len(own.text) < len(view.text):
            titles.append(Title(len(own.text), len(own.text), "closing"))
        _write(doc, view.text, layout, titles, services)
        return doc

    def _own(self, doc: Doc, view: View) -> tuple[View, Layout, list[Title]]:
        """Return the letter without a party's appended document, its layout, and what looks like headings.

        Such a document follows the letter's reasons, and has nothing that only letters have, such as guidelines.
        """
        cuts = (cut for layout in self.layouts if layout.tells for cut in layout.tells.cuts(view))
        for cut in cuts:
            own = view.until(cut)
            layout = recognise(self.layouts, own)
            titles = self._titles(doc, view, layout.id)
            kept = [title for title in titles if title.start < cut]
            reasoned = any(title.category == "rationale" for title in kept)
            if reasoned and not any(title.category in _OF_LETTERS for title in titles[len(kept) :]):
                return own, layout, kept
        layout = recognise(self.layouts, view)
        return view, layout, self._titles(doc, view, layout.id)

    def reading(self, view: View, layout: Layout, titles: list[Title]) -> Reading:
        """Return what a style reads a letter with."""
        return Reading(layout, self.decisions, self.statements, self.findings, self.listed, view, titles)

    def _titles(self, doc: Doc, view: View, layout: str) -> list[Title]:
        line_starts = {start for start, _ in view.lines}
        line_ends = {end for _, end in view.lines}
        titles: list[Title] = []
        matched: set[int] = set()
        for key, first, last in self.matcher(doc):
            known = self.headings_of[key]
            span = doc[first:last]
            start, end = span.start_char, span.end_char
            matched.add(start)
            heading = next((one for one in known if not one.layouts or layout in one.layouts), None)
            if heading and _accepted(heading, view.text, start, end, line_starts, line_ends):
                whole = heading.body == "whole"
                if whole and titles and titles[-1].category == heading.category:
                    continue  # the section continues
                begin = start if whole else after_colon(view.text, end)
                weak = not whole and not view.text[start:end].isupper() and not {end, begin, begin - 1} & line_ends
                titles.append(Title(start, begin, heading.category, weak=weak and begin not in line_starts))
        misread = self.misread.titles(view, layout, matched)
        return sorted([*titles, *misread], key=lambda title: title.start) if misread else titles


def _accepted(heading: Heading, text: str, start: int, end: int, line_starts: set[int], line_ends: set[int]) -> bool:
    """Say whether a heading's wording, found at ``start:end``, is a heading here and not running text."""
    begins = start in line_starts
    colon = text[end : end + 2].strip()[:1] == ":"
    accept = heading.accept
    return (
        "any" in accept
        or ("upper" in accept and text[start:end].isupper())
        or ("colon" in accept and colon)
        or ("line" in accept and begins)
        or ("label" in accept and begins and colon)
        or ("own_line" in accept and begins and (end in line_ends or (colon and end + 1 in line_ends)))
    )


def with_reasons(titles: list[Title], services: list[ServiceHeading]) -> list[Title]:
    """Add the passages of reasons that no heading opens, each as a section of its own.

    Args:
        titles: The section headings, in text order.
        services: The services, in text order.

    Returns:
        All of them, in text order. A passage that services share stands there once.
    """
    found: dict[tuple[int, int], list[int]] = {}
    for n, service in enumerate(services):
        for stretch in service.rationale:
            found.setdefault(stretch, []).append(n)
    more = [
        Title(start, start, "rationale", which[0] if len(which) == 1 and len(services) > 1 else None)
        for (start, _), which in found.items()
    ]
    known = {title.start for title in titles} | {start for start, _ in found}
    more += [Title(end, end, "case_summary") for _, end in found if end not in known]
    return sorted([*titles, *more], key=lambda title: title.start)


def _write(doc: Doc, text: str, layout: Layout, titles: list[Title], services: list[ServiceHeading]) -> None:
    """Write the sections: each runs from its heading to the next heading of a section or service."""
    shared = any(service.shared for service in services)
    marks: list[Title | ServiceHeading] = sorted([*titles, *services], key=lambda mark: mark.start)
    # A letter of unknown layout has no header that we know of: what comes first may be the case.
    enclosing = "case_summary" if layout.services["style"] == "findings" else "header"
    if not marks or marks[0].start > 0:
        _section(doc, text, 0, marks[0].start if marks else len(text), 0, enclosing, None)
    service: int | None = None
    counted = sorted(services, key=lambda s: (s.start if s.before is None else s.before, s.before is None, s.start))
    numbers = {mark.start: n for n, mark in enumerate(counted)}
    for i, mark in enumerate(marks):
        start, end = mark.start, marks[i + 1].start if i + 1 < len(marks) else len(text)
        if isinstance(mark, ServiceHeading):
            service = numbers[mark.start]
            _section(
                doc, text, start, mark.end, mark.text_start or start, "service", service,
                body_end=mark.text_end, rule=mark.rule, text_end=mark.text_end, decision=mark.decision,
                decision_start=mark.decision_start, decision_end=mark.decision_end, granted=mark.granted,
                in_sentence=mark.in_sentence,
                decision_evidence=[
                    {"by": e.by, "decision": e.decision, "start": e.start, "end": e.end, "rule": e.rule}
                    for e in mark.evidence
                ],
            )  # fmt: skip
            if text[mark.end : end].strip(" :.;"):
                # Text that no heading announces: under a decision it is the reviewer's reasoning.
                if mark.before is not None:  # an entry of a list, with the rest of the list after it
                    _section(doc, text, mark.end, end, mark.end, enclosing, None)
                else:
                    begin = after_colon(text, mark.end)
                    _section(doc, text, begin, end, begin, enclosing if shared else "rationale", service)
        elif mark.category in OF_SERVICE and mark.service is not None:
            enclosing = mark.category
            _section(doc, text, start, end, mark.end, mark.category, mark.service)
        elif shared and mark.category in OF_SERVICE:
            enclosing = mark.category
            _shared_section(doc, text, mark, end, services)
        else:
            enclosing = mark.category
            _section(doc, text, start, end, mark.end, enclosing, service if enclosing in OF_SERVICE else None)


def _shared_section(doc: Doc, text: str, mark: Title, end: int, services: list[ServiceHeading]) -> None:
    """Write a section that serves several services once for each, with that service's part of a rationale."""
    parts = [(mark.end, end)] * len(services)
    if mark.category == "rationale":
        parts = shared_parts(text, mark.end, end, [text[s.start : s.text_end] for s in services])
    for index, (start, stop) in enumerate(parts):
        _section(doc, text, mark.start if start == mark.end else start, stop, start, mark.category, index)


def _section(
    doc: Doc, text: str, start: int, end: int, body: int, label: str, service: int | None, *,
    body_end: int | None = None, rule: str = "heading", **more: Any,
) -> None:  # fmt: skip
    while end > start and text[end - 1] == " ":
        end -= 1
    while start < end and text[start] == " ":
        start += 1
    body = min(max(body, start), end)
    if end > start and (body < end or label not in OF_SERVICE):
        attrs = {"body_start": body, "body_end": end if body_end is None else body_end, "service": service, **more}
        add_span(doc, SECTIONS, start, end, label, rule=rule, **attrs)


@factory("imr_layout", default_config={"rules": "layout"}, assigns=["doc.spans", "doc._.layout"])
def create_layout(nlp: Language, name: str, rules: str) -> LayoutSectionizer:
    """Make the component; ``rules`` is the folder of layout files."""
    return LayoutSectionizer(nlp, rules)
