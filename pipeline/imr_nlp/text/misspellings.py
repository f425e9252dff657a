"""Forms of a word: its plural, and misprints one letter off."""

from collections.abc import Iterable


class Respeller:
    """Callable that names the listed word that a misspelt word stands for, or None.

    Words of at least ``shortest`` letters count as misspelt where they lack a letter of a listed word, have one too
    many or one wrong; the first letter and the ``ending`` (so many letters) must be right. ``others`` are words of
    their own. The lookup is that of symmetric deletes: two words one edit apart share a form with a letter left out.

    >>> respell = Respeller(["radiculopathy", "contusion"], 9, others=["confusion"])
    >>> respell("radicolopathy"), respell("radiculpathy"), respell("confusion"), respell("radical")
    ('radiculopathy', 'radiculopathy', None, None)
    """

    def __init__(self, words: Iterable[str], shortest: int, others: Iterable[str] = (), ending: int = 2) -> None:
        self.shortest = shortest
        self.ending = ending
        self.barred = set(others)
        self.forms: dict[str, str] = {}
        for word in words:
            if len(word) >= shortest and word.isalpha():
                for form in self._forms(word):
                    self.forms.setdefault(form, word)

    def _forms(self, word: str) -> Iterable[str]:
        return (word, *(word[:i] + word[i + 1 :] for i in range(1, len(word) - self.ending)))

    def __call__(self, word: str) -> str | None:
        """Return the listed word, or None where ``word`` is none of them misspelt."""
        if len(word) < self.shortest - 1 or word in self.barred or not word.isalpha():
            return None
        found = next((self.forms[form] for form in self._forms(word) if form in self.forms), None)
        return found if found and found[len(found) - self.ending :] == word[len(word) - self.ending :] else None
