"""Whether a mention names the same thing as one of the letter's disputed services.

"The treatment plan included an MRI" requests it where the MRI is at issue, and plans it where it isn't.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from imr_nlp.text.inflection import stems

_MAX_KEYS = 10_000  # names that are remembered


class ServiceNames:
    """Compares names of procedures and drugs by the words that distinguish them.

    ``words`` is ``configs/concepts/same_services.yml``: ``generic`` words say nothing by themselves, and the names of
    one list of ``same`` name one thing.

    >>> names = ServiceNames({"generic": ["therapy", "sessions"], "same": [["mri", "magnetic resonance imaging"]]})
    >>> disputed = names.keys(["additional aquatic therapy sessions", "Magnetic Resonance Imaging"])
    >>> [names.among(name, disputed) for name in ("MRI", "aquatic therapy", "therapy", "acupuncture")]
    [True, True, True, False]
    """

    def __init__(self, words: Mapping[str, Sequence]) -> None:
        self.generic = frozenset(words["generic"])
        self.same = {" ".join(stems(name)): " ".join(stems(names[0])) for names in words["same"] for name in names}
        self._keys: dict[str, frozenset[str]] = {}  # letters name the same few hundred things
        self.kinds = [
            (
                {self.key(name) for name in kind["names"]},
                str(kind.get("category") or ""),
                [self.key(name) for name in kind.get("members", ())],
            )
            for kind in words.get("kinds", ())
        ]
        self.generic_stems = frozenset(stem for word in self.generic for stem in stems(word))

    def key(self, name: str) -> frozenset[str]:
        """Return the words of a name, in the singular, with the chosen name where it has several."""
        found = self._keys.get(name)
        if found is None:
            written = " ".join(stems(name))
            found = frozenset(self.same.get(written, written).split())
            if len(self._keys) < _MAX_KEYS:
                self._keys[name] = found
        return found

    def keys(self, names: Iterable[str]) -> set[frozenset[str]]:
        """Return the keys of several names."""
        return {key for name in names if (key := self.key(name))}

    def kinds_of(self, disputed: set[frozenset[str]], categories: set[str]) -> set[frozenset[str]]:
        """Return the keys of words for a whole kind that mean one of the disputed services.

        >>> words = {"generic": [], "same": [], "kinds": [{"names": ["NSAIDs"], "members": ["ibuprofen"]}]}
        >>> names = ServiceNames(words)
        >>> names.kinds_of(names.keys(["Ibuprofen 600 mg"]), set())
        {frozenset({'nsaid'})}
        """
        found: set[frozenset[str]] = set()
        for names, category, members in self.kinds:
            if category in categories or any(member <= key for member in members for key in disputed):
                found |= names
        return found

    def among(self, name: str, disputed: set[frozenset[str]]) -> bool:
        """Return whether a name is one of the ``disputed``, or a shorter or longer form of one."""
        key = self.key(name)
        if key in disputed:
            return True
        own = key - self.generic_stems
        if not own:
            return bool(key) and any(key <= other for other in disputed)
        return any((theirs := other - self.generic_stems) and (own <= theirs or theirs <= own) for other in disputed)
