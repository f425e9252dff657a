"""``imr_diagnoses``: named diseases, disorders and injuries.

The names and how they are put together are in ``configs/diagnoses.yml``. Names of conditions are found
wherever they stand; complaints and findings ("neck pain", "weakness") count only in a list that the letter
presents as diagnoses ("Diagnoses include …", "is being treated for …").
"""

from collections.abc import Collection

from spacy.language import Language
from spacy.tokens import Doc, Span, Token

from imr_nlp.concepts.other_senses import CONDITION, other_sense
from imr_nlp.doc.factory import FromFiles, factory
from imr_nlp.doc.spans import (
    ENTITIES,
    EntityDraft,
    add_span,
    attrs_of,
    regions,
    replace_entities,
    span_values,
    token_regions,
)
from imr_nlp.doc.tokenizer import text_of
from imr_nlp.labels import TREATMENTS
from imr_nlp.matching.token_grammar import TokenGrammar, TokenMatch
from imr_nlp.matching.vocabulary import Words, load_vocabulary
from imr_nlp.text.intervals import IntervalSet
from imr_nlp.text.misspellings import Respeller

DIAGNOSIS, SYMPTOM, CUE, BESIDE = "DIAGNOSIS", "SYMPTOM", "CUE", "BESIDE"
ASKED = "service"  # the section of a request's own text
#: A diagnosis inside one of these is part of a name: "carpal tunnel release".
NAMES = ("PROCEDURE", "MEDICATION", "GUIDELINE")
#: Classes of the vocabulary whose words modify the name of a condition.
MODIFIERS = frozenset({"side", "region", "region_adj", "part", "direction", "quality", "kind", "wound_kind"})
#: Those of them that are no nouns.
_ADJECTIVES = frozenset({"side", "direction", "quality"})
_PLACES = frozenset({"region", "part"})
_MAX_LIST = 150  # tokens
_MAX_LINK = 4  # tokens between a finding and the diagnosis beside it
_MAX_PLACE = 6  # tokens between a comma and the noun that a place modifies
#: Classes of words that a place may modify, besides words of no class.
_NOT_NAMES = frozenset({"exam", "running_on"})
_CACHE_LIMIT = 50_000  # words
_VERB_ENDINGS, _LATIN_ENDINGS = ("ed", "ing", "s"), ("us", "is", "ss")
_ADJECTIVE_ENDINGS = ("al", "ar", "ic", "ous", "ive", "ary", "oid", "ory", "ant", "ent", "able", "ible")
_COMPOUND_ENDINGS = ("ed", "ing", "ent", "type", "like", "onset", "grade", "stage", "level")  # "pain-related"
_MIN_MODIFIER, _ACRONYM = 4, range(2, 6)  # letters
_JOINING = ("and", "or", "/", "-", "of", "the")
_CAUSED = ("to", "by")  # "due to pain", "worsened by pain"
_DASHES, _BEFORE_PLACE = ("-", "–"), ("the", "of")
_LINKS, _POSSESSIVES = ("and", "or"), ("'s", "'")
_AFTER_NUMBER = (".", ")")
_OTHER, _AT, _LEVEL = "other", "at", "level"
_BREAKS, _LEVEL_JOINTS = (";", ",", ".", ":"), ("-", "/", "and", "to", "through", ",", "&")
_MAX_UNKNOWN = 3  # words before a name that no class knows


