"""Stock medspaCy, as a project without a pipeline of its own would use it.

``medspacy.load()`` with its tokenizer, PyRuSH sentences, target matcher, ConText and sectionizer, all with the rules
that they come with; the target matcher gets this project's vocabulary as literals.
"""

from __future__ import annotations

from collections.abc import Iterator

from medspacy.target_matcher import TargetRule
from spacy.language import Language

from imr_nlp.concepts.guidelines import catalogue
from imr_nlp.matching.rule_files import load_rules
from imr_nlp.matching.vocabulary import load_vocabulary

_COMPONENTS = ("medspacy_tokenizer", "medspacy_pyrush", "medspacy_target_matcher", "medspacy_context",
               "medspacy_sectionizer")  # fmt: skip
#: Classes of the vocabularies whose words are findings by themselves; the others only take part in patterns.
_CLASSES = {
    "diagnoses.yml": ("DIAGNOSIS", ("named", "head", "injury_name", "wound", "symptom")),
    "treatments/procedures.yml": (
        "PROCEDURE",
        ("surgery_head", "inject_head", "block_head", "device_head", "visit_head"),
    ),
    "treatments/medications.yml": ("MEDICATION", ("drug", "class_name")),
}


def stock_medspacy() -> Language:
    """Return stock medspaCy with this project's words as its targets."""
    import medspacy
    from loguru import logger

    # PyRuSH writes several lines of its own working a sentence; a user would switch that off as well.
    logger.remove()
    nlp: Language = medspacy.load(medspacy_enable=set(_COMPONENTS))
    nlp.get_pipe("medspacy_target_matcher").add(list(target_rules()))  # type: ignore[attr-defined]
    return nlp


def target_rules() -> Iterator[TargetRule]:
    """Yield the project's vocabulary as medspaCy target rules, each literal of a label once.

    >>> {rule.category for rule in target_rules()} >= {"DIAGNOSIS", "PROCEDURE", "MEDICATION", "GUIDELINE"}
    True
    """
    yield from load_rules("targets.yml").targets
    for literal, label in dict.fromkeys(_literals()):
        yield TargetRule(literal, label)


def _literals() -> Iterator[tuple[str, str]]:
    for vocabulary, (label, classes) in _CLASSES.items():
        known = load_vocabulary(vocabulary)
        for name in classes:
            entry = known["classes"].get(name, ())
            for word in entry["words"] if isinstance(entry, dict) else entry:
                yield str(word).lower(), label
        for group in known.get("names") or ():
            for name, others in group["names"].items():
                for word in (name, *others):
                    yield str(word).lower(), label
    guidelines = catalogue()
    for authority in guidelines.authorities.values():
        for name in (*authority["names"], *authority["short"]):
            yield str(name).lower(), "GUIDELINE"
    for authority_name in guidelines.documents:
        for name in guidelines.written(authority_name):
            yield name.lower(), "GUIDELINE"
