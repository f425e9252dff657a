"""One line that sums up letters: how many services, and what the review did to each denial."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from imr_nlp.labels import CHOICES
from imr_nlp.records import schema as records


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "service"), counted(1200, "letter")
    ('1 service', '1,200 letters')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def sentence(letters: Sequence[records.Letter]) -> str:
    """Sum up letters in one line.

    Args:
        letters: Records of one or more letters.

    Returns:
        Services by decision, then warnings. Several letters are counted first.

    >>> origin = records.Source(text_sha256="", characters=0, layout="unknown", pipeline_version="0")
    >>> service = {"start": 0, "end": 3, "text": "MRI", "category": "diagnostic_imaging"}
    >>> services = [records.Service(id=f"S{n}", decision=d, **service) for n, d in enumerate(["upheld", None], 1)]
    >>> sentence([records.Letter(source=origin, services=services)])
    '2 services: denial upheld 1, no decision found 1'
    """
    decisions: Counter[str | None] = Counter(service.decision for letter in letters for service in letter.services)
    line = said(decisions, sum(len(letter.warnings) for letter in letters))
    return line if len(letters) == 1 else f"{counted(len(letters), 'letter')}, {line[0].lower()}{line[1:]}"


def said(decisions: Mapping[str | None, int], warnings: int) -> str:
    """Return the line for services by decision.

    Args:
        decisions: Services by decision; None stands for no decision found.
        warnings: How many there are.

    >>> said({"upheld": 3, "overturned": 1}, 0), said({}, 1)
    ('4 services: denial upheld 3, overturned 1', 'No disputed service found; 1 warning')
    """
    total = sum(decisions.values())
    found = [f"{name} {decisions[name]:,}" for name in CHOICES["decision"] if decisions.get(name)]
    if found:
        found[0] = f"denial {found[0]}"
    if decisions.get(None):
        found.append(f"no decision found {decisions[None]:,}")
    line = counted(total, "service") if total else "No disputed service found"
    if found:
        line += f": {', '.join(found)}"
    return f"{line}; {counted(warnings, 'warning')}" if warnings else line