class DiagnosisFinder(FromFiles):
    """Pipeline component: adds DIAGNOSIS spans to ``doc.spans["imr"]``.

    In: a Doc of the letter tokenizer, with sections where ``imr_layout`` has run, and with the entities whose names
    may hold a diagnosis. Out: the same Doc. Each span's ``rule`` names the pattern; a symptom in a diagnosis list has
    ``listed=True``.

    >>> import spacy
    >>> nlp = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": "imr.LetterTokenizer.v1"}}})
    >>> _ = nlp.add_pipe("imr_diagnoses")
    >>> doc = nlp("Knee pain persists. He was diagnosed with knee pain and a left medial meniscus tear.")
    >>> [span.text for span in doc.spans["imr"]]
    ['knee pain', 'left medial meniscus tear']
    """

    def __init__(self, nlp: Language, vocabulary: str = "diagnoses.yml") -> None:
        config = load_vocabulary(vocabulary, "diagnoses.yml")
        words = [w for c in ("head", "named", "region", "part") for w in _words(config["classes"][c])]
        respell = Respeller(words, int(config["respell_from"]), config["not_misspelt"])
        self.grammar = TokenGrammar(config, Words(nlp), vocabulary, respell)
        self._known: dict[str, set[str]] = {}
        self.quality = frozenset(_words(config["classes"]["quality"]))
        self.before_modifier = frozenset(config["before_modifier"])
        self.before_adjective = frozenset(config["before_adjective"])
        self.before_pair = frozenset(config["before_pair"])
        self.before_participle = frozenset(config["before_participle"])
        self.not_modifier = frozenset(config["not_modifier"])
        self.list_end = frozenset(config["list_end"])
        self.list_closing = frozenset(config["list_closing"])
        self.cause = frozenset(config["cause"])
        self.beside_links = frozenset(config["beside_links"])
        self.after_place = frozenset(config["after_place"])

    def fired(self, doc: Doc) -> set[str]:
        """Return the entries and exceptions of the vocabulary that a letter makes use of."""
        return self.grammar.fired(doc)

    def switch_off(self, entries: Collection[str], rules: Collection[str] = ()) -> None:
        """Treat entries, exceptions and patterns as absent (see ``evaluation.knock_out``)."""
        self.grammar.switch_off(entries, rules)

    def __call__(self, doc: Doc) -> Doc:
        """Find the diagnoses of one letter."""
        found: dict[str, list[TokenMatch]] = {DIAGNOSIS: [], SYMPTOM: [], CUE: [], BESIDE: []}
        for match in self.grammar.matches(doc, token_regions(doc)):
            found[match.pattern.label].append(match)
        lists = IntervalSet(self._list(doc, cue.end) for cue in found[CUE])
        listed = [m for m in found[SYMPTOM] if lists.covers(m.start, m.end) and not self._is_cause(doc, m.start)]
        found[DIAGNOSIS] += self._beside(doc, found[DIAGNOSIS], found[BESIDE])
        taken = IntervalSet((name.start, name.end) for name in span_values(doc, ENTITIES, *NAMES))
        asked = IntervalSet((start, end) for start, end, section, _ in regions(doc) if section == ASKED)
        text = text_of(doc)
        done = 0
        for match in self._leftmost(doc, found[DIAGNOSIS] + listed):
            begin = _past_dash(doc, max(self._widened(doc, match.start), done), match.end)
            unnamed = begin == match.start and match.pattern.attrs.get("needs_modifier")
            begin = self._past_lead(doc, begin, match.end)
            if not unnamed and not taken.covers(self._past_side(doc, begin, match.end), match.end):
                span = doc[begin : self._narrowed(doc, begin, match.end)]
                done = span.end
                place = span.start_char, _written_end(span)
                if not asked.covers(*place) and other_sense(text, *place, CONDITION):
                    continue
                made = add_span(doc, ENTITIES, *place, DIAGNOSIS, rule=match.pattern.id)
                if match.pattern.label == SYMPTOM:
                    attrs_of(made)["listed"] = True
        _drop_modifiers(doc)
        return doc

    def _beside(self, doc: Doc, names: list[TokenMatch], findings: list[TokenMatch]) -> list[TokenMatch]:
        """Return the findings that stand in a list with a diagnosis: "fracture, tumor or instability"."""
        if not findings:
            return []
        starts, ends = {name.start for name in names}, {name.end for name in names}
        return [
            finding
            for finding in findings
            if self._linked(doc, range(finding.end, len(doc)), 1, starts)
            or self._linked(doc, range(finding.start - 1, -1, -1), 0, ends)
        ]

    def _linked(self, doc: Doc, tokens: range, after: int, places: set[int]) -> bool:
        """Whether only words that link lie between a finding and one of some places."""
        for i in tokens[:_MAX_LINK]:
            if doc[i].lower_ not in self.beside_links:
                return False
            if i + after in places:
                return True
        return False

    def _leftmost(self, doc: Doc, matches: list[TokenMatch]) -> list[TokenMatch]:
        """Keep, where matches overlap, the one that begins first (of these the longest) and what follows it."""
        kept: list[TokenMatch] = []
        for match in sorted(matches, key=lambda m: (m.start, -m.end)):
            taken = kept[-1].end if kept else 0
            if match.start >= taken:
                kept.append(match)
            elif match.end > taken:
                symbols = self.grammar.symbols(doc, [(kept[-1].start, match.end)])
                rest = match.pattern.regex.search(symbols, taken, match.end)
                if rest and rest.end() > rest.start():
                    kept.append(TokenMatch(rest.start(), rest.end(), match.pattern))
        return kept

    def _widened(self, doc: Doc, start: int) -> int:
        """Return where a name begins whose first known word is ``start``.

        Words that no class knows may precede it: one noun ("left | peroneus | tear") and a few adjectives
        ("neglected | scaphoid nonunion"), a compound ("below-knee | amputation") or an acronym ("CMC | arthritis");
        and before them modifiers that the classes know.
        """
        begin, unknown = start, 0
        while begin > 1 and unknown < _MAX_UNKNOWN:
            last = doc[begin - 1]
            if last.text == "-":
                step = self._compound(doc, begin)
            elif last.text in _POSSESSIVES and _is_name(doc[begin - 2].text) and self._is_unknown(doc[begin - 2]):
                step = 2  # "Hashimoto's | thyroiditis", "McArdle's | disease"
            elif begin == start and self._is_pair(doc, begin):
                step = 2
            else:
                step = int(self._is_modifier(doc, begin, start))
            if not step:
                break
            begin, unknown = begin - step, unknown + 1
            while begin and self._modifies(doc[begin - 1].text):
                begin -= 1
        return begin

    def _past_side(self, doc: Doc, begin: int, end: int) -> int:
        """Return where a name begins without its side: "left | below knee amputation"."""
        while begin < end - 1 and "side" in self._classes(doc[begin].text):
            begin += 1
        return begin

    def _past_lead(self, doc: Doc, begin: int, end: int) -> int:
        """Return where a name begins, without words that belong to its sentence.

        "a tear or other | derangement" refers to the list, "at C6-7 | a bulge" says where something is seen.
        """
        if not begin:
            return begin
        before = doc[begin - 1].lower_
        if doc[begin].lower_ == _OTHER and before in _LINKS:
            begins_anew = before == _LINKS[0] and doc[begin - 2].text in _BREAKS
            return begin + (not begins_anew)
        if before != _AT:
            return begin
        past = begin
        while past < end and (self._is_level(doc[past]) or (past > begin and doc[past].text in _LEVEL_JOINTS)):
            past += 1
        return past if past < end - 1 or (past < end and doc[past].is_alpha) else begin

    def _is_level(self, word: Token) -> bool:
        return word.is_digit or _LEVEL in self._classes(word.text)

    def _narrowed(self, doc: Doc, begin: int, end: int) -> int:
        """Return where a name ends that ``begin:end`` holds: without what belongs to the list that it closes."""
        if comma := self._list_comma(doc, begin, end):
            return comma
        if comma := self._place_comma(doc, begin, end):
            return comma
        closes = doc[end - 1].lower_ in self.list_closing and doc[end - 2].text == ","
        return end - 2 if closes and begin and doc[begin - 1].lower_ in _LINKS else end

    def _list_comma(self, doc: Doc, begin: int, end: int) -> int | None:
        """Return the comma that ends a name among places: "for the ankle, carpal tunnel syndrome | , wrist or knee"."""
        if begin < 2 or doc[begin - 1].text != "," or not self._is_place(doc[begin - 2].text):
            return None
        commas = [i for i in range(begin, end) if doc[i].text == ","]
        linked = any(doc[i].lower_ in _LINKS for i in range(commas[0], end)) if commas else False
        return commas[0] if linked else None

    def _place_comma(self, doc: Doc, begin: int, end: int) -> int | None:
        """Return the comma before a place that modifies a noun: "arthritis | , thigh contour normal"."""
        if end >= len(doc) or not self._modified(doc[end]):
            return None
        comma = next((i for i in range(end - 1, begin, -1) if doc[i].text == ","), None)
        if comma is None or end - comma > _MAX_PLACE:
            return None
        places = all(doc[i].text in _JOINING or self._modifies(doc[i].text) for i in range(comma + 1, end))
        return comma if places else None

    def _modified(self, word: Token) -> bool:
        """Whether a word may be the noun that a place before it modifies."""
        if not word.is_alpha or word.is_stop or word.lower_ in self.after_place:
            return False
        return not word.lower_.endswith(_VERB_ENDINGS[:2]) and self._classes(word.text) <= _NOT_NAMES

    def _is_cause(self, doc: Doc, start: int) -> bool:
        return start > 1 and doc[start - 1].lower_ in _CAUSED and doc[start - 2].lower_ in self.cause

    def _compound(self, doc: Doc, begin: int) -> int:
        """Return of how many tokens the compound is that ends in the hyphen before ``begin`` ("re-", "post-ICU")."""
        size = 0
        while (
            begin - size > 2
            and size < 2 * _MAX_UNKNOWN
            and doc[begin - size - 1].text == "-"
            and not doc[begin - size - 1].whitespace_
            and not doc[begin - size - 2].whitespace_
            and doc[begin - size - 2].is_alpha
        ):
            size += 2
        return size

    def _is_modifier(self, doc: Doc, begin: int, start: int) -> bool:
        """Whether the word before ``begin`` modifies the name, to judge by its form and the word before it."""
        word, before = doc[begin - 1], doc[begin - 2]
        lower = word.lower_
        if before.text == "-" and not word.is_stop and lower.endswith(_COMPOUND_ENDINGS):
            return f"{doc[begin - 3].lower_}-{lower}" not in self.not_modifier  # "pre-existing | migraine"
        if not self._is_unknown(word):
            return False
        modified = before.text == "-" or self._modifies(before.text)
        if not modified and before.lower_ not in self.before_modifier:
            return False
        if word.is_upper:
            return len(word) in _ACRONYM
        if len(word) < _MIN_MODIFIER or not (word.is_lower or word.is_title):
            return False
        if lower.endswith("ed") and (before.lower_ in self.before_participle or self._describes(before.text)):
            return True
        if before.lower_ in self.before_adjective or begin < start:
            return lower.endswith(_ADJECTIVE_ENDINGS)
        return before.text == "-" or _is_nominal(word.text, doc[begin].text in self.quality)

    def _is_pair(self, doc: Doc, begin: int) -> bool:
        """Whether two nouns that no class knows stand before ``begin`` ("has | poison oak | dermatitis")."""
        if begin < 3 or doc[begin - 3].lower_ not in self.before_pair or len(doc[begin - 2]) < _MIN_MODIFIER:
            return False
        pair = doc[begin - 2], doc[begin - 1]
        return all(w.is_lower and self._is_unknown(w) and _is_nominal(w.text, False) for w in pair)

    def _is_unknown(self, word: Token) -> bool:
        known = word.is_stop or word.lower_ in self.not_modifier or self._classes(word.text)
        return word.is_alpha and not known

    def _classes(self, word: str) -> set[str]:
        if len(self._known) > _CACHE_LIMIT:
            self._known.clear()
        if word not in self._known:
            self._known[word] = self.grammar.classes_of(word)
        return self._known[word]

    def _modifies(self, word: str) -> bool:
        return not MODIFIERS.isdisjoint(self._classes(word))

    def _is_place(self, word: str) -> bool:
        return not _PLACES.isdisjoint(self._classes(word))

    def _describes(self, word: str) -> bool:
        return not _ADJECTIVES.isdisjoint(self._classes(word))

    def _list(self, doc: Doc, start: int) -> tuple[int, int]:
        """Return the tokens of the list that begins at ``start``: to the end of its sentence, or of its last number."""
        end = min(len(doc), start + _MAX_LIST)
        for i in range(start, end):
            token = doc[i]
            if token.lower_ in self.list_end or (token.lower_ == "with" and doc[i - 1].text == ","):
                return start, i
            if token.text == "." and not doc[i - 1].is_digit and not _is_numbered(doc, i + 1):
                return start, i
        return start, end


