"""Invented tasks for tests of the review formats: adversarial ones, one with very many spans, and the sample letters.

`tasks()` draws a task whose record passes `check`: any text (emoji, combining characters, CRLF, tabs, separators of
other scripts, what a spreadsheet takes for a formula), entities that overlap and nest, services with decision,
citations and rationale sentences, relations, facts of the case. With ``empty=True`` spans may also cover nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

from hypothesis import strategies as st

from imr_nlp.evaluation.gold import read_gold
from imr_nlp.labels import ATTRIBUTES, CHOICES, LABELS
from imr_nlp.records.schema import Letter
from imr_nlp.review.checks import REQUIRED
from imr_nlp.review.task import Task, relations_of, task_of_gold, text_sha256
from support.paths import ROOT

#: Passages that formats are known to trip over: beside the Basic Multilingual Plane, combining, joined, right to left,
#: line ends of all kinds, markup, quoting, formulas, what looks like another format's own marks.
PASSAGES = (
    "knee", " ", " ", "MRI of the wrist", ".", "\n", "\r\n", "\r", "\t", "\f", "\v", "\x85", "\u2028", "\u2029",
    "\N{NO-BREAK SPACE}", "\N{PILL}", "\N{FAMILY}\N{ZERO WIDTH JOINER}\N{GIRL}", "\N{THUMBS UP SIGN}\U0001f3fd",
    "e\N{COMBINING ACUTE ACCENT}", "\N{COMBINING DIAERESIS}", "\N{LATIN SMALL LIGATURE FI}", "İ", "ß",
    "\N{HEBREW LETTER ALEF}", "\N{RIGHT-TO-LEFT MARK}", "\N{ZERO WIDTH NO-BREAK SPACE}", "\x00", "\x1b[31m",
    "<b>", "&amp;", "]]>", '"', "'", ",", ";", "|", "\\", "\\n", "=1+1", "+1", "-1", "@A1", "'=1", "T1\t",
    "#", "{", "}",
)  # fmt: skip
_WORDS = st.sampled_from(
    ["MRI", "lumbar spine", "Chronic Pain", "p. 12-13", "=SUM(A1)", "+1", "-2", "@home", "\tx", "'=1", "ä é",
     'a "b", c', "\N{PILL} 5 mg", "a; b", "a|b", "line\nline", "line\r\nline", "", " ", "none", "null", "1", "true",
     "[1]"]
)  # fmt: skip
_NUMBERS = st.one_of(st.integers(0, 400), st.sampled_from([0.5, 1.5, 2.25]))
_DATES = st.dates().map(str)
_RULES = {
    "rule": st.sampled_from(["dx.head", "px.test", "model:ner"]),
    "score": st.sampled_from([0.0, 0.25, 0.875, 1.0]),
}


def texts(min_size: int = 0) -> st.SearchStrategy[str]:
    """Texts of `PASSAGES` and of any characters that UTF-8 can hold."""
    anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
    return st.lists(st.one_of(st.sampled_from(PASSAGES), anything), min_size=min_size, max_size=30).map("".join)


@st.composite
def tasks(draw: st.DrawFn, empty: bool = False, max_spans: int = 8) -> Task:
    """Draw one task; see the head of this module."""
    text = draw(texts()) or "x"

    def place(**values: Any) -> dict[str, Any]:
        start = draw(st.integers(0, len(text) if empty else len(text) - 1))
        end = draw(st.integers(start if empty else start + 1, len(text)))
        return {"start": start, "end": end, **values, **draw(st.fixed_dictionaries({}, optional=_RULES))}

    entities = []
    for number in range(1, draw(st.integers(0, max_spans)) + 1):
        label = draw(st.sampled_from(LABELS))
        needed = REQUIRED[label]
        values = {name: draw(_value(name)) for name in ATTRIBUTES[label] if name in needed or draw(st.booleans())}
        entities.append(place(id=f"E{number}", label=label, **values))
    services, count = [], {"C": 0, "R": 0}

    def numbered(prefix: str) -> str:
        count[prefix] += 1
        return f"{prefix}{count[prefix]}"

    for number in range(1, draw(st.integers(0, 3)) + 1):
        service = place(id=f"S{number}", category=draw(st.sampled_from(CHOICES["category"])), **draw(_SERVICE))
        if "decision" in service and draw(st.booleans()):
            service |= {f"decision_{edge}": at for edge, at in place().items() if edge in ("start", "end")}
        service["citations"] = [place(id=numbered("C"), **draw(_CITATION)) for _ in range(draw(st.integers(0, 2)))]
        service["rationale"] = [
            place(id=numbered("R"), role=draw(st.sampled_from(CHOICES["role"]))) for _ in range(draw(st.integers(0, 3)))
        ]
        services.append(service)
    facts = [place(name=name) for name in draw(st.lists(st.sampled_from(["age", "states", "case_number"]), max_size=2))]
    record = {**draw(_HEAD), "facts": facts, "entities": entities, "services": services}
    return _task(draw(_NAMES), text, record, draw(_META))


def task_lists(empty: bool = False, max_size: int = 3) -> st.SearchStrategy[list[Task]]:
    """Some tasks with names of their own."""
    return st.lists(tasks(empty=empty), min_size=1, max_size=max_size, unique_by=lambda task: task.name)


def many_spans(spans: int = 10_000) -> Task:
    """Return a task with very many entities that nest and overlap, and as many sentences in one service."""
    text = "MRI of the \N{PILL} wrist e\N{COMBINING ACUTE ACCENT}\r\n" * (spans // 10)
    labels = cycle(LABELS)
    some: dict[str, Any] = {"min": 1, "max": 2, "unit": "week", "per": "week", "authority": "ODG"}
    some |= {"assertion": "affirmed", "status": "general"}
    entities = []
    for n in range(spans):
        label, start = next(labels), n % (len(text) - 40)
        values = {name: some[name] for name in REQUIRED[label]}
        entities.append({"id": f"E{n + 1}", "label": label, "start": start, "end": start + 1 + n % 37, **values})
    rationale = [
        {"id": f"R{n + 1}", "role": CHOICES["role"][n % 5], "start": 2 * n, "end": 2 * n + 2}
        for n in range(spans // 10)
    ]
    service = {"id": "S1", "start": 0, "end": 3, "category": "other", "citations": [], "rationale": rationale}
    head: dict[str, Any] = {"case": {}, "patient": {}, "reviewer": {}, "facts": []}
    return _task("many", text, {**head, "entities": entities, "services": [service]}, {})


def sample_tasks() -> list[Task]:
    """Return the project's own gold letters as tasks."""
    gold = read_gold(ROOT / "annotations" / "gold.jsonl")
    return [task_of_gold(record, gold.letters[record["name"]].text) for record in gold.records]


