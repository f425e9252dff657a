"""Rules files: target rules and ConText rules, read from YAML into medspaCy's own rule objects.

A rules file has one or both of two keys, each with a list of entries that have an ``id``. ``targets:`` says what to
find, and ``context:`` what the words around a finding say of it. The heads of ``configs/context.yml`` and
``configs/targets.yml`` explain the keys of entries. A user's ``--rules EXTRA.yml`` has the same form.

A file with anything that this module does not understand is refused, with the line and the reason. A rule with a
misspelt key would otherwise silently do nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from medspacy.context import ConTextRule
from medspacy.target_matcher import TargetRule
from spacy.errors import MatchPatternError
from spacy.matcher import Matcher
from spacy.vocab import Vocab

from imr_nlp import config, labels
from imr_nlp.cache import ContentCache, beside
from imr_nlp.config import ConfigError, compose, folder, is_unchanged, read_text
from imr_nlp.labels import CHOICES, LABELS, NAMED, TREATMENTS
from imr_nlp.matching import pattern_checks, regex_ambiguity
from imr_nlp.matching.pattern_checks import regex_fault, token_pattern_fault

#: Labels that a target rule can give: those that don't live by a number.
TARGET_LABELS = frozenset({*NAMED, "GUIDELINE"})
#: What a target rule may say of its findings, with the values allowed (None: any text) and the labels it suits.
ATTRIBUTES: dict[str, tuple[frozenset[str] | None, frozenset[str]]] = {
    "assertion": (frozenset(CHOICES["assertion"]), frozenset({"DIAGNOSIS"})),
    "status": (frozenset(CHOICES["status"]), frozenset(TREATMENTS)),
    "authority": (None, frozenset({"GUIDELINE"})),
    "canonical": (None, TARGET_LABELS),
}
#: What a cue can mean. The five of medspaCy keep medspaCy's names.
MEANINGS = frozenset(
    {"NEGATED_EXISTENCE", "POSSIBLE_EXISTENCE", "HISTORICAL", "HYPOTHETICAL", "FAMILY"}
    | {"POSITIVE_EXISTENCE", "REQUESTED", "PERFORMED", "PLANNED", "PROPOSED", "CONTINUED", "MISSING"}
)
#: Words that say of a whole sentence whether it is about this worker or about workers in general.
EVIDENCE = frozenset({"PATIENT_SPECIFIC", "GUIDELINE_CONTEXT", "GENERIC"})
#: Earlier names of categories, which files may use.
ALIASES = {"PATIENT_TALK": "PATIENT_SPECIFIC", "GUIDELINE_TALK": "GUIDELINE_CONTEXT", "GENERAL_TALK": "GENERIC"}
#: Words that mean nothing by themselves but end, or hide, the scope of others.
BOUNDARIES = frozenset(
    {"TERMINATE", "PSEUDO", "COMMA", "LONE_COMMA", "ALTERNATIVE", "SEMICOLON", "CONJUNCTION", "FINDING", "SUBJECT"}
    | {"ARTICLE", "OWN", "AUXILIARY"}
)
CATEGORIES = MEANINGS | EVIDENCE | BOUNDARIES
DIRECTIONS = ("FORWARD", "BACKWARD", "BIDIRECTIONAL", "WITHIN", "INSIDE", "ANSWER", "TERMINATE", "PSEUDO")
#: Directions of ours that medspaCy does not know: the cue refers to what it holds, to what holds it, or answers what
#: stands before it.
WITHIN, INSIDE, ANSWER, PLAIN = "WITHIN", "INSIDE", "ANSWER", "FORWARD"
#: Priority of a rule that states none; a higher one wins over all evidence of a lower one.
PRIORITY = 50

_CUES = "context.yml"
#: What spaCy raises where it cannot use a token pattern.
_BAD_TOKENS = (MatchPatternError, ValueError, TypeError, AttributeError, KeyError, OverflowError, re.error)
_TARGET_KEYS = frozenset({"id", "literal", "pattern", "category", "attributes", "note"})
_CONTEXT_KEYS = frozenset(
    {"id", "literal", "pattern", "category", "direction", "max_scope", "max_targets"}
    | {"allowed_types", "excluded_types", "terminated_by", "priority", "note"}
)


@dataclass(frozen=True)
class RuleSet:
    """The rules of one file. ``rule.metadata`` holds the entry's ``id`` and, for ConText rules, its ``priority``."""

    targets: list[TargetRule] = field(default_factory=list)
    context: list[ConTextRule] = field(default_factory=list)


