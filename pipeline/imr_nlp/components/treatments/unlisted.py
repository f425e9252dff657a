"""``imr_unnamed``: the letter's own lexicon, made from its parsed requests.

A disputed service always names a treatment. Where the vocabularies know no name in a request ("Zyro frame, 14 days
rental") or only a part of it ("bedside 3 in 1 commode"), the request's own wording is the name. It is looked for all
over the letter, with its short forms: the head alone ("gloves" after "large gloves").
"""

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from imr_nlp.concepts.services import BY_HEADING, category, name_place, reworded
from imr_nlp.config import read_yaml, shipped
from imr_nlp.doc.factory import FromFiles, factory
from imr_nlp.doc.spans import ENTITIES, SERVICES, EntityDraft, regions, replace_entities, span_values
from imr_nlp.doc.tokenizer import text_of
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.inflection import singular
from imr_nlp.text.intervals import IntervalSet

_MAX_LENGTH = 6  # words
_MAX_DRUG = 2  # words
_MAX_NAMES = 100  # in one letter, each of which is looked for all over it; a letter disputes a few dozen services
_MIN_HEAD = 4  # letters
#: Kinds of treatment whose names leave the part of the body out.
_WITHOUT_PART = frozenset({"imaging", "test", "therapy"})
_WORD = re.compile(r"[\w'-]+")
#: A part of a compound, with its strength: "Flurbiprofen 20%/Camphor 2%".
_PART = re.compile(r"(?:^|[,;/+&(]|\b(?:and|of|with))\s*([A-Za-z]{5,24})\s{0,2}(?=\d{1,2}(?:\.\d{1,4})?\s?%)")
#: Two drugs in one tablet, with the strength of each: "diclofenac/misoprostol 75-0.2 mg".
_JOINED = re.compile(r"\b([A-Za-z]{5,24})/([A-Za-z]{5,24})(?=\s{0,2}\d[\d.,]{0,7}\s?(?:mg|mcg)?\s?[-/])")


@dataclass(frozen=True, slots=True)
class Wording:
    """A name that a request gives: its pattern, canonical name and category."""

    pattern: re.Pattern[str]
    canonical: str
    category: str
    kind: str = ""
    label: str = "PROCEDURE"


