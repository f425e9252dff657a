"""``imr_guidelines``: mentions of guidelines in running text (entities GUIDELINE with their authority).

Looks in `imr_nlp.doc.spans.regions` and writes to ``doc.spans["imr"]``, label GUIDELINE, fact ``authority``: MTUS,
ACOEM, ODG, MTUS+ACOEM, FDA, AMA or another short name of ``configs/concepts/guidelines.yml``. How names combine is in
``configs/guideline_mentions.yml`` (`imr_nlp.components.guidelines.wordings`).

How a mention is found (`MentionFinder.find`):

1. A *core*: the name of an authority ("ODG"), a document's own name ("Chronic Pain Medical Treatment Guidelines"),
   a section of the regulations ("Section 9792.20"), another source ("FDA").
2. The core grows to the left ("2016 California …", "Chapter 8 of the …") and, piece by piece, to the right: a second
   authority, a year, a title, "Guidelines", "Chapter 12", a section in parentheses. Tables and pages stay out.
3. A bare "guidelines" is a mention where exactly one authority has been named before it in the same section.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from spacy.language import Language
from spacy.tokens import Doc

from imr_nlp.components.guidelines.wordings import RULES, Wordings, load_wordings
from imr_nlp.concepts.guidelines import Catalogue, catalogue
from imr_nlp.doc.factory import FromFiles, factory
from imr_nlp.doc.spans import ENTITIES, add_span, regions
from imr_nlp.doc.tokenizer import text_of
from imr_nlp.text.case import lower_case

_AUTHORITIES = ("MTUS", "ACOEM", "ODG")
_SECTION_NUMBER = re.compile(r"\s\d{1,3}\.\d{1,2}\b(?![/%-])")  # "Coverage Determination 240.4"
_AUTHOR_YEAR = re.compile(r",?\s(?:19|20)\d{2}[a-z]?\s?[);]")  # "(CDC, 2015)" is a reference, not a mention
_LEADING_YEAR = re.compile(r"(?:19|20)\d{2},?\s")
_WORD_BEFORE = re.compile(r"(?P<mark>[\"'.;:,()/-])?\s?(?P<word>[A-Za-z'-]{0,24})\s?$")


@dataclass(frozen=True, slots=True)
class GuidelineMatch:
    """One mention: ``start:end`` in the text searched, its authority, and what found it."""

    start: int
    end: int
    authority: str
    rule: str


class MentionFinder:
    """Finds mentions of guidelines in a span of text; ``wordings`` are the shipped ones by default.

    >>> finder = MentionFinder(catalogue())
    >>> text = "Per the ODG, Knee Chapter and the CA MTUS/ACOEM Guidelines, rest helps. FDA warnings exist."
    >>> [(text[m.start:m.end], m.authority) for m in finder.find(text)]
    [('ODG, Knee Chapter', 'ODG'), ('CA MTUS/ACOEM Guidelines', 'MTUS+ACOEM'), ('FDA', 'FDA')]
    """

    def __init__(self, known: Catalogue, wordings: Wordings | None = None) -> None:
        self.mentions = known.mentions
        self.wordings = wordings or load_wordings(known)
        self.source_of = {w.lower(): source["authority"] for source in known.sources for w in source["written"]}
        self.society_heads = tuple(known.mentions["society_heads"])

    def find(self, text: str, start: int = 0, end: int | None = None) -> list[GuidelineMatch]:
        """Return the mentions in ``text[start:end]`` in text order."""
        end = len(text) if end is None else end
        found = list(self._named(text, start, end))
        return sorted([*found, *self._bare(text, start, end, found)], key=lambda mention: mention.start)

    def _named(self, text: str, start: int, end: int) -> Iterator[GuidelineMatch]:
        piece = f" {text[start:end]}"
        # Cores in capitals are looked for in the text, all others in its lower case, which is several times faster.
        # Each is looked for behind a character of no word, so that `re` need not try at every letter of a word. That
        # takes 0.6 ms a letter less.
        found = chain(self.wordings.core.finditer(piece), self.wordings.core_lower.finditer(lower_case(piece)))
        cores = [(start + m.start(), 1 - start - m.end(), str(m.lastgroup)) for m in found]
        cores += self._societies(text, start, end, {begin for begin, _, kind in cores if kind in _AUTHORITIES})
        if any(word in piece for word in self.wordings.law_words):
            cores += [(m.start(), -m.end(), str(m.lastgroup)) for m in self.wordings.law.finditer(text, start, end)]
        at = start
        for begin, minus_stop, kind in sorted(cores):
            if begin < at:
                continue
            name_start, stop = begin, -minus_stop
            owners = [kind] if kind in _AUTHORITIES else ["MTUS"] if kind == "title" else []
            if owners:
                if abbreviation := self.wordings.abbreviation.match(text, stop, end):
                    stop = abbreviation.end()
                if self.wordings.governed.search(text, max(start, begin - 12), begin):
                    stop = self._and_other(text, stop, end, owners)
                stop = _closed(text, begin, self._grow(text, stop, end, owners))
                stop = self._of_mtus(text, begin, stop, end, owners, kind)
                begin = _reach_back(self.wordings.left, text, max(at, begin - 48), begin)
                begin += len(self._lone_year(text[begin:name_start], text[name_start:stop]))
                yield GuidelineMatch(begin, stop, _authority(owners), f"guideline.{kind.lower()}")
            elif not (kind == "source" and _AUTHOR_YEAR.match(text, stop, end)):
                if kind in ("source", "society"):
                    more = self._called(text, stop, end) or _SECTION_NUMBER.match(text, stop, end)
                    stop = more.end() if more else stop
                if kind == "regulation" and (whole := self.wordings.of_mtus.match(text, stop, end)):
                    stop = self._grow(text, whole.end(), end, ["MTUS"])
                if kind == "text":
                    begin = _reach_back(self.wordings.words_before, text, max(at, begin - 40), begin)
                yield GuidelineMatch(begin, stop, self._short_name(kind, text[begin:stop]), f"guideline.{kind}")
            at = stop

    def _societies(self, text: str, start: int, end: int, taken: set[int]) -> Iterator[tuple[int, int, str]]:
        """Yield societies that are in no catalogue and have a say: "the European League of X advises"."""
        region = text[start:end]
        if not any(head in region for head in self.society_heads):
            return
        for match in self.wordings.society.finditer(text, start, end):
            begin, stop = match.span("name")
            if begin in taken or text[begin - 1 : begin].isalnum():
                continue
            says = match["document"] or self._called(text, stop, end) or self.wordings.says.match(text, stop, end)
            if says or self.wordings.cited.search(text, max(start, begin - 20), begin):
                yield begin, -stop, "society"

    def _and_other(self, text: str, stop: int, end: int, owners: list[str]) -> int:
        """Return where a pair of names under one article ends: "the MTUS and ACOEM"."""
        match = self.wordings.both.match(text, stop, end)
        if match is None or {str(match.lastgroup), *owners} != {"MTUS", "ACOEM"}:
            return stop
        owners.append(str(match.lastgroup))
        return match.end()

    def _of_mtus(self, text: str, begin: int, stop: int, end: int, owners: list[str], kind: str) -> int:
        """Return where a part ends that belongs to the MTUS: "ACOEM Chapter 11 of the MTUS"."""
        part = kind == "title" or (kind == "ACOEM" and stop - begin > len("ACOEM's"))
        whole = self.wordings.of_mtus.match(text, stop, end) if part else None
        if whole is None:
            return stop
        owners.append("MTUS")
        return whole.end()

    def _called(self, text: str, stop: int, end: int) -> re.Match[str] | None:
        """Return what a society's guideline is called after its name, unless a verb stands between."""
        more = self.wordings.called.match(text, stop, end)
        return more if more and self.wordings.no_name.isdisjoint(more["between"].lower().split()) else None

    def _grow(self, text: str, at: int, end: int, owners: list[str]) -> int:
        for _ in range(8):
            grown = self._step(text, at, end, owners)
            if grown is None:
                break
            at = grown
        return at

    def _step(self, text: str, at: int, end: int, owners: list[str]) -> int | None:
        """Return where the name ends after its next piece, or None where it ends at ``at``."""
        already = bool(self.wordings.after_guidelines.search(text, max(0, at - 22), at))
        patterns = [self.wordings.within] if already else [self.wordings.second, self.wordings.joined]
        for pattern in patterns:
            match = pattern.match(text, at, end)
            if match and {str(match.lastgroup), *owners} == {"MTUS", "ACOEM"}:
                if match.group().startswith(",") and self.wordings.listed.match(text, match.end(), end):
                    continue
                owners.append(str(match.lastgroup))
                return match.end()
        for pattern in self.wordings.right:
            match = pattern.match(text, at, end)
            if match and not (already and match.group().strip(" -").lower().startswith("guide")):
                return match.end()
        topic = None if already else self.wordings.topic.match(text, at, end)
        if topic and not any(w in self.wordings.no_name or w.endswith(("s", "ed")) for w in topic["between"].split()):
            return topic.end()
        return None

    def _lone_year(self, before: str, name: str) -> str:
        """Return the year at the start of ``before`` where it doesn't belong to the name that follows.

        "2016 MTUS Chronic Pain Guidelines" is a name, in "the 2016 California MTUS" the name begins after the year.
        """
        year = _LEADING_YEAR.match(before)
        return year.group() if year and not self.wordings.dated.search(name) else ""

    def _short_name(self, kind: str, name: str) -> str:
        if kind in ("source", "society"):
            words = name.split()
            begins = (" ".join(words[:n]).lower() for n in range(len(words), 0, -1))
            known = next((self.source_of[begin] for begin in begins if begin in self.source_of), None)
            society = self.wordings.up_to_guideline.split(name)[0]
            return known or ("other" if kind == "source" else "_".join(society.split()))
        return {"regulation": "MTUS", "labor": "Labor_Code"}.get(kind, "_".join(name.split()))

    def _bare(self, text: str, start: int, end: int, named: list[GuidelineMatch]) -> Iterator[GuidelineMatch]:
        i = 0
        authorities: set[str] = set()
        for match in self.wordings.bare.finditer(text, start, end):
            while i < len(named) and named[i].end < match.start() - 1:
                authorities.add(named[i].authority)
                i += 1
            inside = i < len(named) and named[i].start <= match.start()  # in a name, or right after it
            if not inside and len(authorities) == 1 and self._stands_alone(text, start, match.start()):
                yield GuidelineMatch(match.start(), match.end(), next(iter(authorities)), "guideline.bare")

    def _stands_alone(self, text: str, start: int, at: int) -> bool:
        """Tell whether what is before a bare "guidelines" refers back to one named before."""
        before = _WORD_BEFORE.search(text, max(start, at - 26), at)
        if before is None or (before["mark"] in ("/", "-") and not before["word"]):
            return False
        return not before["word"] or before["word"].lower() in self.mentions["bare_before"]


