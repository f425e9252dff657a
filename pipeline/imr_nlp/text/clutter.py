"""Lines and marks around a letter that are no part of it: e-mail quotation, e-mail heads, words of a web page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from imr_nlp.config import shipped
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.running_heads import running_heads

#: Quoted lines in a row that make a quotation. A line of prose may begin with "> 50%" too.
_QUOTED_LINES = 3
#: Characters of the longest line, or note, that is left out.
_MAX_LENGTH = 300
#: Characters of the shortest page that is compared with the one before.
_PAGE = 200
#: Lines that a page of pleading paper numbers at least, and its last page. Lists have signs behind their numbers.
_PLEADING, _LAST_PAGE = 20, 3
_LINE_NUMBER = re.compile(r"\n[ \t]{0,8}(\d{1,4})(?=[ \t\r\n])")
_PLEADED = re.compile(rf"\n[ \t]{{0,8}}{_PLEADING}[ \t\r\n]")
#: Kinds of parts of a line of a fax machine, and words beside them at most.
_SENT_KINDS, _SENT_WORDS = 3, 5
_TIME = re.compile(r":(?<=\d:)\d\d")  # begins with what is quick to find
_WORD = re.compile(r"[^\W\d_]{2,}")
#: Lines in a row that stand between bars. Rows of a table have bars inside them too.
_FRAMED_LINES = 5
_BARS = "|\u00a6\u2502\u2503\u2551"
_FRAMED = re.compile(rf"(?m)^[ \t]{{0,20}}([{_BARS}])[^{_BARS}\n]{{0,1000}}(?:(\1)[ \t\r]{{0,20}})?$")
#: What the upper and lower side of a box are drawn with, and blanks.
_BORDER = "+-=_ \t\r\n" + "".join(map(chr, range(0x2500, 0x2580)))
_QUOTE = re.compile(r"(?m)^(?:>[ \t]?){1,10}")


def without_clutter(text: str) -> str:
    """Return the text with blanks in place of what is not the letter's. Its length stays the same.

    Linear in the length of the text.

    >>> without_clutter("> Knee brace:\\n> Upheld\\n> Therefore\\n")
    '  Knee brace:\\n  Upheld\\n  Therefore\\n'
    >>> without_clutter("of the\\nPage 3 of 7\\nleft knee")
    'of the\\n           \\nleft knee'
    >>> without_clutter("Cane: Upheld [handwritten: pay it]")
    'Cane: Upheld                      '
    >>> page = "Cane: Upheld. " * 20 + "\\f"
    >>> without_clutter(page + page).strip() == page.strip()
    True
    >>> without_clutter("Cane\\nFAX 1/2/16 3:45PM P.2/7\\nUpheld")
    'Cane\\n                       \\nUpheld'
    >>> without_clutter("relief of\\n> 50% for weeks")
    'relief of\\n> 50% for weeks'
    """
    marks = sorted([*_page_marks(text), *_sent_lines(text)])
    places = [*_quotation_marks(text), *_line_numbers(text), *_frame_marks(text), *_lines(text), *marks]
    places += [*_repeated_pages(text, marks), *_note_places(text), *running_heads(text, marks)]
    if not places:
        return text
    parts, position = [], 0
    for start, end in sorted(places):
        if start >= position:
            parts += [text[position:start], " " * (end - start)]
            position = end
    parts.append(text[position:])
    return "".join(parts)


def _quotation_marks(text: str) -> Iterator[tuple[int, int]]:
    """Yield the marks of e-mail quotation at the beginning of lines, where several such lines follow each other."""
    if "\n>" not in text and not text.startswith(">"):
        return
    row: list[tuple[int, int]] = []
    for found in _QUOTE.finditer(text):
        # Blank lines between quoted ones are part of the row.
        if row and text[text.find("\n", row[-1][1]) + 1 : found.start()].strip():
            if len(row) >= _QUOTED_LINES:
                yield from row
            row = []
        row.append(found.span())
    if len(row) >= _QUOTED_LINES:
        yield from row


def _frame_marks(text: str) -> Iterator[tuple[int, int]]:
    """Yield the bars at both ends, or at the beginning, of lines in a row: a box around a page, or a table's one cell.

    >>> text = "".join(f"| {line:<5} |\\n" for line in ["Cane:", "Upheld", "", "The", "cane", "is not"])
    >>> len(list(_frame_marks(text))), list(_frame_marks(text[:30]))
    (12, [])
    """
    if sum(map(text.count, _BARS)) < _FRAMED_LINES:
        return
    row: list[re.Match[str]] = []
    rows = [row]
    for found in _FRAMED.finditer(text):
        if row and text[row[-1].end() : found.start()].strip(_BORDER):
            row = []
            rows.append(row)
        row.append(found)
    for row in rows:
        if len(row) >= _FRAMED_LINES:
            yield from (found.span(n) for found in row for n in (1, 2) if found[n])


def _line_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Yield the numbers of the lines of pleading paper: from 1 on each page, where one page has many."""
    if not _PLEADED.search(text):
        return
    pages: list[list[tuple[int, int]]] = []
    last = 0  # where the last numbered line ended
    for found in _LINE_NUMBER.finditer(f"\n{text}"):
        start, end = found.start(1) - 1, found.end(1) - 1
        follows = pages and int(found[1]) == len(pages[-1]) + 1 and not text[last:start].strip()
        if int(found[1]) == 1:
            pages.append([])
        if follows or int(found[1]) == 1:
            pages[-1].append((start, end))
            last = text.find("\n", end)
    if any(len(page) >= _PLEADING for page in pages):
        yield from (place for page in pages if len(page) >= _LAST_PAGE for place in page)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Yield lines that an e-mail or a web page adds."""
    whole, heads, begins = _wordings()
    start = 0
    head: tuple[int, int] | None = None  # the head line directly above, if it is not left out yet
    in_head = False
    for line in text.split("\n"):
        plain = line.strip("> \t\r\f")
        place = (start, start + len(line))
        start += len(line) + 1
        if plain.split(":", 1)[0] in heads and ": " in plain and len(plain) <= _MAX_LENGTH:
            # One such line may be the letter's: "From: 02/03/2014". Two in a row are an e-mail's.
            if in_head:
                if head is not None:
                    yield head
                yield place
            head, in_head = (None if in_head else place), True
            continue
        head, in_head = None, False
        if (plain in whole or plain.startswith(begins)) and len(plain) <= _MAX_LENGTH:
            yield place


def _page_marks(text: str) -> Iterator[tuple[int, int]]:
    """Yield page numbers and running heads that stand on lines of their own.

    A running head that holds the case number is left out only where the number stands before it too. A line of the
    case number alone is one only directly above or below a page number.
    """
    last = -1  # where the last page mark ended
    waiting: tuple[int, int] | None = None  # a line of the case number, above what may be a page mark
    for found in _pages().finditer(f"\n{text}"):
        start, end = found.start("mark") - 1, found.end("mark") - 1
        case = found["case"]
        number = found["number"]
        if number is not None:
            waiting = None
            if text.find(number, 0, start) >= 0:
                if last >= 0 and not text[last:start].strip():
                    yield start, end
                    last = end
                else:
                    waiting = start, end
            continue
        alone = found["mark"].isdigit()
        if alone and "\f" not in text[end : end + 3] and "\f" not in text[max(start - 3, 0) : start]:
            continue
        if case is None or text.find(case, 0, start) >= 0:
            if waiting is not None and not text[waiting[1] : start].strip():
                yield waiting
            yield start, end
            last, waiting = end, None


def _sent_lines(text: str) -> Iterator[tuple[int, int]]:
    """Yield the lines that a fax machine or a scanner writes along the edge of a page."""
    parts = _sent()
    last = 0
    for time in _TIME.finditer(text):
        if time.start() < last:
            continue  # on the same line
        start = text.rfind("\n", 0, time.start()) + 1
        last = text.find("\n", time.end())
        last = len(text) if last < 0 else last
        line = text[start:last].strip()
        if len(line) > _MAX_LENGTH:
            continue
        kinds = 0
        for part in parts:
            line, count = part.subn(" ", line)
            kinds += bool(count)
        if kinds >= _SENT_KINDS and len(_WORD.findall(line)) <= _SENT_WORDS:
            yield start, last


def _note_places(text: str) -> Iterator[tuple[int, int]]:
    """Yield the notes that somebody put into the text, and the lines and ends of lines that are such notes."""
    lower = text.lower()
    for signs, pattern in _notes():
        if any(sign in lower for sign in signs):
            yield from (found.span() for found in pattern.finditer(text))


def _repeated_pages(text: str, marks: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the pages that say what the page before says, to the letter: a scanner took a sheet twice."""
    before = ""
    ends = [*marks, *((found.start(), found.end()) for found in re.finditer("\f", text))]
    start = 0
    for end, following in [*sorted(ends), (len(text), len(text))]:
        page = text[start:end].strip()
        if len(page) >= _PAGE:
            if page == before:
                yield start, end
            before = page
        start = max(start, following)


