"""A record in, warnings out: runs every rule of ``configs/audit.yml`` over one record."""

from __future__ import annotations

from collections.abc import Sequence

from imr_nlp.audit.rules import CHECKS, AuditRule, load_audit_rules
from imr_nlp.audit.view import Finding, LetterView
from imr_nlp.records import schema


def warnings_of(letter: schema.Letter, text: str, rules: Sequence[AuditRule] | None = None) -> list[schema.Warning]:
    """Return the warnings on a record, in the order of the rules.

    Args:
        letter: The record.
        text: The letter's text as decoded, into which the record's offsets point.
        rules: The rules to run. The shipped ones are the default.

    Returns:
        One warning for each place that a rule found. Messages hold no text of the letter.

    >>> letter = schema.Letter(source=schema.Source(text_sha256="0" * 64, characters=0, layout="unknown",
    ...                                             pipeline_version="0"))
    >>> [(warning.code, warning.severity) for warning in warnings_of(letter, "")][:2]
    [('layout_unknown', 'warning'), ('no_service', 'warning')]
    """
    view = LetterView(letter, text)
    found = []
    for rule in load_audit_rules() if rules is None else rules:
        if rule.severity != "off" and rule.serves(letter.source.layout):
            found += [_warning(rule, finding) for finding in CHECKS[rule.check](view, rule.settings)]
    return found


def _warning(rule: AuditRule, finding: Finding) -> schema.Warning:
    message = rule.message
    for name, word in finding.words.items():
        message = message.replace("{" + name + "}", word)
    places = [schema.Place(start=place.start, end=place.end, what=place.what) for place in finding.places]
    first = places[0] if places else None
    return schema.Warning(
        code=rule.code, message=message, severity=rule.severity if rule.severity != "off" else "info",
        service=finding.service.id if finding.service else None,
        start=first.start if first else None, end=first.end if first else None, places=places,
    )  # fmt: skip
