"""What one predicate of a sentence says of a decision."""

from __future__ import annotations

from dataclasses import dataclass

#: Holders whose statements decide.
DECIDERS = frozenset({"reviewer", "narrator", "panel"})


@dataclass(frozen=True, slots=True)
class Statement:
    """What one predicate says.

    Attributes:
        start: Offset of the clause that states it.
        end: Offset after its last word.
        decision: ``upheld``, ``overturned`` or ``modified``: what it does to the denial.
        holder: Who says so: ``narrator`` (the letter), ``reviewer``, ``panel``, ``member`` (one of several reviewers),
            ``insurer``, ``treating``, ``source``.
        kind: ``necessity``, ``noun``, ``beneficial``, ``act`` or ``approval``.
        mood: ``stated``, ``question``, ``condition``, ``possible`` or ``reserved`` (see `reservations`).
        strong: Whether it decides whatever its subject is called.
        subject: The words of its subject.
        part: Whether it is about a part of the request.
        rest: Whether it is about what another statement left over.
        granted: How many of what was asked are granted; None where it does not say.
        subject_end: Offset after the last word of the subject.
    """

    start: int
    end: int
    decision: str
    holder: str
    kind: str
    mood: str = "stated"
    strong: bool = True
    subject: tuple[str, ...] = ()
    part: bool = False
    rest: bool = False
    granted: float | None = None
    subject_end: int | None = None

    @property
    def decides(self) -> bool:
        """Whether it is a decision of the reviewer or of one of the reviewers."""
        return self.mood == "stated" and (self.holder in DECIDERS or self.holder == "member")

    @property
    def rule(self) -> str:
        """Id of the rule that read it."""
        return f"statement.{self.kind}"
