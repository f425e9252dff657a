"""One letter as Markdown, to be sent or pasted."""

from __future__ import annotations

import re
from collections.abc import Iterable

from imr_nlp.records import schema as records
from imr_nlp.records.summary import sentence
from imr_nlp.report.html import words
from imr_nlp.text.visible import one_line

_SIGNS = re.compile(r"([\\`*_\[\]<>|~&])")
_FIRST = re.compile(r"^(\d+)([.)])|^([-=+#])")


def letter(record: records.Letter, text: str) -> str:
    """Return a letter as Markdown: summary, facts, then each service with its citations and reasons.

    Args:
        record: The letter's record.
        text: What the record's offsets point into.

    Returns:
        CommonMark. Nothing of the letter is read as markup.
    """
    case, patient, reviewer = record.case, record.patient, record.reviewer
    facts = (
        ("File", record.source.path), ("Injured", case.date_of_injury), ("Denied", case.ur_denial_date),
        ("Applied", case.application_received), ("Assigned", case.date_assigned), ("Decided", case.decision_date),
        ("Priority", case.priority), ("Worker", _joined((patient.age, patient.sex))),
        ("Reviewer", _joined(reviewer.specialties)), ("Licensed in", _joined(reviewer.states)),
    )  # fmt: skip
    lines = [escaped(sentence([record])), "", f"# {escaped(case.case_number or record.source.path or 'Letter')}", ""]
    lines += [f"- {name}: {escaped(value)}" for name, value in facts if value]
    for number, service in enumerate(record.services, 1):
        lines += ["", f"## {number}\\. {escaped(service.text)}", ""]
        lines += [f"- **{(service.decision or 'no decision found').capitalize()}**"]
        lines += [f"- {name}: {escaped(value)}" for name, value in _service_facts(service) if value]
        for cited in service.citations:
            party = "Reviewer" if cited.party == "reviewer" else "Claims administrator"
            document = _joined((cited.authority, cited.canonical_title or cited.title, cited.year, *cited.sections))
            document += f", pages {', '.join(cited.pages)}" if cited.pages else ""
            lines.append(f"- {party} cites: {escaped(document)}{' (outside MTUS)' if cited.outside_mtus else ''}")
        if service.rationale:
            lines += ["", "| Role | Sentence |", "| --- | --- |"]
            lines += [f"| {said.role} | {escaped(text[said.start : said.end])} |" for said in service.rationale]
    if record.warnings:
        lines += ["", "## Warnings", ""]
        lines += [f"- {escaped(warning.code)}: {escaped(warning.message)}" for warning in record.warnings]
    return "\n".join(lines) + "\n"


def escaped(value: object) -> str:
    """Return a value on one line in which Markdown finds no markup.

    >>> escaped("[MRI](x) of *C5*"), escaped("1. <b>knee</b>")
    ('\\\\[MRI\\\\](x) of \\\\*C5\\\\*', '1\\\\. \\\\<b\\\\>knee\\\\</b\\\\>')
    """
    return _FIRST.sub(_start, _SIGNS.sub(r"\\\1", one_line(value)))


def _start(found: re.Match[str]) -> str:
    """Escape what would begin a list or underline a heading."""
    return f"{found[1]}\\{found[2]}" if found[1] else f"\\{found[3]}"


def _joined(values: Iterable[object]) -> str:
    return ", ".join(str(value) for value in values if value not in (None, ""))


def _service_facts(service: records.Service) -> Iterable[tuple[str, str | None]]:
    yield "Category", service.category and words(service.category)
    yield "Procedure", service.procedure
    yield "Body parts", _joined(service.body_parts)
    for name in ("sessions", "implied_sessions", "count", "refills"):
        value = getattr(service, name)
        yield words(name).capitalize(), None if value is None else f"{value:.10g}"
    if often := service.frequency:
        yield "Frequency", f"{_range(often.min, often.max)} per {often.per}"
    if long := service.duration:
        yield "Duration", f"{_range(long.min, long.max)} {long.unit}"
    yield "Strength", service.strength
    for name, amount in service.amounts():
        yield name.capitalize(), amount.in_words()
    yield "Date of service", service.date_of_service
    yield "Original request", service.original_request
    yield "As authorized", service.authorized


def _range(low: float, high: float) -> str:
    return f"{low:.10g}" if low == high else f"{low:.10g} to {high:.10g}"
