"""A record as rich renderables: what `imr-nlp show` prints.

Nothing here depends on colour alone, so that the same output reads well in a pipe.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from imr_nlp.records import schema as records
from imr_nlp.records.summary import sentence as summary
from imr_nlp.report.style import looks
from imr_nlp.text.visible import one_line

_ENTITY = "underline"
#: Columns below which facts stand one a line and tables become lists.
NARROW = 72
#: Columns from which findings stand in a table. Below it their words would be broken, so they stand in a list.
WIDE = 110


def letter(record: records.Letter, text: str, width: int = 80) -> RenderableType:
    """Return a letter's summary, facts, services, legend and warnings.

    Args:
        record: The letter's record.
        text: What the record's offsets point into.
        width: Columns of the terminal. Below ``NARROW`` nothing stands side by side.

    Returns:
        What rich prints. No part is cut at any width; long words are folded.
    """
    parts: list[RenderableType] = [Text(summary([record]), style="bold"), _header(record, width)]
    for number, service in enumerate(record.services, 1):
        parts.append(_service(number, service, record.entities, text, width))
    if record.services:
        parts.append(_legend())
    if record.warnings:
        parts.append(_warnings(record.warnings))
    return Group(*parts)


def together(letters: Sequence[records.Letter]) -> RenderableType:
    """Return the line that sums several letters up."""
    return Text(summary(letters), style="bold")


def findings(record: records.Letter, text: str, width: int = 80) -> RenderableType:
    """Return every finding with its place, the rule that made it, and the rule that decided its attribute."""
    rows: list[tuple[records.Located, str, str, str | None]] = []
    rows += [(fact, fact.name, "", None) for fact in record.facts]
    rows += [(entity, f"{entity.id} {entity.label}", _value(entity), _context(entity)) for entity in record.entities]
    for service in record.services:
        rows.append((service, f"{service.id} service", f"{service.decision or ''} {service.category or ''}", None))
        rows += [(cited, f"{cited.id} citation", cited.authority, None) for cited in service.citations]
        rows += [(reason, f"{reason.id} rationale", reason.role, None) for reason in service.rationale]
    rows.sort(key=lambda row: (row[0].start, row[0].end))
    title = "Why: every finding and its rule"
    if width < WIDE:
        return Group(Text(title, style="bold"), *(_finding(*row, text) for row in rows))
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", expand=True)
    table.add_column("at", no_wrap=True)
    table.add_column("what", no_wrap=True)
    for name, ratio in (("text", 5), ("value", 4), ("rule / decided by", 6)):
        table.add_column(name, ratio=ratio, overflow="fold")
    for found, what, value, decided in rows:
        said = one_line(text[found.start : found.end])
        table.add_row(*map(Text, (f"{found.start}-{found.end}", what, said, value, _by(found, decided))))
    return table


def _finding(found: records.Located, what: str, value: str, decided: str | None, text: str) -> RenderableType:
    """Return one finding as a short list."""
    lines = [Text.assemble((what, "bold"), f" {found.start}-{found.end}")]
    said = (one_line(text[found.start : found.end]), value.strip(), _by(found, decided).replace("\n", ", "))
    lines += [Text(line) for line in said if line]
    grid = Table.grid(padding=(0, 1))
    grid.add_column(overflow="fold")
    grid.add_column(overflow="fold")
    for number, line in enumerate(lines):
        grid.add_row("" if number else "-", line)
    return grid


def _context(entity: records.Entity) -> str | None:
    """Return what decided an entity's assertion or status, with the score of a model."""
    score = "" if entity.context_score is None else f" {entity.context_score:.2f}"
    return f"{entity.context_rule}{score}" if entity.context_rule else None


def _by(found: records.Located, decided: str | None) -> str:
    score = "" if found.score is None else f" {found.score:.2f}"
    return f"{found.rule or ''}{score}" + (f"\n{decided}" if decided else "")


# --- parts ---------------------------------------------------------------------------------------------------------


def _header(record: records.Letter, width: int) -> RenderableType:
    case, patient, reviewer = record.case, record.patient, record.reviewer
    worker = ", ".join(str(part) for part in (patient.age, patient.sex) if part is not None)
    facts = (
        ("case", case.case_number), ("injured", case.date_of_injury), ("denied", case.ur_denial_date),
        ("applied", case.application_received), ("assigned", case.date_assigned), ("decided", case.decision_date),
        ("priority", case.priority), ("worker", worker), ("reviewer", ", ".join(reviewer.specialties)),
        ("licensed in", ", ".join(reviewer.states)), ("layout", record.source.layout),
    )  # fmt: skip
    name = Text(one_line(record.source.path or ""), style="bold", overflow="fold")
    return Panel(Group(name, _grid(facts, width)), expand=True)


