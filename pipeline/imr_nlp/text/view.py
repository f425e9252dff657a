"""The reading view: a letter's text with its typography taken out, and the way back.

Letters come double-spaced, wrapped in mid-sentence, cut by page breaks, marked up in HTML or Markdown, with
headings glued to other text. The pipeline reads a *view* in which all that is a single space or nothing. A
`View` maps every offset back into the text as it came, and remembers where its lines began.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from imr_nlp.config import shipped
from imr_nlp.text.clutter import without_clutter
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.hyphenation import is_broken_word

_INVISIBLE = r"\x00-\x08\x0e-\x1b\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
# A blank to fill in ("____"), or one that holds a tick ("__X__"); longer ones are lines that are drawn.
_BOX = r"(?<!\S)_{2,10}(?!\S)|(?<!\S)_{1,10}[xX✓✔]_{1,10}(?!\S)|(?<=_[xX✓✔])_{1,10}(?!\S)"
# Each alternative consumes at least one character and none can backtrack over more than a bounded length. What all of
# them can begin with is asked first: it takes a quarter of the time.
_SPECIAL = re.compile(
    rf"(?=[^\S ]| \s|[-\u2010<&*_#\[\ufffeﬀ-ﬄ{_INVISIBLE}])(?:"
    r"(?P<space>[^\S ]\s*| \s+)"  # any white space but a single blank
    r"|(?P<tag></?[A-Za-z][A-Za-z0-9]{0,9}(?:[\s/][^<>]{0,500})?>|<!--[^<>]{0,500}-->|<![A-Za-z][^<>]{0,200}>)"
    r"|(?P<entity>&(?:[A-Za-z][A-Za-z0-9]{1,31}|\#\d{1,7}|\#[xX][0-9A-Fa-f]{1,6});)"
    rf"|(?P<mark>\*\*+|(?<!_)(?!{_BOX})__+|(?m:^\#{{1,6}}(?=[ \t])))"  # Markdown emphasis and headings
    # a word hyphenated at a line's end; what stands between pages is blank here
    r"|(?P<hyphen>(?:(?<=[a-z])|(?<=\b[A-Z]))[-\u2010\u00ad][ \t]{0,8}\r?\n\s{0,200}(?=[a-z]))"
    r"|(?P<break>\ufffe(?:\r?\n)?)"  # pypdfium2's mark for the same
    r"|(?P<redacted>\[\s?REDACTED\s?\])"
    r"|(?P<ligature>[ﬀ-ﬄ])"
    # what colours a terminal's text, and what names its window
    r"|(?P<control>\x1b(?:\[[0-9:;<=>?]{0,30}[ -/]{0,4}[@-~]|\][^\x07\x1b\n]{0,200}(?:\x07|\x1b\\)|[()][A-Z0-9]))"
    rf"|(?P<invisible>[{_INVISIBLE}]))"
)
_PLAIN = str.maketrans("‘’‚‛“”„–—−\u2010\u2011×", "''''\"\"\"-----x")
_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl"}
_BLOCK = frozenset(
    "p br div tr li ul ol dl table caption h1 h2 h3 h4 h5 h6 hr section article header footer main nav aside pre "
    "blockquote figure figcaption fieldset form body html".split()
)
_INLINE = frozenset(
    "a b i u s em strong span font sup sub small big tbody thead tfoot center label code mark abbr cite del ins q kbd "
    "samp var dfn tt strike bdi bdo col colgroup img link meta wbr".split()
)
_LINE_ENDS = frozenset("\n\r\f\u2028\u2029")
_CELL = frozenset(["td", "th", "dt", "dd", "option"])
_HIDDEN = frozenset("head script style title".split())


@dataclass(frozen=True, slots=True)
class View:
    """A letter's reading view.

    ``text`` is what the pipeline reads, ``source`` the text as it came. Segment ``i`` of the view begins at
    ``starts[i]`` and stands for ``source[source_starts[i]:source_ends[i]]``. ``lines`` holds the (start, end) of
    each non-blank line of the source, as offsets into the view.
    """

    text: str
    source: str
    starts: list[int]
    source_starts: list[int]
    source_ends: list[int]
    lines: list[tuple[int, int]]

    def to_source(self, start: int, end: int) -> tuple[int, int]:
        """Map the slice ``start:end`` of the view to the slice of the source that it stands for.

        >>> view = read_view("no evidence  \\nof a <b>tear</b>.")
        >>> view.text
        'no evidence of a tear.'
        >>> begin, stop = view.to_source(3, 22); view.source[begin:stop]
        'evidence  \\nof a <b>tear</b>.'
        """
        if end <= start:
            begin = self._first(start)
            return begin, begin
        return self._first(start), self._last(end)

    def apart(self, line: tuple[int, int], following: tuple[int, int]) -> bool:
        """Return whether a blank line stands between two lines that follow each other in `lines`.

        >>> view = read_view("Heel cup\\nStair ramp\\n\\nNeck pillow")
        >>> [view.apart(*view.lines[n : n + 2]) for n in range(2)]
        [False, True]
        """
        between = self.source[self.to_source(*line)[1] : self.to_source(*following)[0]]
        return between.count("\n") > 1

    def until(self, offset: int) -> View:
        """Return the view of what stands before an offset.

        >>> view = read_view("Heel cup\\n\\nStair ramp")
        >>> view.until(9).source, view.until(9).lines
        ('Heel cup\\n\\n', [(0, 8)])
        """
        n, stop = bisect_left(self.starts, offset), self._last(offset)
        lines = [line for line in self.lines if line[0] < offset]
        ends = [*self.source_ends[: n - 1], stop]
        return View(self.text[:offset], self.source[:stop], self.starts[:n], self.source_starts[:n], ends, lines)

    def all_to_source(self, starts: Any, ends: Any) -> tuple[Any, Any]:
        """Map many slices in one call: arrays of starts and of ends (every slice at least one character long)."""
        begin, first, last = (
            np.asarray(a, dtype=np.int64) for a in (self.starts, self.source_starts, self.source_ends)
        )
        linear = last - first == np.diff(begin, append=len(self.text))
        starts, finals = np.asarray(starts), np.asarray(ends) - 1
        i = np.searchsorted(begin, starts, side="right") - 1
        j = np.searchsorted(begin, finals, side="right") - 1
        return (
            np.where(linear[i], first[i] + starts - begin[i], first[i]),
            np.where(linear[j], first[j] + finals - begin[j] + 1, last[j]),
        )

    def _segment(self, offset: int) -> tuple[int, int, bool]:
        i = bisect_right(self.starts, offset) - 1
        if i < 0:
            return 0, 0, True
        stop = self.starts[i + 1] if i + 1 < len(self.starts) else len(self.text)
        linear = self.source_ends[i] - self.source_starts[i] == stop - self.starts[i]
        return i, offset - self.starts[i], linear

    def _first(self, offset: int) -> int:
        if not self.starts or offset >= len(self.text):
            return len(self.source)
        i, into, linear = self._segment(offset)
        return self.source_starts[i] + (into if linear else 0)

    def _last(self, offset: int) -> int:
        if not self.starts:
            return 0
        i, into, linear = self._segment(offset - 1)
        return self.source_starts[i] + into + 1 if linear else self.source_ends[i]


class _Builder:
    def __init__(self) -> None:
        self.parts: list[str] = []
        self.length = 0
        self.starts: list[int] = []
        self.source_starts: list[int] = []
        self.source_ends: list[int] = []
        self.lines: list[tuple[int, int]] = []
        self.line_start = 0
        self.blank = True  # what was written last is a blank (or nothing was)

    def write(self, text: str, start: int, end: int) -> None:
        self.starts.append(self.length)
        self.source_starts.append(start)
        self.source_ends.append(end)
        self.parts.append(text)
        self.length += len(text)
        self.blank = text.endswith(" ")

    def space(self, start: int, end: int) -> None:
        if not self.blank:
            self.write(" ", start, end)

    def end_line(self) -> None:
        end = self.length - 1 if self.blank and self.length else self.length
        if end > self.line_start:
            self.lines.append((self.line_start, end))
        self.line_start = self.length


def _glue() -> re.Pattern[str]:
    listed = shipped("reading.yml")["glued_before_capital"]
    words, begins = "|".join(map(re.escape, listed)), "".join(re.escape(word[0]) for word in listed)
    headings = "|".join(map(re.escape, shipped("reading.yml")["glued_headings"]))
    # "…Upheld|Claims Administrator", "…by review.|IMR ISSUES", "rationale:|The", "…one set only|Decision rationale:";
    # not "www.UpToDate".
    return compile_pattern(
        rf"(?=[A-Z{begins}])(?:\b(?:{words})(?=[A-Z][a-z])"
        r"|(?<!www\.)(?<=[a-z0-9)][.:;])(?=[A-Z][A-Za-z]{2}|A [a-z])"
        rf"|(?<=[a-z0-9)])(?={headings}))"
    )


_GLUE: list[re.Pattern[str]] = []


def read_view(text: str) -> View:
    """Return the reading view of ``text``. Linear in its length."""
    if not _GLUE:
        _GLUE.append(_glue())
    glue, source = _GLUE[0], text
    text = without_clutter(text)
    out = _Builder()
    position = 0
    no_close: set[str] = set()

    def plain(start: int, end: int) -> None:
        for cut in glue.finditer(text, start, end):
            at = cut.end()
            if start < at < end:
                out.write(text[start:at], start, at)
                out.write(" ", at, at)
                out.end_line()  # what was glued on stood on a line of its own
                start = at
        if end > start:
            out.write(text[start:end], start, end)

    for match in _SPECIAL.finditer(text):
        start, end = match.span()
        if start < position:
            continue  # inside a hidden element
        if start > position:
            plain(position, start)
        kind, chunk = match.lastgroup, match.group()
        if kind == "space":
            ends_line = not _LINE_ENDS.isdisjoint(chunk)
            out.space(start, end)
            if ends_line:
                out.end_line()
        elif kind == "tag":
            name = re.split(r"[\s/>]", chunk.lstrip("</"), maxsplit=1)[0].lower()
            if name in _HIDDEN and not chunk.startswith("</") and name not in no_close:
                close = text.find(f"</{name}", end)
                if close < 0:
                    no_close.add(name)
                else:
                    end = close
            elif name in _BLOCK:
                out.space(start, end)
                out.end_line()
            elif name in _CELL:
                out.space(start, end)
            elif name not in _INLINE and name not in _HIDDEN and not name.startswith("!"):
                out.write(chunk, start, end)  # not markup: "<redacted>"
        elif kind == "entity":
            char = html.unescape(chunk)
            out.write(char, start, end) if char.strip() else out.space(start, end)
        elif kind in ("hyphen", "break"):
            if chunk[0] != "\u00ad" and not is_broken_word(text, start, end):
                out.write("-", start, end)
        elif kind == "redacted":
            out.write("REDACTED", start, end)
        elif kind == "ligature":
            out.write(_LIGATURES[chunk], start, end)
        position = end
    if position < len(text):
        plain(position, len(text))
    out.end_line()
    view = "".join(out.parts).translate(_PLAIN)
    return _long_words_cut(View(view, source, out.starts, out.source_starts, out.source_ends, out.lines))


@lru_cache(maxsize=1)
def _long_words() -> tuple[re.Pattern[str], re.Pattern[str]]:
    limits = shipped("reading.yml")
    word, signs = limits["longest_word"], limits["longest_run_of_signs"]
    return re.compile(rf"[^ ]{{{word}}}(?=[^ ])"), re.compile(rf"[^\w ]{{{signs}}}(?=[^\w ])")


def _long_words_cut(view: View) -> View:
    """Return the view with a blank inside every word that is longer than words are.

    What tokenisers and patterns do to a word takes time that grows with the square of its length.

    >>> view = read_view("Lumbar MRI: " + "A" * 250)
    >>> [len(word) for word in view.text.split()], view.to_source(13, len(view.text))
    ([6, 4, 100, 100, 50], (13, 262))
    """
    wanted = sorted({match.end() for pattern in _long_words() for match in pattern.finditer(view.text)})
    if not wanted:
        return view
    out = _Builder()
    cuts: list[int] = []
    stops = [*view.starts[1:], len(view.text)]
    for start, stop, first, last in zip(view.starts, stops, view.source_starts, view.source_ends, strict=True):
        linear = last - first == stop - start
        while len(cuts) < len(wanted) and wanted[len(cuts)] < stop:
            cut = wanted[len(cuts)] if linear else start
            if cut > start:
                out.write(view.text[start:cut], first, first + cut - start)
                start, first = cut, first + cut - start
            out.write(" ", first, first)
            cuts.append(cut)
        out.write(view.text[start:stop], first, last)
    lines = [(start + bisect_right(cuts, start), end + bisect_left(cuts, end)) for start, end in view.lines]
    return View("".join(out.parts), view.source, out.starts, out.source_starts, out.source_ends, lines)