class UnlistedServiceFinder(FromFiles):
    """Pipeline component: adds PROCEDURE and MEDICATION spans (rule ``px.heading``) to ``doc.spans["imr"]``.

    In: a Doc with the services of ``imr_services`` and the entities of the vocabularies; a Doc without services stays
    as it is. Out: the same Doc, whose services have the new names as ``procedure``.

    Args:
        vocabulary: The file with the words that alone name no treatment.
        widen: Whether the words of a request around a known name belong to the name all over the letter.

    >>> unnamed = UnlistedServiceFinder()
    >>> unnamed.name_of("Retrospective Zyro frame for the left knee"), unnamed.name_of("12 additional visits")
    ('zyro frame', None)
    """

    def __init__(self, vocabulary: str = "concepts/service_categories.yml", widen: bool = True) -> None:
        self.widen = widen
        config = read_yaml(vocabulary, "concepts/service_categories.yml")
        self.generic = frozenset(config["generic"])
        self.sizes = compile_pattern(rf"(?:(?:{'|'.join(config['sizes'])})[\s,]+)+", re.IGNORECASE)
        self.form = compile_pattern(rf"\s+(?:{'|'.join(config['forms'])})(?:\s.*)?$", re.IGNORECASE)
        self.dose = compile_pattern(config["dose"], re.IGNORECASE)
        self.not_modifiers = frozenset(config["not_modifiers"])
        listed = shipped("treatments/procedures.yml")["canonical"]
        self.canonical = {str(written): str(name) for name, forms in listed.items() for written in forms}
        self.heads = frozenset(config["heads"])
        anatomy = shipped("concepts/anatomy.yml")["classes"]
        listed = [*anatomy["side"], *anatomy["region"]["words"], *anatomy["region_adj"]]
        self.parts = frozenset(word for phrase in listed for word in str(phrase).split())

    def name_of(self, request: str) -> str | None:
        """Return the name in a request's text, lower case; None where its words say nothing."""
        start, end = self._place(request)
        name = singular(" ".join(request[start:end].lower().split()))
        return name if self._tells(name) else None

    def _place(self, request: str) -> tuple[int, int]:
        start, end = name_place(request)
        size = self.sizes.match(request, start, end)
        return (size.end() if size else start), end

    def _tells(self, name: str) -> bool:
        words = name.split()
        return len(words) <= _MAX_LENGTH and any(len(word) > 2 and word not in self.generic for word in words)

    def __call__(self, doc: Doc) -> Doc:
        """Find the names of one letter's requests in its regions."""
        services = span_values(doc, SERVICES)
        if not services:
            return doc
        text = text_of(doc)
        treatments = span_values(doc, ENTITIES, "PROCEDURE", "MEDICATION")
        starts = [found.attrs["start"] for found in treatments]
        wordings: dict[str, Wording] = {}
        for service in services:
            start, end = service.attrs["start"], service.attrs["end"]
            inside = treatments[bisect_left(starts, start) : bisect_left(starts, end)]
            made = self._wordings(text[start:end], [(one.label_, one.attrs) for one in inside], start)
            if made and len(wordings) < _MAX_NAMES:
                name = self.canonical.get(made[0].canonical, made[0].canonical)
                is_drug = made[0].label == "MEDICATION"
                service.attrs["procedure"] = name if is_drug else reworded(name, text[start:end])
                for wording in made:
                    wordings.setdefault(wording.pattern.pattern, wording)
        if wordings:
            self._mark(doc, text, list(wordings.values()))
        return doc

    def _wordings(self, request: str, inside: list[tuple[str, dict[str, Any]]], at: int) -> list[Wording]:
        """Return the name of a request and its short forms; empty where the vocabularies have it whole."""
        start, end = self._place(request)
        written = " ".join(request[start:end].split())
        if not self._tells(singular(written.lower())):
            return []
        # A heading before the name ("Labs - liver panel") is another thing than what is asked for.
        inside = [one for one in inside if one[1]["end"] - at > start]
        if inside and inside[0][0] == "MEDICATION" and (drugs := self._drugs(request, inside, at)):
            return drugs
        if not inside:
            name = singular(written.lower())
            if self.dose.search(request) and len(self.form.sub("", name).split()) <= _MAX_DRUG:
                name = self.form.sub("", name)
                return [Wording(_pattern(name), name, "pharmaceutical", label="MEDICATION")]
            kind = category(request, [])
            found = [Wording(_pattern(name), name, kind)]
            head = name.split()[-1]
            if len(head) >= _MIN_HEAD and head != name and head not in self.generic and head.isalpha():
                found.append(Wording(_pattern(head), name, kind))
            return found
        if not self.widen:
            return []
        label, known = inside[0]
        first, last = known["start"] - at, known["end"] - at
        if label != "PROCEDURE" or (len(inside) > 1 and inside[1][1]["start"] - at < end):
            return []
        if not (start <= first and last <= end) or (start, end) == (first, last):
            return []
        before, after = request[start:first].lower(), request[last:end].lower()
        if not self._modifies(before, str(known.get("kind", ""))) or not self._completes(after):
            return []
        name = singular(written.lower())
        return [Wording(_pattern(name), name, str(known.get("category") or ""), str(known.get("kind") or ""))]

    def _drugs(self, request: str, inside: list[tuple[str, dict[str, Any]]], at: int) -> list[Wording]:
        """Return the drugs of a compound or a combination that no list has, and first the name of the whole."""
        listed = {
            request[one["start"] - at : one["end"] - at].lower(): str(one["canonical"])
            for label, one in inside
            if label == "MEDICATION"
        }
        if not listed:
            return []
        for joined in _JOINED.finditer(request):
            name = joined[0].lower()
            if name not in listed and not {joined[1].lower(), joined[2].lower()}.isdisjoint(listed):
                return [Wording(_pattern(name), name, "pharmaceutical", label="MEDICATION")]
        parts = [part[1].lower() for part in _PART.finditer(request)]
        new = [part for part in parts if not any(part in name.split() for name in listed)]
        new = [part for part in new if part not in self.generic]
        if not new or len(new) == len(parts):
            return []
        whole = "/".join(dict.fromkeys(listed.get(part, part) for part in parts if part in listed or part in new))
        found = [Wording(_pattern(part), part, "pharmaceutical", label="MEDICATION") for part in dict.fromkeys(new)]
        return [Wording(_pattern(whole), whole, "pharmaceutical", label="MEDICATION"), *found]

    def _modifies(self, words: str, kind: str) -> bool:
        """Whether the words of a request before a known name belong to the name."""
        found = _WORD.findall(words)
        if any(word in self.not_modifiers for word in found) or re.search(r"[,;:()]", words):
            return False
        return kind not in _WITHOUT_PART or not any(word in self.parts for word in found)

    def _completes(self, words: str) -> bool:
        """Whether the words of a request after a known name belong to the name."""
        found = _WORD.findall(words)
        if re.search(r"[^\w\s/-]", words):
            return False
        return not found or (found[-1] in self.heads and not any(word in self.parts for word in found))

    def _mark(self, doc: Doc, text: str, wordings: list[Wording]) -> None:
        known = [
            EntityDraft(one.attrs["start"], one.attrs["end"], one.label_, one.attrs)
            for one in span_values(doc, ENTITIES)
        ]
        new: list[EntityDraft] = []
        within = regions(doc)
        for wording in wordings:
            taken = IntervalSet((one.start, one.end) for one in (*new, *known) if one.label != "DIAGNOSIS")
            for start, end, _, _ in within:
                for match in wording.pattern.finditer(text, start, end):
                    if not _crosses(match.span(), known, wording.label) and not taken.covers(*match.span()):
                        about = {"rule": BY_HEADING, "canonical": wording.canonical, "category": wording.category}
                        new.append(EntityDraft(*match.span(), wording.label, about | {"kind": wording.kind}))
        if new:
            found = IntervalSet((one.start, one.end) for one in new)
            drugs = IntervalSet((one.start, one.end) for one in new if one.label == "MEDICATION")
            gone = {"PROCEDURE": found, "DIAGNOSIS": found, "MEDICATION": drugs}
            kept = [one for one in known if one.label not in gone or not gone[one.label].covers(one.start, one.end)]
            replace_entities(doc, kept + new)


