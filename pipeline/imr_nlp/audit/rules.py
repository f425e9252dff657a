"""Audit rules as data: ``configs/audit.yml`` and files of the user's own in the same form."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from imr_nlp.audit import agreement, amounts, citations, completeness, dates
from imr_nlp.audit.completeness import Check
from imr_nlp.config import ConfigError, at, is_unchanged, line_of, read_yaml

if TYPE_CHECKING:
    from imr_nlp.config_faults import Fault

#: The shipped rules, under ``configs/``.
SHIPPED = "audit.yml"
#: What a rule may name as its check.
CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        completeness.missing, completeness.heading_again, completeness.no_role, completeness.value,
        dates.dates_in_order, dates.case_year, dates.age,
        agreement.decisions_agree, agreement.amounts_agree, agreement.sessions_product, agreement.body_parts_agree,
        agreement.sides_agree, agreement.service_agrees, agreement.sex_agrees, agreement.rationale_repeated,
        agreement.modified_agrees, agreement.phrase, amounts.summary_amounts, amounts.split_amounts,
        citations.cited_formally, citations.no_guideline, citations.citation_repeated,
        citations.limits,
    )
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
    ['layout_unknown', 'other_document']
    """
    rules = {rule.code: rule for rule in _read(SHIPPED)}
    if extra is not None:
        rules |= {rule.code: rule for rule in _read(extra)}
    return tuple(rule for rule in rules.values() if rule.severity != "off")


def _read(path: str) -> list[AuditRule]:
    file = path if path == SHIPPED else Path(path).resolve()
    content = read_yaml(file)
    if not isinstance(content, dict) or not isinstance(content.get("rules"), list):
        raise ConfigError(f"{path}: a file of audit rules has a list named 'rules'")
    entries = [_entry(one) for one in content["rules"]]
    if not is_unchanged(file) and (fault := _fault(content, entries, SHIPPED if path == SHIPPED else "own")):
        place = fault.place
        rule = ""
        if place[:1] == ("rules",) and len(place) > 1:
            entry = entries[int(place[1])]
            code = f" ({str(entry['code'])[:60]!r})" if isinstance(entry, dict) and "code" in entry else ""
            rule = f"rule {int(place[1]) + 1}{code}: "
        key = ".".join(map(str, place[2:] if rule else place))
        shown = f"{path}:{line_of(file, *place)}" if path != SHIPPED else at(path, *place)
        raise ConfigError(f"{shown}: {rule}{f'{key}: ' if key else ''}{fault.reason}")
    return [AuditRule.model_validate(entry) for entry in entries]


def _entry(entry: Any) -> Any:
    """Return a rule as YAML means it: a bare ``off`` is read as false."""
    off = isinstance(entry, dict) and entry.get("severity") is False
    return {**entry, "severity": "off"} if off else entry


def _fault(content: dict[Any, Any], entries: list[Any], kind: str) -> Fault | None:
    """Return the first fault of a file of audit rules, with its place in the file."""
    from imr_nlp.audit.rule_models import rule_fault  # takes 0.1 s, and only a user's file needs it
    from imr_nlp.config_faults import Fault

    known = {"rules", "general_words"} if kind == SHIPPED else {"rules"}
    if unknown := sorted(set(content) - known, key=str):
        return Fault((unknown[0],), "unknown key; a file of audit rules has 'rules'")
    shipped = {rule.code for rule in _read(SHIPPED)} if kind != SHIPPED else set()
    first: dict[str, int] = {}
    for number, entry in enumerate(entries):
        if not isinstance(entry, dict):
            return Fault(("rules", number), "not a mapping of settings")
        if fault := rule_fault(entry):
            return Fault(("rules", number, *fault.place), fault.reason)
        code = entry["code"]
        if code in first:
            return Fault(("rules", number, "code"), f"rule {first[code] + 1} has this code too; give each its own")
        if entry["severity"] == "off" and kind != SHIPPED and code not in shipped:
            close = get_close_matches(code, shipped, n=1)
            fix = f'did you mean "{close[0]}"?' if close else "remove the rule"
            return Fault(("rules", number, "code"), f"switches off a rule that is not shipped; {fix}")
        first[code] = number
    return None
