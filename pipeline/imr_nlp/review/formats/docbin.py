"""spaCy DocBin: a folder of .spacy files, as ``spacy train`` and ``spacy.tokens.DocBin`` read them.

A Doc's text is the letter's, character by character; its tokens end where spans do, so that no offset moves. The
groups of ``doc.spans`` are those of the pipeline (``imr``, ``services``, ``citations``, ``rationale``, ``facts``), with
the ids of the record as span ids; ``doc.ents`` are the longest entities that don't overlap. The record itself is JSON
in ``doc.user_data["imr_nlp"]``. On the way back the spans say what there is and where; the record says the rest.
"""

from __future__ import annotations

import json
import re
import zlib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from functools import partial
from itertools import count, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from imr_nlp.reading.problems import Problem
from imr_nlp.review.formats import FormatError
from imr_nlp.review.formats.reading import MAX_BYTES, answer_of, guarded, known_record, read_bounded
from imr_nlp.review.formats.regions import relabelled, said_before
from imr_nlp.review.task import VALUED, Kind, Task, derive_fields, record_digest, spans_of

if TYPE_CHECKING:
    from spacy.tokens import Doc, DocBin, Span
    from spacy.vocab import Vocab

SUFFIX = SIDE = ""
UNSUPPORTED = ("spans that cover no character are in the record only, not among the Doc's spans",)
#: Letters in a file: what is in memory at a time.
LETTERS = 64
_SIZE = 8 << 20  # bytes of text and record in a file, roughly: well below what `read` unpacks
_CHUNK = 1 << 20
DATA = "imr_nlp"
#: A reviewer's answer in the user data: "accepted" or "rejected". A Doc that was corrected needs none.
ANSWER = "imr_nlp_answer"
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
    """Write tasks into the folder ``out``, in files of at most `LETTERS` letters and about `_SIZE` characters."""
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    out.mkdir(parents=True, exist_ok=True)
    for number, some in enumerate(_batches(tasks), 1):
        vocab = Vocab()  # a new one for each file: a vocabulary keeps every word that it ever saw
        docs = DocBin(attrs=["ENT_IOB", "ENT_TYPE"], docs=(doc_of(task, vocab) for task in some), store_user_data=True)
        docs.to_disk(out / f"letters-{number:04}.spacy")


def _batches(tasks: Iterable[Task]) -> Iterator[list[Task]]:
    batch: list[Task] = []
    size = 0
    for task in tasks:
        batch.append(task)
        size += 8 * len(task.text) + 500 * sum(1 for _ in spans_of(task.record))
        if len(batch) == LETTERS or size >= _SIZE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def read(paths: list[Path], texts: Callable[[str], str] | None = None) -> Iterator[Task | Problem]:
    """Yield the tasks of .spacy files.

    Args:
        paths: Files, or folders of them.
        texts: Not needed: a Doc holds its text.

    Raises:
        FormatError: A folder holds none.
    """
    from spacy.vocab import Vocab

    for path in paths:
        files = sorted(path.glob("*.spacy")) if path.is_dir() else [path]
        if not files:
            raise FormatError(f"{path}: no .spacy file in it")
        for file in files:
            try:
                docs = _docs(file)
            except FormatError as error:
                yield Problem(str(file), "file", str(error))
                continue
            vocab = Vocab()
            for number in range(len(docs.tokens)):
                make = partial(_one, docs, number, vocab)
                yield from guarded(f"{file}: Doc {number + 1}", make)


def _docs(file: Path) -> DocBin:
    """Return the DocBin of a file. Raises FormatError where it is none, or would fill the memory."""
    from spacy.tokens import DocBin

    data = read_bounded(file)
    try:
        unpacking, size = zlib.decompressobj(), 0
        rest = data
        while rest:
            size += len(unpacking.decompress(rest, _CHUNK))
            rest = unpacking.unconsumed_tail
            if size > MAX_BYTES:
                raise FormatError(f"{file}: more than {MAX_BYTES >> 20} MiB when unpacked")
        docs = DocBin().from_bytes(data)
    except FormatError:
        raise
    except Exception as error:  # msgpack, zlib and numpy have errors of their own for damaged bytes
        raise FormatError(f"{file}: no DocBin of spaCy ({type(error).__name__})") from error
    lists = (docs.tokens, docs.spaces, docs.cats, docs.span_groups, docs.user_data, docs.flags)
    if len({len(one) for one in lists}) > 1:
        raise FormatError(f"{file}: a damaged DocBin: its parts have different lengths")
    return docs