def _past_dash(doc: Doc, begin: int, end: int) -> int:
    """Return where a name begins that a dash sets off: "x-rays of the knees - | tricompartmental arthritis"."""
    if not begin or doc[begin - 1].lower_ not in _BEFORE_PLACE:
        return begin
    for i in range(begin + 1, end - 1):
        if doc[i].text in _DASHES and doc[i].whitespace_ and doc[i - 1].whitespace_:
            return i + 1
    return begin


def _written_end(name: Span) -> int:
    """Return the character where a name ends, without the full stop that the tokenizer keeps: "hepatitis C."."""
    last = name[-1].text
    return name.end_char - (len(last) == 2 and last[0].isalpha() and last[1] == ".")


def _drop_modifiers(doc: Doc) -> None:
    """Take out treatments that only modify a diagnosis: the "aspiration" of "aspiration pneumonitis"."""
    known = span_values(doc, ENTITIES)
    longer = IntervalSet((one.start, one.end - 1) for one in known if one.label_ == DIAGNOSIS)
    kept = [one for one in known if one.label_ not in TREATMENTS or not longer.covers(one.start, one.end)]
    if len(kept) < len(known):
        drafts = [EntityDraft(one.attrs["start"], one.attrs["end"], one.label_, one.attrs) for one in kept]
        replace_entities(doc, drafts)