def _closed(text: str, start: int, stop: int) -> int:
    """Return where a name ends: without a parenthesis that opened before it ("(ODG Knee Chapter)")."""
    name = text[start:stop]
    return stop - 1 if name.endswith(")") and "(" not in name else stop


def _reach_back(pattern: re.Pattern[str], text: str, start: int, at: int) -> int:
    """Return where what ``pattern`` finds right before ``at`` begins; ``at`` where it finds nothing."""
    match = pattern.search(text, start, at)
    return match.start() if match else at


def _authority(owners: list[str]) -> str:
    return "MTUS+ACOEM" if {"MTUS", "ACOEM"} <= set(owners) else owners[0]


class GuidelineFinder(FromFiles):
    """Callable component; ``vocabulary`` is the catalogue and ``rules`` the wordings, relative to ``configs/``.

    >>> import spacy
    >>> doc = GuidelineFinder()(spacy.blank("en")("The ODG Knee Chapter recommends rest."))
    >>> [(span.text, span._.authority) for span in doc.spans["imr"]]
    [('ODG Knee Chapter', 'ODG')]
    """

    def __init__(self, vocabulary: str = "concepts/guidelines.yml", rules: str = RULES) -> None:
        known = catalogue(vocabulary)
        self.finder = MentionFinder(known, load_wordings(known, rules))

    def __call__(self, doc: Doc) -> Doc:
        """Add GUIDELINE entities to ``doc.spans["imr"]``."""
        text = text_of(doc)
        for start, end, _category, _service in regions(doc):
            for mention in self.finder.find(text, start, end):
                add_span(
                    doc,
                    ENTITIES,
                    mention.start,
                    mention.end,
                    "GUIDELINE",
                    rule=mention.rule,
                    authority=mention.authority,
                )
        return doc


@factory(
    "imr_guidelines",
    default_config={"vocabulary": "concepts/guidelines.yml", "rules": RULES},
    assigns=["doc.spans", "span._.authority", "span._.canonical"],
)
def create_guidelines(nlp: Language, name: str, vocabulary: str, rules: str) -> GuidelineFinder:
    """Return the component for ``nlp.add_pipe("imr_guidelines")``."""
    return GuidelineFinder(vocabulary, rules)
