"""spaCy DocBin: a folder of .spacy files, as ``spacy train`` and ``spacy.tokens.DocBin`` read them.

A Doc's text is the letter's, character by character; its tokens end where spans do, so that no offset moves. The
groups of ``doc.spans`` are those of the pipeline (``imr``, ``services``, ``citations``, ``rationale``, ``facts``), with
the ids of the record as span ids; ``doc.ents`` are the longest entities that don't overlap. The record itself is JSON
in ``doc.user_data["imr_nlp"]``. On the way back the spans say what there is and where; the record says the rest.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from itertools import count, islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from imr_nlp.review.formats import FormatError
from imr_nlp.review.task import VALUED, Kind, Task, settle, spans_of

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span
    from spacy.vocab import Vocab

SUFFIX = ""
LOST = ("spans that cover no character are in the record only, not among the Doc's spans",)
#: Letters in a file: what is in memory at a time.
LETTERS = 64
DATA = "imr_nlp"
GROUPS: dict[Kind, str] = {
    "entity": "imr",
    "service": "services",
    "decision": "decisions",
    "citation": "citations",
    "rationale": "rationale",
    "fact": "facts",
}
_LABELS: dict[Kind, str] = {
    "entity": "label",
    "service": "decision",
    "decision": "decision",
    "citation": "authority",
    "rationale": "role",
    "fact": "name",
}
_NONE = "undecided"
_TOKEN = re.compile(r"[^\W_]+| |[^\S ]+|[^\w\s]|_")


def write(tasks: Iterable[Task], out: Path) -> None:
    """Write tasks into the folder ``out``, in files of `LETTERS` letters."""
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    out.mkdir(parents=True, exist_ok=True)
    rest, number = iter(tasks), 0
    while some := list(islice(rest, LETTERS)):
        number += 1
        vocab = Vocab()  # a new one for each file: a vocabulary keeps every word that it ever saw
        docs = DocBin(attrs=["ENT_IOB", "ENT_TYPE"], docs=(doc_of(task, vocab) for task in some), store_user_data=True)
        docs.to_disk(out / f"letters-{number:04}.spacy")


def read(paths: list[Path], texts: Callable[[str], str] | None = None) -> Iterator[Task]:
    """Read .spacy files, or folders of them. Raises FormatError where one wasn't exported for review."""
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    for path in paths:
        for file in sorted(path.glob("*.spacy")) if path.is_dir() else [path]:
            try:
                docs = DocBin().from_bytes(file.read_bytes())
            except (ValueError, KeyError, TypeError, OSError) as error:
                raise FormatError(f"{file}: no DocBin of spaCy ({type(error).__name__})") from error
            for number, doc in enumerate(docs.get_docs(Vocab()), 1):
                if not isinstance(doc.user_data.get(DATA), str):
                    raise FormatError(f"{file}: Doc {number} has no {DATA} in its user data; was it exported?")
                yield _task(doc)


def doc_of(task: Task, vocab: Vocab) -> Doc:
    """Return the Doc of a task.

    >>> from spacy.vocab import Vocab
    >>> entity = {"id": "E1", "label": "PROCEDURE", "start": 0, "end": 3}
    >>> doc = doc_of(Task("a", "MRI: Upheld", {"entities": [entity]}, {}), Vocab())
    >>> [(span.text, span.label_, span.id_) for span in doc.spans["imr"]]
    [('MRI', 'PROCEDURE', 'E1')]
    """
    from spacy.tokens import Doc, Span, SpanGroup
    from spacy.util import filter_spans

    placed = list(_placed(task.record))
    words, spaces, starts = _words(task.text, {one.start for one in placed}, {one.end for one in placed})
    doc = Doc(vocab, words=words, spaces=spaces)
    groups: dict[Kind, list[Span]] = {kind: [] for kind in GROUPS}
    for one in placed:
        first, last = bisect_left(starts, one.start), bisect_left(starts, one.end)
        label = str(one.values.get(_LABELS[one.kind]) or _NONE)
        groups[one.kind].append(Span(doc, first, last, label=label, span_id=one.name))
    for kind, spans in groups.items():
        doc.spans[GROUPS[kind]] = SpanGroup(doc, name=GROUPS[kind], spans=spans)
    doc.ents = tuple(filter_spans(groups["entity"]))
    doc.user_data[DATA] = json.dumps({"name": task.name, "record": task.record, "meta": task.meta})
    return doc


