"""Models of audit rules: which settings each check has, and what each setting may say."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictStr, TypeAdapter, create_model

from imr_nlp.audit.fields import SERVICE, is_number, type_of
from imr_nlp.config import list_files, shipped
from imr_nlp.config_faults import Fault, fault_of
from imr_nlp.config_types import Share, Text, Whole
from imr_nlp.labels import Decision, Party, Role, Severity
from imr_nlp.matching.pattern_checks import regex_fault

#: Words in braces that a message may have, by check. All others know the service.
_WORDS = {"dates_in_order": ("earlier", "later"), "case_year": (), "age": ()}
_BRACES = re.compile(r"\{([^{}]*)\}")


def _pattern(value: str) -> str:
    if fault := regex_fault(value):
        raise ValueError(fault)
    return value


def _amount(value: str) -> str:
    if re.compile(_pattern(value)).groups != 1:
        raise ValueError("the pattern of an amount has one group, its number, such as (\\d{1,4}); others are (?:…)")
    return value


def _known(value: str, known: list[str], what: str) -> str:
    if value not in known:
        raise ValueError(f'"{value[:60]}" is no {what}; use {", ".join(known)}')
    return value


def _layout(value: str) -> str:
    files = list_files("layout", "[0-9]*-*.yml")
    return _known(value, [str(shipped(name)["id"]) for name in files], "layout")


def _section(value: str) -> str:
    return _known(value, sorted({str(one["category"]) for one in shipped("layout/sections.yml")}), "section")


def _field(value: str) -> str:
    type_of(value)
    return value


def _missing(value: str) -> str:
    party = value.removeprefix("service.citations.")
    if value == "layout" or (party != value and party in get_args(Party)):
        return value
    if party != value:
        raise ValueError(f'"{party[:60]}" is no party; use {", ".join(get_args(Party))}')
    return _field(value)


Pattern = Annotated[StrictStr, AfterValidator(_pattern)]
Amounts = dict[Text, Annotated[StrictStr, AfterValidator(_amount)]]
Path = Annotated[StrictStr, AfterValidator(_field)]
Roles = Annotated[list[Role], Field(min_length=1)]
Layout = Annotated[StrictStr, AfterValidator(_layout)]
Years = Annotated[float, Field(ge=0)]
Date = Literal[
    "case.date_of_injury", "case.ur_denial_date", "case.application_received", "case.date_assigned",
    "case.decision_date",
]  # fmt: skip
Code = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]

#: The settings of each check, by its name: types, or (type, default).
_SETTINGS: dict[str, dict[str, Any]] = {
    "missing": {"value": Annotated[StrictStr, AfterValidator(_missing)]},
    "heading_again": {"pattern": Pattern},
    "no_role": {"role": Role},
    "value": {"field": Path, "is": (Any, None), "above": (float | None, None), "below": (float | None, None)},
    "dates_in_order": {"order": Annotated[list[Date], Field(min_length=2)]},
    "case_year": {},
    "age": {"youngest": Years, "oldest": Years},
    "decisions_agree": {},
    "amounts_agree": {"roles": Roles, "patterns": Amounts, "unless": Pattern, "unless_split": (Pattern, None)},
    "sessions_product": {"tolerance": Share},
    "body_parts_agree": {"roles": Roles, "groups": list[list[Text]]},
    "sides_agree": {"roles": Roles},
    "service_agrees": {"roles": Roles, "general": list[Text]},
    "sex_agrees": {
        "roles": Roles,
        "words": create_model(
            "Words", __config__=ConfigDict(extra="forbid"), **dict.fromkeys(("male", "female"), (list[Text], ...))
        ),  # type: ignore[call-overload]
    },
    "rationale_repeated": {"shortest": Whole},
    "modified_agrees": {"roles": Roles, "part": Pattern},
    "phrase": {"pattern": Pattern, "roles": Roles, "decision": (Decision, None)},
    "summary_amounts": {
        "section": Annotated[StrictStr, AfterValidator(_section)], "patterns": Amounts, "between": list[Text],
        **dict.fromkeys(("cue", "unless", "unless_split", "again", "denied"), Pattern),
    },
    "split_amounts": {},
    "cited_formally": {"authorities": list[Text], "parts": dict[Text, list[Text]], "unless": Pattern},
    "no_guideline": {"mentions": Pattern, "unless": Pattern, "sure": (Share, 0.0)},
    "citation_repeated": {"shortest": Whole},
    "limits": {"decision": Decision},
}  # fmt: skip


class _Rule(BaseModel):
    """What every rule has."""

    model_config = ConfigDict(extra="forbid", strict=True)

    code: Code
    check: Literal[tuple(_SETTINGS)]  # type: ignore[valid-type]
    severity: Literal[Severity, "off"]
    message: Text
    reason: Text
    layouts: list[Layout] = []
    not_layouts: list[Layout] = []


@lru_cache(maxsize=32)
def _model(check: str) -> TypeAdapter[Any]:
    settings: dict[str, Any] = {
        key: one if isinstance(one, tuple) else (one, ...) for key, one in _SETTINGS[check].items()
    }
    return TypeAdapter(create_model(check, __base__=_Rule, **settings))


def rule_fault(entry: dict[str, Any]) -> Fault | None:
    """Return the first fault of a rule, or None.

    Args:
        entry: The rule, as YAML gives it.

    >>> plain = {"code": "a", "severity": "info", "message": "m", "reason": "r"}
    >>> rule_fault(plain | {"check": "no_role", "role": "gapp"}).place
    ('role',)
    """
    check = entry.get("check")
    if "check" not in entry:
        return Fault((), 'the key "check" is missing; add it')
    if not isinstance(check, str) or check not in _SETTINGS:
        return Fault(("check",), f'unknown check "{str(check)[:60]}"; use one of {", ".join(sorted(_SETTINGS))}')
    return fault_of(entry, _model(check)) or _value_fault(entry) or _message_fault(entry)


def _value_fault(entry: dict[str, Any]) -> Fault | None:
    """Return what is wrong with what a rule of the check ``value`` asks of its field."""
    if entry["check"] != "value":
        return None
    asked = [key for key in ("is", "above", "below") if key in entry]
    if not asked:
        return Fault((), "asks nothing of the field; add is, above or below")
    if "is" in asked:
        if len(asked) > 1:
            return Fault((asked[1],), f"is and {asked[1]} in one rule; write two rules")
        kind = Layout if entry["field"] == "source.layout" else type_of(entry["field"])
        fault = fault_of({"is": entry["is"]}, TypeAdapter(dict[str, kind]))  # type: ignore[valid-type]
        return fault and Fault(("is",), fault.reason)
    if not is_number(entry["field"]):
        return Fault(("field",), f"{entry['field']} is no number; ask for is instead of {asked[0]}")
    absent = next((key for key in asked if entry[key] is None), None)
    return Fault((absent,), "must be a number") if absent else None


def _message_fault(entry: dict[str, Any]) -> Fault | None:
    """Return which word in braces of a message stands for nothing."""
    path = entry.get("field") or entry.get("value") or SERVICE
    known = _WORDS.get(entry["check"], ("service",) if str(path).startswith(SERVICE) else ())
    for word in _BRACES.findall(entry["message"]):
        if word not in known:
            fix = f"use {' or '.join('{' + one + '}' for one in known)}" if known else "write it without braces"
            return Fault(("message",), f"{{{word[:60]}}} stands for nothing here; {fix}")
    return None
