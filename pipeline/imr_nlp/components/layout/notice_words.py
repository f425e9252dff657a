"""The words of the list of a notice: the block ``notice`` of ``configs/layout/decisions.yml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from imr_nlp.components.layout.definitions import compiled
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.misread import squeezed


class NoticeWords(NamedTuple):
    """What entries of the list of a notice say beside their formulas.

    Attributes:
        request: What names the request.
        article: What may follow that.
        granted: The letters of a grant's formula; see `squeezed`.
        modified_to: What may follow "is modified".
    """

    request: re.Pattern[str]
    article: re.Pattern[str]
    granted: str
    modified_to: re.Pattern[str]


def notice_words(block: Mapping[str, str], path: str) -> NoticeWords:
    """Return the words of a block.

    Args:
        block: The block.
        path: Its file, for messages.

    Raises:
        KeyError: A key is missing.
        ConfigError: A pattern is not a regular expression.
    """
    modified_to = compile_pattern(block["modified_to"])
    return NoticeWords(
        compiled(block["request"], path), compiled(block["article"], path), squeezed(block["granted"]), modified_to
    )
