"""The way back: from a Doc over the reading view to a Doc over the text as it came."""

from __future__ import annotations

from typing import Any

import numpy as np
from spacy.attrs import IDX, LENGTH, SENT_START
from spacy.tokens import Doc, Span

from imr_nlp.doc.spans import TABLE, keep_attributes, spans_of
from imr_nlp.doc.tokenizer import VIEW, view_of
from imr_nlp.text.view import View

#: Facts that are offsets: pairs of the start and the end of a span.
OFFSET_PAIRS = (
    ("start", "end"),
    ("body_start", "body_end"),
    ("decision_start", "decision_end"),
    ("start", "text_end"),
    ("cue_start", "cue_end"),
)
#: Facts that are lists of places, each with a start and an end.
PLACE_LISTS = ("decision_evidence",)


def to_source_doc(doc: Doc) -> Doc:
    """Return a Doc over the text that ``doc`` is the reading view of, with the same annotations."""
    view = view_of(doc)
    new, index = _retokenized(doc, view)
    for name in doc.spans:
        spans_of(doc, name)  # a user's span gets its attributes
    for name, group in doc.spans.items():
        new.spans[name] = [
            Span(new, index[span.start], index[span.end - 1] + 1, label=span.label, span_id=span.id) for span in group
        ]
    for key, value in doc.user_data.items():
        if key not in (VIEW, TABLE):
            new.user_data[key] = value
    new.user_data[TABLE] = {key: _moved(attrs, view) for key, attrs in doc.user_data.get(TABLE, {}).items()}
    new._context = doc._context
    keep_attributes(new)
    return new


def _moved(attrs: dict[str, Any], view: View) -> dict[str, Any]:
    moved = dict(attrs)
    for start, end in OFFSET_PAIRS:
        if attrs.get(start) is not None and attrs.get(end) is not None:
            moved[start], moved[end] = view.to_source(attrs[start], attrs[end])
    for name in PLACE_LISTS:
        if attrs.get(name):
            moved[name] = [_moved(place, view) for place in attrs[name]]
    return moved


def _retokenized(doc: Doc, view: View) -> tuple[Doc, list[int]]:
    """Return a Doc over ``view.source`` and, for each token of ``doc``, its index there."""
    source = view.source
    columns = doc.to_array([IDX, LENGTH, SENT_START]).astype(np.int64)
    keep = (columns[:, 1] > 0).tolist()
    starts, ends = view.all_to_source(columns[:, 0], columns[:, 0] + np.maximum(columns[:, 1], 1))
    words: list[str] = []
    spaces: list[bool] = []
    sent_starts: list[bool | int | None] = []
    index: list[int] = []
    at = 0
    has_sents = doc.has_annotation("SENT_START")
    sents = np.where(columns[:, 2] == 1, 1, -1).tolist()
    for start, end, sent, real in zip(starts.tolist(), ends.tolist(), sents, keep, strict=True):
        if start > at:
            gap = source[at:start]
            if words and gap[0] == " ":
                spaces[-1] = True
                gap = gap[1:]
            if gap:
                words.append(gap)
                spaces.append(False)
                sent_starts.append(-1)
        else:
            start = at
        index.append(len(words))
        if real and end > start:
            words.append(source[start:end])
            spaces.append(False)
            sent_starts.append(sent)
            at = end
        else:
            index[-1] = max(len(words) - 1, 0)
    if source[at:]:
        words.append(source[at:])
        spaces.append(False)
        sent_starts.append(-1)
    if sent_starts:
        sent_starts[0] = 1
    return Doc(doc.vocab, words=words, spaces=spaces, sent_starts=sent_starts if has_sents else None), index
