"""The patterns of formal guideline sentences, with which `imr_nlp.components.citations.parser` cuts them.

The wordings are in ``configs/citations.yml``, each with examples. Here are forms of years and numbers, and what
follows from a match. No pattern can backtrack over more than a bounded length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from imr_nlp.concepts.guidelines import Catalogue, any_of
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.pattern_files import load_patterns

CLAIMS, REVIEWER = "claims_administrator", "reviewer"
RULES = "citations.yml"
#: The groups that are read from a match of each pattern.
_GROUPS = {
    "party": "claims reviewer",
    "part_of_mtus": "no",
    "from_acoem": "year",
    "mtus_title": "title",
    "edition": "year",
    "pages": "list",
}
EDGE = " \t,;:.-/"
ANY_YEAR = re.compile(r"\b(?:19|20)\d{2}\b")
_YEAR = r"(?P<year>(?:19|20)\d{2})"
YEAR_AFTER = re.compile(rf",?\s\(?(?:[A-Z][a-z]{{2,8}}\.?,?\s)?{_YEAR}\)?(?=$|[\s,.;:)])")
YEAR_BEFORE = re.compile(rf"\(?{_YEAR}\)?,?\s")
# "Shoulder Complaints (2004)": the year at the end of a title
TITLE_YEAR = re.compile(rf"[\s,]{{1,2}}\({_YEAR}\)$")
# Of a publication: neither in a date nor in an address.
_PUBLISHED = re.compile(rf"(?<![\w/.-]){_YEAR}(?![\w/-])")
UNKNOWN_DATED = re.compile(rf"(?P<title>[A-Z][A-Za-z&()/' -]{{2,90}}?),?\s\(?{_YEAR}\)?(?=$|\s?[,.;])")
# "3.1 Opioids", "46-47"
NUMBERED = re.compile(r"\d{1,2}(?:\.\d{1,2}){0,5}\.?\s[A-Z]|\d{1,4}(?:-\d{1,4})?$")


@dataclass(frozen=True, slots=True)
class Statement:
    """One formal sentence: its kind, whose it is, where it starts and where its body is."""

    kind: str
    party: str
    start: int
    body_start: int
    body_end: int


@dataclass(frozen=True, slots=True)
class Grammar:
    """The patterns of ``configs/citations.yml`` by their names there, and ``lead``: a party with one of its ``leads``.

    >>> from imr_nlp.concepts.guidelines import catalogue
    >>> [s.kind for s in load_grammar(catalogue()).statements("Decision based on MTUS Knee Complaints.", REVIEWER)]
    ['mtus']
    """

    lead: re.Pattern[str]
    kinds: tuple[str, ...]
    nothing: re.Pattern[str]
    adopted: re.Pattern[str]
    next_sentence: re.Pattern[str]
    part_of_mtus: re.Pattern[str]
    regulation: re.Pattern[str]
    in_force: re.Pattern[str]
    not_cited: re.Pattern[str]
    consulted: re.Pattern[str]
    state: re.Pattern[str]
    within: re.Pattern[str]
    from_acoem: re.Pattern[str]
    next_source: re.Pattern[str]
    paper: re.Pattern[str]
    other_sources: re.Pattern[str]
    accessed: re.Pattern[str]
    and_another: re.Pattern[str]
    joint: re.Pattern[str]
    mtus_title: re.Pattern[str]
    full_title: re.Pattern[str]
    unknown: re.Pattern[str]
    edition: re.Pattern[str]
    looked_at: re.Pattern[str]
    section_word: re.Pattern[str]
    section_after: re.Pattern[str]
    pages: re.Pattern[str]
    one_page: re.Pattern[str]
    between_pages: re.Pattern[str]
    all_pages: re.Pattern[str]
    joiner_after: re.Pattern[str]
    joiner_before: re.Pattern[str]

    def statements(self, text: str, party: str) -> Iterator[Statement]:
        """Yield the guideline statements of a text; ``party`` is whose they are where the text names nobody."""
        leads = []
        for match in self.lead.finditer(text):
            kind = next(kind for kind in self.kinds if match[kind] is not None)
            named = CLAIMS if match["claims"] else REVIEWER if match["reviewer"] else None
            if kind in ("none", "named") and named is None and "ecision" not in match.group():
                continue
            leads.append((kind, named or party, match.start(), match.end()))
        for i, (kind, whose, start, body_start) in enumerate(leads):
            end = leads[i + 1][2] if i + 1 < len(leads) else len(text)
            if kind == "named" and (sentence := self.next_sentence.search(text, body_start, end)):
                end = sentence.start()
            yield Statement(kind, whose, start, body_start, end)
        if not leads and self.nothing.fullmatch(text):
            end = len(text.rstrip(" \t\r\n."))
            yield Statement("none", party, len(text) - len(text.lstrip()), end, end)
        elif not leads and text.strip():
            yield Statement("unled", party, 0, 0, len(text))

    def tidy(self, text: str, start: int, end: int) -> tuple[int, int]:
        """Return ``start:end`` without punctuation and joining words at its edges."""
        while True:
            while start < end and (text[start] in EDGE or text[start].isspace()):
                start += 1
            while end > start and text[end - 1] in EDGE:
                end -= 1
            tail = text[max(start, end - 12) : end]
            if match := self.joiner_after.search(tail):
                end -= len(tail) - match.start()
            elif match := self.joiner_before.match(text[start : min(end, start + 12)]):
                start += match.end()
            else:
                return start, end

    def published(self, title: str) -> int | None:
        """Return the year in which a source without known authority was published: the last one that its title gives.

        >>> from imr_nlp.concepts.guidelines import catalogue
        >>> grammar = load_grammar(catalogue())
        >>> grammar.published("Roe P. Cold lasers. J Pain 2011;4:1-9"), grammar.published("Sleeves, viewed 2/18/2017")
        (2011, None)
        """
        looked_at = self.looked_at.search(title)
        years = _PUBLISHED.findall(title, 0, looked_at.start() if looked_at else len(title))
        return int(years[-1]) if years else None

    def split_accessed(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the passage of each literature reference; several are told apart by their access dates."""
        for match in [*self.accessed.finditer(text, start, end), None]:
            stop = match.end() if match else end
            piece = self.tidy(text, start, stop)
            if piece[0] < piece[1]:
                yield piece
            start = stop

    def pages_of(self, text: str) -> Iterator[str]:
        """Yield the pages that a text names: "Page(s): 46-47, 50"."""
        for group in self.pages.finditer(text):
            yield from self.pages_in(group["list"])

    def pages_in(self, written: str) -> list[str]:
        """Return the pages of a written list, ranges with a hyphen.

        >>> from imr_nlp.concepts.guidelines import catalogue
        >>> grammar = load_grammar(catalogue())
        >>> grammar.pages_in("76 to 80; 88-89 and 91")
        ['76-80', '88-89', '91']
        >>> grammar.pages_in("111-113 (of 127) or 115/127")
        ['111-113', '115']
        >>> grammar.pages_in("303 through page 305")
        ['303-305']
        """
        return [self.between_pages.sub("-", page) for page in self.one_page.findall(self.all_pages.sub("", written))]


