"""The labelling configuration of Label Studio: which labels, which questions about a region, which relations.

Every question is a `Control`, so that the XML and the annotations are made from one list.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal
from xml.etree import ElementTree

from imr_nlp.config import shipped
from imr_nlp.labels import CHOICES, LABELS
from imr_nlp.records import schema as records
from imr_nlp.review.formats.regions import IN_LABEL

#: Sets of labels, each a tag of its own, so that a sentence and the findings in it can be marked side by side.
LABEL_SETS: dict[str, tuple[str, ...]] = {
    "entity": LABELS,
    "part": ("SERVICE", "DECISION", "BODY_PART", "CITATION", "FACT"),
    "sentence": ("RATIONALE",),
}
#: A question whose answers are an open set has a second control of this ending, for other answers.
OTHER = "_other"
_YES_NO = ("yes", "no")


@dataclass(frozen=True, slots=True)
class Control:
    """One question about a region: its name in Label Studio, and which field of which labels it answers.

    ``field`` may name a part of a field, as in "frequency.min"; ``offered`` are the answers to choose from. ``open``
    means that other answers can be typed; ``many`` that there may be several.
    """

    name: str
    kind: Literal["choices", "number", "text"]
    labels: tuple[str, ...]
    field: str
    offered: tuple[str, ...] = ()
    open: bool = False
    many: bool = False


@cache
def controls() -> tuple[Control, ...]:
    """Return every question, in the order in which Label Studio shows them.

    >>> [control.name for control in controls() if "DURATION" in control.labels]
    ['duration_unit', 'min', 'max']
    """
    offered = {name: tuple(values) for name, values in shipped("review/label_studio.yml")["offered"].items()}
    quantities = ("SESSION_COUNT", "FREQUENCY", "DURATION")
    facts = tuple(name for part in (records.Case, records.Patient, records.Reviewer) for name in part.model_fields)
    return (
        *(
            Control(field, "choices", tuple(label for label in IN_LABEL if IN_LABEL[label] == field), field, values)
            for field, values in CHOICES.items()
            if field in IN_LABEL.values()
        ),
        Control("fact", "choices", ("FACT",), "name", facts, open=True),
        Control("guideline_source", "choices", ("GUIDELINE",), "authority", offered["guideline_source"], open=True),
        Control("count_unit", "choices", ("SESSION_COUNT",), "unit", offered["count_unit"], open=True),
        Control("duration_unit", "choices", ("DURATION",), "unit", offered["duration_unit"], open=True),
        Control("per", "choices", ("FREQUENCY",), "per", offered["per"], open=True),
        *(Control(name, "number", quantities, name) for name in ("min", "max")),
        Control("canonical", "text", ("PROCEDURE", "MEDICATION"), "canonical"),
        Control("category", "choices", ("SERVICE",), "category", CHOICES["category"]),
        Control("procedure", "text", ("SERVICE",), "procedure"),
        *(Control(name, "number", ("SERVICE",), name) for name in ("sessions", "implied_sessions", "count", "refills")),
        *(Control(f"frequency_{edge}", "number", ("SERVICE",), f"frequency.{edge}") for edge in ("min", "max")),
        Control("frequency_per", "choices", ("SERVICE",), "frequency.per", offered["per"], open=True),
        *(Control(f"duration_{edge}", "number", ("SERVICE",), f"duration.{edge}") for edge in ("min", "max")),
        Control("course_unit", "choices", ("SERVICE",), "duration.unit", offered["duration_unit"], open=True),
        *(
            Control(name, "text", ("SERVICE",), name)
            for name in ("strength", "date_of_service", "original_request", "authorized")
        ),
        Control("cited", "choices", ("CITATION",), "authority", CHOICES["cited"]),
        Control("title", "text", ("CITATION",), "title"),
        Control("year", "number", ("CITATION",), "year"),
        *(Control(name, "text", ("CITATION",), name, many=True) for name in ("sections", "pages")),
        Control("outside_mtus", "choices", ("CITATION",), "outside_mtus", _YES_NO),
    )


@cache
def label_sets() -> dict[str, str]:
    """Return the tag that offers each label.

    >>> label_sets()["DIAGNOSIS"], label_sets()["RATIONALE"]
    ('entity', 'sentence')
    """
    return {label: name for name, labels in LABEL_SETS.items() for label in labels}


def labelling_config() -> str:
    """Return the labelling configuration as XML.

    >>> labelling_config().splitlines()[0]
    '<View>'
    """
    words = shipped("review/label_studio.yml")
    view = ElementTree.Element("View")
    for name, labels in LABEL_SETS.items():
        tag = _sub(view, "Labels", name=name, toName="text", choice="single")
        for label in labels:
            look = words["labels"][label]
            _sub(tag, "Label", value=label, background=look["color"], hotkey=look["hotkey"])
    # Every character counts: no trimming, line by line, a selection may start inside a word.
    _sub(view, "Text", name="text", value="$text", granularity="symbol", saveTextResult="yes")
    relations = _sub(view, "Relations")
    for label in words["relations"]:
        _sub(relations, "Relation", value=label)
    for control in controls():
        _question(view, control)
    _sub(view, "Header", value="Facts of the case", size="5")
    _sub(view, "Table", name="facts", value="$facts")
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode") + "\n"


def _question(view: ElementTree.Element, control: Control) -> None:
    shown = {"visibleWhen": "region-selected", "whenTagName": label_sets()[control.labels[0]]}
    box = _sub(view, "View", **shown, whenLabelValue=",".join(control.labels))
    _sub(box, "Header", value=control.name.replace("_", " "), size="6")
    about = {"toName": "text", "perRegion": "true"}
    if control.kind == "choices":
        tag = _sub(box, "Choices", name=control.name, choice="single", showInline="true", **about)
        for value in control.offered:
            _sub(tag, "Choice", value=value)
    elif control.kind == "number":
        _sub(box, "Number", name=control.name, min="0", **about)
    if control.kind == "text" or control.open:
        name = control.name + OTHER * control.open
        limits = {} if control.many else {"maxSubmissions": "1"}
        _sub(box, "TextArea", name=name, editable="true", rows="1", **limits, **about)


def _sub(parent: ElementTree.Element, tag: str, /, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, tag, attributes)
