"""``imr_abbreviations``: what short forms stand for in this letter.

scispaCy's abbreviation detection (Schwartz and Hearst, "A simple algorithm for identifying abbreviation definitions in
biomedical text", 2003) links the short forms that a letter defines to their long forms. A short form that the letter
does not define takes the sense that its surroundings speak for; senses and cues are in
``configs/abbreviations.yml``.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from scispacy.abbreviation import filter_matches, find_abbreviation
from spacy.attrs import ORTH
from spacy.language import Language
from spacy.tokens import Doc, Span

from imr_nlp.concepts.other_senses import CONDITION, other_sense
from imr_nlp.config import ConfigError, read_yaml, shipped
from imr_nlp.doc.factory import FromFiles, factory
from imr_nlp.doc.spans import ENTITIES, EntityDraft, regions, replace_entities, span_values
from imr_nlp.doc.tokenizer import text_of
from imr_nlp.text.inflection import plural
from imr_nlp.text.intervals import IntervalSet

#: Where the definitions of a letter are kept: {short form: long form}, plain text.
TABLE = "imr_abbreviations"
OTHER = "OTHER"  # known to be no entity
UNKNOWN = "UNKNOWN"  # defined as something that no vocabulary knows
LABELS = ("DIAGNOSIS", "PROCEDURE", "MEDICATION", OTHER)
#: A short form inside one of these is part of a name and gets no span of its own.
NAMES = (*LABELS, "GUIDELINE")
_QUOTES = frozenset({'"', "'", "``", "''"})
_OPENS = _QUOTES | {"(", "["}
_FEW = 3  # words in brackets that scispaCy reads as a short form
_MAX_PARENTHESIS = 8  # tokens, as in scispaCy
ASKED = "service"  # the section of a request's own text
_STEM = 5  # letters in which words with the same stem agree


@dataclass(frozen=True, slots=True)
class Sense:
    """One meaning of a short form; ``label`` is OTHER where it is no entity."""

    label: str
    canonical: str
    cues: frozenset[str] = frozenset()
    default: bool = False
    kind: str = ""
    category: str = ""

    def means(self, long_form: str) -> bool:
        """Whether a letter's long form is this sense ("Disc herniations" is "disc herniation")."""
        written = long_form.lower()
        return written in (self.canonical, plural(self.canonical))


