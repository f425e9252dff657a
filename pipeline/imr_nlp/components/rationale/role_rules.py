"""The role of a rationale sentence, by rules: conclusion, gap, fact, guideline or other.

`RoleRules` weighs the cues of ``configs/rationale/roles.yml``. Whatever else assigns roles
(`imr_nlp.components.rationale.role_model`) offers
the same method, `RoleAssigner.roles_of`, and can stand in its place in the component ``imr_rationale``.

`PhraseIndex` finds phrases in a sentence by one look-up a word, so that the cost of a sentence doesn't grow with
the number of cues.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from imr_nlp.config import ConfigError, read_yaml

_WORD = re.compile(r"[a-z0-9]+(?:[/.'-][a-z0-9]+){0,8}|%")
_ANY = frozenset({"*"})  # any one word
_MOST_REMEMBERED = 20_000  # words whose classes are remembered, so that memory stays flat
_LONGEST_GAP = 6  # words that "..." stands for


class Role(NamedTuple):
    """A role, the rule that gave it, and how sure it is (0.5 to 1: its weight's share of its and the next role's)."""

    role: str
    rule: str
    score: float


class Sentence(NamedTuple):
    """A rationale sentence, and the entities in it: start and end in its text, and label."""

    text: str
    entities: tuple[tuple[int, int, str], ...] = ()


class RoleAssigner(Protocol):
    """What ``imr_rationale`` needs: rules or a model that gives the sentences of a letter their roles."""

    def roles_of(self, rationales: Sequence[Sequence[Sentence]]) -> list[list[Role]]:
        """Return the role of every sentence of a letter's rationales."""
        ...


class Judged(NamedTuple):
    """What the rules say of a sentence: its role, which cues they found in it, and its words with their places."""

    role: Role
    cues: tuple[str, ...]
    words: list[tuple[int, str]]


class Phrase(NamedTuple):
    """What is left of a cue's phrase after the words it is kept under: words (sets of alternatives) and its cue."""

    words: tuple[frozenset[str] | None, ...]  # None stands for "..."
    cue: int
    where: str  # "start" or "end" of the sentence, or "anywhere"


class PhraseIndex:
    """Which cues occur in a list of words.

    ``classes`` names kinds of words by a regular expression; a phrase may use the name for any such word.

    >>> index = PhraseIndex({"@number": r"\\d+"})
    >>> index.add("no ... evidence|documentation", cue=0)
    >>> index.add("@number visits", cue=1, where="start")
    >>> index.find(words("There is no clear documentation of 12 visits."))
    {0}
    """

    def __init__(self, classes: dict[str, str]) -> None:
        self.classes = [(name, re.compile(pattern)) for name, pattern in classes.items()]
        # A phrase is kept under its first two words, or under its first if a gap or nothing follows.
        self.by_pair: dict[str, dict[str, list[Phrase]]] = {}
        self.by_first: dict[str, list[Phrase]] = defaultdict(list)
        self.memo: dict[str, tuple[str, ...]] = {}

    def add(self, phrase: str, cue: int, where: str = "anywhere") -> None:
        """Add a phrase of ``cue``; see ``configs/rationale/roles.yml`` for how phrases are written."""
        if not isinstance(phrase, str):
            raise ConfigError(f"a phrase isn't text: {phrase!r} (put yes, no, on, off and numbers in quotation marks)")
        parts = tuple(map(_part, phrase.split()))
        first = parts[0] if parts else None
        if first is None or parts[-1] is None or first == _ANY:
            raise ConfigError(f"a phrase must begin and end with a word: {phrase!r}")
        second = parts[1] if len(parts) > 1 and parts[1] != _ANY else None
        for word in first:
            if second is None:
                self.by_first[word].append(Phrase(parts[1:], cue, where))
            for follower in second or ():
                self.by_pair.setdefault(word, {}).setdefault(follower, []).append(Phrase(parts[2:], cue, where))

    def find(self, sentence: list[str]) -> set[int]:
        """Return the numbers of the cues that occur in a sentence's words (as `words` gives them)."""
        found: set[int] = set()
        kinds = [self._kinds(word) for word in sentence]
        for at, names in enumerate(kinds):
            for name in names:
                if phrases := self.by_first.get(name):
                    self._check(phrases, kinds, at, at + 1, found)
                if pairs := self.by_pair.get(name):
                    for follower in kinds[at + 1] if at + 1 < len(kinds) else ():
                        if phrases := pairs.get(follower):
                            self._check(phrases, kinds, at, at + 2, found)
        return found

    def _check(
        self, phrases: Iterable[Phrase], kinds: list[tuple[str, ...]], first: int, at: int, found: set[int]
    ) -> None:
        """Add the cues of those phrases, begun at word ``first``, that go on at word ``at``."""
        for phrase in phrases:
            if phrase.cue in found or (first and phrase.where == "start"):
                continue
            if _follows(kinds, at, phrase.words, phrase.where == "end"):
                found.add(phrase.cue)

    def kind(self, word: str) -> str:
        """Return the first class of a word, or the word itself where it belongs to none.

        >>> index = PhraseIndex({"@number": r"\\d+"})
        >>> index.kind("12"), index.kind("visits")
        ('@number', 'visits')
        """
        kinds = self._kinds(word)
        return kinds[min(1, len(kinds) - 1)]

    def _kinds(self, word: str) -> tuple[str, ...]:
        """Return a word and the names of its classes."""
        known = self.memo.get(word)
        if known is None:
            if len(self.memo) >= _MOST_REMEMBERED:
                self.memo.clear()
            known = (word, *(name for name, pattern in self.classes if pattern.fullmatch(word)))
            self.memo[word] = known
        return known