@lru_cache(maxsize=1)
def _pages() -> re.Pattern[str]:
    clutter = shipped("reading.yml")["clutter"]
    marks = "|".join([*clutter["pages"], clutter["beside_pages"]])
    # From line end to line end: `re` finds those without trying at every character, which takes 0.3 ms a letter less.
    return compile_pattern(rf"(?im)\n[ \t\f]{{0,80}}(?P<mark>{marks}|\d{{1,3}})(?=[ \t\r\f]{{0,80}}$)")


@lru_cache(maxsize=1)
def _sent() -> list[re.Pattern[str]]:
    return [compile_pattern(f"(?i){part}") for part in shipped("reading.yml")["clutter"]["sent"].values()]


@lru_cache(maxsize=1)
def _notes() -> list[tuple[Sequence[str], re.Pattern[str]]]:
    """Return the patterns of notes, each with what a text in lower case has one of where it has such a note."""
    clutter = shipped("reading.yml")["clutter"]
    words = "|".join(map(re.escape, clutter["notes"]))
    noted = clutter["noted"]
    told = rf"{clutter['note']}[^\n:]{{0,30}}:"
    # A note that is wrapped continues in lines that are indented.
    rest = rf"[^\n]{{0,{_MAX_LENGTH}}}$(?:\n[ \t]{{2,80}}[a-z][^\n:]{{0,{_MAX_LENGTH}}}$){{0,3}}"
    arrow = r"<{2,3}|<[-=]{1,3}|\u2190"
    return [
        # In brackets; where the bracket isn't closed, up to the line's end.
        (
            ("[", "{"),
            compile_pattern(
                rf"(?im)[\[{{]\s?(?:{words})\b"
                rf"(?:[^\[\]{{}}]{{0,{_MAX_LENGTH}}}[\]}}]|[^\[\]{{}}\n]{{0,{_MAX_LENGTH}}}$)"
            ),
        ),
        (noted, compile_pattern(rf"(?im)\([ \t]?{told}[^\n()]{{0,{_MAX_LENGTH}}}\)?")),
        (noted, compile_pattern(rf"(?im)(?:^|{arrow}|>{{2,3}}|[-=*/~]{{2,3}}>?)[ \t]{{0,20}}{told}{rest}")),
        # An arrow to what stands before it.
        (("<<", "<-", "<=", "\u2190"), compile_pattern(rf"(?m)(?<=[ \t]{{2}})(?:{arrow})[ \t]{rest}")),
    ]


@lru_cache(maxsize=1)
def _wordings() -> tuple[frozenset[str], frozenset[str], tuple[str, ...]]:
    data = shipped("reading.yml")["clutter"]
    return frozenset(data["lines"]), frozenset(data["heads"]), tuple(data["begins"])
