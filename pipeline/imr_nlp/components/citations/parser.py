"""Parser of the formal guideline sentences: text of one section in, `Citation` objects out.

Read `CitationParser.parse` first, then `Grammar.statements` (which sentence says what), `_references` (whose document)
and `_documents` (which document, sections and pages). The wordings are in ``configs/citations.yml``.

Formats that are read (invented examples):

* 2015 onwards: ``Decision based on MTUS Knee Complaints 2011, Section(s): Splints, and Chronic Pain Medical
  Treatment 2016, Section(s): Exercise.`` One citation a document; section names with commas are known from
  ``configs/concepts/guidelines.yml``.
* ``Decision based on Non-MTUS Citation ODG, Knee & Leg, Exercise.`` The title is
  everything after the authority. Sources without a known authority are ``other`` and stay whole, but several that
  end in access dates, or are joined by "and Other Medical Treatment Guidelines", come apart.
* A sentence that bases a party's decision on recommendations outside the MTUS marks all citations of that party
  (``outside_mtus``); one that says that the party did not cite any is a citation with authority ``none``.
* 2014: ``Decision based on MTUS Chronic Pain Treatment Guidelines Exercise Page(s): 46-47.``
* 2013: ``The Expert Reviewer based his/her decision on the Medical Treatment Utilization Schedule (MTUS), Chronic
  Pain Medical Treatment Guidelines (May 2009), section on Exercise, pg. 46, which is part of the MTUS.``
* An edition belongs to the title of the ACOEM or ODG as written: ``ACOEM, 2nd Edition (2004), Chapter 14``.
* No lead-in at all (the professional reviews): whatever known authorities are named.
* After a known authority another source begins at a semicolon, full stop or paper's authors (`_next_source`). What the
  MTUS is said not to cover ("the MTUS has no entry on the subject") is no citation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from imr_nlp.components.citations.citation import Citation, merged
from imr_nlp.components.citations.grammar import (
    ANY_YEAR,
    CLAIMS,
    EDGE,
    NUMBERED,
    REVIEWER,
    TITLE_YEAR,
    UNKNOWN_DATED,
    YEAR_AFTER,
    YEAR_BEFORE,
    Grammar,
    Statement,
    load_grammar,
    top_level,
)
from imr_nlp.concepts.guidelines import Catalogue, any_of, normal
from imr_nlp.text.compiled import compile_pattern


class CitationParser:
    """Reads formal guideline sections with one catalogue; ``grammar`` is the shipped one by default.

    >>> from imr_nlp.concepts.guidelines import catalogue
    >>> parser = CitationParser(catalogue())
    >>> text = "Decision based on MTUS Knee Complaints 2011, Section(s): Special Studies, Ice."
    >>> [(c.authority, c.title, c.year, c.sections) for c in parser.parse(text, "reviewer")]
    [('MTUS', 'Knee Complaints', 2011, ('Special Studies', 'Ice'))]
    """

    def __init__(self, known: Catalogue, grammar: Grammar | None = None) -> None:
        self.catalogue = known
        self.grammar = grammar or load_grammar(known)
        self.authority = compile_pattern(known.any_authority())
        self.extra = {
            name: compile_pattern(rf"[\s,]{{0,2}}{any_of(rules['extra'])}\b", re.IGNORECASE)
            for name, rules in known.authorities.items()
        }

    def parse(self, text: str, party: str, offset: int = 0) -> list[Citation]:
        """Return the citations of one section in text order.

        ``party`` is whose section it is; a sentence that names the other party counts for that one. ``offset`` is
        added to all positions. A section that cites nothing and does not say so gives an empty list.
        """
        said = list(self.grammar.statements(text, party))
        outside = {s.party for s in said if s.kind == "outside"}
        found: list[Citation] = []
        for statement in said:
            found += self._read(text, statement)
        if self.grammar.adopted.search(text):
            found += [replace(c, party=REVIEWER, rule="adopted") for c in found if c.party == CLAIMS]
        cited = {c.party for c in found if c.authority != "none"}
        heard = {c.party for c in found}
        silent = {s.party: s for s in said if s.kind != "unled" and s.party not in heard}
        found += [Citation(whose, "none", s.start, s.body_start, s.kind) for whose, s in silent.items()]
        kept = [c for c in found if c.start < c.end and (c.authority != "none" or c.party not in cited)]
        return [
            replace(
                c,
                start=c.start + offset,
                end=c.end + offset,
                outside_mtus=c.outside_mtus or c.party in outside,
            )
            for c in kept
        ]

    def _read(self, text: str, statement: Statement) -> list[Citation]:
        if statement.kind == "none":
            end = statement.body_start
            return [Citation(statement.party, "none", statement.start, end, "nothing-cited")]
        if statement.kind == "outside":
            return []
        body = text[statement.body_start : statement.body_end]
        parts = list(self.grammar.part_of_mtus.finditer(body))
        law = [*self.grammar.regulation.finditer(body), *self.grammar.in_force.finditer(body)] if "MTUS" in body else []
        for said in (*parts, *law, *self.grammar.not_cited.finditer(body), *self.grammar.consulted.finditer(body)):
            body = body[: said.start()] + " " * len(said.group()) + body[said.end() :]
        found: list[Citation] = []
        for authority, start, end, name_end in self._references(body, statement.kind):
            after = next((part for part in parts if part.end() > start), None)
            outside = bool(after and after.group("no") and after.start() <= end + 1)
            part_of_mtus = bool(after and not after.group("no"))
            read = self._citations(body, authority, start, end, name_end, statement, part_of_mtus)
            found.extend(replace(citation, outside_mtus=outside) for citation in read)
        return [
            replace(c, start=c.start + statement.body_start, end=c.end + statement.body_start) for c in merged(found)
        ]

    def _references(self, body: str, kind: str) -> Iterator[tuple[str, int, int, int]]:
        """Yield (authority, start, end, end of the authority's name) for each reference of a statement's body."""
        start = 0
        for cut in [
            *((m.start(), m.end()) for m in self.grammar.other_sources.finditer(body)),
            (len(body), len(body)),
        ]:
            yield from self._anchored(body, start, cut[0], kind)
            start = cut[1]

    def _anchored(self, body: str, start: int, end: int, kind: str) -> Iterator[tuple[str, int, int, int]]:
        anchors = self._anchors(body, start, end, kind)
        lead = self.grammar.tidy(body, start, anchors[0][1] if anchors else end)
        if lead[0] < lead[1] and (kind != "unled" or self._names_document(body, *lead)):
            yield from self._unanchored(body, lead, kind)
        for i, (name, at, name_end, stop) in enumerate(anchors):
            if stop is None:
                stop = anchors[i + 1][1] if i + 1 < len(anchors) else end
            if kind == "unled" and (sentence := self.grammar.next_sentence.search(body, name_end, stop)):
                stop = sentence.start()
            if name_end > at and self.grammar.and_another.match(body, name_end, stop):  # "the ODG and a textbook"
                cut, rest = name_end, self.grammar.tidy(body, name_end, stop)
            else:
                cut = self._next_source(body, name, name_end, stop)
                rest = self.grammar.tidy(body, cut, stop)
            yield name, at, cut, name_end
            if rest[0] < rest[1]:
                yield from self._unanchored(body, rest, kind)

    def _next_source(self, body: str, authority: str, start: int, end: int) -> int:
        """Return where a source without known authority begins after a known one; ``end`` where none does."""
        for cut in self.grammar.next_source.finditer(body, start, end):
            # In a list of the MTUS a year belongs to its next document.
            dated = authority != "MTUS" and ";" in cut.group() and ANY_YEAR.search(body, cut.end(), end)
            if dated or self._is_source(body, cut.end(), end):
                return cut.start()
        paper = self.grammar.paper.search(body, start, end)
        return paper.start() if paper else end

    def _anchors(self, body: str, start: int, end: int, kind: str) -> list[tuple[str, int, int, int | None]]:
        """Return (authority, start, end of its name, end of the reference if known) wherever one is named."""
        anchors: list[tuple[str, int, int, int | None]] = []
        depth, since = 0, start
        for match in self.authority.finditer(body, start, end):
            name = str(match.lastgroup)
            depth += body.count("(", since, match.start()) - body.count(")", since, match.start())
            since = match.start()
            if depth > 0:
                continue  # "(… ODG …)"
            opening = self.grammar.state.search(body, max(start, match.start() - 24), match.start())
            at = opening.start() if opening else match.start()
            if within := self.grammar.within.search(body, max(start, at - 12), at):  # "Pain Chapter of the ODG"
                last = anchors[-1][2] if anchors else start
                cuts = self.grammar.joint.finditer(body, last, within.start())
                joints = [cut.end() for cut in cuts if "and" in cut.group()]
                opens = joints[-1] if anchors and joints else last
                titled = self.grammar.tidy(body, opens, within.start())
                if titled[0] < titled[1]:
                    if joints or not anchors:
                        anchors.append((name, opens, opens, within.start()))
                    continue
                if anchors and not joints:
                    continue
                # Nothing stands before "of the ODG": the authority alone is the document.
                at = within.start() if anchors else at
            after = self.extra[name].match(body, match.end(), end)
            anchors.append((name, at, after.end() if after else match.end(), None))
        if anchors and kind in ("mtus", "named"):
            # "ACOEM, Chapter 9 …, and Chronic Pain Treatment Guidelines …": the latter is the MTUS again.
            named = iter([*anchors[1:], ("", end, end, None)])
            owner, following = anchors[0][0], next(named)
            for joint in self.grammar.joint.finditer(body, anchors[0][2], end):
                while following[1] < joint.end():
                    owner, following = following[0], next(named)
                title = self.grammar.mtus_title.match(body, joint.end(), end)
                if owner != "MTUS" and title and title.group().lower().endswith(("guidelines", "treatment")):
                    anchors.append(("MTUS", joint.end(), joint.end(), None))
                    owner = "MTUS"
        return sorted(anchors, key=lambda anchor: anchor[1])

    def _unanchored(self, body: str, lead: tuple[int, int], kind: str) -> Iterator[tuple[str, int, int, int]]:
        """Yield the references of a passage that names no authority: a title of the MTUS, or other literature."""
        title = self.grammar.mtus_title.match(body, *lead)
        if title and (kind != "non_mtus" or title.group().lower().endswith("medical treatment guidelines")):
            yield "MTUS", *lead, lead[0]
        elif kind == "non_mtus" and self._is_odg_chapter(body[slice(*lead)]):
            yield "ODG", *lead, lead[0]
        else:
            for piece in self.grammar.split_accessed(body, *lead):
                yield "other", *piece, piece[0]

    def _names_document(self, body: str, start: int, end: int) -> bool:
        """Tell whether a passage begins with a title of the MTUS or a source of the catalogue."""
        return bool(self.grammar.mtus_title.match(body, start, end)) or self._is_source(body, start, end)

    def _is_source(self, body: str, start: int, end: int) -> bool:
        return bool(self.catalogue.finder("other")[0].match(normal(body[start : min(end, start + 80)])))

    def _is_odg_chapter(self, text: str) -> bool:
        """Tell whether a source without authority is a chapter of the ODG: "Knee & Leg (Cold packs)"."""
        opening = self.catalogue.finder("ODG")[0].match(normal(text))
        return bool(opening and re.match(r"[^(]{0,60}\([^()]{1,80}\)$", text) and " " in opening.group())

    def _citations(
        self, body: str, authority: str, start: int, end: int, name_end: int, statement: Statement, part_of_mtus: bool
    ) -> Iterator[Citation]:
        start, end = self.grammar.tidy(body, start, end)
        base = Citation(statement.party, authority, start, max(end, start), statement.kind)
        if authority == "other":
            title = body[start:end]
            pages = tuple(self.grammar.pages_of(title))
            canonical = self.catalogue.canonical("other", title)
            year = self.grammar.published(title)
            yield replace(base, title=title, canonical_title=canonical, year=year, pages=pages)
        elif authority == "MTUS":
            yield from self._documents(body, base, name_end, part_of_mtus)
        else:
            yield self._titled(body, base, name_end)

    def _titled(self, body: str, base: Citation, name_end: int) -> Citation:
        """Return the citation of an ACOEM or ODG reference: everything after the authority is the title."""
        at, end = self.grammar.tidy(body, min(name_end, base.end), base.end)
        rest, year = body[at:end], None
        if dated := YEAR_BEFORE.match(rest):
            year, rest = int(dated["year"]), rest[dated.end() :]
        pages = tuple(self.grammar.pages_of(rest))
        rest = self.grammar.pages.sub("", rest)
        rest = rest[slice(*self.grammar.tidy(rest, 0, len(rest)))]
        if edition := self.grammar.edition.search(rest):  # belongs to the title, as written
            year = int(edition["year"])
        elif dated := TITLE_YEAR.search(rest):
            year, rest = int(dated["year"]), rest[: dated.start()]
        title = rest or None
        canonical = self.catalogue.canonical(base.authority, title)
        return replace(base, title=title, canonical_title=canonical, year=year, pages=pages)

    def _documents(self, body: str, base: Citation, name_end: int, part_of_mtus: bool) -> Iterator[Citation]:
        """Yield one citation for each MTUS document of ``body[name_end:base.end]``.

        The MTUS takes chapters over from the ACOEM: "Knee Complaints (ACOEM Practice Guidelines …)" is the MTUS's where
        the sentence says so (``part_of_mtus``), else the ACOEM's.
        """
        heads = list(self._heads(body, name_end, base.end))
        if not heads:
            sections, pages = self._tail(body[name_end : base.end], None)
            yield replace(base, sections=sections, pages=pages)
        for i, (at, tail, title, year) in enumerate(heads):
            stop = heads[i + 1][0] if i + 1 < len(heads) else base.end
            if acoem := self.grammar.from_acoem.match(body, tail, stop):
                base = base if part_of_mtus else replace(base, authority="ACOEM")
                year, tail = int(acoem["year"]) if acoem["year"] else year, acoem.end()
            sections, pages = self._tail(body[tail:stop], title)
            start, end = self.grammar.tidy(body, base.start if i == 0 else at, stop)
            yield replace(
                base,
                start=start,
                end=end,
                title=title,
                canonical_title=self.catalogue.canonical(base.authority, title),
                year=year,
                sections=sections,
                pages=pages,
            )

    def _heads(self, body: str, start: int, end: int) -> Iterator[tuple[int, int, str, int | None]]:
        """Yield (start, end, title, year) of each document's name, wherever one may begin."""
        start, _ = self.grammar.tidy(body, start, end)
        last = start
        marker = body.find("Section(s)", start, end)  # after it, names without a year are sections
        joints = [
            (start, True),
            *((m.end(), "and" in m.group()) for m in self.grammar.joint.finditer(body, start, end)),
        ]
        for at, may_be_new in joints:
            if at < last or at >= end:
                continue
            if 0 <= marker < last:
                marker = body.find("Section(s)", last, end)
            early = YEAR_BEFORE.match(body, at, end)
            name_at = early.end() if early else at
            year = int(early["year"]) if early else None
            title = self.grammar.mtus_title.match(body, name_at, end)
            dated = YEAR_AFTER.match(body, title.end(), end) if title else None
            if title and (at == start or self._is_document(title.group(), bool(dated), listed=0 <= marker < at)):
                last = dated.end() if dated else title.end()
                yield at, last, title["title"], int(dated["year"]) if dated else year
            elif may_be_new and (unknown := UNKNOWN_DATED.match(body, name_at, end)):
                last = unknown.end()
                yield at, last, unknown["title"].strip(EDGE), int(unknown["year"])
            elif (
                at == start
                and not self.grammar.section_word.match(body[at:end])
                and (plain := self.grammar.unknown.match(body, name_at, end))
            ):
                if self.grammar.pages.match(body, at, end) or NUMBERED.match(body, at, end):
                    continue
                last = plain.end()
                yield at, last, plain.group().strip(EDGE), year

    def _is_document(self, title: str, dated: bool, listed: bool) -> bool:
        """Tell whether a known title in the middle of a list is the next document rather than a section of the last."""
        if listed and not dated:
            return title.lower().endswith("guidelines")
        return bool(self.grammar.full_title.search(title))

    def _tail(self, text: str, title: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the sections and pages named after a document's name."""
        pages: list[str] = []
        sections: list[str] = []
        at = 0
        for group in [*self.grammar.pages.finditer(text), None]:
            piece = text[at : group.start() if group else len(text)]
            sections += self._sections(piece, title)
            if group:
                pages += self.grammar.pages_in(group["list"])
                at = group.end()
        return tuple(sections), tuple(pages)

    def _sections(self, piece: str, title: str | None) -> list[str]:
        piece = piece[slice(*self.grammar.tidy(piece, 0, len(piece)))]
        if title and piece.lower().startswith(title.lower()):  # "… Guidelines … Guidelines Page(s): 3"
            piece = piece[len(title) :].strip(EDGE)
        marked = self.grammar.section_word.match(piece)
        piece = piece[marked.end() :] if marked else piece
        return [name for name in self.split_sections(piece) if name and normal(name) not in ("section", "sections")]

    def split_sections(self, text: str) -> list[str]:
        """Split a list of section names at its commas, but not at those inside a name.

        >>> from imr_nlp.concepts.guidelines import catalogue
        >>> parser = CitationParser(catalogue())
        >>> parser.split_sections("Capsaicin, topical, Exercise, 3.1 Opioids: Start, low and slow")
        ['Capsaicin, topical', 'Exercise', '3.1 Opioids: Start, low and slow']
        """
        parts = top_level(text)
        names: list[str] = []
        i = 0
        while i < len(parts):
            j = next((j for j in range(min(len(parts), i + 6), i, -1) if self._known(parts[i:j])), i + 1)
            name = ", ".join(parts[i:j])
            small = name[:1].islower() and not self._known([name]) and not self.grammar.joiner_before.match(name)
            numbered = bool(names) and bool(re.match(r"\d+\.\d?", names[-1])) and not NUMBERED.match(name)
            if names and (small or numbered):
                names[-1] += ", " + name
            else:
                names.append(self.grammar.section_after.sub("", self.grammar.joiner_before.sub("", name)))
            i = j
        return [name.strip(EDGE) for name in names]

    def _known(self, parts: list[str]) -> bool:
        return normal(self.grammar.joiner_before.sub("", ", ".join(parts))) in self.catalogue.sections
