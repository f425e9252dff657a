"""``imr_guidelines``: mentions of guidelines in running text (entities GUIDELINE with their authority).

Looks in `imr_nlp.doc.spans.regions` and writes to ``doc.spans["imr"]``, label GUIDELINE, fact ``authority``: MTUS,
ACOEM, ODG, MTUS+ACOEM, FDA, AMA or another short name of ``configs/concepts/guidelines.yml``.

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

from imr_nlp.concepts.guidelines import Catalogue, any_of, catalogue
from imr_nlp.doc.factory import FromFiles, factory
from imr_nlp.doc.spans import ENTITIES, add_span, regions
from imr_nlp.doc.tokenizer import text_of
from imr_nlp.text.alternatives import alternatives
from imr_nlp.text.case import lower_case
from imr_nlp.text.compiled import compile_pattern

_GUIDELINES = (
    r"(?i:(?:(?:medical|clinical|practice|treatment|evidence[\s-]based|occupational|medicine)\s){0,4}"
    r"guide-?\s?lines?)\b"
)
_PART = r"(?i:chapters?|section|guide-?lines?|complaints?|disorders?)\b"
_YEAR = r"(?:19|20)\d{2}\b(?![/.]\d)"
_CAPITAL = r"(?:(?!MTUS|ACOEM|ODG|Official\b)[A-Z][A-Za-z'&/-]{0,24}|and|&|of|for)"
_FOR_WHAT = (
    r"(?:\s(?:for|on(?=\s(?:the\s)?[A-Z]))"
    r"(?:\s(?:the|of|in|and|for|with|(?!(?:The|This|It|He|She)\b)[A-Z][a-z'-]{1,24})){1,9}"
    r"(?<=[a-z'-])(?<!\sthe)(?<!\sof)(?<!\sin)(?<!\sand)(?<!\sfor)(?<!\swith))?"
)
#: Words between a society and "guideline" that make two of them: "the ADA advises guidelines".
_NO_NAME = frozenset(
    "and or the a an of in on its has have says say advises recommends recommend issued published by to with as is"
    " are was per cites cite under which that whose those these this chapter section criteria"
    " agree agrees calls call".split()
)
_AFTER_GUIDELINES = re.compile(r"guide-?\s?lines?\)?(?:,?\s\(?(?:19|20)\d{2}\)?)?$", re.IGNORECASE)
_REGULATION = (
    r"(?:(?:Title\s)?8,?\s)?(?:C\.?C\.?R\.?|California\sCode\sof\sRegulations)[\s,]{1,3}(?:title\s8,?\s)?(?:(?:§{1,2}|[Ss]ections?)\s?)?"
    r"9792(?:\.\d{1,3}){0,3}(?:[a-z]\b|(?:\([a-z0-9]{1,3}\)){0,3})"
    r"|(?:§\s?|[Ss]ections?\s)9792(?:\.\d{1,3}){0,3}(?:[a-z]\b|(?:\([a-z0-9]{1,3}\)){0,3})"
)
_LABOR_CODE = r"(?:California\s)?Labor\sCode(?:,?\s(?:[Ss]ection|§)\s?)?\s?\d{3,4}(?:\.\d{1,2})?"
_SECTION_NUMBER = re.compile(r"\s\d{1,3}\.\d{1,2}\b(?![/%-])")  # "Coverage Determination 240.4"
_UP_TO_GUIDELINE = re.compile(r"\s(?i:(?:clinical\s|practice\s)*guide-?lines?)\b")
_AUTHORITIES = ("MTUS", "ACOEM", "ODG")
_LAWS = ("9792", "Labor")  # no statute is named without one of these
_WORDS_BEFORE = re.compile(r"(?:\b(?!the\s|a\s|in\s|of\s)[A-Za-z]{1,20}\s){0,2}$")
_AUTHOR_YEAR = re.compile(r",?\s(?:19|20)\d{2}[a-z]?\s?[);]")  # "(CDC, 2015)" is a reference, not a mention
_BARE = re.compile(r"\b[Gg]uide-?\s?lines?\b")
#: One article or state before two names: "the MTUS and ACOEM" are one mention.
_GOVERNED = re.compile(r"\b(?:[Tt]he|California|CA)\s$")
_WORD_BEFORE = re.compile(r"(?P<mark>[\"'.;:,()/-])?\s?(?P<word>[A-Za-z'-]{0,24})\s?$")


@dataclass(frozen=True, slots=True)
class GuidelineMatch:
    """One mention: ``start:end`` in the text searched, its authority, and what found it."""

    start: int
    end: int
    authority: str
    rule: str


class MentionFinder:
    """Finds mentions of guidelines in a span of text.

    >>> finder = MentionFinder(catalogue())
    >>> text = "Per the ODG, Knee Chapter and the CA MTUS/ACOEM Guidelines, rest helps. FDA warnings exist."
    >>> [(text[m.start:m.end], m.authority) for m in finder.find(text)]
    [('ODG, Knee Chapter', 'ODG'), ('CA MTUS/ACOEM Guidelines', 'MTUS+ACOEM'), ('FDA', 'FDA')]
    """

    def __init__(self, known: Catalogue) -> None:
        self.mentions = known.mentions
        authority = "|".join(f"(?P<{name}>{known.authority_pattern(name)})" for name in known.authorities)
        self.source_of = {w.lower(): source["authority"] for source in known.sources for w in source["written"]}
        exact = [w for source in known.sources for w in source["written"] if w != w.lower()]
        loose = [w for source in known.sources for w in source["written"] if w == w.lower()]
        chapters = any_of([name for owner in ("MTUS", "ACOEM", "ODG") for name in known.written(owner)])
        shorts = "|".join(f"(?P<{name}>{alternatives(rules['short'])})" for name, rules in known.authorities.items())
        fulls = "|".join(f"(?P<{name}>{any_of(rules['names'])})" for name, rules in known.authorities.items())
        # Cores in capitals are looked for in the text, all others in its lower case, which is several times faster.
        # Each is looked for behind a character of no word, so that `re` need not try at every letter of a word. That
        # takes 0.6 ms a letter less.
        self.core = compile_pattern(rf"[^\w](?:{shorts}|(?P<source>{any_of(exact)}))\b")
        self.law = compile_pattern(rf"\b(?P<labor>{_LABOR_CODE})|(?=[TC8§Ss])(?P<regulation>{_REGULATION})")
        self.core_lower = compile_pattern(
            rf"[^\w](?:{fulls}|(?P<title>{any_of(known.written('MTUS'))}(?:\s(?:medical|treatment)){{0,2}}(?:\sguide-?\s?lines?|(?<=guidelines))"
            rf"|{any_of(known.mentions['topics'])}\sguidelines)|(?P<source>{any_of(loose)})|(?P<text>{any_of(known.mentions['texts'])}))\b"
        )
        self.abbreviation = compile_pattern(
            r"\s\((?:MTUS|ACOEM|ODG(?:[-/]TWC)?|CPMTG|OEM)\)|\s\((?i:official\sdisability\sguidelines)\)"
        )
        self.left = compile_pattern(
            rf"(?:\b[Cc]hapter\s\d{{1,2}}\sof\s(?:the\s)?)?(?:\b(?:\d(?:st|nd|rd|th)|[Ss]econd|[Tt]hird|[Ff]ourth)\s[Ee]d(?:ition|\.),?\s(?:of\s)?(?:the\s)?)?(?:\b{_YEAR},?\s)?(?:\b(?:State\sof\s)?(?:California|Calif\.|CA)(?:\s?[-/]\s?|\s|'s\s)(?:{_YEAR}\s)?)?$"
        )
        self.second = compile_pattern(rf"(?:\s?[/-]\s?|,?\s)(?:\(\s?)?(?:{authority})\)?")
        self.joined = compile_pattern(rf"\s?(?:and|&|or|and/or)\s(?:the\s)?(?:{authority})(?=\s{_GUIDELINES})")
        title = rf"(?i:{chapters})"
        name = rf"{title}(?:\s{_PART})?"
        self.guidelines = compile_pattern(rf"\s?-?\s{_GUIDELINES}")  # " Practice Guidelines"
        # " perioperative guideline", " Guideline for Prescribing Opioids for Chronic Pain"
        self.called = compile_pattern(
            rf"\s(?P<between>(?:[A-Za-z][A-Za-z-]{{2,24}}\s){{0,2}}?)(?i:{any_of(known.mentions['called'])})\b"
            rf"(?:\s\d{{1,3}}(?:\.\d{{1,2}})?\b(?![/%-])|{_FOR_WHAT})"
        )
        pieces = (
            # " Low Back Chapter", ", Chronic Pain Medical Treatment Guidelines"
            rf"[\s,:/-]{{1,3}}[\"“]?(?:{_YEAR},?\s)?{title}(?:(?:[\s-]{{1,3}}{_PART}|\s{_GUIDELINES}){{1,2}}|(?<=guidelines)\b)",
            # " 2016", ", 2009", " (2004)", ", 2nd Edition (2004)"
            rf"(?:,\s|\s)\(?{_YEAR}\)?",
            rf"[\s,-]{{1,3}}(?:\d(?:st|nd|rd|th)|[Ss]econd|[Tt]hird)\s[Ee]d(?:ition|\.)(?:\s\({_YEAR}\))?",
            # ", Chapter 8, Neck and Upper Back Complaints"; tables and pages stay out
            rf"[\s,(:-]{{1,3}}[Cc]h(?:apter|\.)\s\d{{1,2}}\)?(?:[\s,:(-]{{1,3}}{name}\)?)?",
            # " chapter on knee complaints and special studies"
            rf"\s(?:chapter|section)\son\s(?:the\s)?{name}(?:\sand\sspecial\s(?:diagnostic\s)?studies)?",
            # " (Knee Complaints)", ' ("Tapering opioids")'
            rf"\s\([\"']?{name}[\"']?\)",
            r"\s\([\"'][A-Z][A-Za-z ,&-]{2,60}[\"']\)",
            # " - 8 C.C.R. 9792.24", " Preface"
            rf"(?:\sMTUS)?\s?-\s(?:{_REGULATION})",
            r"\s(?i:introduction|preface)\b",
            # " chapters"; ", Hernia" before a verb or a stop
            r"\schapters\b",
            rf",\s(?=[A-Z]){title}(?=\s?[:;.)]|\s{any_of(known.mentions['says'])}\b)",
            # " Physical Therapy Guidelines": capitals up to the word that tells what it is
            rf"[\s,-]{{1,3}}(?=[A-Z]){_CAPITAL}(?:\s{_CAPITAL}){{0,6}}\s(?i:guide-?lines?|chapter|section)\b",
        )
        self.right = [compile_pattern(pieces[0]), self.guidelines, *map(compile_pattern, pieces[1:])]
        # " psychotherapy guidelines"
        self.topic = compile_pattern(r"\s(?P<between>(?:[a-z][a-z-]{2,24}\s){1,2})guide-?lines?\b")
        # ", ACOEM" in "MTUS, ACOEM or ODG" is one of three
        self.listed = compile_pattern(rf"[^.;:()]{{0,40}}?,?\s(?:or|nor|and)\s(?:the\s)?(?:{authority})")
        self.both = compile_pattern(rf"\s(?:and|&)\s(?:{authority})")
        self.society = compile_pattern(_society(known.mentions))
        said, before = any_of(known.mentions["society_says"]), any_of(known.mentions["society_auxiliaries"])
        self.says = compile_pattern(
            rf"\s(?:(?:[a-z]{{2,20}}ly|{before})\s(?:not\s)?)?(?:[a-z]{{3,20}}(?:s|ed)|{said})\b"
        )
        self.cited = compile_pattern(rf"(?i:\b{any_of(known.mentions['society_cited'])})\s(?:the\s)?$")
        self.society_heads = tuple(known.mentions["society_heads"])
        # "Section 9792.24.1 of the MTUS"
        self.of_mtus = compile_pattern(rf"\sof\s(?:the\s)?(?:California\s|CA\s)?{known.authority_pattern('MTUS')}")
        self.within = compile_pattern(rf"\s(?:in|of|from)\s(?:the\s)?(?:{authority})")

    def find(self, text: str, start: int = 0, end: int | None = None) -> list[GuidelineMatch]:
        """Return the mentions in ``text[start:end]`` in text order."""
        end = len(text) if end is None else end
        found = list(self._named(text, start, end))
        return sorted([*found, *self._bare(text, start, end, found)], key=lambda mention: mention.start)

    def _named(self, text: str, start: int, end: int) -> Iterator[GuidelineMatch]:
        piece = f" {text[start:end]}"
        found = chain(self.core.finditer(piece), self.core_lower.finditer(lower_case(piece)))
        cores = [(start + m.start(), 1 - start - m.end(), str(m.lastgroup)) for m in found]
        cores += self._societies(text, start, end, {begin for begin, _, kind in cores if kind in _AUTHORITIES})
        if any(word in piece for word in _LAWS):
            cores += [(m.start(), -m.end(), str(m.lastgroup)) for m in self.law.finditer(text, start, end)]
        at = start
        for begin, minus_stop, kind in sorted(cores):
            if begin < at:
                continue
            name_start, stop = begin, -minus_stop
            owners = [kind] if kind in _AUTHORITIES else ["MTUS"] if kind == "title" else []
            if owners:
                if abbreviation := self.abbreviation.match(text, stop, end):
                    stop = abbreviation.end()
                if _GOVERNED.search(text, max(start, begin - 12), begin):
                    stop = self._and_other(text, stop, end, owners)
                stop = _closed(text, begin, self._grow(text, stop, end, owners))
                stop = self._of_mtus(text, begin, stop, end, owners, kind)
                begin = _reach_back(self.left, text, max(at, begin - 48), begin)
                begin += len(_lone_year(text[begin:name_start], text[name_start:stop]))
                yield GuidelineMatch(begin, stop, _authority(owners), f"guideline.{kind.lower()}")
            elif not (kind == "source" and _AUTHOR_YEAR.match(text, stop, end)):
                if kind in ("source", "society"):
                    more = self._called(text, stop, end) or _SECTION_NUMBER.match(text, stop, end)
                    stop = more.end() if more else stop
                if kind == "regulation" and (whole := self.of_mtus.match(text, stop, end)):
                    stop = self._grow(text, whole.end(), end, ["MTUS"])
                if kind == "text":
                    begin = _reach_back(_WORDS_BEFORE, text, max(at, begin - 40), begin)
                yield GuidelineMatch(begin, stop, self._short_name(kind, text[begin:stop]), f"guideline.{kind}")
            at = stop

    def _societies(self, text: str, start: int, end: int, taken: set[int]) -> Iterator[tuple[int, int, str]]:
        """Yield societies that are in no catalogue and have a say: "the European League of X advises"."""
        region = text[start:end]
        if not any(head in region for head in self.society_heads):
            return
        for match in self.society.finditer(text, start, end):
            begin, stop = match.span("name")
            if begin in taken or text[begin - 1 : begin].isalnum():
                continue
            says = match["document"] or self._called(text, stop, end) or self.says.match(text, stop, end)
            if says or self.cited.search(text, max(start, begin - 20), begin):
                yield begin, -stop, "society"

    def _and_other(self, text: str, stop: int, end: int, owners: list[str]) -> int:
        """Return where a pair of names under one article ends: "the MTUS and ACOEM"."""
        match = self.both.match(text, stop, end)
        if match is None or {str(match.lastgroup), *owners} != {"MTUS", "ACOEM"}:
            return stop
        owners.append(str(match.lastgroup))
        return match.end()

    def _of_mtus(self, text: str, begin: int, stop: int, end: int, owners: list[str], kind: str) -> int:
        """Return where a part ends that belongs to the MTUS: "ACOEM Chapter 11 of the MTUS"."""
        part = kind == "title" or (kind == "ACOEM" and stop - begin > len("ACOEM's"))
        whole = self.of_mtus.match(text, stop, end) if part else None
        if whole is None:
            return stop
        owners.append("MTUS")
        return whole.end()

    def _called(self, text: str, stop: int, end: int) -> re.Match[str] | None:
        """Return what a society's guideline is called after its name, unless a verb stands between."""
        more = self.called.match(text, stop, end)
        return more if more and _NO_NAME.isdisjoint(more["between"].lower().split()) else None

    def _grow(self, text: str, at: int, end: int, owners: list[str]) -> int:
        for _ in range(8):
            grown = self._step(text, at, end, owners)
            if grown is None:
                break
            at = grown
        return at

    def _step(self, text: str, at: int, end: int, owners: list[str]) -> int | None:
        """Return where the name ends after its next piece, or None where it ends at ``at``."""
        already = bool(_AFTER_GUIDELINES.search(text, max(0, at - 22), at))
        patterns = [self.within] if already else [self.second, self.joined]
        for pattern in patterns:
            match = pattern.match(text, at, end)
            if match and {str(match.lastgroup), *owners} == {"MTUS", "ACOEM"}:
                if match.group().startswith(",") and self.listed.match(text, match.end(), end):
                    continue
                owners.append(str(match.lastgroup))
                return match.end()
        for pattern in self.right:
            match = pattern.match(text, at, end)
            if match and not (already and match.group().strip(" -").lower().startswith("guide")):
                return match.end()
        topic = None if already else self.topic.match(text, at, end)
        if topic and not any(w in _NO_NAME or w.endswith(("s", "ed")) for w in topic["between"].split()):
            return topic.end()
        return None

    def _short_name(self, kind: str, name: str) -> str:
        if kind in ("source", "society"):
            words = name.split()
            begins = (" ".join(words[:n]).lower() for n in range(len(words), 0, -1))
            known = next((self.source_of[begin] for begin in begins if begin in self.source_of), None)
            return known or ("other" if kind == "source" else "_".join(_UP_TO_GUIDELINE.split(name)[0].split()))
        return {"regulation": "MTUS", "labor": "Labor_Code"}.get(kind, "_".join(name.split()))

    def _bare(self, text: str, start: int, end: int, named: list[GuidelineMatch]) -> Iterator[GuidelineMatch]:
        i = 0
        authorities: set[str] = set()
        for match in _BARE.finditer(text, start, end):
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