class _Placed(NamedTuple):
    """Something of a record that has a span in the Doc, and the name by which the span is known."""

    kind: Kind
    name: str
    values: dict[str, Any]
    start: int
    end: int


def _placed(record: dict[str, Any]) -> Iterator[_Placed]:
    for number, (kind, values, start, end) in enumerate(spans_of(record), 1):
        if start < end:
            yield _Placed(kind, str(values.get("id", f"F{number}")), values, start, end)


def _words(text: str, begin: set[int], end: set[int]) -> tuple[list[str], list[bool], list[int]]:
    """Return tokens that end where spans begin and end, whether a blank follows each, and where each starts.

    >>> _words("knee MRI", {1}, {5})
    (['k', 'nee', ' ', 'MRI'], [False, False, False, False], [0, 1, 4, 5])
    """
    edges = {at for token in _TOKEN.finditer(text) for at in token.span()} | begin | end
    cuts = sorted(edges)
    words: list[str] = []
    spaces: list[bool] = []
    starts: list[int] = []
    for start, stop in pairwise(cuts):
        word = text[start:stop]
        if word == " " and words and not spaces[-1] and start not in begin and stop not in end:
            spaces[-1] = True
        else:
            words.append(word)
            spaces.append(False)
            starts.append(start)
    return words, spaces, starts


# --- back ------------------------------------------------------------------------------------------------------------


def _task(doc: Doc) -> Task:
    """Return the task of a Doc: the record that it carries, with the spans as they now are."""
    data = json.loads(doc.user_data[DATA])
    record, meta, text = data["record"], data["meta"], doc.text
    spans = {(kind, span.id_): span for kind, group in GROUPS.items() for span in doc.spans.get(group, ())}
    gone = set()
    for one in list(_placed(record)):
        span = spans.get((one.kind, one.name))
        if span is None:
            gone.add((one.kind, id(one.values)))
        else:
            prefix = "decision_" if one.kind == "decision" else ""
            one.values.update({f"{prefix}start": span.start_char, f"{prefix}end": span.end_char})
            if one.kind != "decision":  # what is decided is the label of the service
                one.values.update({_LABELS[one.kind]: span.label_} if span.label_ != _NONE else {})
    known = {(one.kind, one.name) for one in _placed(record)}
    _remove(record, gone)
    problems = []
    for (kind, name), span in spans.items():
        if (kind, name) in known:
            continue
        if kind == "entity":
            place = {"start": span.start_char, "end": span.end_char}
            record["entities"].append({"id": name or _new_id(record), "label": span.label_, **place})
        else:
            problems.append(["unlinked", f"a new {kind} {name} belongs to no service; add it in the record"])
    if problems:
        meta["problems"] = problems
    return Task(data["name"], text, settle(record, text), meta)


def _remove(record: dict[str, Any], gone: set[tuple[Kind, int]]) -> None:
    """Take out what has no span any more, and the relations of it."""

    def left(kind: Kind, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [item for item in items if (kind, id(item)) not in gone]

    if not gone:
        return
    record["facts"], record["entities"] = left("fact", record["facts"]), left("entity", record["entities"])
    record["services"] = left("service", record["services"])
    for service in record["services"]:
        service["citations"] = left("citation", service.get("citations", []))
        service["rationale"] = left("rationale", service.get("rationale", []))
        if ("decision", id(service)) in gone:
            service.pop("decision_start")
            service.pop("decision_end")
    ids = {values["id"] for _, values, _, _ in spans_of(record) if "id" in values}
    ids |= {item["id"] for service in record["services"] for item in service["citations"]}
    record["relations"] = [
        one for one in record["relations"] if one["head"] in ids and (one["label"] in VALUED or one["tail"] in ids)
    ]


def _new_id(record: dict[str, Any]) -> str:
    taken = {entity["id"] for entity in record["entities"]}
    return next(name for number in count(len(taken) + 1) if (name := f"E{number}") not in taken)
