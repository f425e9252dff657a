"""The label scheme: what can be found in a letter, and which attribute belongs to which label.

The rulings behind the labels are in ``annotations/README.md``. Every other module takes the scheme from here.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

Label = Literal["DIAGNOSIS", "PROCEDURE", "MEDICATION", "SESSION_COUNT", "FREQUENCY", "DURATION", "GUIDELINE"]
Assertion = Literal["affirmed", "negated", "possible", "historical", "hypothetical", "family"]
Status = Literal["requested", "performed", "planned", "negated", "general"]
Decision = Literal["upheld", "overturned", "modified"]
Party = Literal["claims_administrator", "reviewer"]
Role = Literal["guideline", "fact", "gap", "conclusion", "other"]
Category = Literal[
    "pharmaceutical", "rehabilitation", "diagnostic_imaging", "diagnostic_testing", "dmepos", "injection", "surgery",
    "evaluation_management", "behavioral_health", "program", "home_health", "transportation", "other",
]  # fmt: skip
CitedAuthority = Literal["MTUS", "ACOEM", "ODG", "other", "none"]
Severity = Literal["error", "warning", "info"]

#: Severities of audit warnings, the most severe first.
SEVERITIES: Final[tuple[str, ...]] = get_args(Severity)
#: Labels of entities, in the order of the label guide.
LABELS: Final[tuple[str, ...]] = get_args(Label)
#: Labels of treatments, which have a status.
TREATMENTS: Final = ("PROCEDURE", "MEDICATION")
#: Labels of amounts, which have numbers and a unit.
QUANTITIES: Final = ("SESSION_COUNT", "FREQUENCY", "DURATION")
#: Labels that a name gives away. They are those that a target rule or the entity model can set.
NAMED: Final = ("DIAGNOSIS", *TREATMENTS)
#: The attribute that context or the catalogue decides, by label.
ATTRIBUTE: Final = {"DIAGNOSIS": "assertion", "PROCEDURE": "status", "MEDICATION": "status", "GUIDELINE": "authority"}
#: The unit's attribute of an amount, by label.
UNIT: Final = {"SESSION_COUNT": "unit", "FREQUENCY": "per", "DURATION": "unit"}
#: The attributes that a person decides, by label.
ATTRIBUTES: Final[dict[str, tuple[str, ...]]] = {
    "DIAGNOSIS": ("assertion",),
    "PROCEDURE": ("status", "canonical"),
    "MEDICATION": ("status", "canonical"),
    "SESSION_COUNT": ("min", "max", "unit"),
    "FREQUENCY": ("min", "max", "per"),
    "DURATION": ("min", "max", "unit"),
    "GUIDELINE": ("authority",),
}
#: Closed sets of values, by attribute. ``cited`` is the authority of a citation. Other attributes take any value.
CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "assertion": get_args(Assertion),
    "status": get_args(Status),
    "decision": get_args(Decision),
    "category": get_args(Category),
    "party": get_args(Party),
    "role": get_args(Role),
    "cited": get_args(CitedAuthority),
}