def _part(written: str) -> frozenset[str] | None:
    return {"...": None, "*": _ANY}.get(written, frozenset(written.split("|")))


def _follows(kinds: list[tuple[str, ...]], at: int, wanted: tuple[frozenset[str] | None, ...], to_end: bool) -> bool:
    """Whether the words from ``at`` on are the wanted ones, up to the end of the sentence where that is asked."""
    for i, part in enumerate(wanted):
        if part is None:
            rest = wanted[i + 1 :]
            starts = range(at, min(at + _LONGEST_GAP + 1, len(kinds)))
            return any(_follows(kinds, start, rest, to_end) for start in starts if _is(rest[0], kinds[start]))
        if at >= len(kinds) or not _is(part, kinds[at]):
            return False
        at += 1
    return not to_end or at == len(kinds)


def _is(part: frozenset[str] | None, word: tuple[str, ...]) -> bool:
    """Whether a word may be the first of what a part stands for."""
    return part is None or not part.isdisjoint(word) or part == _ANY


def words(sentence: str) -> list[str]:
    """Return a sentence's words, lower case, without punctuation.

    >>> words('The patient\\'s "work-related" MRI (10/2016).')
    ['the', "patient's", 'work-related', 'mri', '10/2016']
    """
    return _WORD.findall(sentence.lower())


def placed_words(sentence: str) -> list[tuple[int, str]]:
    """Return the `words` of a sentence, each with its place.

    >>> placed_words("No MRI.")
    [(0, 'no'), (3, 'mri')]
    """
    return [(match.start(), match.group()) for match in _WORD.finditer(sentence.lower())]


class RoleRules:
    """Roles by weighed cues: see ``configs/rationale/roles.yml``.

    >>> rules = RoleRules("rationale/roles.yml")
    >>> rules.role_of("Therefore the request is not medically necessary.", 4, 5, "gap").role
    'conclusion'
    >>> rules.role_of("There is no documentation of failed therapy.", 3, 5, "fact").rule
    'missing.none_there'
    """

    def __init__(self, path: str) -> None:
        rules = read_yaml(path)
        try:
            self.precedence: list[str] = list(rules["precedence"])
            self.index = PhraseIndex(rules["classes"])
            self.cues: list[list[tuple[str, str, float]]] = []
            for number, cue in enumerate(rules["cues"]):
                roles = cue["role"] if isinstance(cue["role"], list) else [cue["role"]]
                self.cues.append([(cue["id"], self._known(role), float(cue["weight"])) for role in roles])
                for phrase in cue["phrases"]:
                    self.index.add(phrase, number, cue.get("where", "anywhere"))
            self.places: dict[str, list[tuple[str, str, float]]] = defaultdict(list)
            for place in rules["position"]:
                entry = (place["id"], self._known(place["role"]), float(place["weight"]))
                self.places[place["when"]].append(entry)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ConfigError(f"{path}: {error!r}") from error

    def _known(self, role: str) -> str:
        if role not in self.precedence:
            raise ConfigError(f"{role!r} isn't one of the roles under precedence")
        return role

    def role_of(self, sentence: str, position: int, total: int, previous: str | None = None) -> Role:
        """Return the role of the sentence at ``position`` (from 0) of ``total``, after one with role ``previous``.

        It is the role with most weight; the rule is the cue that gave it most.
        """
        return self._weigh(self._cues(words(sentence)), position, total, previous)

    def roles_of(self, rationales: Sequence[Sequence[Sentence]]) -> list[list[Role]]:
        """Return the role of every sentence of a letter's rationales."""
        return [[judged.role for judged in self.judge(rationale)] for rationale in rationales]

    def judge(self, rationale: Sequence[Sentence]) -> list[Judged]:
        """Return what the rules say of the sentences of one rationale, each in the light of the one before.

        >>> rules = RoleRules("rationale/roles.yml")
        >>> rules.judge([Sentence("There is no documentation of failed therapy.")])[0].cues[:2]
        ('missing.none_there', 'missing.no_evidence')
        """
        judged: list[Judged] = []
        for position, sentence in enumerate(rationale):
            placed = placed_words(sentence.text)
            cues = self._cues([word for _, word in placed])
            previous = judged[-1].role.role if judged else None
            role = self._weigh(cues, position, len(rationale), previous)
            judged.append(Judged(role, tuple(self.cues[number][0][0] for number in cues), placed))
        return judged

    def _cues(self, sentence: list[str]) -> list[int]:
        return sorted(self.index.find(sentence))

    def _weigh(self, cues: list[int], position: int, total: int, previous: str | None) -> Role:
        found = [gift for number in cues for gift in self.cues[number]]
        for when in _places(position, total, previous):
            found += self.places.get(when, ())
        return self._heaviest(found)

    def _heaviest(self, found: Iterable[tuple[str, str, float]]) -> Role:
        weights = dict.fromkeys(self.precedence, 0.0)
        heaviest: dict[str, tuple[float, str]] = {}
        for rule, role, weight in found:
            weights[role] += weight
            if role not in heaviest or weight > heaviest[role][0]:
                heaviest[role] = (weight, rule)
        role = max(self.precedence, key=weights.__getitem__)  # the first of equals
        rule = heaviest[role][1] if role in heaviest else "none"
        best, second = sorted(weights.values(), reverse=True)[:2]
        return Role(role, rule, round(best / (best + second), 3) if best > 0 else 0.0)


def _places(position: int, total: int, previous: str | None) -> list[str]:
    places = ["always"]
    if position == 0:
        places.append("first")
    if position == total - 1:
        places.append("last")
    if previous:
        places.append(f"after {previous}")
    return places
