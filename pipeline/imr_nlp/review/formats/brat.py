"""brat standoff: a folder with NAME.txt and NAME.ann for each letter, annotation.conf and visual.conf.

Every span is a text-bound annotation (``T``), values of closed sets are attributes (``A``), relations ``R`` lines.
What brat has no place for (ids, quantities, rules) stands as JSON in the note (``#``) of its span, where a reviewer can
see and change it; what belongs to the letter as a whole, in the note of ``LETTER``, its first visible character. The
attribute ``Answer`` of LETTER says that a reviewer accepted or rejected a letter; one that was corrected needs none.

brat allows no line break or tab within the text of a span, so a span that crosses one is written in fragments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from imr_nlp.reading.problems import Problem
from imr_nlp.review.formats import FormatError
from imr_nlp.review.formats.brat_conf import ATTRIBUTES, annotation_conf, visual_conf
from imr_nlp.review.formats.reading import MAX_SPANS, answer_of, guarded, read_text
from imr_nlp.review.formats.regions import relabelled, said_before
from imr_nlp.review.task import VALUED, Task, derive_fields, record_digest

SUFFIX = SIDE = ""
UNSUPPORTED = (
    "white space at the ends of a span and spans that cover none but white space are shown by the nearest visible "
    "character (they come back as they were)",
)
_TYPES = {"services": "SERVICE", "citations": "CITATION", "rationale": "RATIONALE"}
_OWNED = {"CITES": "citations", "HAS_RATIONALE": "rationale"}
#: What `str.splitlines` and a tab separate.
_RUN = re.compile("[^\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029\0]+")
_BOUND = re.compile(r"(T\d{1,9})\t(\S{1,80}) (\d{1,9} \d{1,9}(?:;\d{1,9} \d{1,9}){0,9999})(?:\t|$)")
_ATTRIBUTE = re.compile(r"[AM]\d{1,9}\t(\S{1,80}) (T\d{1,9}) (\S{1,80})")
_RELATION = re.compile(r"R\d{1,9}\t(\S{1,80}) Arg1:(T\d{1,9}) Arg2:(T\d{1,9})")
_NOTE = re.compile(r"#\d{1,9}\t\S{1,80} (T\d{1,9})\t(.*)")

Fragments = list[tuple[int, int]]


def write(tasks: Iterable[Task], out: Path) -> None:
    """Write tasks into the folder ``out``, a collection that brat can serve."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "annotation.conf").write_text(annotation_conf(), encoding="utf-8")
    (out / "visual.conf").write_text(visual_conf(), encoding="utf-8")
    for task in tasks:
        (out / f"{task.name}.txt").write_bytes(task.text.encode("utf-8", "surrogatepass"))
        lines = _Writer(task).lines
        (out / f"{task.name}.ann").write_bytes("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass"))


def read(paths: list[Path], texts: Callable[[str], str] | None = None) -> Iterator[Task | Problem]:
    """Read folders of a collection, or single .ann files; the .txt lies beside each, unless ``texts`` is given."""

    def task_of(file: Path) -> Task:
        annotations = read_text(file)
        text = texts(file.stem) if texts else read_text(file.with_suffix(".txt"))
        return _Reader(file, text, annotations).task()

    for path in paths:
        for file in sorted(path.glob("*.ann")) if path.is_dir() else [path]:
            yield from guarded(str(file), partial(task_of, file))


def fragments(text: str, start: int, end: int) -> Fragments:
    """Return the pieces of a span that brat can show; of one without any, the character beside it.

    >>> fragments("left\\r\\nknee", 0, 10), fragments("left knee", 4, 4)
    ([(0, 4), (6, 10)], [(4, 5)])
    """
    found = [match.span() for match in _RUN.finditer(text, start, end)]
    return found or [(start, start + 1) if start < len(text) else (max(0, start - 1), start)]


# --- out -------------------------------------------------------------------------------------------------------------


