"""Knock-out by letter: what the rules give for a letter that they have not seen.

Figures on letters whose errors were read are too good, for each error left an entry behind. For each gold letter this
module switches off every entry, exception and pattern that only this letter uses and that no public list holds. Then
the letter is read and scored. The figures come out near those of unread letters, so mechanisms can be chosen by them.

What is switched off: words, phrases and patterns of the vocabularies, exceptions (``not_left``, ``not_right``) and
listed short forms. What is not: wordings of quantities, citations and layouts, context cues, and trained models.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from imr_nlp.evaluation.gold import Gold
from imr_nlp.evaluation.metrics import LABELS, Counts
from imr_nlp.evaluation.scoring import score

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

#: Draws of the bootstrap over letters.
DRAWS = 1000


@runtime_checkable
class Listed(Protocol):
    """A component with a vocabulary whose entries can be told and switched off."""

    def fired(self, doc: Doc) -> set[str]:
        """Return the entries that a letter makes use of."""

    def switch_off(self, entries: Collection[str], rules: Collection[str] = ()) -> None:
        """Treat entries and rules as absent; empty switches all on again."""


def knocked_out(nlp: Language, gold: Gold, public: Collection[str] = ()) -> dict[str, dict[str, Any]]:
    """Read each letter of the gold without what only that letter uses; return the records by name.

    Args:
        nlp: The pipeline. Every entry is switched on again at the end.
        gold: The letters. At least two, for an entry is kept where another letter uses it.
        public: Words and phrases of public lists, in lower case. They stay on.

    Returns:
        The records as plain values, by the letter's name.
    """
    from imr_nlp.letter import read_letter

    listed: dict[str, Any] = {name: pipe for name, pipe in nlp.pipeline if isinstance(pipe, Listed)}
    used: dict[str, dict[str, set[str]]] = {}
    rules: dict[str, set[str]] = {}
    for name, source in gold.letters.items():
        used[name] = _used(nlp, listed, source.letter)
        record = read_letter(nlp, source)
        rules[name] = {entity.rule for entity in record.entities if entity.rule}
    shared = {part: Counter(entry for one in used.values() for entry in one[part]) for part in listed}
    rule_use = Counter(rule for found in rules.values() for rule in found)
    records = {}
    try:
        for name, source in gold.letters.items():
            own_rules = {rule for rule in rules[name] if rule_use[rule] == 1}
            for part, pipe in listed.items():
                own = {entry for entry in used[name][part] if shared[part][entry] == 1 and entry not in public}
                pipe.switch_off(own, own_rules)
            records[name] = read_letter(nlp, source).model_dump()
    finally:
        for pipe in listed.values():
            pipe.switch_off(())
    return records


def _used(nlp: Language, listed: Mapping[str, Listed], text: str) -> dict[str, set[str]]:
    """Return what each component uses of its vocabulary, on the Doc as that component gets it."""
    doc = nlp.make_doc(text)
    found = {}
    for name, pipe in nlp.pipeline:
        doc = pipe(doc)
        if name in listed:
            found[name] = listed[name].fired(doc)
    return found


def distinct(records: Mapping[str, Mapping[str, Any]], gold: Gold) -> dict[str, Counts]:
    """Count each distinct form of a letter once, so that a repeated problem weighs no more than another.

    A form is right where all its gold spans are found in the letter and nothing else is called so.

    Args:
        records: Records as plain values, by the letter's name.
        gold: The gold records and their letters.

    Returns:
        Counts by label, and for all labels under ``ENTITIES``.
    """
    counts = {label: Counts() for label in ("ENTITIES", *LABELS)}
    for wanted in gold.records:
        text = gold.letters[wanted["name"]].text
        got = records.get(wanted["name"], {}).get("entities", ())
        for label in LABELS:
            there, found = _forms(wanted["entities"], label, text), _forms(got, label, text)
            right = sum(found.get(form) == places for form, places in there.items())
            for name in (label, "ENTITIES"):
                counts[name].add(right, len(found), len(there))
    return counts


def _forms(entities: Iterable[Mapping[str, Any]], label: str, text: str) -> dict[str, set[tuple[int, int]]]:
    forms: dict[str, set[tuple[int, int]]] = {}
    for entity in entities:
        if entity["label"] == label:
            start, end = entity["start"], entity["end"]
            forms.setdefault(" ".join(text[start:end].lower().split()).strip(" .,;:\"'"), set()).add((start, end))
    return forms


def bootstrap(
    records: Mapping[str, Mapping[str, Any]], gold: Gold, name: str, draws: int = DRAWS
) -> tuple[float, float]:
    """Return the middle 95 % of a figure's F1 over letters drawn with replacement.

    Args:
        records: Records as plain values, by the letter's name.
        gold: The gold records and their letters.
        name: A figure of `score` that has counts, such as ``ENTITIES exact``.
        draws: How often letters are drawn. The draws are the same in each run.

    Returns:
        The lower and the upper bound, between 0 and 1.
    """
    one_by_one = [
        score([wanted], {wanted["name"]: records[wanted["name"]]}, gold.texts).counts[name]
        for wanted in gold.records
        if wanted["name"] in records
    ]
    draw = random.Random(0)
    values = sorted(_f1(draw.choices(one_by_one, k=len(one_by_one))) for _ in range(draws))
    return values[int(0.025 * draws)], values[int(0.975 * draws) - 1]


def _f1(letters: Sequence[Counts]) -> float:
    total = Counts()
    for counts in letters:
        total.add(counts.correct, counts.predicted, counts.gold)
    return total.f1


def public_words() -> set[str]:
    """Return the words and phrases of up to five words of the ICD-10-CM descriptions, in lower case.

    Source: the package ``simple-icd-10-cm``, with the tables of the CDC. Empty where it is not installed.
    """
    try:
        import simple_icd_10_cm as icd
    except ImportError:
        return set()
    from imr_nlp.matching.token_grammar import entry_key

    found: set[str] = set()
    for code in icd.get_all_codes(with_dots=True):
        words = icd.get_description(code).lower().replace(",", " ").replace("-", " ").split()
        for size in range(1, 6):
            found |= {entry_key(words[at : at + size]) for at in range(len(words) - size + 1)}
    return found
