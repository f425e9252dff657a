"""Forms of a word: its plural, and misprints one letter off."""

from collections.abc import Callable, Iterable


def respeller(words: Iterable[str], shortest: int, others: Iterable[str] = ()) -> Callable[[str], str | None]:
    """Return a function that names the word of ``words`` that a misspelt word stands for, or None.

    Words of at least ``shortest`` letters count as misspelt where they lack a letter of a listed word, have one too
    many or one wrong; the first letter and the ending must be right. ``others`` are words of their own. The lookup
    is that of symmetric deletes: two words one edit apart share a form with a letter left out.

    >>> respell = respeller(["radiculopathy", "contusion"], 9, others=["confusion"])
    >>> respell("radicolopathy"), respell("radiculpathy"), respell("confusion"), respell("radical")
    ('radiculopathy', 'radiculopathy', None, None)
    """
    barred = set(others)
    forms: dict[str, str] = {}
    for word in words:
        if len(word) >= shortest and word.isalpha():
            forms.setdefault(word, word)
            for i in range(1, len(word) - 2):
                forms.setdefault(word[:i] + word[i + 1 :], word)

    def respell(word: str) -> str | None:
        if len(word) < shortest - 1 or word in barred or not word.isalpha():
            return None
        candidates = (word, *(word[:i] + word[i + 1 :] for i in range(1, len(word) - 2)))
        found = next((forms[form] for form in candidates if form in forms), None)
        return found if found and found[-2:] == word[-2:] else None

    return respell


def plural(phrase: str) -> str:
    """Return the regular plural of a phrase's last word.

    >>> [plural(word) for word in ("tear", "disc herniation", "biopsy", "reflex", "arthrodesis")]
    ['tears', 'disc herniations', 'biopsies', 'reflexes', 'arthrodeses']
    """
    if phrase.endswith("sis"):
        return phrase[:-2] + "es"
    if phrase.endswith("y") and phrase[-2:-1] not in "aeiou":
        return phrase[:-1] + "ies"
    return phrase + ("es" if phrase.endswith(("s", "x", "ch", "sh", "z")) else "s")
