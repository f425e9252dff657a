"""A record as rich renderables: what `imr-nlp show` prints.

Nothing here depends on colour alone, so that the same output reads well in a pipe.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from imr_nlp.records import schema as records

DECISIONS = {"upheld": "red", "overturned": "green", "modified": "yellow"}
ROLES = {
    "guideline": "blue",
    "fact": "cyan",
    "gap": "yellow",
    "conclusion": "magenta",
    "other": "bright_black",
}
_ENTITY = "underline"
# White space flows; what could steer the terminal is not printed.
_UNPRINTED = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def letter(record: records.Letter, text: str) -> RenderableType:
    """Return a letter's facts, services, legend and warnings. ``text`` is what the record's offsets point into."""
    parts: list[RenderableType] = [_header(record)]
    if not record.services:
        parts.append(Text("No disputed service found.", style="red"))
    for number, service in enumerate(record.services, 1):
        parts.append(_service(number, service, record.entities, text))
    if record.services:
        parts.append(_legend())
    if record.warnings:
        parts.append(_warnings(record.warnings))
    return Group(*parts)


def findings(record: records.Letter, text: str) -> RenderableType:
    """Return every finding with its place, the rule that made it, and the rule that decided its attribute."""
    table = Table(title="Why: every finding and its rule", box=box.SIMPLE_HEAD, title_justify="left", expand=True)
    table.add_column("at", no_wrap=True)
    table.add_column("what", no_wrap=True)
    for name, ratio in (("text", 5), ("value", 4), ("rule / decided by", 6)):
        table.add_column(name, ratio=ratio, overflow="fold")
    rows: list[tuple[records.Found, str, str, str | None]] = []
    rows += [(fact, fact.name, "", None) for fact in record.facts]
    rows += [(entity, f"{entity.id} {entity.label}", _value(entity), entity.context_rule) for entity in record.entities]
    for service in record.services:
        rows.append((service, f"{service.id} service", f"{service.decision or ''} {service.category}", None))
        rows += [(cited, f"{cited.id} citation", cited.authority, None) for cited in service.citations]
        rows += [(reason, f"{reason.id} rationale", reason.role, None) for reason in service.rationale]
    for found, what, value, decided in sorted(rows, key=lambda row: (row[0].start, row[0].end)):
        score = "" if found.score is None else f" {found.score:.2f}"
        by = f"\n{decided}" if decided else ""
        said = _shortened(_flow(text[found.start : found.end]), 48)
        table.add_row(*map(Text, (f"{found.start}-{found.end}", what, said, value, f"{found.rule or ''}{score}{by}")))
    return table


# --- parts ---------------------------------------------------------------------------------------------------------


def _header(record: records.Letter) -> RenderableType:
    case, patient, reviewer = record.case, record.patient, record.reviewer
    worker = ", ".join(str(part) for part in (patient.age, patient.sex) if part is not None)
    facts = (
        ("case", case.case_number), ("injured", case.date_of_injury), ("denied", case.ur_denial_date),
        ("applied", case.application_received), ("assigned", case.date_assigned), ("decided", case.decision_date),
        ("priority", case.priority), ("worker", worker), ("reviewer", ", ".join(reviewer.specialties)),
        ("licensed in", ", ".join(reviewer.states)), ("layout", record.source.layout),
    )  # fmt: skip
    return Panel(
        _grid(facts), title=Text(_flow(record.source.path or ""), style="bold"), title_align="left", expand=True
    )


def _service(number: int, service: records.Service, entities: Sequence[records.Entity], text: str) -> RenderableType:
    colour = DECISIONS.get(service.decision or "", "bright_black")
    title = Text.assemble((f"{number}  ", "bold"), ((service.decision or "no decision").upper(), f"bold {colour}"))
    parts: list[RenderableType] = [Text(_flow(service.text), style="bold"), _grid(_service_facts(service))]
    if service.citations:
        parts.append(_citations(service.citations))
    if service.rationale:
        parts.append(_rationale(service.rationale, entities, text))
    return Panel(Group(*parts), title=title, title_align="left", border_style=colour)


def _service_facts(service: records.Service) -> Iterable[tuple[str, str | None]]:
    often, long = service.frequency, service.duration
    yield "category", service.category
    yield "procedure", service.procedure
    yield "body parts", ", ".join(service.body_parts)
    yield "sessions", _number(service.sessions)
    yield "implied", _number(service.implied_sessions)
    yield "frequency", f"{_range(often.min, often.max)} per {often.per}" if often else None
    yield "duration", f"{_range(long.min, long.max)} {long.unit}" if long else None
    yield "count", _number(service.count)
    yield "strength", service.strength
    yield "refills", _number(service.refills)
    yield "performed", service.date_of_service
    yield "requested", service.original_request and _flow(service.original_request)
    yield "authorized", service.authorized and _flow(service.authorized)


def _citations(citations: Sequence[records.Citation]) -> RenderableType:
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False)
    table.add_column("cited by", no_wrap=True)
    table.add_column("authority", no_wrap=True)
    table.add_column("document", ratio=6)
    table.add_column("year", no_wrap=True)
    table.add_column("pages", ratio=1, min_width=5)
    for cited in citations:
        title = cited.canonical_title or cited.title or ""
        inside = f": {'; '.join(cited.sections)}" if cited.sections else ""
        by = "reviewer" if cited.party == "reviewer" else "claims admin."
        outside = " (outside MTUS)" if cited.outside_mtus else ""
        table.add_row(
            by,
            cited.authority,
            Text(_flow(title + inside + outside)),
            _number(cited.year),
            ", ".join(cited.pages),
        )
    return table


def _rationale(
    sentences: Sequence[records.RationaleSentence], entities: Sequence[records.Entity], text: str
) -> RenderableType:
    grid = Table.grid(padding=(0, 2), expand=True)
    grid.add_column(min_width=10)
    grid.add_column(ratio=1)
    for sentence in sentences:
        colour = ROLES[sentence.role]
        grid.add_row(Text(sentence.role, style=f"bold {colour}"), _marked(text, sentence, entities, colour))
    return grid


def _marked(text: str, sentence: records.Found, entities: Sequence[records.Entity], colour: str) -> Text:
    """Return a sentence on one line, its entities underlined."""
    inside = [entity for entity in entities if entity.start < sentence.end and entity.end > sentence.start]
    edges = {edge for entity in inside for edge in (entity.start, entity.end) if sentence.start < edge < sentence.end}
    marked = Text(style=colour)
    for start, end in pairwise(sorted({sentence.start, sentence.end, *edges})):
        named = any(entity.start <= start and end <= entity.end for entity in inside)
        piece = _UNPRINTED.sub(" ", text[start:end])
        marked.append(piece.lstrip() if not marked or marked.plain.endswith(" ") else piece, _ENTITY if named else "")
    return marked


def _legend() -> RenderableType:
    legend = Text("rationale: ")
    for role, colour in ROLES.items():
        legend.append(role, f"bold {colour}").append("  ")
    return legend.append("entity", _ENTITY)


def _warnings(warnings: Sequence[records.Warning]) -> RenderableType:
    lines = Text("\n").join(
        Text.assemble((warning.code, "bold"), f": {_flow(warning.message)}") for warning in warnings
    )
    return Panel(lines, title="warnings", title_align="left", border_style="yellow")


# --- small pieces --------------------------------------------------------------------------------------------------


def _grid(facts: Iterable[tuple[str, str | None]]) -> Table:
    """Return the facts that are known, two pairs a line."""
    known = [(name, value) for name, value in facts if value]
    grid = Table.grid(padding=(0, 2), expand=True)
    for ratio in (0, 1, 0, 1):
        grid.add_column(ratio=ratio or None, style="" if ratio else "bright_black", no_wrap=not ratio)
    for left in range(0, len(known), 2):
        cells = [Text(_flow(cell)) for pair in known[left : left + 2] for cell in pair]
        grid.add_row(*cells)
    return grid


def _value(entity: records.Entity) -> str:
    amount = _range(entity.min, entity.max) if entity.min is not None and entity.max is not None else ""
    per = f"per {entity.per}" if entity.per else ""
    parts = (entity.assertion, entity.status, entity.authority, amount, entity.unit, per)
    return " ".join(part for part in parts if part)


def _range(low: records.Number, high: records.Number) -> str:
    return _number(low) if low == high else f"{_number(low)}-{_number(high)}"


def _number(value: records.Number | None) -> str:
    """Return a number as people write it: 8, not 8.0.

    >>> _number(8.0), _number(0.5), _number(None)
    ('8', '0.5', '')
    """
    return "" if value is None else f"{value:g}"


def _flow(text: str) -> str:
    """Return text on one line, without what could steer a terminal."""
    return _UNPRINTED.sub(" ", text).strip()


def _shortened(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
