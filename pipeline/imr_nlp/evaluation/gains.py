"""What a change gained and lost against the records of another version, letter by letter.

Both versions are scored against the same gold. A finding is gained when its error is gone, and lost when its error is
new. The idea is eyecite's report of gained and lost citations on each pull request.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from imr_nlp.evaluation.metrics import Error, Report


class Change(NamedTuple):
    """One error that is gone (``gained``) or new."""

    letter: str
    kind: str
    gained: bool
    error: Error


def changes(before: Report, after: Report) -> Iterator[Change]:
    """Yield what changed between two reports over the same gold, in the order of letters.

    Args:
        before: The report of the earlier records.
        after: The report of the later records.

    Yields:
        One `Change` for each error that only one of the reports has.

    >>> old, new = Report(), Report()
    >>> old.errors["DIAGNOSIS"] = [Error("a", "missed", 4, 9)]
    >>> new.errors["decision"] = [Error("a", "wrong", 0, 3, "upheld", "overturned")]
    >>> [(change.kind, change.gained) for change in changes(old, new)]
    [('DIAGNOSIS', True), ('decision', False)]
    """
    found: list[Change] = []
    for kind in dict.fromkeys([*before.errors, *after.errors]):
        old, new = Counter(before.errors.get(kind, ())), Counter(after.errors.get(kind, ()))
        found += (Change(error.letter, kind, True, error) for error in (old - new).elements())
        found += (Change(error.letter, kind, False, error) for error in (new - old).elements())
    yield from sorted(found, key=lambda change: (change.letter, change.kind, change.error.start or 0))
