"""Audit rules as data: ``configs/audit.yml`` and files of the user's own in the same form."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from imr_nlp.audit import agreement, amounts, citations, completeness, dates
from imr_nlp.audit.completeness import Check
from imr_nlp.config import ConfigError, line_of, read_yaml

#: What a rule may name as its check.
CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        completeness.missing, completeness.no_role, completeness.value,
        dates.dates_in_order, dates.case_year, dates.age,
        agreement.decisions_agree, agreement.amounts_agree, agreement.sessions_product, agreement.body_parts_agree,
        agreement.sides_agree, agreement.service_agrees, agreement.sex_agrees, agreement.rationale_repeated,
        agreement.modified_agrees, agreement.phrase, amounts.summary_amounts, amounts.split_amounts,
        citations.cited_formally, citations.no_guideline, citations.citation_repeated,
        citations.limits,
    )
}  # fmt: skip
#: Settings that a check cannot do without.
_NEEDS: dict[str, tuple[str, ...]] = {
    "missing": ("value",), "no_role": ("role",), "value": ("field",), "dates_in_order": ("order",),
    "age": ("youngest", "oldest"), "amounts_agree": ("roles", "patterns", "unless"), "sessions_product": ("tolerance",),
    "body_parts_agree": ("roles", "groups"), "sides_agree": ("roles",), "service_agrees": ("roles", "general"),
    "sex_agrees": ("roles", "words"), "rationale_repeated": ("shortest",), "phrase": ("pattern", "roles"),
    "cited_formally": ("authorities", "parts", "unless"), "citation_repeated": ("shortest",), "limits": ("decision",),
    "modified_agrees": ("roles", "part"), "no_guideline": ("mentions", "unless"),
    "summary_amounts": ("section", "cue", "unless", "unless_split", "patterns", "between", "again", "denied"),
}  # fmt: skip


class AuditRule(BaseModel):
    """One rule. Settings of its check are further fields."""

    model_config = ConfigDict(extra="allow", frozen=True)

    code: str
    check: str
    severity: Literal["error", "warning", "info", "off"]
    message: str
    reason: str
    layouts: list[str] = []
    not_layouts: list[str] = []

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of the check."""
        return self.model_extra or {}

    def serves(self, layout: str) -> bool:
        """Whether the rule is for letters of a layout."""
        return layout not in self.not_layouts and (not self.layouts or layout in self.layouts)


@lru_cache(maxsize=8)
def load_audit_rules(extra: str | None = None) -> tuple[AuditRule, ...]:
    """Return the audit rules that are in force.

    Args:
        extra: Path of a file of the user's own rules. A rule replaces the shipped one of the same code.

    Returns:
        The rules in the order of the files, without those of severity ``off``.

    Raises:
        ConfigError: A file cannot be used. The message names the file, the rule and the fix.

    >>> [rule.code for rule in load_audit_rules()][:2]
    ['layout_unknown', 'no_service']
    """
    rules = {rule.code: rule for rule in _read("audit.yml")}
    if extra is not None:
        rules |= {rule.code: rule for rule in _read(extra)}
    return tuple(rule for rule in rules.values() if rule.severity != "off")


def _read(path: str) -> list[AuditRule]:
    content = read_yaml(Path(path).resolve() if path != "audit.yml" else path)
    if not isinstance(content, dict) or not isinstance(content.get("rules"), list):
        raise ConfigError(f"{path}: a file of audit rules has a list named 'rules'")
    if unknown := sorted(set(content) - {"rules", "general_words"}, key=str):
        line = line_of(Path(path).resolve() if path != "audit.yml" else path, unknown[0])
        raise ConfigError(f"{path}:{line}: unknown key {str(unknown[0])[:60]!r}; a file of audit rules has 'rules'")
    rules = []
    for number, entry in enumerate(content["rules"], 1):
        try:
            rules.append(_rule(entry, f"rule {number}"))
        except ConfigError as error:
            line = line_of(Path(path).resolve() if path != "audit.yml" else path, "rules", number - 1)
            raise ConfigError(f"{path}:{line}: {error}") from None
    return rules


def _rule(entry: Any, where: str) -> AuditRule:
    """Return a rule as the file states it. ``where`` opens the message of an error."""
    if not isinstance(entry, dict):
        raise ConfigError(f"{where}: not a mapping of settings")
    where += f" ({str(entry.get('code'))[:60]!r})"
    if entry.get("severity") is False:
        entry = {**entry, "severity": "off"}  # YAML reads a bare off as false
    try:
        rule = AuditRule.model_validate(entry)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise ConfigError(f"{where}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    if rule.check not in CHECKS:
        raise ConfigError(f"{where}: unknown check {rule.check!r}; known are {', '.join(sorted(CHECKS))}")
    for name in ("pattern", "unless", "unless_split", "part", "mentions", "cue", "again", "denied"):
        _checked(rule.settings.get(name), where)
    for pattern in (rule.settings.get("patterns") or {}).values():
        _checked(pattern, where)
    absent = [name for name in _NEEDS.get(rule.check, ()) if name not in rule.settings]
    if absent:
        raise ConfigError(f"{where}: the check {rule.check} needs {', '.join(absent)}")
    return rule


def _checked(pattern: object, where: str) -> None:
    """Refuse a setting that is no regular expression, or one that matches nothing at all."""
    if pattern is None:
        return
    try:
        empty = re.compile(str(pattern)).fullmatch("") is not None
    except re.error as error:
        raise ConfigError(f"{where}: not a regular expression: {error}") from None
    if empty:
        raise ConfigError(f"{where}: a pattern that matches the empty text; ask for at least one character")