def load_grammar(known: Catalogue, rules: str = RULES) -> Grammar:
    """Read the patterns.

    Args:
        known: The catalogue, whose titles are filled in.
        rules: The file; a relative path is taken from ``configs/``.

    Raises:
        ConfigError: The file is missing, does not fit its model or has a pattern that cannot be used.
    """
    chapters = any_of(document.name.split(": ")[-1] for document in known.documents["ACOEM"])
    words = {"TITLES": any_of(known.written("MTUS")), "CHAPTERS": chapters}
    patterns = load_patterns(rules, RULES, words, _GROUPS)
    party, leads = patterns.pop("party"), patterns.pop("leads")
    kinds = "|".join(f"(?P<{kind}>{lead.pattern})" for kind, lead in leads.items())
    return Grammar(compile_pattern(rf"\b(?:{party.pattern})?(?:{kinds})"), tuple(leads), **patterns)


def top_level(text: str) -> list[str]:
    """Split at commas and semicolons outside parentheses."""
    parts, depth, at = [], 0, 0
    for i, char in enumerate(text):
        if char == "(":
            depth += 1
        elif char == ")":
            depth = max(0, depth - 1)
        elif char in ",;" and depth == 0:
            parts.append(text[at:i].strip())
            at = i + 1
    return [part for part in [*parts, text[at:].strip()] if part]