def _society(mentions: dict[str, list[str]]) -> str:
    """Return an expression for the name of a society or of what a congress of them agreed on.

    It begins with a choice of letters, which `re` finds quickest: what stands before a match is for the caller.
    """
    heads, nouns, documents = (
        alternatives(mentions[f"society_{name}"], blank=r"\s{1,2}") for name in ("heads", "nouns", "documents")
    )
    word = rf"(?!(?:{heads}|MTUS|ACOEM|ODG|Official|The|In|This|It|He|She)\b)[A-Z][A-Za-z'/-]{{1,24}}"
    first = rf"\s{{1,2}}(?:(?:of|for|on|in)\s(?:the\s)?)?{word}"
    more = rf"(?:{first}(?:,?\s(?:and|&)\s{word}|\s{{1,2}}(?:of\s|for\s)?{word}){{0,6}})?"
    return (
        rf"(?P<name>{any_of(mentions['society_heads'])}\s{{1,2}}(?:(?:{word},?|and|&)\s{{1,2}}){{0,4}}?"
        rf"(?:(?:{nouns})\b|(?P<document>{documents})\b){more})"
    )


def _closed(text: str, start: int, stop: int) -> int:
    """Return where a name ends: without a parenthesis that opened before it ("(ODG Knee Chapter)")."""
    name = text[start:stop]
    return stop - 1 if name.endswith(")") and "(" not in name else stop


