"""The wordings of formal sentences and of mentions are data, each with examples. All wording is invented."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import spacy
import yaml

import imr_nlp.components  # noqa: F401  (registers the factories)
from imr_nlp.components.citations.grammar import load_grammar
from imr_nlp.components.citations.parser import CitationParser
from imr_nlp.components.guidelines.component import MentionFinder
from imr_nlp.components.guidelines.wordings import load_wordings
from imr_nlp.concepts.guidelines import catalogue
from imr_nlp.config import LOADER, ConfigError, folder, read_text, read_yaml

KNOWN = catalogue()
FILES = ("citations.yml", "guideline_mentions.yml")
COMPONENTS = {"citations.yml": "imr_citations", "guideline_mentions.yml": "imr_guidelines"}


@cache
def loaded(name: str) -> dict[str, Any]:
    """What the reader of a file makes of it, by the keys of the file."""
    made = load_grammar(KNOWN) if name == "citations.yml" else load_wordings(KNOWN)
    return {key: getattr(made, key) for key in type(made).__slots__}


def examples() -> Iterator[Any]:
    for name in FILES:
        for key, value in read_yaml(name).items():
            for number, entry in enumerate(value if key == "right" else [value]):
                if "examples" in entry:
                    yield from (pytest.param(name, key, number, text, id=f"{key}-{text}") for text in entry["examples"])


@pytest.mark.parametrize(("name", "key", "number", "text"), examples())
def test_an_example_is_matched(name: str, key: str, number: int, text: str) -> None:
    pattern = loaded(name)["lead" if key == "party" else key]
    pattern = pattern[number] if key == "right" else pattern
    if key == "party":  # it only begins a sentence
        text = re.sub(r"(?:'s)?\s\S.*|\s$", "", text) + " has cited the ODG"
    assert pattern.search(text.lower() if key == "core_lower" else text)


@pytest.mark.parametrize("kind", ["none", "outside", "non_mtus", "mtus", "named"])
def test_an_example_begins_a_sentence_of_its_kind(kind: str) -> None:
    for text in read_yaml("citations.yml")["leads"][kind]["examples"]:
        match = load_grammar(KNOWN).lead.match(f"The Claims Administrator {text}")
        assert match
        assert (match["claims"], match[kind] is not None) == ("Claims Administrator", True)


@pytest.mark.parametrize("name", FILES)
def test_each_part_is_used(name: str) -> None:
    text = read_text(name)
    assert [part for part in read_yaml(name)["parts"] if f"%{part}%" not in text] == []


@pytest.mark.parametrize("name", FILES)
def test_a_comment_says_what_each_pattern_is_for(name: str) -> None:
    """A pattern stands below its comment, or below another pattern that it shares the comment with."""
    paragraphs = read_text(name).split("\n\n")
    assert [key for part in paragraphs if (key := part.split(":")[0].strip("\n")) in read_yaml(name)] == ["parts"]


def own_file(path: Path, name: str, old: str, new: str) -> str:
    text = read_text(name)
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    return str(path)


def test_a_party_can_be_named_otherwise_without_code(tmp_path):
    text = "The Bill Desk based its decision on the ODG, Knee Chapter."
    own = own_file(
        tmp_path / "own.yml", "citations.yml", r"|Utilization\sReview(?:er)?'", r"|[UB]\w+\s(?:Review|Desk)'"
    )
    read = [
        CitationParser(KNOWN, load_grammar(KNOWN, rules)).parse(text, "reviewer") for rules in ("citations.yml", own)
    ]
    assert [[(c.party, c.authority) for c in found] for found in read] == [
        [("reviewer", "ODG")],
        [("claims_administrator", "ODG")],
    ]


def test_a_piece_of_a_mention_can_be_added_without_code(tmp_path):
    text = "The ODG Appendix D allows it."
    own = own_file(tmp_path / "own.yml", "guideline_mentions.yml", "introduction|", r"appendix\s[A-Z]|")
    found = [MentionFinder(KNOWN, load_wordings(KNOWN, rules)).find(text) for rules in ("guideline_mentions.yml", own)]
    assert [text[m.start : m.end] for m in (found[0][0], found[1][0])] == ["ODG", "ODG Appendix D"]


@pytest.mark.parametrize("name", FILES)
def test_an_own_file_is_saved_with_the_pipeline(name: str, tmp_path: Path) -> None:
    own = own_file(tmp_path / "own.yml", name, "# Read by ", "# Changed, and read by ")
    nlp = spacy.blank("en")
    nlp.add_pipe(COMPONENTS[name], config={"rules": own})
    saved = nlp.to_bytes()
    Path(own).unlink()
    nlp = spacy.blank("en")
    nlp.add_pipe(COMPONENTS[name], config={"rules": own})
    nlp.from_bytes(saved)
    assert nlp("Rest helps.").text == "Rest helps."


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("pattern", "(unclosed", r"pattern: not a regular expression: missing \)"),
        ("pattern", "%yeer%", r'pattern: no part has the name "yeer"; '),
        (
            "examples",
            ["nothing of it"],
            r'examples\.0: the pattern does not match "nothing of it"; change the pattern or',
        ),
        ("examples", [], r"examples: .*at least 1 item"),
        ("exampels", ["guideline"], r'exampels: unknown key "exampels"; did you mean "examples"\?'),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused(name, key, value, reason, tmp_path):
    data = yaml.load(read_text(name), Loader=LOADER)
    where = "within" if name == "citations.yml" else "governed"
    data[where][key] = value
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=10_000)
    path = tmp_path / "own.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"own\.yml:\d+: {where}\.{reason}"):
        spacy.blank("en").create_pipe(COMPONENTS[name], config={"rules": str(path)})


def test_the_files_are_named_where_domain_experts_look_for_them():
    page = (folder("configs").parent / "docs/concepts.md").read_text(encoding="utf-8")
    assert all(f"configs/{name}" in page for name in FILES)
