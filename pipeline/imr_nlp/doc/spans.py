"""How components write down what they find: as spans in named groups, with their attributes.

Groups of a Doc (``doc.spans[...]``), each with its own label set:

=============  =====================================================================================
``sections``   the letter's sections; label = category of ``configs/layout``
``imr``        entities; label = DIAGNOSIS, PROCEDURE, …
``facts``      case facts; label = the field's name in the record
``services``   disputed services; label = decision
``citations``  documents cited in the formal guideline sentences; label = authority
``rationale``  sentences of the decision rationales; label = role
=============  =====================================================================================

Every span has an id, and what is known of it beyond its label is a plain dict under that id in
``doc.user_data["imr"]``: such a Doc can be pickled, sent to another process and stored in a DocBin.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple, Unpack, overload

import numpy as np
from spacy.attrs import IDX
from spacy.tokens import Doc, Span, SpanGroup

from imr_nlp.doc.attributes import (
    CITATIONS,
    ENTITIES,
    FACTS,
    RATIONALE,
    SECTIONS,
    SERVICES,
    CaseFactAttrs,
    CitationAttrs,
    EntityAttrs,
    RationaleAttrs,
    SectionAttrs,
    ServiceAttrs,
)
from imr_nlp.doc.extensions import BY_USER, register
from imr_nlp.doc.tokenizer import text_of

__all__ = [
    "CITATIONS", "ENTITIES", "FACTS", "RATIONALE", "SECTIONS", "SERVICES", "EntityDraft", "Group", "SpanValues",
    "add_span", "attrs_of", "keep_attributes", "layout_of", "regions", "replace_entities", "span_values", "spans_of",
    "token_regions",
]  # fmt: skip

PREFIX = {ENTITIES: "E", SECTIONS: "T", FACTS: "F", SERVICES: "S", CITATIONS: "C", RATIONALE: "R"}
TABLE = "imr"
LAYOUT = "imr_layout"
_KEPT = "imr_attributes"  # of SpanGroup.attrs, which travel with a group where user_data does not
_GROUP = {prefix: group for group, prefix in PREFIX.items()}


class SpanValues(NamedTuple):
    """What components read of a span, under the same names as a `Span` has them, and its attributes (the dict).

    ``id_`` stays with the span when others are added or taken out, so that one span can refer to another by it.
    """

    label_: str
    start: int
    end: int
    start_char: int
    end_char: int
    attrs: dict[str, Any]
    id_: str = ""


class Group(SpanGroup):
    """A group of spans that holds them as plain values too.

    The components read the groups some forty times a letter, and spaCy makes each `Span` of a group anew, at a
    microsecond each. The values are read when they are asked for; what changes other than by growing is read again.
    """

    def __init__(self, doc: Doc, *, name: str) -> None:
        super().__init__(doc, name=name)
        self._forget()

    def _forget(self) -> None:
        self._table: dict[str, Any] = {}
        self._read = 0
        self._values: list[SpanValues] = []

    def values(self, table: dict[str, Any]) -> list[SpanValues]:
        """Return the values of the spans in text order, with their attributes from ``table``. Do not change it."""
        if table is not self._table:
            self._forget()
            self._table = table
        if self._read < len(self):
            new = [self[i] for i in range(self._read, len(self))]
            if any(span.id_ not in table for span in new):
                _adopt(self.doc, self.name, self, table)
                self._forget()
                self._table, new = table, list(self)
            self._values += (_values_of(span, table) for span in new)
            self._values.sort(key=_place)
            self._read = len(self)
        return self._values

    def __setitem__(self, i: int, span: Span) -> None:
        super().__setitem__(i, span)  # type: ignore[misc]  # missing in spaCy's stub
        self._forget()

    def __delitem__(self, i: int) -> None:
        super().__delitem__(i)  # type: ignore[misc]  # missing in spaCy's stub
        self._forget()

    def from_bytes(self, bytes_data: bytes) -> SpanGroup:
        """Restore the group from its serialised form, as spaCy does."""
        self._forget()
        return super().from_bytes(bytes_data)


def _values_of(span: Span, table: dict[str, Any]) -> SpanValues:
    known = table.get(span.id_, {})
    return SpanValues(span.label_, span.start, span.end, span.start_char, span.end_char, known, span.id_)


def _place(found: SpanValues) -> tuple[int, int]:
    return found.attrs.get("start", found.start_char), -found.end_char


@overload
def add_span(
    doc: Doc, group: Literal["imr"], start: int, end: int, label: str, **attrs: Unpack[EntityAttrs]
) -> Span: ...
@overload
def add_span(
    doc: Doc, group: Literal["sections"], start: int, end: int, label: str, **attrs: Unpack[SectionAttrs]
) -> Span: ...
@overload
def add_span(
    doc: Doc, group: Literal["services"], start: int, end: int, label: str, **attrs: Unpack[ServiceAttrs]
) -> Span: ...
@overload
def add_span(
    doc: Doc, group: Literal["citations"], start: int, end: int, label: str, **attrs: Unpack[CitationAttrs]
) -> Span: ...
@overload
def add_span(
    doc: Doc, group: Literal["rationale"], start: int, end: int, label: str, **attrs: Unpack[RationaleAttrs]
) -> Span: ...
@overload
def add_span(
    doc: Doc, group: Literal["facts"], start: int, end: int, label: str, **attrs: Unpack[CaseFactAttrs]
) -> Span: ...
def add_span(doc: Doc, group: str, start: int, end: int, label: str, *, rule: str, **attrs: Any) -> Span:
    """Add the span ``start:end`` (characters of ``doc.text``) to a group of spans and return its span.

    ``rule`` names what found it. ``attrs`` must be plain values (str, int, float, bool, None, lists and dicts of
    them). Where these offsets lie inside a token, the span covers the whole token and the exact offsets
    are kept.

    >>> import spacy
    >>> doc = spacy.blank("en")("A lumbar MRI is requested.")
    >>> span = add_span(doc, ENTITIES, 9, 12, "PROCEDURE", rule="demo", status="requested")
    >>> span.text, span._.status, span._.rule
    ('MRI', 'requested', 'demo')
    """
    table = doc.user_data.setdefault(TABLE, {})
    held = doc.spans.data.get(group)
    key = _free_key(group, len(held) + 1 if held is not None else 1, table)
    span = doc.char_span(start, end, label=label, span_id=key, alignment_mode="expand")
    if span is None:
        raise ValueError(f"no tokens at {start}:{end} in a Doc of {len(doc)} tokens")
    if held is None:
        held = doc.spans[group] = Group(doc, name=group)
    held.append(span)
    table[key] = {"start": start, "end": end, "rule": rule, **attrs}
    return span


def attrs_of(span: Span) -> dict[str, Any]:
    """Return what is known of a span beyond its label; the dict itself, so that a component may add to it.

    A span that was made with ``Span(...)`` has the attributes of the equal span of a group: its place, and
    ``rule`` "user". A span of no group has none.
    """
    doc = span.doc
    found: dict[str, Any] | None = doc.user_data.get(TABLE, {}).get(span.id_)
    if found is not None:
        return found
    for name, group in doc.spans.items():
        if name in PREFIX and any(_same(span, other) for other in group):
            table = doc.user_data.setdefault(TABLE, {})
            _adopt(doc, name, group, table)
            return next(table[other.id_] for other in doc.spans[name] if _same(span, other))
    return {}


def _same(one: Span, other: Span) -> bool:
    return one.start == other.start and one.end == other.end and one.label == other.label


def _adopt(doc: Doc, name: str, group: SpanGroup, table: dict[str, Any]) -> None:
    """Give attributes to those spans of a group that have none in the table.

    They come from the group itself where ``user_data`` was lost (a DocBin with ``store_user_data=False``). A span that
    the user added gets its place, and an id.
    """
    kept: dict[str, Any] | None = None
    for i, span in enumerate(group):
        key = span.id_
        if key in table or name not in PREFIX:
            continue
        if kept is None:
            kept = group.attrs.get(_KEPT) or {}
        if key in kept:
            table[key] = kept[key]
            continue
        if name in (CITATIONS, RATIONALE):
            raise ValueError(
                f"a span of doc.spans[{name!r}] has no attributes: use imr_nlp.doc.spans.add_span(doc, {name!r}, "
                "start, end, label, rule=..., service=...), or read the Doc from a DocBin with store_user_data=True"
            )
        key = _free_key(name, len(group), table)
        new = Span(doc, span.start, span.end, label=span.label, kb_id=span.kb_id, span_id=key)
        group[i] = new  # type: ignore[index]  # missing in spaCy's stub
        table[key] = _of_user(name, span)


def _of_user(group: str, span: Span) -> dict[str, Any]:
    """Return the attributes of a span that the user added."""
    place: dict[str, Any] = {"start": span.start_char, "end": span.end_char, "rule": BY_USER}
    if group == FACTS:
        place["value"] = span.text
    elif group == SECTIONS:
        decided = {"text_end": span.end_char, "decision": None, "decision_start": None, "decision_end": None}
        place |= {"body_start": span.start_char, "body_end": span.end_char, "service": None, **decided}
    elif group == SERVICES:
        place |= {"service": None, "category": "other"}
    return place


def _free_key(group: str, number: int, table: dict[str, Any]) -> str:
    while f"{PREFIX[group]}{number}" in table:  # spans may have been taken out again
        number += 1
    return f"{PREFIX[group]}{number}"


def keep_attributes(doc: Doc) -> None:
    """Put each group in text order, and its spans' attributes into ``SpanGroup.attrs``.

    The group then keeps them where ``user_data`` is dropped: in a DocBin without ``store_user_data=True``.
    """
    table = doc.user_data.setdefault(TABLE, {})
    for name in PREFIX:
        if name in doc.spans:
            ordered = spans_of(doc, name)
            group = doc.spans[name] = Group(doc, name=name)
            group.extend(ordered)
            group.attrs[_KEPT] = {span.id_: table[span.id_] for span in ordered}
            if name == SECTIONS:
                group.attrs[LAYOUT] = doc.user_data.get(LAYOUT)


def layout_of(doc: Doc) -> str | None:
    """Return the id of a letter's layout, or None if no layout component has run."""
    stored: str | None = doc.user_data.get(LAYOUT)
    if stored is None and SECTIONS in doc.spans:
        stored = doc.spans[SECTIONS].attrs.get(LAYOUT)
    return stored


