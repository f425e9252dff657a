"""Files of patterns: parts, examples and groups; what is wrong is told with its line and the fix."""

from __future__ import annotations

from typing import Any

import pytest

from imr_nlp.config import ConfigError, replaced
from imr_nlp.text.pattern_files import load_patterns

FILE = """
parts:
  year: '(?:19|20)\\d{2}'
  dated: ',?\\s\\(?%year%\\)?'
  name: '%TITLES%'
brace:
  pattern: 'brace(?P<year>%dated%)'
  any_case: true
  examples: [BRACE (2011), "brace, 2011"]
kinds:
  first: {pattern: '%name%%dated%', examples: [never matched here]}
right:
  - {id: a, pattern: 'gel|pad', examples: [a pad]}
words: [gel, pad]
"""


def load(text: str = FILE, **given: Any) -> dict[str, Any]:
    with replaced({"own.yml": text}):
        return load_patterns("own.yml", "own.yml", {"TITLES": "(?:Knee|Back)"}, **given)


def test_patterns_stand_anywhere_and_parts_are_filled_in():
    found = load()
    assert list(found) == ["brace", "kinds", "right", "words"]
    assert found["brace"].pattern == r"brace(?P<year>,?\s\(?(?:19|20)\d{2}\)?)"
    assert found["brace"].search("A Brace (2011)")["year"] == " (2011)"
    assert found["kinds"]["first"].fullmatch("Knee, 2011")
    assert not found["kinds"]["first"].fullmatch("KNEE, 2011")
    assert found["right"][0].search("gel")
    assert found["words"] == ["gel", "pad"]


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("%dated%)", "%datet%)", 7, r'brace\.pattern: no part has the name "datet"; did you mean "%dated%"\?'),
        ("%dated%)", "%xyz%)", 7, r'no part has the name "xyz"; add it to parts, above its use'),
        ("%year%", "%name%", 4, r'parts\.dated: no part has the name "name"; add it to parts, above its use'),
        ("BRACE (2011)", "BRACE 11", 9, r'brace\.examples\.0: the pattern does not match "BRACE 11"; change the patt'),
        ("any_case: true", "any_case: false", 9, r'brace\.examples\.0: the pattern does not match "BRACE \(2011\)"'),
        ("(?P<year>", "(?P<yeer>", 7, r'brace\.pattern: has no group "year"; put \(\?P<year>…\) around what is to be'),
        (r"'(?:19|20)\d{2}'", r"'(?P<year>19)'", 7, r"not a regular expression with its parts filled in: redefinition"),
        ("[a pad]", "[a bed]", 13, r'right\.0\.examples\.0: the pattern does not match "a bed"'),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_the_fix(old: str, new: str, line: int, reason: str) -> None:
    assert old in FILE
    with pytest.raises(ConfigError, match=rf"own\.yml:{line}: .*{reason}"):
        load(FILE.replace(old, new, 1), groups={"brace": "year"})