def _one(docs: DocBin, number: int, vocab: Vocab) -> Task:
    """Return the task of one Doc of a DocBin, read by itself so that a damaged one costs only itself."""
    from spacy.tokens import DocBin

    alone = DocBin(attrs=[], store_user_data=True)
    alone.attrs, alone.strings, alone.version = docs.attrs, set() if number else docs.strings, docs.version
    for name in ("tokens", "spaces", "cats", "span_groups", "user_data", "flags"):
        setattr(alone, name, getattr(docs, name)[number : number + 1])
    try:
        (doc,) = alone.get_docs(vocab)
    except Exception as error:  # spaCy raises what its parts raise
        raise FormatError(f"a damaged Doc ({type(error).__name__})") from error
    if not isinstance(doc.user_data.get(DATA), str):
        raise FormatError(f"no {DATA} in its user data; was it exported?")
    return _task(doc)


def doc_of(task: Task, vocab: Vocab) -> Doc:
    """Return the Doc of a task.

    >>> from spacy.vocab import Vocab
    >>> entity = {"id": "E1", "label": "PROCEDURE", "start": 0, "end": 3}
    >>> doc = doc_of(Task("a", "MRI: Upheld", {"entities": [entity], "services": [], "relations": []}, {}), Vocab())
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
    exported = record_digest(task.record, task.text)
    kept = {"name": task.name, "record": task.record, "meta": task.meta, "exported": exported}
    doc.user_data[DATA] = json.dumps(kept)
    return doc


class _LocatedPart(NamedTuple):
    """Something of a record that has a span in the Doc, and the name by which the span is known."""

    kind: Kind
    name: str
    values: dict[str, Any]
    start: int
    end: int


def _placed(record: dict[str, Any]) -> Iterator[_LocatedPart]:
    for number, (kind, values, start, end) in enumerate(spans_of(record), 1):
        if start < end:
            yield _LocatedPart(kind, str(values.get("id", f"F{number}")), values, start, end)


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
    name, meta, text = data["name"], data["meta"], doc.text
    if not (isinstance(name, str) and isinstance(meta, dict)):
        raise FormatError("its name or meta was changed")
    known = known_record(data["record"])
    record = deepcopy(known)
    spans = {(kind, span.id_): span for kind, group in GROUPS.items() for span in doc.spans.get(group, ())}
    gone = set()
    for one in list(_placed(record)):
        span = spans.get((one.kind, one.name))
        if span is None:
            gone.add((one.kind, id(one.values)))
        else:
            prefix = "decision_" if one.kind == "decision" else ""
            one.values.update({f"{prefix}start": span.start_char, f"{prefix}end": span.end_char})
            if one.kind == "entity":
                _relabel(one.values, span.label_)
            elif one.kind != "decision":  # what is decided is the label of the service
                one.values.update({_LABELS[one.kind]: span.label_} if span.label_ != _NONE else {})
    kept = {(one.kind, one.name) for one in _placed(record)}
    _remove(record, gone)
    problems = []
    for (kind, span_id), span in spans.items():
        if (kind, span_id) in kept:
            continue
        if kind == "entity":
            place = {"start": span.start_char, "end": span.end_char}
            record["entities"].append({"id": span_id or _new_id(record), "label": span.label_, **place})
        else:
            problems.append(["unlinked", f"a new {kind} {span_id} belongs to no service; add it in the record"])
    if problems:
        meta["problems"] = problems
    record = derive_fields(record, text)
    # The digest that was exported: a record that was edited inside the Doc differs from it, and so do moved spans.
    exported = "" if problems else data.get("exported") or record_digest(known, text)
    return Task(name, text, record, meta, answer_of(doc.user_data.get(ANSWER), record, text, exported))


def _relabel(entity: dict[str, Any], label: str) -> None:
    """Give an entity the label of its span, in place."""
    before = said_before(entity)
    changed = relabelled(entity | ({"label": label} if label != _NONE else {}), before)
    entity.clear()
    entity.update(changed)


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