class _Writer:
    """The lines of one letter."""

    def __init__(self, task: Task) -> None:
        self.text = task.text
        self.lines: list[str] = []
        self.bound: dict[tuple[str, str], str] = {}  # (service or "", id) -> T
        self.attributes = self.relations = self.notes = self.spans = 0
        record = task.record
        first = _RUN.search(task.text)
        at = first.start() if first else 0
        letter = {part: record[part] for part in ("case", "patient", "reviewer", "relations")}
        letter["exported"] = record_digest(record, task.text)
        self._span("LETTER", {"start": at, "end": at + 1, "meta": task.meta, **letter})
        for fact in record["facts"]:
            self._span("FACT", fact)
        for entity in record["entities"]:
            self.bound["", entity["id"]] = self._span(entity["label"], {**entity, "was": said_before(entity)})
        for service in record["services"]:
            self._service(service)
        self._links(record["relations"])

    def _service(self, service: dict[str, Any]) -> None:
        owner = service["id"]
        self.bound["", owner] = bound = self._span("SERVICE", service)
        if service.get("decision_start") is not None and service.get("decision_end") is not None:
            place = {"start": service["decision_start"], "end": service["decision_end"]}
            self._relation("HAS_DECISION", bound, self._span("DECISION", place))
        for label, part in _OWNED.items():
            for item in service.get(part, ()):
                self._relation(label, bound, self._span(_TYPES[part], item))

    def _links(self, relations: list[dict[str, Any]]) -> None:
        """Write the relations between spans; those to what a service owns are there already, values are in notes."""
        for relation in relations:
            head, tail = (self.bound.get(("", relation[end])) for end in ("head", "tail"))
            if head and tail and relation["label"] not in (*_OWNED, *VALUED):
                self._relation(relation["label"], head, tail)

    def _span(self, kind: str, values: dict[str, Any]) -> str:
        self.spans += 1
        bound = f"T{self.spans}"
        pieces = fragments(self.text, values["start"], values["end"])
        words = " ".join(_shown(self.text[start:end]) for start, end in pieces)
        places = ";".join(f"{start} {end}" for start, end in pieces)
        self.lines.append(f"{bound}\t{_SPACE.sub('_', kind)} {places}\t{words}")
        note = {key: value for key, value in values.items() if key not in _ELSEWHERE}
        if (pieces[0][0], pieces[-1][1]) != (values["start"], values["end"]):
            note["span"] = [values["start"], values["end"]]
        for name in ATTRIBUTES.get(kind, ()):
            if name in note and _WORD.fullmatch(str(note[name])):
                self.attributes += 1
                self.lines.append(f"A{self.attributes}\t{name} {bound} {note.pop(name)}")
        if note:
            self.notes += 1
            self.lines.append(f"#{self.notes}\tAnnotatorNotes {bound}\t{json.dumps(note)}")
        return bound

    def _relation(self, label: str, head: str, tail: str) -> None:
        self.relations += 1
        self.lines.append(f"R{self.relations}\t{label} Arg1:{head} Arg2:{tail}")


_WORD, _SPACE = re.compile(r"\S{1,80}"), re.compile(r"\s+")
_ELSEWHERE = frozenset({"start", "end", "text", "label", "citations", "rationale", "decision_start", "decision_end"})


def _shown(words: str) -> str:
    return words if _RUN.fullmatch(words) else " "


# --- back ------------------------------------------------------------------------------------------------------------


_LINK = {"head", "label", "tail"}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


@dataclass(slots=True)
class _Bound:
    kind: str
    values: dict[str, Any]
    line: int
    relations: list[tuple[str, str]] = field(default_factory=list)