def _service(
    number: int, service: records.Service, entities: Sequence[records.Entity], text: str, width: int
) -> RenderableType:
    look = looks("decisions").get(service.decision or "")
    colour = look.terminal if look else "bright_black"
    title = Text.assemble((f"{number}  ", "bold"), ((service.decision or "no decision").upper(), f"bold {colour}"))
    request = Text(one_line(service.text), style="bold", overflow="fold")
    parts: list[RenderableType] = [request, _grid(_service_facts(service), width)]
    if service.citations:
        parts.append(_citations(service.citations, width))
    if service.rationale:
        parts.append(_rationale(service.rationale, entities, text, width))
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
    for name, amount in service.amounts():
        yield name, amount.in_words()
    yield "performed", service.date_of_service
    yield "as requested", service.original_request and one_line(service.original_request)
    yield "as authorized", service.authorized and one_line(service.authorized)


def _citations(citations: Sequence[records.Citation], width: int) -> RenderableType:
    if width < NARROW:
        return Group(*(_citation(cited) for cited in citations))
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False)
    table.add_column("cited by", no_wrap=True)
    table.add_column("authority", no_wrap=True)
    table.add_column("document", ratio=1, overflow="fold")
    table.add_column("year", no_wrap=True)
    paged = any(cited.pages for cited in citations)
    if paged:
        table.add_column("pages", min_width=5, max_width=16, overflow="fold")
    for cited in citations:
        pages = [one_line(", ".join(cited.pages))] if paged else []
        table.add_row(*map(Text, (_party(cited), cited.authority, _document(cited), _number(cited.year), *pages)))
    return table


def _citation(cited: records.Citation) -> Text:
    """Return a citation on lines of its own."""
    parts = (cited.authority, _document(cited), _number(cited.year), cited.pages and f"pages {', '.join(cited.pages)}")
    said = one_line(" ".join(part for part in parts if part))
    return Text.assemble((f"{_party(cited)} cites ", "bright_black"), said, overflow="fold")


def _party(cited: records.Citation) -> str:
    return "reviewer" if cited.party == "reviewer" else "claims admin."


def _document(cited: records.Citation) -> str:
    title = cited.canonical_title or cited.title or ""
    inside = f": {'; '.join(cited.sections)}" if cited.sections else ""
    return one_line(title + inside + (" (outside MTUS)" if cited.outside_mtus else ""))


def _rationale(
    sentences: Sequence[records.RationaleSentence], entities: Sequence[records.Entity], text: str, width: int
) -> RenderableType:
    if width < NARROW:
        lines = []
        for sentence in sentences:
            colour = looks("roles")[sentence.role].terminal
            lines.append(Text(sentence.role, style=f"bold {colour}"))
            lines.append(_marked(text, sentence, entities, colour))
        return Group(*lines)
    grid = Table.grid(padding=(0, 2), expand=True)
    grid.add_column(min_width=10)
    grid.add_column(ratio=1, overflow="fold")
    for sentence in sentences:
        colour = looks("roles")[sentence.role].terminal
        grid.add_row(Text(sentence.role, style=f"bold {colour}"), _marked(text, sentence, entities, colour))
    return grid


def _marked(text: str, sentence: records.Located, entities: Sequence[records.Entity], colour: str) -> Text:
    """Return a sentence on one line, its entities underlined."""
    inside = [entity for entity in entities if entity.start < sentence.end and entity.end > sentence.start]
    edges = {edge for entity in inside for edge in (entity.start, entity.end) if sentence.start < edge < sentence.end}
    marked = Text(style=colour, overflow="fold")
    for start, end in pairwise(sorted({sentence.start, sentence.end, *edges})):
        named = any(entity.start <= start and end <= entity.end for entity in inside)
        piece = _spaced(text[start:end])
        marked.append(piece.lstrip() if not marked or marked.plain.endswith(" ") else piece, _ENTITY if named else "")
    return marked


def _legend() -> RenderableType:
    legend = Text("rationale: ")
    for role, look in looks("roles").items():
        legend.append(role, f"bold {look.terminal}").append("  ")
    return legend.append("entity", _ENTITY)


def _warnings(warnings: Sequence[records.Warning]) -> RenderableType:
    lines = Text("\n").join(
        Text.assemble((warning.code, "bold"), f": {one_line(warning.message)}") for warning in warnings
    )
    lines.overflow = "fold"
    return Panel(lines, title="warnings", title_align="left", border_style="yellow")


# --- small pieces --------------------------------------------------------------------------------------------------


def _grid(facts: Iterable[tuple[str, str | None]], width: int) -> Table:
    """Return the facts that are known: two pairs a line, one where the terminal is narrow."""
    known = [(name, one_line(value)) for name, value in facts if value]
    pairs = 1 if width < NARROW else 2
    grid = Table.grid(padding=(0, 2), expand=True)
    for _ in range(pairs):
        grid.add_column(style="bright_black", no_wrap=True)
        grid.add_column(ratio=1, overflow="fold")
    for left in range(0, len(known), pairs):
        grid.add_row(*(Text(cell) for pair in known[left : left + pairs] for cell in pair))
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
    return "" if value is None else f"{value:.10g}"


def _spaced(text: str) -> str:
    """Return a piece of a sentence with single spaces; those at its ends stay."""
    inner = one_line(text)
    if not inner:
        return " " if text else ""
    return f"{' ' * text[0].isspace()}{inner}{' ' * text[-1].isspace()}"
