"""Types of values in files under ``configs/``, of which `config_models` makes the models."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationInfo,
    create_model,
)


def _regex(value: str, info: ValidationInfo) -> str:
    if info.context:  # off while the pipeline loads: components compile their patterns anyway
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
    return value


def _terminal(value: str) -> str:
    """Refuse a name of a colour that rich does not know."""
    from rich.color import Color, ColorParseError

    try:
        Color.parse(value)
    except ColorParseError:
        raise ValueError(f'"{value[:60]}" is no colour of a terminal; use one such as red or bright_black') from None
    return value


Text = Annotated[StrictStr, Field(min_length=1)]
Word = StrictStr
Words = list[Word]
Times = Annotated[list[StrictInt | StrictFloat | Text], Field(min_length=2, max_length=2)]  # [1, day]
Three = Annotated[list[Text], Field(min_length=3, max_length=3)]
Colour = Annotated[StrictStr, Field(pattern=r"^(?:#[0-9A-Fa-f]{3}|#[0-9A-Fa-f]{6}|[A-Za-z]+)$")]
WordsBy = dict[Word, Words]
TextBy = dict[Word, StrictStr]
Regex = Annotated[StrictStr, AfterValidator(_regex)]
Whole = Annotated[int, Field(ge=0, strict=True)]
TerminalColour = Annotated[StrictStr, AfterValidator(_terminal)]
Share = Annotated[float, Field(ge=0, le=1)]
Accept = Literal["upper", "colon", "own_line", "line", "label", "any"]
ByDecision = dict[Literal["upheld", "overturned", "modified"], list[Regex]]
#: Keys of ``STYLES`` in ``components/layout/styles.py``.
Style = Literal["decision_line", "cue_line", "issue_list", "findings"]
#: Keys that a layout of a style cannot do without.
STYLE_NEEDS = {"decision_line": ("before",), "cue_line": ("before", "cue", "entry")}


class Model(BaseModel):
    """A mapping without other keys than its own, whose values are not converted."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


class Rule(Model):
    """A pattern with the id by which records name it."""

    id: Text
    pattern: Regex


class Exemplified(Model):
    """A pattern with texts that hold what it looks for (`imr_nlp.text.pattern_files`)."""

    pattern: Regex
    examples: Annotated[list[Text], Field(min_length=1)]


class Wording(Exemplified):
    """A pattern that may take capitals for small letters."""

    any_case: bool = False


def file(name: str, words: str = "", base: type[BaseModel] = Model, /, **fields: Any) -> type[BaseModel]:
    """Return a model whose keys ``words`` (split at blanks) are lists of words; ``fields`` are types by key."""
    keys: dict[str, Any] = dict.fromkeys(words.split(), (Words, ...))
    keys |= {key: kind if isinstance(kind, tuple) else (kind, ...) for key, kind in fields.items()}
    return create_model(name, __base__=base, **keys)


def for_each(name: str, keys: Iterable[str], value: type[BaseModel]) -> type[BaseModel]:
    """Return a model with a value for each of a closed set of names."""
    return file(name, **dict.fromkeys(keys, value))