def _reach_back(pattern: re.Pattern[str], text: str, start: int, at: int) -> int:
    """Return where what ``pattern`` finds right before ``at`` begins; ``at`` where it finds nothing."""
    match = pattern.search(text, start, at)
    return match.start() if match else at


def _lone_year(before: str, name: str) -> str:
    """Return the year at the start of ``before`` where it doesn't belong to the name that follows.

    "2016 MTUS Chronic Pain Guidelines" is a name, in "the 2016 California MTUS" the name begins after the year.
    """
    year = re.match(r"(?:19|20)\d{2},?\s", before)
    return year.group() if year and not re.search(r"[Gg]uide-?lines?|[Cc]hapter", name) else ""


def _authority(owners: list[str]) -> str:
    return "MTUS+ACOEM" if {"MTUS", "ACOEM"} <= set(owners) else owners[0]


class GuidelineFinder(FromFiles):
    """Callable component; ``vocabulary`` is the path of the catalogue, relative to ``configs/``.

    >>> import spacy
    >>> doc = GuidelineFinder()(spacy.blank("en")("The ODG Knee Chapter recommends rest."))
    >>> [(span.text, span._.authority) for span in doc.spans["imr"]]
    [('ODG Knee Chapter', 'ODG')]
    """

    def __init__(self, vocabulary: str = "concepts/guidelines.yml") -> None:
        self.finder = MentionFinder(catalogue(vocabulary))

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
    default_config={"vocabulary": "concepts/guidelines.yml"},
    assigns=["doc.spans", "span._.authority", "span._.canonical"],
)
def create_guidelines(nlp: Language, name: str, vocabulary: str) -> GuidelineFinder:
    """Return the component for ``nlp.add_pipe("imr_guidelines")``."""
    return GuidelineFinder(vocabulary)
