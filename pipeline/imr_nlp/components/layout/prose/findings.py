"""Services of letters that say in a sentence what was asked for, and in sentences what was decided.

Findings of other review programmes, external appeals, quoted rationales and abstracts are such letters. Read `Findings`
from `Findings.read` on. The words are in ``configs/layout/requests.yml``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from imr_nlp.components.layout.conclusions import conclusions
from imr_nlp.components.layout.definitions import Layout, compiled
from imr_nlp.components.layout.evidence import DecisionEvidence, topic
from imr_nlp.components.layout.lists.options import Options
from imr_nlp.components.layout.prose.request_wordings import Asked, RequestWordings
from imr_nlp.components.layout.service_headings import Reading, ServiceHeading, decided
from imr_nlp.components.layout.statements.reader import Statement, Statements, sentences
from imr_nlp.config import ConfigError, read_yaml
from imr_nlp.doc.tokenizer import View
from imr_nlp.text.compiled import compile_pattern

_CAPITALS = re.compile(r"[A-Z]{3,20}(?: [A-Z]{2,20}){1,6}:?")  # a heading in capitals
_LAST = 200  # characters of a letter's end in which it says that it breaks off


@dataclass(frozen=True, slots=True)
class DecidedRequest:
    """A service, what decides on it, and where its rationale stands.

    Attributes:
        start: Offset of the request.
        end: Offset after it.
        evidence: All places that decide on it.
        rationale: Offsets of its passages of reasons where no heading opens them.
        rule: Id of the rule that found the request.
    """

    start: int
    end: int
    evidence: tuple[DecisionEvidence, ...]
    rationale: tuple[tuple[int, int], ...]
    rule: str


class Findings:
    """Reader of services and decisions in running text.

    >>> text = ("A 9-year-old girl has requested coverage for a leg brace. The Health Plan denied it. "
    ...         "The reviewer found that the brace is medically necessary.")
    >>> from imr_nlp.components.layout.definitions import load_layouts
    >>> from imr_nlp.components.layout.statements.reader import load_statements
    >>> from imr_nlp.text.view import read_view
    >>> (found,) = Findings(load_statements()).read(load_layouts()[-1], read_view(text), [])
    >>> text[found.start:found.end], [evidence.decision for evidence in found.evidence]
    ('leg brace', ['overturned'])
    """

    def __init__(self, statements: Statements, path: str = "layout/requests.yml") -> None:
        """Read the wordings of requests.

        Args:
            statements: Reader of statements.
            path: File of wordings, relative to ``configs/``.

        Raises:
            ConfigError: A key is missing or a pattern is not a regular expression.
        """
        data = read_yaml(path, "layout/requests.yml")
        try:
            self.wordings = RequestWordings(data, statements.lexicon, path)
            self.options = Options(data["options"], path)
            self.unfinished = compiled(data["unfinished"], path)
            self.at_issue = compile_pattern(data["at_issue"])
            self.opens_line = compile_pattern(data["opens_line"])
        except (KeyError, TypeError) as error:
            raise ConfigError(f"{path}: {error!r}") from error
        self.statements = statements
        self.lexicon = statements.lexicon

    def read(self, layout: Layout, view: View, titles: Sequence[Any]) -> list[DecidedRequest]:
        """Return the services of a letter, in text order.

        Args:
            layout: The letter's layout; its ``services.labels`` are patterns that name the service.
            view: The reading view.
            titles: The section headings, in text order.

        Returns:
            One entry a service.
        """
        text = view.text
        breaks = [*self._line_breaks(view), *(title.start for title in titles), *(title.end for title in titles)]
        cut = sentences(text, 0, len(text), sorted(breaks))
        statements = self.options.ticked(text, self.statements.read(text, breaks=sorted(breaks)))
        if self.unfinished.search(text, max(0, len(text) - _LAST)):
            statements = [said for said in statements if said.kind == "act" or said.holder in ("reviewer", "panel")]
        asked = self.wordings.find(layout, text, cut, titles, statements)
        return self._decided(text, cut, asked, statements, titles) if asked else []

    def _line_breaks(self, view: View) -> list[int]:
        """Return where lines begin that are lines of a form: the line before is short, or ended."""
        lengths = sorted(end - start for start, end in view.lines)
        width = lengths[int(len(lengths) * 0.9)] if lengths else 0
        found = []
        for (start, end), (following, stop) in zip(view.lines, view.lines[1:], strict=False):
            ended = view.text[start:end].rstrip()[-1:] in (".", "?", "!", ":")
            first = view.text[following : following + 1]
            size = end - start
            short = size < max(0.7 * width, 40) or (size < 0.9 * width and view.apart((start, end), (following, stop)))
            opens = (first.isupper() or first.isdigit()) and (ended or short)
            opens = opens or self.opens_line.match(view.text, following, stop) is not None
            if opens or _CAPITALS.fullmatch(view.text, following, stop):
                found.append(following)
        return found

    def _decided(
        self, text: str, cut: list[tuple[int, int]], asked: list[Asked], statements: list[Statement],
        titles: Sequence[Any],
    ) -> list[DecidedRequest]:  # fmt: skip
        issues = [(t.start, following) for t, following in _stretches(titles, len(text)) if t.category == "issue"]
        said = [s for s in statements if not any(a <= s.start < b for a, b in issues)]
        groups: dict[int, list[Asked]] = {}
        for one in asked:
            groups.setdefault(one.sentence, []).append(one)
        order = sorted(groups)
        found: list[DecidedRequest] = []
        reasons = any(title.category == "rationale" for title in titles)
        begins = [0 if n == 0 else cut[sentence][0] for n, sentence in enumerate(order)]
        topics = [frozenset().union(*(topic(text[a.start : a.end]) for a in groups[sentence])) for sentence in order]
        for n, (sentence, mine) in enumerate(zip(order, _shared_out(said, begins, topics), strict=True)):
            stop = begins[n + 1] if n + 1 < len(order) else len(text)
            group = groups[sentence]
            each = conclusions(mine, [text[a.start : a.end] for a in group])
            stretch = () if reasons else tuple(self._reasons(text, cut, sentence, stop, titles, mine))
            for one, evidence in zip(group, each, strict=True):
                own = stretch if one.reasons is None else one.reasons
                found.append(DecidedRequest(one.start, one.end, tuple(evidence), own, one.rule))
        return sorted(found, key=lambda f: f.start)

    def _reasons(
        self, text: str, cut: list[tuple[int, int]], asked: int, stop: int, titles: Sequence[Any],
        statements: Sequence[Statement],
    ) -> Iterator[tuple[int, int]]:  # fmt: skip
        """Yield the passage of reasons that no heading opens: after the request and what the insurer says."""
        ends = [title.start for title in titles if title.category in ("reviewer", "closing", "documents")]
        stop = min([stop, *(end for end in ends if end > cut[asked][0])])
        first = None
        for n in range(asked + 1, len(cut)):
            start, end = cut[n]
            if start >= stop:
                break
            words = self.lexicon.words(text, start, end)
            holder = next((name for w in words for name in ("reviewer", "insurer") if name in w.classes), None)
            act = any(s.kind == "act" and start <= s.start < end for s in statements)
            question = any(w.any("questions") for w in words) or self.at_issue.match(text, start, end)
            if (
                holder == "reviewer"
                or act
                or (holder != "insurer" and not question and not self.wordings.patient.search(text, start, end))
            ):
                first = start
                break
        if first is None and asked > 0 and statements:
            first = 0 if not self.wordings.patient.search(text, *cut[0]) else cut[1][0]  # a rationale quoted alone
            stop = max(stop, cut[asked][1])
        if first is not None and stop > first:
            yield first, stop


def _shared_out(
    said: Sequence[Statement], begins: Sequence[int], topics: Sequence[frozenset[str]]
) -> Iterator[list[Statement]]:
    """Yield the statements on each request: those up to the next request, and later ones that name it alone.

    Args:
        said: All statements.
        begins: Offset of the passage of each request, in text order.
        topics: The words that tell each request.
    """
    if len(topics) == 1:
        yield list(said)
        return
    requests = Counter(word for words in topics for word in words)
    subjects = [topic(" ".join(s.subject)) for s in said]
    passages = [bisect_right(begins, s.start) - 1 for s in said]
    within: list[list[int]] = [[] for _ in begins]
    naming: dict[str, list[int]] = {}
    for i, passage in enumerate(passages):
        within[passage].append(i)
        for word in subjects[i]:
            naming.setdefault(word, []).append(i)
    for n, words in enumerate(topics):
        own = {word for word in words if requests[word] == 1}
        kept = [i for i in within[n] if subjects[i] & own or not any(w in requests for w in subjects[i] - words)]
        later = sorted({i for word in own for i in naming.get(word, ()) if passages[i] > n})
        yield [said[i] for i in (*kept, *later)]


def _stretches(titles: Sequence[Any], end: int) -> Iterator[tuple[Any, int]]:
    for n, title in enumerate(titles):
        yield title, titles[n + 1].start if n + 1 < len(titles) else end


def running_text(reading: Reading) -> list[ServiceHeading]:
    """Return the services that sentences ask for, decided by the reviewer's sentences.

    Args:
        reading: The letter.

    Returns:
        The services in text order.
    """
    found = reading.findings.read(reading.layout, reading.view, reading.titles)
    return [decided(_heading(one), one.evidence) for one in found]


def _heading(one: DecidedRequest) -> ServiceHeading:
    return ServiceHeading(
        one.start, one.end, one.end, None, None, None, one.rule,
        rationale=one.rationale, shared=True, in_sentence=one.rule.startswith("stated."),
    )  # fmt: skip
