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

from imr_nlp.components.layout.definitions import Layout, compiled
from imr_nlp.components.layout.evidence import Evidence, conclusions, topic
from imr_nlp.components.layout.options import Options
from imr_nlp.components.layout.service_headings import Reading, ServiceHeading, decided
from imr_nlp.components.layout.statements import Statement, Statements, sentences
from imr_nlp.components.layout.words import Word
from imr_nlp.config import ConfigError, read_yaml
from imr_nlp.doc.tokenizer import View

_ITEM = re.compile(r",? ?(?:\band )?\(?\d{1,2}[.)] (?=\S)|,? and \(?[a-d]\) (?=\S)")
_JOINT = re.compile(r", and |, | and |; and |; ")
_STARTS = re.compile(r"(?:an?|the|one|two|three|four|\d+) [A-Za-z]|[A-Z][a-z]+\b")
_STRENGTH = re.compile(r"\d\s?(?:mg|mcg|ml|%|g)\b", re.IGNORECASE)
_PATIENT = re.compile(r"\b(?:year|month|week)s?[- ]old\b|\bpatient is an?\b|\bdiagnosed with\b", re.IGNORECASE)
_DENIED = re.compile(r"\b(?:den(?:y|ied|ial)|non-?certif|declined|refused|rejected|disallowed)", re.IGNORECASE)
_MAX_LENGTH = 400  # characters of a request


@dataclass(frozen=True, slots=True)
class Asked:
    """A service that was asked for: where it stands, and the sentence that asks."""

    start: int
    end: int
    sentence: int
    rule: str


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
    evidence: tuple[Evidence, ...]
    rationale: tuple[tuple[int, int], ...]
    rule: str