def _is_numbered(doc: Doc, at: int) -> bool:
    """Whether an item of a numbered list begins at a token: "2.", "3)" or "(4)"."""
    at += at < len(doc) and doc[at].is_space
    at += at < len(doc) and doc[at].text == "("
    number = doc[at : at + 2]
    return len(number) == 2 and number[0].is_digit and len(number[0]) < 3 and number[1].text in _AFTER_NUMBER


def _is_name(word: str) -> bool:
    """Whether a word is written as a person's name: "Hashimoto", "McArdle"."""
    return word[:1].isupper() and word[1:2].islower()


def _is_nominal(word: str, before_quality: bool) -> bool:
    """Whether a word may modify a noun by its ending; an adverb only where a quality follows ("partly displaced")."""
    if word.endswith("ly"):
        return before_quality
    return not word.endswith(_VERB_ENDINGS) or word.endswith(_LATIN_ENDINGS)


@factory(
    "imr_diagnoses",
    default_config={"vocabulary": "diagnoses.yml"},
    assigns=["doc.spans", "span._.canonical", "span._.rule"],
)
def create_diagnoses(nlp: Language, name: str, vocabulary: str) -> DiagnosisFinder:
    """Return the component; ``vocabulary`` is a file under ``configs/`` or an absolute path."""
    return DiagnosisFinder(nlp, vocabulary)


def _words(entry: object) -> list[str]:
    listed = entry.get("words", []) if isinstance(entry, dict) else entry
    assert isinstance(listed, list)
    return [str(word) for word in listed]