class AbbreviationResolver(FromFiles):
    """Pipeline component: settles what the short forms of a letter mean.

    In: a Doc with entities in ``doc.spans["imr"]``. Out: the same Doc, where short forms of diagnoses, procedures and
    medications are entities with their long form as ``canonical``, entities that are short forms of something else
    are gone, and ``doc.user_data["imr_abbreviations"]`` holds the letter's own definitions as plain text.

    >>> import spacy
    >>> nlp = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": "imr.LetterTokenizer.v1"}}})
    >>> _ = nlp.add_pipe("imr_diagnoses"), nlp.add_pipe("imr_abbreviations")
    >>> doc = nlp("He has thoracic outlet syndrome (TOS). The TOS has not improved.")
    >>> [(span.text, span._.canonical) for span in doc.spans["imr"]][1:]
    [('TOS', 'thoracic outlet syndrome'), ('TOS', 'thoracic outlet syndrome')]
    """

    def __init__(self, nlp: Language, vocabulary: str = "abbreviations.yml") -> None:
        config = read_yaml(vocabulary, "abbreviations.yml")
        self.window = int(config["window"])
        self._listed = {str(short): _senses(entries, vocabulary) for short, entries in config["senses"].items()}
        self.senses = self._listed

    def fired(self, doc: Doc) -> set[str]:
        """Return the listed short forms that a letter holds."""
        return {token.text for token in doc if token.text in self._listed}

    def switch_off(self, entries: Collection[str], rules: Collection[str] = ()) -> None:
        """Treat these short forms as unlisted; empty switches all on again."""
        self.senses = {short: senses for short, senses in self._listed.items() if short not in entries}

    def __call__(self, doc: Doc) -> Doc:
        """Resolve the short forms of one letter."""
        known = span_values(doc, ENTITIES)
        entities = [EntityDraft(one.attrs["start"], one.attrs["end"], one.label_, one.attrs) for one in known]
        by_end = sorted((e.end, number, e.label) for number, e in enumerate(entities) if e.label in LABELS)
        defined = {
            short: self._defined(short, _in_full(short, long), by_end, entities) for short, long in definitions(doc)
        }
        doc.user_data[TABLE] = {short: sense.canonical for short, sense in defined.items()}
        within = IntervalSet((start, end) for start, end, _, _ in regions(doc))
        asked = IntervalSet((start, end) for start, end, section, _ in regions(doc) if section == ASKED)
        text = text_of(doc)
        by_place: dict[tuple[int, int], list[EntityDraft]] = {}
        for entity in entities:
            by_place.setdefault((entity.start, entity.end), []).append(entity)
        long = [(one.start, one.end) for one in known if one.label_ in NAMES and one.end - one.start > 1]
        inside = {i for start, end in long for i in range(start, end)}
        changed = False
        strings = doc.vocab.strings
        shorts = {strings.add(short) for short in (*defined, *self.senses)}
        for i in [i for i, orth in enumerate(doc.to_array(ORTH).tolist()) if orth in shorts]:
            word = doc[i].text
            start, end = doc[i].idx, doc[i].idx + len(word)
            if not within.covers(start, end):
                continue
            sense = defined.get(word) or self._by_context(doc, i)
            if sense:
                kind = CONDITION if sense.label == "DIAGNOSIS" else sense.kind
                barred = i in inside or bool(not asked.covers(start, end) and other_sense(text, start, end, kind))
                changed |= _apply_sense(by_place, start, end, word, sense, barred)
        if changed:
            replace_entities(doc, [entity for found in by_place.values() for entity in found])
        return doc

    def _defined(
        self, short: str, long: Span, by_end: list[tuple[int, int, str]], entities: list[EntityDraft]
    ) -> Sense:
        """Return the sense that the letter itself gives a short form: a listed one, or what its long form is."""
        for sense in self.senses.get(short, ()):
            if sense.means(long.text):
                return sense
        inside = by_end[bisect_left(by_end, (long.start_char + 1,)) : bisect_left(by_end, (long.end_char + 1,))]
        if not inside:
            return Sense(UNKNOWN, long.text.lower())
        _, number, label = min(inside, key=itemgetter(1))
        named = entities[number]
        canonical = (
            named.attrs.get("canonical") if (named.start, named.end) == (long.start_char, long.end_char) else None
        )
        name = str(canonical or long.text.lower())
        return Sense(label, name, kind=named.attrs.get("kind") or "", category=named.attrs.get("category") or "")

    def _by_context(self, doc: Doc, i: int) -> Sense | None:
        around = Counter(token.lower_ for token in doc[max(0, i - self.window) : i + self.window + 1])
        scored = [(sum(around[cue] for cue in sense.cues), sense.default, sense) for sense in self.senses[doc[i].text]]
        best = max(scored, key=lambda item: item[:2])
        return best[2] if best[0] or best[1] else None


def definitions(doc: Doc) -> Iterator[tuple[str, Span]]:
    """Yield the short forms that a Doc defines, each once, with the span of the long form.

    >>> import spacy
    >>> [(short, long.text) for short, long in definitions(spacy.blank("en")("A range of motion (ROM) test."))]
    [('ROM', 'range of motion')]
    """
    seen: set[str] = set()
    brackets = list(_parentheses(doc))
    for short, long in _long_in_brackets(doc, brackets):
        if short not in seen:
            seen.add(short)
            yield short, long
    for long_candidate, short_candidate in filter_matches(brackets, doc):
        if len(short_candidate) != 1 or not short_candidate.text[:2].isupper():
            continue
        _, long = find_abbreviation(long_candidate, short_candidate)
        while long is not None and len(long) > 1 and long[-1].text in _OPENS:
            long = long[:-1]  # of 'long form ("LF")'
        if long is not None and len(long) > 1 and short_candidate.text not in seen:
            seen.add(short_candidate.text)
            yield short_candidate.text, long


def _in_full(short: str, long: Span) -> Span:
    """Return a long form with the words before it that its short form stands for.

    The algorithm takes the shortest long form that holds the letters. Of "proton pump inhibitor (PPI)" that is
    "pump inhibitor", so where the initials of the words say more, they count.
    """
    letters = short.removesuffix("s").lower()
    near = range(max(0, long.end - 2 * len(letters)), long.end)
    words = [i for i in near if long.doc[i].text != "-"][-len(letters) :]  # of "proton-pump inhibitor" too
    initials = "".join(long.doc[i].lower_[:1] for i in words)
    return long.doc[words[0] : long.end] if letters and initials == letters and words[0] < long.start else long


def _long_in_brackets(doc: Doc, brackets: list[tuple[int, int, int]]) -> Iterator[tuple[str, Span]]:
    """Yield short forms whose long form of two or three words stands in brackets: "PPI (proton pump inhibitor)".

    The algorithm takes so few words for the short form, so here every word must give its initial.
    """
    for _, start, end in brackets:
        short = doc[start - 2].text if start > 1 else ""
        if 1 < end - start <= _FEW and short.isupper() and len(short) == end - start:
            long = doc[start:end]
            if all(word.lower_.startswith(letter) for word, letter in zip(long, short.lower(), strict=False)):
                yield short, long


