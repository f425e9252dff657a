"""``imr_procedures``: tests, imaging, therapies, surgery, injections, equipment, evaluations and programmes.

The names, and how they are put together, are in ``configs/treatments/procedures.yml``.
"""

from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise

from spacy.language import Language
from spacy.tokens import Doc, Span

from imr_nlp.components.treatments.composition import Composition
from imr_nlp.components.treatments.short_names import ShortNames
from imr_nlp.concepts.other_senses import other_sense
from imr_nlp.doc.factory import FromFiles, factory
from imr_nlp.doc.spans import ENTITIES, add_span, regions, span_values, token_regions
from imr_nlp.doc.tokenizer import text_of
from imr_nlp.matching.name_finder import NameFinder, NameMatch, written_end
from imr_nlp.matching.vocabulary import load_vocabulary
from imr_nlp.text.intervals import IntervalSet

PROCEDURE = "PROCEDURE"
ASKED = "service"  # the section of a request's own text
_ENDS, _STOPS = frozenset(".;:"), frozenset(".;")
_MAX_DISTANCE, _NEXT_GOAL = 24, 8  # tokens


class ProcedureFinder(FromFiles):
    """Pipeline component: adds PROCEDURE spans to ``doc.spans["imr"]``.

    In: a Doc of the letter tokenizer, with sections where ``imr_layout`` has run and with the GUIDELINE spans of
    ``imr_guidelines`` (a treatment in a guideline's title is not a mention of it). Out: the same Doc. Each span's
    ``rule`` names the pattern, its ``canonical`` is the lower-case singular name. A MEDICATION inside a name that was
    found ("Toradol injection") is part of that name, so ``imr_medications`` may run before or after.

    >>> import spacy
    >>> nlp = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": "imr.LetterTokenizer.v1"}}})
    >>> _ = nlp.add_pipe("imr_procedures")
    >>> doc = nlp("Cervical spine MRI, chest x-rays, a lumbar brace and right knee arthroscopy were discussed.")
    >>> [span.text for span in doc.spans["imr"]]
    ['MRI', 'x-rays', 'lumbar brace', 'knee arthroscopy']
    """

    def __init__(
        self, nlp: Language, vocabulary: str = "treatments/procedures.yml", compose: bool = True, short: bool = True
    ) -> None:
        config = load_vocabulary(vocabulary, "treatments/procedures.yml")
        self.finder = NameFinder(nlp, vocabulary)
        self.composition = Composition(config) if compose else None
        self.short = ShortNames(config) if short else None
        self.goals = frozenset(config["goals"])
        self.goal_words, self.goal_verbs, self.goal_ends = (
            frozenset(config[key]) for key in ("goal_words", "goal_verbs", "goal_ends")
        )

    def fired(self, doc: Doc) -> set[str]:
        """Return the entries and exceptions of the vocabulary that a letter makes use of."""
        return self.finder.fired(doc, token_regions(doc))

    def switch_off(self, entries: Collection[str], rules: Collection[str] = ()) -> None:
        """Treat entries, exceptions and patterns as absent (see ``evaluation.knock_out``)."""
        self.finder.switch_off(entries, rules)
        if self.composition:
            self.composition.switch_off(entries)

    def __call__(self, doc: Doc) -> Doc:
        """Find the procedures of one letter."""
        titles = IntervalSet((found.start, found.end) for found in span_values(doc, ENTITIES, "GUIDELINE"))
        asked = IntervalSet((start, end) for start, end, section, _ in regions(doc) if section == ASKED)
        text = text_of(doc)
        stretches = token_regions(doc)
        names: Iterable[NameMatch] = self.finder.names(doc, stretches)
        if self.composition:
            names = self.composition.names(doc, list(names), stretches)
        if self.short:
            names = self.short.names(doc, list(names), stretches)
        for found in self._without_goals(doc, names):
            if titles.covers(found.start, found.end):
                continue
            place = doc[found.start].idx, written_end(doc, found)
            if not asked.covers(*place) and other_sense(text, *place, found.kind):
                continue
            add_span(doc, ENTITIES, *place, PROCEDURE, rule=found.rule,
                canonical=found.canonical, kind=found.kind, category=found.category)  # fmt: skip
        return doc

    def _without_goals(self, doc: Doc, names: Iterable[NameMatch]) -> Iterator[NameMatch]:
        """Leave out what a therapy is for: "physical therapy for lumbar stabilization, stretching and pain relief".

        A goal follows the therapy directly, or after "for" in the same sentence. Or the sentence calls it a goal.
        """
        therapy: NameMatch | None = None
        purpose = 0  # token up to which the goals of the therapy are told
        for name in names:
            if doc[name.end - 1].lower_ in self.goals and self._is_called_goal(doc, name.start):
                continue
            if doc[name.end - 1].lower_ in self.goals and therapy is not None:
                between = doc[therapy.end : name.start]
                told = name.start <= purpose
                if told or name.start == therapy.end or _says_purpose(between):
                    purpose = name.end + _NEXT_GOAL
                    if not any(token.text in _ENDS for token in between):
                        continue
            yield name
            if name.kind == "therapy" and doc[name.end - 1].lower_ not in self.goals:
                therapy, purpose = name, 0

    def _is_called_goal(self, doc: Doc, start: int) -> bool:
        """Whether the list before ``start`` is one of goals: "The goals are pain relief, | stabilization"."""
        listed = False
        for i in range(start - 1, max(start - 1 - _MAX_DISTANCE, -1), -1):
            word = doc[i].lower_
            if word in self.goal_words:
                return listed or i == start - 1
            if word in _STOPS or (not listed and word in self.goal_ends):
                return False
            listed = listed or word in self.goal_verbs
        return False


def _says_purpose(between: Span) -> bool:
    """Whether the words after a therapy say "for" something that is no number, and end no sentence."""
    if len(between) > _MAX_DISTANCE or any(token.text in _ENDS for token in between):
        return False
    return any(one.lower_ == "for" and not other.like_num for one, other in pairwise([*between, between[-1]]))


@factory(
    "imr_procedures",
    default_config={"vocabulary": "treatments/procedures.yml", "compose": True, "short": True},
    assigns=["doc.spans", "span._.canonical", "span._.rule"],
)
def create_procedures(nlp: Language, name: str, vocabulary: str, compose: bool, short: bool) -> ProcedureFinder:
    """Make the component.

    ``vocabulary`` is its file of names, ``compose`` puts names together from known words, ``short`` finds short forms.
    """
    return ProcedureFinder(nlp, vocabulary, compose, short)
