"""Pages that a copy has lost, told by the numbers of its pages: "Page 3 of 5" before "Page 5 of 5"."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import lru_cache
from itertools import pairwise

from imr_nlp.config import shipped
from imr_nlp.doc.tokenizer import View
from imr_nlp.text.compiled import compile_pattern


def lost_pages(view: View) -> list[int]:
    """Return the offsets at which pages of a letter are missing.

    Args:
        view: The reading view, in which page numbers are blanks.

    >>> from imr_nlp.text.view import read_view
    >>> view = read_view("Cane:\\nPage 1 of 3\\n\\fUpheld\\nPage 3 of 3")
    >>> view.text[lost_pages(view)[0] :].strip()
    'Upheld'
    """
    source = view.source
    marks = list(_numbered().finditer(source))
    # A number that stands above its page begins the text, or follows the break of a page.
    above = any("\f" in source[len(source[: m.start()].rstrip()) : m.start("page")] for m in marks[:2])
    above = above or bool(marks and not source[: marks[0].start()].strip())
    found = []
    for one, following in pairwise(marks):
        if one["pages"] == following["pages"] and int(following["page"]) > int(one["page"]) + 1:
            at = bisect_left(view.source_starts, (following if above else one).start("page"))
            found.append(view.starts[at] if at < len(view.starts) else len(view.text))
    return found


@lru_cache(maxsize=1)
def _numbered() -> re.Pattern[str]:
    mark = shipped("reading.yml")["clutter"]["numbered"]
    return compile_pattern(rf"(?im)^[ \t\f]{{0,80}}{mark}(?=[ \t\r\f]{{0,80}}$)")