def spans_of(doc: Doc, group: str, label: str | None = None) -> list[Span]:
    """Return the spans of a group in text order, all or those with one label; see `span_values` for a quicker way."""
    if group not in doc.spans:
        return []
    table = doc.user_data.setdefault(TABLE, {})
    held = list(doc.spans[group])
    if group in PREFIX and any(span.id_ not in table for span in held):
        _adopt(doc, group, doc.spans[group], table)
        held = list(doc.spans[group])

    def place(span: Span) -> tuple[int, int]:
        known = table.get(span.id_)
        return known["start"] if known else span.start_char, -span.end_char

    return sorted((span for span in held if label is None or span.label_ == label), key=place)


def span_values(doc: Doc, group: str, *labels: str) -> list[SpanValues]:
    """Return the spans of a group in text order, all or those with some labels, as plain values.

    >>> import spacy
    >>> doc = spacy.blank("en")("A lumbar MRI is requested.")
    >>> _ = add_span(doc, ENTITIES, 9, 12, "PROCEDURE", rule="demo", status="requested")
    >>> [(found.label_, found.start, found.attrs["status"]) for found in span_values(doc, ENTITIES)]
    [('PROCEDURE', 2, 'requested')]
    """
    held = doc.spans.data.get(group, ())
    table = doc.user_data.setdefault(TABLE, {})
    if isinstance(held, Group):
        found = held.values(table)
    else:
        if held:
            _adopt(doc, group, held, table)
        found = sorted((_values_of(span, table) for span in held), key=_place)
    return [one for one in found if one.label_ in labels] if labels else list(found)


