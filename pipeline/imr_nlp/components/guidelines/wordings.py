"""The patterns of mentions, with which `imr_nlp.components.guidelines.component` finds them.

They are in ``configs/guideline_mentions.yml``. Names and words of the catalogue are filled in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from imr_nlp.concepts.guidelines import Catalogue, any_of
from imr_nlp.text.alternatives import alternatives
from imr_nlp.text.pattern_files import load_patterns

RULES = "guideline_mentions.yml"
#: The groups that are read from a match of each pattern. Those of authorities are filled in.
_GROUPS = {
    "core": "source",
    "core_lower": "title source text",
    "law": "labor regulation",
    "society": "name document",
    "called": "between",
    "topic": "between",
}


@dataclass(frozen=True, slots=True)
class Wordings:
    """The content of ``configs/guideline_mentions.yml`` by the names there."""

    core: re.Pattern[str]
    core_lower: re.Pattern[str]
    law: re.Pattern[str]
    law_words: list[str]
    society: re.Pattern[str]
    says: re.Pattern[str]
    cited: re.Pattern[str]
    called: re.Pattern[str]
    no_name: frozenset[str]
    left: re.Pattern[str]
    dated: re.Pattern[str]
    words_before: re.Pattern[str]
    governed: re.Pattern[str]
    both: re.Pattern[str]
    abbreviation: re.Pattern[str]
    second: re.Pattern[str]
    joined: re.Pattern[str]
    listed: re.Pattern[str]
    after_guidelines: re.Pattern[str]
    within: re.Pattern[str]
    of_mtus: re.Pattern[str]
    right: tuple[re.Pattern[str], ...]
    topic: re.Pattern[str]
    bare: re.Pattern[str]
    up_to_guideline: re.Pattern[str]


def load_wordings(known: Catalogue, rules: str = RULES) -> Wordings:
    """Read the patterns.

    Args:
        known: The catalogue, whose names and words are filled in.
        rules: The file; a relative path is taken from ``configs/``.

    Raises:
        ConfigError: The file is missing, does not fit its model or has a pattern that cannot be used.
    """
    content = load_patterns(rules, RULES, _words(known), _GROUPS)
    no_name, right = frozenset(content.pop("no_name")), tuple(content.pop("right"))
    return Wordings(**content, no_name=no_name, right=right)


def _words(known: Catalogue) -> dict[str, str]:
    """Return expressions for the names and words of the catalogue, by the names that stand for them in patterns."""
    written = [name for source in known.sources for name in source["written"]]
    exact, loose = ([w for w in written if (w == w.lower()) is small] for small in (False, True))
    names = known.authorities.items()
    begins = known.mentions["society_heads"]
    words = {
        "AUTHORITY": "|".join(f"(?P<{name}>{known.authority_pattern(name)})" for name, _ in names),
        "MTUS": known.authority_pattern("MTUS"),
        "SHORT": "|".join(f"(?P<{name}>{alternatives(rules['short'])})" for name, rules in names),
        "FULL": "|".join(f"(?P<{name}>{any_of(rules['names'])})" for name, rules in names),
        "TITLES": any_of(known.written("MTUS")),
        "CHAPTERS": any_of([name for owner in ("MTUS", "ACOEM", "ODG") for name in known.written(owner)]),
        "SOURCES": any_of(exact),
        "SMALL_SOURCES": any_of(loose),
        "SOCIETY_BEGINS": any_of(begins),
    }
    for name in ("topics", "texts", "called", "says", "society_says", "society_auxiliaries", "society_cited"):
        words[name.upper()] = any_of(known.mentions[name])
    for name in ("society_heads", "society_nouns", "society_documents"):
        words[name.upper()] = alternatives(known.mentions[name], blank=r"\s{1,2}")
    return words