class _Reader:
    """One letter from its .ann file, in whatever order brat left the lines."""

    def __init__(self, file: Path, text: str, annotations: str) -> None:
        self.file, self.text = file, text
        self.bound: dict[str, _Bound] = {}
        self.problems: list[list[str]] = []
        later = []
        for number, line in enumerate(annotations.split("\n"), 1):
            line = line.removesuffix("\r")
            if line.startswith("T"):
                self._read_bound(number, line)
            elif line.strip():
                later.append((number, line))
            if len(self.bound) + len(later) > 4 * MAX_SPANS:
                raise FormatError(f"more than {4 * MAX_SPANS:,} lines")
        places = {key: (item.values["start"], item.values["end"]) for key, item in self.bound.items()}
        for number, line in later:
            self._read_about(number, line)
        for key, item in self.bound.items():
            self._exact(item, places[key])

    def task(self) -> Task:
        """Return the letter's task."""
        letter = next((item.values for item in self.bound.values() if item.kind == "LETTER"), {})
        given = letter.get("meta")
        meta = dict(given) if isinstance(given, dict) else {}
        if not letter:
            reason = "the LETTER span with its note is gone; take its lines from the exported .ann"
            self.problems.append(["letter", f"{self.file.name}: {reason}"])
        known = [one for one in _listed(letter.get("relations")) if isinstance(one, dict) and one.keys() >= _LINK]
        record: dict[str, Any] = {part: letter.get(part, {}) for part in ("case", "patient", "reviewer")}
        record |= {"facts": [], "entities": [], "services": []}
        self._name()
        owners = self._owners()
        services = {}
        for key, item in self.bound.items():
            if item.kind == "FACT":
                record["facts"].append(item.values)
            elif item.kind == "SERVICE":
                services[key] = item.values | {"citations": [], "rationale": []}
            elif item.kind not in ("LETTER", "DECISION", "CITATION", "RATIONALE"):
                before = item.values.pop("was", None)
                record["entities"].append(relabelled(item.values | {"label": item.kind}, before))
        for key, item in self.bound.items():
            part = {kind: name for name, kind in _TYPES.items()}.get(item.kind)
            if item.kind == "DECISION" and (owner := services.get(owners.get(key, ""))):
                owner |= {"decision_start": item.values["start"], "decision_end": item.values["end"]}
            elif part in ("citations", "rationale") and (owner := services.get(owners.get(key, ""))):
                owner[part].append(item.values)
            elif item.kind in ("DECISION", "CITATION", "RATIONALE"):
                self._problem(item.line, "unlinked", f"{item.kind} {key} belongs to no SERVICE; draw its relation")
        record["services"] = list(services.values())
        record["relations"] = self._relations(known)
        record = derive_fields(record, self.text)
        exported = letter.get("exported")
        if self.problems:
            meta["problems"], exported = self.problems, ""  # what can't be read was changed
        said = letter.get("Answer")
        return Task(self.file.stem, self.text, record, meta, answer_of(said, record, self.text, exported))

    def _read_bound(self, number: int, line: str) -> None:
        match = _BOUND.match(line)
        if not match:
            self._problem(number, "line", "no text-bound annotation of brat")
            return
        ends = [int(end) for piece in match[3].split(";") for end in piece.split()]
        self.bound[match[1]] = _Bound(match[2], {"start": ends[0], "end": ends[-1]}, number)

    def _read_about(self, number: int, line: str) -> None:
        """Read an attribute, a relation or a note."""
        if (match := _ATTRIBUTE.fullmatch(line)) and match[2] in self.bound and match[1] not in _ELSEWHERE:
            self.bound[match[2]].values[match[1]] = match[3]
        elif (match := _RELATION.match(line)) and match[2] in self.bound and match[3] in self.bound:
            self.bound[match[2]].relations.append((match[1], match[3]))
        elif (match := _NOTE.fullmatch(line)) and match[1] in self.bound:
            self._read_note(number, match[2], self.bound[match[1]].values)
        else:
            self._problem(number, "line", "neither attribute, relation nor note of a span that is there")

    def _read_note(self, number: int, note: str, values: dict[str, Any]) -> None:
        try:
            said = json.loads(note)
            values.update({key: value for key, value in said.items() if key not in _ELSEWHERE})
        except (ValueError, AttributeError, RecursionError):
            self._problem(number, "note", "the note is not a JSON object any more")

    def _exact(self, item: _Bound, place: tuple[int, int]) -> None:
        """Give a span that was not moved the ends that brat could not show."""
        exact = item.values.pop("span", None)
        if isinstance(exact, list) and len(exact) == 2 and all(isinstance(end, int) for end in exact):
            if not 0 <= exact[0] <= exact[1] <= len(self.text):
                return
            pieces = fragments(self.text, *exact)
            if (pieces[0][0], pieces[-1][1]) == place:
                item.values |= {"start": exact[0], "end": exact[1]}

    def _name(self) -> None:
        """Give an id to what was drawn in brat."""
        taken = {str(item.values.get("id")) for item in self.bound.values()}
        for key, item in self.bound.items():
            if item.kind not in ("LETTER", "DECISION", "FACT") and "id" not in item.values:
                prefix = {"SERVICE": "S", "CITATION": "C", "RATIONALE": "R"}.get(item.kind, "E")
                item.values["id"] = f"{prefix}{key}" if f"{prefix}{key}" not in taken else f"{prefix}{key}-new"

    def _owners(self) -> dict[str, str]:
        """Return the service of each decision, citation and sentence."""
        return {
            tail: head
            for head, item in self.bound.items()
            for label, tail in item.relations
            if item.kind == "SERVICE" and label in (*_OWNED, "HAS_DECISION")
        }

    def _relations(self, known: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the known relations that are still drawn, in their order, and then the new ones."""
        ids = {key: str(item.values.get("id", "")) for key, item in self.bound.items()}
        drawn = [
            {"head": ids[head], "label": label, "tail": ids[tail]}
            for head, item in self.bound.items()
            for label, tail in item.relations
            if label not in VALUED
        ]
        still = {(one["head"], one["label"], one["tail"]) for one in drawn}
        were = {(str(one["head"]), str(one["label"]), str(one["tail"])) for one in known}
        kept = [
            one
            for one in known
            if one["label"] in VALUED or (str(one["head"]), str(one["label"]), str(one["tail"])) in still
        ]
        return kept + [one for one in drawn if (one["head"], one["label"], one["tail"]) not in were]

    def _problem(self, number: int, code: str, reason: str) -> None:
        self.problems.append([code, f"line {number} of {self.file.name}: {reason}"])
