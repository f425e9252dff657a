"""How a record displays itself in a notebook: a piece of HTML that needs no style, script or file of a page."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from imr_nlp.records.summary import sentence
from imr_nlp.text.visible import one_line

if TYPE_CHECKING:
    from imr_nlp.records.schema import Entity, Letter, Service

#: Inks of a decision that read on a light and on a dark ground.
_INKS = {"upheld": "#6b7785", "overturned": "#14866d", "modified": "#b9770e"}
_CELL = "padding:.15em .8em .15em 0;text-align:left;vertical-align:top"


def html(letter: Letter) -> str:
    """Return a record as HTML: summary, facts, services, and entities in a part that opens.

    Everything that comes from the letter is escaped.

    Args:
        letter: The record.

    >>> from imr_nlp.records.schema import Letter, Source
    >>> source = Source(path="<b>", text_sha256="", characters=0, layout="unknown", pipeline_version="0")
    >>> html(Letter(source=source))[:85]
    '<div class="imr-letter"><p><strong>No disputed service found</strong></p><p>&lt;b&gt;'
    """
    case, patient, reviewer = letter.case, letter.patient, letter.reviewer
    facts = (
        letter.source.path, case.case_number, case.decision_date and f"decided {case.decision_date}",
        patient.age and f"worker {patient.age}", patient.sex, ", ".join(reviewer.specialties),
    )  # fmt: skip
    services = [_service(number, service) for number, service in enumerate(letter.services, 1)]
    entities = _table(("id", "label", "text", "says"), (_entity(one) for one in letter.entities))
    warnings = "".join(f"<li>{_text(one.code)}: {_text(one.message)}</li>" for one in letter.warnings)
    return (
        f'<div class="imr-letter"><p><strong>{_text(sentence([letter]))}</strong></p>'
        f"<p>{_text(' · '.join(str(fact) for fact in facts if fact))}</p>"
        f"{_table(('service', 'decision', 'category', 'procedure', 'body parts', 'cited', 'amounts'), services)}"
        + (f"<ul>{warnings}</ul>" if warnings else "")
        + f"<details><summary>{len(letter.entities)} entities</summary>{entities}</details></div>"
    )


def _service(number: int, service: Service) -> tuple[str, ...]:
    decision = service.decision or "none found"
    ink = _INKS.get(decision, "inherit")
    cited = dict.fromkeys(
        f"{'reviewer' if one.party == 'reviewer' else 'administrator'} {one.authority}" for one in service.citations
    )
    return (
        _text(f"{number}. {service.text}"), f'<strong style="color:{ink}">{_text(decision)}</strong>',
        _text((service.category or "").replace("_", " ")), _text(service.procedure or ""),
        _text(", ".join(service.body_parts)), _text(", ".join(cited)),
        _text(", ".join(f"{name} {amount.in_words()}" for name, amount in service.amounts())),
    )  # fmt: skip


def _entity(entity: Entity) -> tuple[str, ...]:
    low, high = entity.min, entity.max
    amount = "" if low is None else f"{low:.10g}" if low == high else f"{low:.10g}-{high:.10g}"
    says = (entity.assertion, entity.status, entity.authority, amount, entity.unit, entity.per and f"per {entity.per}")
    return _text(entity.id), _text(entity.label), _text(entity.text), _text(" ".join(str(one) for one in says if one))


def _table(names: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col" style="{_CELL}">{name}</th>' for name in names)
    cells = ("".join(f'<td style="{_CELL}">{cell}</td>' for cell in row) for row in rows)
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _text(value: object) -> str:
    return escape(one_line(value))
