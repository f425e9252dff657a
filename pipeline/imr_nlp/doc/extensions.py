"""What is known of a span as spaCy's extensions, such as ``span._.assertion`` and ``span._.status``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from spacy.tokens import Span

from imr_nlp.doc.attributes import ENTITIES
from imr_nlp.labels import ATTRIBUTES, CHOICES

#: What found a span that no component added, and what decided what a user has set.
BY_USER = "user"
#: Attributes that only some labels have.
_OF_LABEL = ("assertion", "status", "authority")

AttrsOf = Callable[[Span], dict[str, Any]]


def register(attrs_of: AttrsOf) -> None:
    """Set the Span extensions that read a span's attributes.

    ``assertion`` (DIAGNOSIS), ``status`` (PROCEDURE, MEDICATION), ``authority`` (GUIDELINE) and ``canonical`` can be
    set too. Further ones are ``quantity`` (a dict with min, max and unit or per), ``rule`` and ``context_rule`` (what
    found the span, what decided its context), ``score`` (of a model), and ``attrs``, all of them.

    Args:
        attrs_of: Gives the attributes of a span, as the dict itself; an empty one for a span of no group.

    >>> import spacy
    >>> from imr_nlp.doc.spans import add_span
    >>> doc = spacy.blank("en")("A lumbar MRI is requested.")
    >>> span = add_span(doc, "imr", 9, 12, "PROCEDURE", rule="demo")
    >>> span._.status = "requested"
    >>> span._.status, span._.context_rule
    ('requested', 'user')
    """
    for name in (*_OF_LABEL, "canonical"):
        Span.set_extension(name, getter=partial(_get, attrs_of, name), setter=partial(_set, attrs_of, name), force=True)
    for name in ("rule", "score", "context_rule"):
        Span.set_extension(name, getter=partial(_get, attrs_of, name), force=True)
    Span.set_extension("quantity", getter=partial(_quantity, attrs_of), force=True)
    Span.set_extension("attrs", getter=attrs_of, force=True)
    Span.set_extension("facts", getter=attrs_of, force=True)  # the name of `attrs` before 0.1.0


def _get(attrs_of: AttrsOf, name: str, span: Span) -> Any:
    return attrs_of(span).get(name)


def _set(attrs_of: AttrsOf, name: str, span: Span, value: Any) -> None:
    """Set an attribute of a span that stands in a group.

    Raises:
        ValueError: The span stands in no group, its label has no such attribute, or the value is none of it.
    """
    known = attrs_of(span)
    if not known:
        raise ValueError(f"add the span to a group first, such as doc.spans[{ENTITIES!r}], and then set {name}")
    own = ATTRIBUTES.get(span.label_)
    if own is not None and name in _OF_LABEL and name not in own:
        raise ValueError(f"a {span.label_} has no {name}: it has {', '.join(own)}")
    if value is not None and name in CHOICES and value not in CHOICES[name]:
        raise ValueError(f"{name} can't be {value!r}: it is one of {', '.join(CHOICES[name])}")
    known[name] = value
    if name in CHOICES:
        known["context_rule"] = BY_USER


def _quantity(attrs_of: AttrsOf, span: Span) -> dict[str, Any] | None:
    found = {name: value for name, value in attrs_of(span).items() if name in ("min", "max", "unit", "per")}
    return found or None
