"""The role of a rationale sentence, by rules: conclusion, gap, fact, guideline or other.

`RoleRules` weighs the cues of ``configs/rationale/roles.yml``. Whatever else assigns roles
(`imr_nlp.components.rationale.role_model`) offers
the same method, `RoleAssigner.roles_of`, and can stand in its place in the component ``imr_rationale``.

`PhraseIndex` finds phrases in a sentence by one look-up a word, so that the cost of a sentence doesn't grow with
the number of cues.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from imr_nlp.config import ConfigError, at, read_yaml
from imr_nlp.matching.phrases import PhraseIndex, placed_words, words


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


class RuleVerdict(NamedTuple):
    """What the rules say of a sentence: its role, which cues they found in it, and its words with their places."""

    role: Role
    cues: tuple[str, ...]
    words: list[tuple[int, str]]


class RoleRules:
    """Roles by weighed cues: see ``configs/rationale/roles.yml``.

    >>> rules = RoleRules("rationale/roles.yml")
    >>> rules.role_of("Therefore the request is not medically necessary.", 4, 5, "gap").role
    'conclusion'
    >>> rules.role_of("There is no documentation of failed therapy.", 3, 5, "fact").rule
    'missing.none_there'
    """

    def __init__(self, path: str) -> None:
        rules = read_yaml(path, "rationale/roles.yml")
        self.precedence: list[str] = list(rules["precedence"])
        self.index = PhraseIndex(rules["classes"])
        self.cues: list[list[tuple[str, str, float]]] = []
        place: tuple[str | int, ...] = ()
        try:
            for number, cue in enumerate(rules["cues"]):
                place = ("cues", number, "role")
                roles = cue["role"] if isinstance(cue["role"], list) else [cue["role"]]
                self.cues.append([(cue["id"], self._known(role), float(cue["weight"])) for role in roles])
                for which, phrase in enumerate(cue["phrases"]):
                    place = ("cues", number, "phrases", which)
                    self.index.add(phrase, number, cue.get("where", "anywhere"))
            self.places: dict[str, list[tuple[str, str, float]]] = defaultdict(list)
            for number, one in enumerate(rules["position"]):
                place = ("position", number, "role")
                entry = (one["id"], self._known(one["role"]), float(one["weight"]))
                self.places[one["when"]].append(entry)
        except ConfigError as error:
            raise ConfigError(f"{at(path, *place)}: {error}") from error
        self._outcomes: Mapping[str, Mapping[str, str | None]] = rules["outcomes"]

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

    def judge(self, rationale: Sequence[Sentence]) -> list[RuleVerdict]:
        """Return what the rules say of the sentences of one rationale, each in the light of the one before.

        >>> rules = RoleRules("rationale/roles.yml")
        >>> rules.judge([Sentence("There is no documentation of failed therapy.")])[0].cues[:2]
        ('missing.none_there', 'missing.no_evidence')
        """
        judged: list[RuleVerdict] = []
        for position, sentence in enumerate(rationale):
            placed = placed_words(sentence.text)
            cues = self._cues([word for _, word in placed])
            previous = judged[-1].role.role if judged else None
            role = self._weigh(cues, position, len(rationale), previous)
            judged.append(RuleVerdict(role, tuple(self.cues[number][0][0] for number in cues), placed))
        return judged

    def outcome(self, judged: Sequence[RuleVerdict]) -> str:
        """Return what the conclusions of a rationale come to: ``denied``, ``granted`` or ``open``; the last one counts.

        >>> rules = RoleRules("rationale/roles.yml")
        >>> [rules.outcome(rules.judge([Sentence(text)])) for text in ("It is not medically necessary.", "She walks.")]
        ['denied', 'open']
        """
        said = (self._said(verdict) for verdict in reversed(judged))
        return next((outcome for outcome in said if outcome), "open")

    def _said(self, verdict: RuleVerdict) -> str | None:
        """Return what one sentence says of the outcome."""
        for cue, outcome in self._outcomes["cues"].items():
            if cue in verdict.cues:
                return outcome
        told = [outcome for cue, outcome in self._outcomes["told"].items() if cue in verdict.cues]
        if not told:
            return None
        written = {word for _, word in verdict.words}
        by_word = (outcome for word, outcome in self._outcomes["words"].items() if word in written)
        return next(by_word, next(filter(None, told), None))

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