def _parentheses(doc: Doc) -> Iterator[tuple[int, int, int]]:
    """Yield what stands in brackets, in the form of spaCy's matcher; scispaCy's pattern finds every pair of them.

    Quotation marks around all of it are left out.
    """
    strings = doc.vocab.strings
    opening, closing = {strings.add("("), strings.add("[")}, {strings.add(")"), strings.add("]")}
    opened = -1
    for i, orth in enumerate(doc.to_array(ORTH).tolist()):
        if orth in opening:
            opened = i
        elif orth in closing and opened >= 0:
            start, end = opened + 1, i
            if end - start > _FEW - 1 and doc[start].text in _QUOTES and doc[end - 1].text in _QUOTES:
                start, end = start + 1, end - 1
            if 0 < end - start <= _MAX_PARENTHESIS:
                yield 0, start, end
            opened = -1


def _apply_sense(
    by_place: dict[tuple[int, int], list[EntityDraft]], start: int, end: int, short: str, sense: Sense, barred: bool
) -> bool:
    """Correct the entities at ``start:end``, a short form in one sense; one that is ``barred`` gets none.

    Returns whether an entity was added or removed.
    """
    here = by_place.get((start, end), [])
    # Names of treatments are often longer than a vocabulary knows; a condition is known by its name or isn't one.
    wrong = [
        e
        for e in here
        if e.label in LABELS and e.label != sense.label and (sense.label != UNKNOWN or _contradicts(sense, e))
    ]
    right = [e for e in here if e not in wrong]
    for entity in right:
        if entity.label == sense.label:
            entity.attrs["canonical"] = sense.canonical
    missing = sense.label not in (OTHER, UNKNOWN) and not barred and not any(e.label in NAMES for e in right)
    if missing:
        about = {"rule": f"abbreviation.{short}", "canonical": sense.canonical}
        about |= {key: value for key in ("kind", "category") if (value := getattr(sense, key))}
        right = [*right, EntityDraft(start, end, sense.label, about)]
    if wrong or missing:
        by_place[start, end] = right
    return bool(wrong) or missing


def _contradicts(sense: Sense, entity: EntityDraft) -> bool:
    """Whether a long form that no vocabulary knows shows that a short form is not what the vocabulary says.

    Of a treatment it does where it ends with no noun of treatments, and shares no word with any of the treatment's own
    long forms.
    """
    if entity.label == "DIAGNOSIS":
        return True
    if sense.canonical.split()[-1] in shipped("abbreviations.yml")["treatment_nouns"]:
        return False
    canonical = str(entity.attrs.get("canonical") or "")
    known = _stems(" ".join([canonical, *_wordings().get(canonical, ())]))
    return len(known) > 1 and known.isdisjoint(_stems(sense.canonical))


@lru_cache(maxsize=1)
def _wordings() -> dict[str, list[str]]:
    """Return the long forms of treatments by their canonical names."""
    listed = {name: list(forms) for name, forms in shipped("treatments/procedures.yml")["canonical"].items()}
    for short, entries in shipped("abbreviations.yml")["senses"].items():
        for entry in entries:
            listed.setdefault(short.lower(), []).append(entry["canonical"])
    return listed


def _stems(phrase: str) -> frozenset[str]:
    """Return the beginnings of a phrase's words; "computerized" and "computed" have the same."""
    return frozenset(word[:_STEM] for word in phrase.lower().replace("-", " ").split() if len(word) >= _STEM)


def _senses(entries: list[dict[str, Any]], source: str) -> tuple[Sense, ...]:
    if wrong := [entry["label"] for entry in entries if entry["label"] not in LABELS]:
        raise ConfigError(f"{source}: unknown label {wrong[0]!r}; one of {', '.join(LABELS)}")
    return tuple(
        Sense(
            e["label"],
            e["canonical"],
            frozenset(map(str, e.get("cues") or ())),
            bool(e.get("default")),
            e.get("kind") or "",
            e.get("category") or "",
        )
        for e in entries
    )


@factory(
    "imr_abbreviations",
    default_config={"vocabulary": "abbreviations.yml"},
    assigns=["doc.spans", "span._.canonical"],
    requires=["doc.spans"],
)
def create_abbreviations(nlp: Language, name: str, vocabulary: str) -> AbbreviationResolver:
    """Return the component; ``vocabulary`` is a file under ``configs/`` or an absolute path."""
    return AbbreviationResolver(nlp, vocabulary)