def copies(count: int) -> Iterator[Task]:
    """Yield the sample letters again and again under new names, one at a time."""
    samples = sample_tasks()
    for number, task in enumerate(islice(cycle(samples), count)):
        yield Task(f"{task.name}-{number}", task.text, task.record, task.meta)


def _task(name: str, text: str, record: dict[str, Any], meta: dict[str, Any]) -> Task:
    """Complete a record: the words of each span, its relations, and the form that `records.Letter` gives it."""
    sentences = [sentence for service in record["services"] for sentence in service.get("rationale", ())]
    for part in (*record["entities"], *record["services"], *sentences):
        part["text"] = text[part["start"] : part["end"]]
    record["relations"] = relations_of(record)
    source = {
        "text_sha256": text_sha256(text),
        "characters": len(text),
        "layout": "unknown",
        "pipeline_version": "0.1.0",
    }
    letter = Letter.model_validate({**record, "source": source}).model_dump(exclude_none=True)
    known = {"text_sha256": text_sha256(text), "pipeline_version": "0.1.0", "layout": "unknown", "warnings": []}
    return Task(name, text, {part: letter[part] for part in record}, known | {"path": f"{name}.txt"} | meta)


def _value(name: str) -> st.SearchStrategy[Any]:
    if name in CHOICES:
        return st.sampled_from(CHOICES[name])
    return _NUMBERS if name in ("min", "max") else _WORDS.filter(bool)


_SERVICE = st.fixed_dictionaries(
    {"body_parts": st.lists(_WORDS, max_size=2)},
    optional={
        "decision": st.sampled_from(CHOICES["decision"]),
        "procedure": _WORDS,
        "sessions": _NUMBERS,
        "frequency": st.fixed_dictionaries({"min": _NUMBERS, "max": _NUMBERS, "per": st.just("week")}),
        "duration": st.fixed_dictionaries({"min": _NUMBERS, "max": _NUMBERS, "unit": st.just("week")}),
        "count": _NUMBERS,
        "strength": _WORDS,
        "date_of_service": _DATES,
        "authorized": _WORDS,
    },
)
_CITATION = st.fixed_dictionaries(
    {"party": st.sampled_from(CHOICES["party"]), "authority": st.sampled_from(CHOICES["cited"])},
    optional={
        "title": _WORDS,
        "year": st.integers(1990, 2020),
        "sections": st.lists(_WORDS, max_size=2),
        "pages": st.lists(_WORDS, max_size=2),
        "outside_mtus": st.booleans(),
    },
)
_HEAD = st.fixed_dictionaries(
    {
        "case": st.fixed_dictionaries({}, optional={"case_number": _WORDS, "decision_date": _DATES}),
        "patient": st.fixed_dictionaries({}, optional={"age": st.integers(0, 99), "sex": st.just("female")}),
        "reviewer": st.fixed_dictionaries({"states": st.lists(_WORDS, max_size=2), "specialties": st.just([])}),
    }
)
_NAMES = st.sampled_from(["CM16-0999001", "letter", "a.b", "ä", "x_1", "CON"])
_META = st.fixed_dictionaries(
    {"letter_id": st.sampled_from(["006768c1bcfa8a96", "f91fed1fa393fc9b"])},
    optional={
        "annotator": st.sampled_from(["jo", "Åsa B.", "=jo", "a,b"]),
        "updated_at": st.just("2026-01-02T03:04:05Z"),
        "warnings": st.just(["no_decision", "no_rationale"]),
    },
)