def load_rules(path: str | Path) -> RuleSet:
    """Read a rules file. An entry with several literals becomes several rules with the same id.

    Args:
        path: The file; a relative path is taken from ``configs/``.

    Raises:
        ConfigError: The file is missing, isn't YAML or holds anything that isn't understood. The message names file,
            line and reason.

    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp(), "extra.yml")
    >>> _ = file.write_text("targets:\\n- {id: knee-brace, literal: hinged knee brace, category: PROCEDURE}\\n")
    >>> load_rules(file).targets[0].metadata
    {'id': 'knee-brace'}
    >>> _ = file.write_text("targets:\\n- {id: knee-brace, litteral: hinged knee brace, category: PROCEDURE}\\n")
    >>> load_rules(file)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    imr_nlp.config.ConfigError: ...extra.yml:2: unknown key "litteral" (known: attributes, category, ...
    """
    return _Reader(path).read()


class _Reader:
    """Reads one file. Keeps YAML's nodes, because only they know their line."""

    def __init__(self, path: str | Path) -> None:
        self.path = path
        self.where = folder("configs") / path
        self.build = yaml.SafeLoader("")
        self.checker = Matcher(Vocab(), validate=True)
        self.checked = is_unchanged(path)
        self.seen: dict[str, int] = {}

    def fail(self, node: yaml.Node, reason: str) -> ConfigError:
        return ConfigError(f"{self.where}:{node.start_mark.line + 1}: {reason}")

    def read(self) -> RuleSet:
        entries = self.kept() if self.checked else self.understood()
        targets = [TargetRule(**entry) for entry in entries["targets"]]
        return self.required(RuleSet(targets, [_cue(**entry) for entry in entries["context"]]))

    def kept(self) -> dict[str, list[dict[str, Any]]]:
        """Return what a shipped file says, which is kept from the start before: YAML and its checks take 0.2 s."""
        source = f"{_code()}\n{read_text(self.path)}"
        if (found := _cache().get(source)) is not None:
            entries: dict[str, list[dict[str, Any]]] = json.loads(found)
            return entries
        understood = self.understood()
        with suppress(TypeError, ValueError):  # JSON has no dates
            _cache().put(source, json.dumps(understood).encode())
        return understood

    def understood(self) -> dict[str, list[dict[str, Any]]]:
        """Return what the file says, as the arguments of the rules to be made."""
        root = compose(self.path)
        lists = self.mapping(root, frozenset({"targets", "context"}), "a rules file") if root is not None else {}
        return {
            "targets": [rule for entry in self.entries(lists, "targets") for rule in self.target(entry)],
            "context": [rule for entry in self.entries(lists, "context") for rule in self.cue(entry)],
        }

    def required(self, rules: RuleSet) -> RuleSet:
        """Return the rules; refuse the shipped cues where somebody emptied their file. Other files may have none."""
        if self.path == _CUES and not rules.context:
            raise ConfigError(f"{self.where}:1: has no rules, without which nothing is negated; restore the file")
        return rules

    def mapping(self, node: yaml.Node, keys: frozenset[str], what: str) -> dict[str, yaml.Node]:
        """Return a mapping's value nodes by key; refuse keys that are unknown or stand twice."""
        if not isinstance(node, yaml.MappingNode):
            raise self.fail(node, f"{what} must be a mapping (key: value)")
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self.fail(key, f"a key must be a word (known: {', '.join(sorted(keys))})")
            if key.value not in keys:
                raise self.fail(key, f'unknown key "{key.value}" (known: {", ".join(sorted(keys))})')
            if key.value in found:
                raise self.fail(key, f'key "{key.value}" stands twice')
            found[key.value] = value
        return found

    def entries(self, lists: dict[str, yaml.Node], key: str) -> list[tuple[yaml.Node, dict[str, yaml.Node]]]:
        """Return the entries of one list as (node, value nodes by key), each with an id of its own."""
        node = lists.get(key)
        if node is None or (isinstance(node, yaml.ScalarNode) and self.value(node) is None):
            return []
        if not isinstance(node, yaml.SequenceNode):
            raise self.fail(node, f'"{key}" must be a list of rules')
        known = _TARGET_KEYS if key == "targets" else _CONTEXT_KEYS
        found = []
        for item in node.value:
            entry = self.mapping(item, known, "a rule")
            name = self.text(entry, "id", item)
            if name in self.seen:
                raise self.fail(entry["id"], f'id "{name}" was used in line {self.seen[name]} already')
            self.seen[name] = entry["id"].start_mark.line + 1
            found.append((item, entry))
        return found

    def target(self, item: tuple[yaml.Node, dict[str, yaml.Node]]) -> list[dict[str, Any]]:
        node, entry = item
        label = self.choice(entry, "category", node, TARGET_LABELS)
        attributes = self.attributes(entry, label)
        if label == "GUIDELINE" and "authority" not in attributes:
            raise self.fail(node, "a GUIDELINE needs the attribute authority")
        known = {"category": label, "attributes": attributes or None}
        return [known | wording | {"metadata": {"id": entry["id"].value}} for wording in self.wordings(node, entry)]

    def cue(self, item: tuple[yaml.Node, dict[str, yaml.Node]]) -> list[dict[str, Any]]:
        node, entry = item
        category = self.choice(entry, "category", node, CATEGORIES)
        direction = self.choice(entry, "direction", node, frozenset(DIRECTIONS))
        if "allowed_types" in entry and "excluded_types" in entry:
            raise self.fail(entry["excluded_types"], "only one of allowed_types and excluded_types can be given")
        limits: dict[str, Any] = {
            "max_scope": self.number(entry, "max_scope"),
            "max_targets": self.number(entry, "max_targets"),
            "allowed_types": self.choices(entry, "allowed_types", frozenset(LABELS)),
            "excluded_types": self.choices(entry, "excluded_types", frozenset(LABELS)),
            "terminated_by": self.choices(entry, "terminated_by", CATEGORIES),
        }
        metadata = {"id": entry["id"].value, "priority": self.number(entry, "priority") or PRIORITY}
        known = {"category": category, "direction": direction, "metadata": metadata, **limits}
        return [known | wording for wording in self.wordings(node, entry)]

    def wordings(self, node: yaml.Node, entry: dict[str, yaml.Node]) -> list[dict[str, Any]]:
        """Return each literal without a pattern, or the id with a token or text pattern."""
        if ("literal" in entry) == ("pattern" in entry):
            raise self.fail(node, "a rule needs either a literal or a pattern")
        if "pattern" in entry:
            return [{"literal": entry["id"].value, "pattern": self.pattern(entry["pattern"])}]
        written = self.value(entry["literal"])
        literals = written if isinstance(written, list) else [written]
        if not literals or not all(isinstance(text, str) and text.strip() for text in literals):
            raise self.fail(entry["literal"], "a literal must be text, or a list of texts (quote no, yes, on, off)")
        return [{"literal": text, "pattern": None} for text in literals]

    def pattern(self, node: yaml.Node) -> Any:
        """Return a checked pattern: a regular expression, or a list of spaCy token descriptions."""
        pattern = self.value(node)
        if self.checked:  # a test checks the shipped patterns, not every start
            return pattern
        if isinstance(pattern, str):
            if fault := regex_fault(pattern):
                raise self.fail(node, fault)
        elif isinstance(pattern, list):
            # First, since spaCy writes a pattern out as often as its OP says.
            mappings = all(isinstance(token, dict) for token in pattern)
            if pattern and mappings and (fault := token_pattern_fault(pattern)):
                raise self.fail(node, fault)
            try:
                self.checker.add("check", [pattern])
            except (
                MatchPatternError,
                re.error,
                ArithmeticError,
                AttributeError,
                LookupError,
                TypeError,
                ValueError,
            ) as error:
                reason = " ".join(str(error).split())[:300]
                raise self.fail(node, f"bad token pattern: {reason}") from error
        else:
            raise self.fail(node, "a pattern must be a regular expression or a list of token descriptions")
        return pattern

    def attributes(self, entry: dict[str, yaml.Node], label: str) -> dict[str, str]:
        if "attributes" not in entry:
            return {}
        given = self.mapping(entry["attributes"], frozenset(ATTRIBUTES), "attributes")
        for name, node in given.items():
            values, suited = ATTRIBUTES[name]
            if label not in suited:
                raise self.fail(node, f'a {label} has no "{name}"')
            value = self.value(node)
            if not isinstance(value, str) or (values is not None and value not in values):
                known = f" (known: {', '.join(sorted(values))})" if values else ""
                raise self.fail(node, f'"{value}" is no {name}{known}')
        return {name: self.value(node) for name, node in given.items()}

    def value(self, node: yaml.Node) -> Any:
        try:
            return self.build.construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError, TypeError) as error:
            raise self.fail(node, str(getattr(error, "problem", None) or error)) from error

    def text(self, entry: dict[str, yaml.Node], key: str, node: yaml.Node) -> str:
        if key not in entry:
            raise self.fail(node, f'a rule needs "{key}"')
        value = self.value(entry[key])
        if not isinstance(value, str) or not value.strip():
            raise self.fail(entry[key], f'"{key}" must be text')
        return value

    def choice(self, entry: dict[str, yaml.Node], key: str, node: yaml.Node, known: frozenset[str]) -> str:
        value = self.text(entry, key, node).upper()
        value = ALIASES.get(value, value)
        if value not in known:
            raise self.fail(entry[key], f'unknown {key} "{value}" (known: {", ".join(sorted(known))})')
        return value

    def choices(self, entry: dict[str, yaml.Node], key: str, known: frozenset[str]) -> list[str] | None:
        if key not in entry:
            return None
        values = self.value(entry[key])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise self.fail(entry[key], f'"{key}" must be a list of names')
        for value in values:
            if ALIASES.get(value.upper(), value.upper()) not in known:
                raise self.fail(entry[key], f'unknown name "{value}" in {key} (known: {", ".join(sorted(known))})')
        return sorted({ALIASES.get(value.upper(), value.upper()) for value in values})

    def number(self, entry: dict[str, yaml.Node], key: str) -> int | None:
        if key not in entry:
            return None
        value = self.value(entry[key])
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self.fail(entry[key], f'"{key}" must be a whole number of 1 or more')
        return value


def _cue(
    literal: str, category: str, pattern: Any, direction: str, metadata: dict[str, Any], **limits: Any
) -> ConTextRule:
    """Return a ConText rule that has a copy of its own of what it may change."""
    plain = PLAIN if direction in (WITHIN, INSIDE, ANSWER) else direction
    sets = {key: set(value) if isinstance(value, list) else value for key, value in limits.items()}
    rule = ConTextRule(literal, category, pattern, plain, metadata=dict(metadata), **sets)
    rule.direction = direction
    return rule


@cache
def _cache() -> ContentCache:
    return beside(__file__, yaml.__version__)


@cache
def _code() -> str:
    """Return the hash of the code that reads and checks rules, and of the labels that it knows."""
    modules = (sys.modules[__name__], config, labels, pattern_checks, regex_ambiguity)
    return hashlib.sha256(b"".join(Path(str(module.__file__)).read_bytes() for module in modules)).hexdigest()