def _crosses(place: tuple[int, int], known: list[EntityDraft], label: str) -> bool:
    """Whether a span of a label cuts an entity, or lies in a guideline's name or beside a drug."""
    start, end = place
    for one in known:
        if one.start < end and start < one.end:
            inside = start <= one.start and one.end <= end
            if not inside or one.label not in ("PROCEDURE", "DIAGNOSIS", label):
                return True
    return False


@lru_cache(maxsize=512)
def _pattern(name: str) -> re.Pattern[str]:
    """Return a pattern for a name in any case: plural or not, with hyphens or blanks, "pulse" for "pulsed".

    >>> bool(_pattern("pulsed heat wrap").fullmatch("Pulse heat  wraps"))
    True
    """
    words = []
    for word in re.split(r"[\s-]+", name):
        stem = word.removesuffix("d") if word.endswith("ed") else ""
        words.append(f"{re.escape(stem)}d?" if len(stem) > _MIN_HEAD else re.escape(word))
    return re.compile(r"(?<!\w)" + r"[\s-]+".join(words) + r"(?:s|es)?(?!\w)", re.IGNORECASE)


@factory(
    "imr_unnamed",
    default_config={"vocabulary": "concepts/service_categories.yml", "widen": True},
    assigns=["doc.spans", "span._.canonical", "span._.rule"],
    requires=["doc.spans"],
)
def create_unnamed(nlp: Language, name: str, vocabulary: str, widen: bool) -> UnlistedServiceFinder:
    """Make the component; see `UnlistedServiceFinder` for its settings."""
    return UnlistedServiceFinder(vocabulary, widen)