#: Sections in which entities are annotated (see the label guide): not the header, boilerplate or citations.
ENTITY_SECTIONS = ("case_summary", "service", "rationale")


def regions(doc: Doc) -> list[tuple[int, int, str, int | None]]:
    """Return where entities are looked for: (start, end, section category, index of the service or None).

    A Doc on which no layout component has run is one region, so that every component works alone.

    >>> import spacy
    >>> regions(spacy.blank("en")("Lumbar MRI"))
    [(0, 10, 'case_summary', None)]
    """
    if SECTIONS not in doc.spans:
        return [(0, len(text_of(doc)), "case_summary", None)]
    found: dict[tuple[int, int], tuple[int, int, str, int | None]] = {}
    for section in span_values(doc, SECTIONS, *ENTITY_SECTIONS):
        known = section.attrs
        region = known["body_start"], known["body_end"]
        if region[0] < region[1]:  # a heading may have nothing under it
            # A rationale that several services share is a section of each, but is read once.
            found.setdefault(region, (*region, section.label_, known.get("service")))
    return list(found.values())


register(attrs_of)


class EntityDraft(NamedTuple):
    """An entity by its characters in the Doc's text, with its attributes (``rule`` among them)."""

    start: int
    end: int
    label: str
    attrs: dict[str, Any]

    def overlaps(self, other: EntityDraft) -> bool:
        """Return whether the two share a character and a label."""
        return self.label == other.label and self.start < other.end and other.start < self.end


def replace_entities(doc: Doc, entities: Iterable[EntityDraft]) -> None:
    """Replace a Doc's entities by ``entities``, in text order and numbered anew."""
    for span in spans_of(doc, ENTITIES):
        del doc.user_data[TABLE][span.id_]
    doc.spans[ENTITIES] = Group(doc, name=ENTITIES)
    for entity in sorted(entities, key=lambda entity: (entity.start, -entity.end)):
        about = {key: value for key, value in entity.attrs.items() if key not in ("start", "end")}
        add_span(doc, ENTITIES, entity.start, entity.end, entity.label, **about)


def token_regions(doc: Doc) -> list[tuple[int, int]]:
    """Return the regions in which entities are looked for as (first token, end token)."""
    found = [(start, end - 1) for start, end, _, _ in regions(doc) if end > start]
    after = np.searchsorted(doc.to_array(IDX), np.array(found, dtype=np.uint64), side="right").tolist()
    return [(first - 1, end) for first, end in after]


#: Names of this module before 0.1.0.
_RENAMED: dict[str, Any] = {
    "Finding": SpanValues,
    "Found": EntityDraft,
    "add": add_span,
    "facts": attrs_of,
    "findings": span_values,
    "rewrite": replace_entities,
    "spans": spans_of,
    "token_stretches": token_regions,
}


def __getattr__(name: str) -> Any:
    """Return what has another name today, with a warning."""
    if name not in _RENAMED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    new = _RENAMED[name]
    warnings.warn(f"{__name__}.{name} is now {new.__name__}", DeprecationWarning, stacklevel=2)
    return new