class Findings:
    """Reader of services and decisions in running text.

    >>> text = ("A 9-year-old girl has requested coverage for a leg brace. The Health Plan denied it. "
    ...         "The reviewer found that the brace is medically necessary.")
    >>> from imr_nlp.components.layout.definitions import load_layouts
    >>> from imr_nlp.components.layout.statements import load_statements
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
            self.requests = frozenset(data["requests"])
            self.recommends = frozenset(data["recommends"])
            self.not_services = compiled(data["not_services"], path)
            self.lead = re.compile(data["lead"])  # a name is told by its capital
            self.tail = compiled(data["tail"], path)
            self.granted = compiled(data["granted"], path)
            self.options = Options(data["options"], path)
            self.fallbacks = [(entry["id"], compiled(entry["pattern"], path)) for entry in data["fallbacks"]]
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
        breaks = [*_line_breaks(view), *(title.start for title in titles), *(title.end for title in titles)]
        cut = sentences(text, 0, len(text), sorted(breaks))
        asked = self._labelled(layout, text, cut) or self._asked(text, cut, titles) or self._fallback(text, cut)
        if not asked:
            return []
        statements = self.options.ticked(text, self.statements.read(text, breaks=sorted(breaks)))
        asked = self._not_granted(text, cut, self._split(text, asked, statements))
        return self._decided(text, cut, asked, statements, titles)

    # -- what was asked for ------------------------------------------------------------------------------------------

    def _labelled(self, layout: Layout, text: str, cut: list[tuple[int, int]]) -> list[Asked]:
        for rule in layout.services.get("labels", ()):
            for match in rule["pattern"].finditer(text):
                start, end = self._service(text, *match.span("request"))
                if end > start:
                    return [Asked(start, end, _index(cut, start), rule["id"])]
        return []

    def _asked(self, text: str, cut: list[tuple[int, int]], titles: Sequence[Any]) -> list[Asked]:
        reasons = [(t.start, t.category) for t in titles if t.category in ("rationale", "reviewer", "documents")]
        first = min((start for start, category in reasons if category == "rationale"), default=len(text))
        found = [a for n, (start, end) in enumerate(cut) for a in self._in_sentence(text, start, end, n, self.requests)]
        before = [a for a in found if a.start < first]
        if before or found:
            return before or found[:1]
        if not re.search(
            r"\bden(?:y|ied|ial)|\bnon-?certif|\bdeclined|\brefused|\brejected|\bdisallowed", text, re.IGNORECASE
        ):
            return []
        wanted = (self._in_sentence(text, start, end, n, self.recommends) for n, (start, end) in enumerate(cut))
        return next(([*one] for group in wanted if (one := list(group))), [])

    def _in_sentence(self, text: str, start: int, end: int, n: int, verbs: frozenset[str]) -> Iterator[Asked]:
        if not any(verb[:6] in text[start:end].lower() for verb in verbs):
            return
        words = self.lexicon.words(text, start, end)
        for i, word in enumerate(words):
            if word.text not in verbs or not self._person(words, i, text[start:end]):
                continue
            begin = word.end
            stop = end
            for other in words[i + 1 :]:
                if other.text == ";":
                    stop = other.start
                    break
            if self.not_services.match(text[begin:stop].strip()):
                continue
            a, b = self._service(text, begin, stop)
            if b - a >= 3 and not text[a:b].lower().startswith(("is ", "was ", "are ", "by ", "be ")):
                yield Asked(a, b, n, "stated.asked" if verbs is self.requests else "stated.recommended")
                return

    def _person(self, words: Sequence[Word], i: int, sentence: str) -> bool:
        """Return whether the patient's side is the subject of the verb of asking at ``i``."""
        before = words[i - 1].text if i else ""
        if words[i].text.endswith("ing") and before in ("is", "are", "was", "were", "be", "been"):
            before = ""
        if before in ("the", "a", "an", "this", "is", "was", "were", "be", "been", "to", "as", "his", "her", "of", ","):
            return False
        for word in reversed(words[:i]):
            if word.any("insurer", "reviewer", "source"):
                return False
            if word.any("treating"):
                return True
            if word.text in (";", "which", "that"):
                return False
        return bool(_PATIENT.search(sentence)) or (i > 0 and words[0].text in ("an", "a", "the", "this") and i < 8)

    def _fallback(self, text: str, cut: list[tuple[int, int]]) -> list[Asked]:
        for rule, pattern in self.fallbacks:
            for match in pattern.finditer(text):
                start, end = self._service(text, *match.span("request"))
                if end - start >= 3:
                    return [Asked(start, end, _index(cut, start), rule)]
        return []

    def _service(self, text: str, start: int, end: int) -> tuple[int, int]:
        """Take away what stands before and after a service in the words that ask for it."""
        end = min(end, start + _MAX_LENGTH)
        while start < end and text[start] in " ,:":
            start += 1
        while (match := self.lead.match(text[start:end])) and match.end() and start + match.end() < end:
            start += match.end()
            while start < end and text[start] == " ":
                start += 1
        if tail := self.tail.search(text, start + 2, end):
            end = tail.start()
        while end > start and text[end - 1] in " .,;:?":
            end -= 1
        return start, end

    def _split(self, text: str, asked: list[Asked], statements: Sequence[Statement]) -> list[Asked]:
        """Cut "A, B and C" into its services where they are told apart."""
        found = []
        for one in asked:
            for start, end in self._items(text, one.start, one.end, statements):
                begin, stop = self._service(text, start, end)
                if stop > begin:
                    found.append(Asked(begin, stop, one.sentence, one.rule))
        return found

    def _items(self, text: str, start: int, end: int, statements: Sequence[Statement]) -> list[tuple[int, int]]:
        marks = list(_ITEM.finditer(text, max(start - 4, 0), end))
        if len(marks) > 1:
            stops = [*(mark.start() for mark in marks[1:]), end]
            return [(mark.end(), stop) for mark, stop in zip(marks, stops, strict=True)]
        joints = list(_JOINT.finditer(text, start, end))
        if not any("and" in joint.group() or ";" in joint.group() for joint in joints):
            return [(start, end)]
        bounds = [start, *(edge for joint in joints for edge in joint.span()), end]
        parts = list(zip(bounds[::2], bounds[1::2], strict=True))
        told = [topic(" ".join(s.subject)) for s in statements if s.decides]
        topics = [topic(text[a:b]) for a, b in parts]
        alone = [
            any(words & t and not any(words & o - t for o in topics) for words in told) if t else False for t in topics
        ]
        apart = all(_STARTS.match(text[a:b]) and topic(text[a:b]) for a, b in parts[1:])
        strengths = all(_STRENGTH.search(text[a:b]) and re.match(r"[A-Za-z]", text[a:b]) for a, b in parts)
        if all(t for t in topics) and (apart or strengths or sum(alone) == len(parts)):
            return parts
        return [(start, end)]

    def _not_granted(self, text: str, cut: list[tuple[int, int]], asked: list[Asked]) -> list[Asked]:
        """Leave out of several services those that the insurer has granted."""
        if len(asked) < 2:
            return asked
        given: set[str] = set()
        for start, end in cut:
            match = self.granted.search(text, start, end)
            if not match:
                continue
            words = self.lexicon.words(text, start, match.start())
            if words and any(w.any("insurer") for w in words[-4:]) and not any(w.any("negators") for w in words[-2:]):
                stop = re.search(r"\b(?:but|however|and (?:has )?denied)\b|[,;]|$", text[match.end() : end])
                given |= topic(text[match.end() : match.end() + stop.start()] if stop else text[match.end() : end])
        kept = []
        topics = [topic(text[one.start : one.end]) for one in asked]
        services = Counter(word for own in topics for word in own)
        for one, own in zip(asked, topics, strict=True):
            told = {word for word in own if services[word] == 1}
            if not (told & given and not told - given):
                kept.append(one)
        return kept or asked

    # -- what was decided ----------------------------------------------------------------------------------------------

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
                found.append(DecidedRequest(one.start, one.end, tuple(evidence), stretch, one.rule))
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
            question = any(w.any("questions") for w in words) or re.match(r"At issue\b", text[start:end])
            if (
                holder == "reviewer"
                or act
                or (holder != "insurer" and not question and not _PATIENT.search(text, start, end))
            ):
                first = start
                break
        if first is None and asked > 0 and statements:
            first = 0 if not _PATIENT.search(text, *cut[0]) else cut[1][0]  # a rationale quoted alone
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


def _index(cut: list[tuple[int, int]], at: int) -> int:
    return max(bisect_right(cut, at, key=lambda c: c[0]) - 1, 0)


def _line_breaks(view: View) -> list[int]:
    """Return where lines begin that are lines of a form: the line before is short, or ended."""
    lengths = sorted(end - start for start, end in view.lines)
    width = lengths[int(len(lengths) * 0.9)] if lengths else 0
    found = []
    for (start, end), (following, stop) in zip(view.lines, view.lines[1:], strict=False):
        ended = view.text[start:end].rstrip()[-1:] in (".", "?", "!", ":")
        first = view.text[following : following + 1]
        if ((ended or end - start < 0.7 * width or end - start < 40) and (first.isupper() or first.isdigit())) or (
            stop - following < 40 and first.isupper() and ended
        ):
            found.append(following)
    return found


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
