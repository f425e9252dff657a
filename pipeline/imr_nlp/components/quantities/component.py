"""``imr_quantities``: SESSION_COUNT, FREQUENCY and DURATION entities with their values."""

from spacy.language import Language
from spacy.tokens import Doc

from imr_nlp.components.quantities.parser import DURATION, FREQUENCY, Quantity, parser_of
from imr_nlp.doc.attributes import EntityAttrs
from imr_nlp.doc.factory import FromFiles, factory
from imr_nlp.doc.spans import ENTITIES, add_span, regions
from imr_nlp.doc.tokenizer import text_of
from imr_nlp.text.numbers import plain


class QuantityFinder(FromFiles):
    """Adds the quantities of a letter's entity regions to the group ``imr``.

    Facts of each span: ``min``, ``max`` and ``unit`` (``per`` for a FREQUENCY), and ``rule``, the way of writing that
    was found. In "2x4" the units are ``unknown``, unless the letter writes either half out in weeks elsewhere.

    >>> import spacy
    >>> nlp = spacy.blank("en"); _ = nlp.add_pipe("imr_quantities")
    >>> doc = nlp("Acupuncture twice a week for 3 weeks was requested.")
    >>> [(span.text, span.label_, span._.attrs["max"]) for span in doc.spans["imr"]]
    [('twice a week', 'FREQUENCY', 2), ('3 weeks', 'DURATION', 3)]
    """

    def __init__(self, rules: str) -> None:
        self.parser = parser_of(rules)

    def __call__(self, doc: Doc) -> Doc:
        """Add the quantities of ``doc``."""
        text = text_of(doc)
        within = regions(doc)
        found: list[Quantity] = []
        for start, end, category, _ in within:
            if category == "service":
                found += self.parser.find(text, start, end, heading=True)
        asked = frozenset((q.min, q.max, q.unit) for q in found if q.label == DURATION)
        for start, end, category, _ in within:
            if category != "service":
                again = asked if category == "rationale" else frozenset()  # a history has durations of its own
                found += self.parser.find(text, start, end, asked=again)
        found.sort(key=lambda quantity: quantity.start)
        weekly = {(q.label, q.max) for q in found if q.unit == "week"}
        for i, quantity in enumerate(found):
            unit = quantity.unit
            if unit == "unknown" and _pair_of(found, i) & weekly:
                unit = "week"
            values: EntityAttrs = {"rule": quantity.rule, "min": plain(quantity.min), "max": plain(quantity.max)}
            values["per" if quantity.label == FREQUENCY else "unit"] = unit
            add_span(doc, ENTITIES, quantity.start, quantity.end, quantity.label, **values)
        return doc


@factory("imr_quantities", default_config={"rules": "quantities.yml"}, assigns=["doc.spans", "span._.quantity"])
def create_quantities(nlp: Language, name: str, rules: str) -> QuantityFinder:
    """Return the component; ``rules`` is a file like ``configs/quantities.yml``."""
    return QuantityFinder(rules)


def _pair_of(found: list[Quantity], i: int) -> set[tuple[str, float]]:
    """Return both halves of the pair that ``found[i]`` is half of, as (label, value)."""
    first = i if found[i].label == FREQUENCY else i - 1
    return {(half.label, half.max) for half in found[first : first + 2]}
