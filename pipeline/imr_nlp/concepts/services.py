"""What a disputed request is for: its parts of the body, its category and its canonical procedure.

Pure functions on the text of a request and the entities found in it. The words are in ``concepts/anatomy.yml`` and
``concepts/service_categories.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from imr_nlp.concepts.anatomy import body_parts
from imr_nlp.concepts.drugs import drugs as drug_tables
from imr_nlp.config import shipped
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.inflection import singular

#: An entity of a request: its label and its facts (``start``, ``canonical``, ``category``, ``kind``, ``generic``).
Entity = tuple[str, Mapping[str, Any]]

_SHORT = {"pt": "physical therapy", "ot": "occupational therapy"}
#: The rule of an entity that a heading's own wording named, because no vocabulary has it.
BY_HEADING = "px.heading"

#: "Labs" over one test is named by the test, over several by itself. The heading is one of the names.
_FEW = 2

_SLASH = re.compile(r"\s?/\s?")  # "MRI / CT" is "MRI/CT"
_DRUG_TAIL = re.compile(r" (?:hcl|hydrochloride|sodium|citrate|tartrate|sulfate|er|sr|xr|dr|cr)\b")


def request_fields(request: str, entities: Sequence[Entity]) -> dict[str, Any]:
    """Return ``body_parts``, ``category`` and ``procedure`` of a request; ``entities`` are those within it.

    >>> mri = ("PROCEDURE", {"start": 0, "canonical": "mri", "category": "diagnostic_imaging", "kind": "imaging"})
    >>> request_fields("MRI of the left knee", [mri])
    {'body_parts': ['left knee'], 'category': 'diagnostic_imaging', 'procedure': 'mri'}
    """
    named = _treatments(entities)
    return {
        "body_parts": body_parts(request),
        "category": category(request, named),
        "procedure": request_name(request, named),
    }


def category(request: str, entities: Sequence[Entity]) -> str:
    """Return the category of a request, one of the thirteen of the label guide.

    >>> category("Unknown topical cream #1", [])
    'pharmaceutical'
    """
    found = known_category(request, entities)
    return found or _first(shipped("concepts/service_categories.yml")["fallback"], request) or "other"


def known_category(request: str, entities: Sequence[Entity]) -> str | None:
    """Return the category of a request by a decisive wording or by what the vocabulary names in it; None without.

    >>> known_category("Zyro frame", []), known_category("Zyro frame rental", [])
    (None, 'dmepos')
    """
    if decisive := _first(shipped("concepts/service_categories.yml")["decisive"], request):
        return decisive
    named = [entity for entity in _treatments(entities) if entity[1].get("rule") != BY_HEADING]
    if not named:
        return None
    procedures = [attrs for label, attrs in named if label == "PROCEDURE"]
    if named[0][0] == "MEDICATION":
        injected = any(attrs.get("category") == "injection" for attrs in procedures)
        return "injection" if injected else "pharmaceutical"
    return str(procedures[0].get("category") or "") or None


def plan_category(request: str, layout: str | None) -> str | None:
    """Return the category of a kind that only health plans dispute; None without one, and in other letters.

    Args:
        request: The request's text.
        layout: Id of the letter's layout.

    >>> plan_category("inpatient stay", "findings"), plan_category("inpatient stay", "determination")
    ('other', None)
    """
    config = shipped("concepts/service_categories.yml")
    return _first(config["plan_services"], request) if layout in config["plan_layouts"] else None


def plain_category(request: str) -> str | None:
    """Return the category that plain wordings tell of a request that no vocabulary knows; None without one.

    >>> plain_category("nitazoxanide"), plain_category("Zyro frame")
    ('pharmaceutical', None)
    """
    return _first(shipped("concepts/service_categories.yml")["plain"], request)


def confident(score: float) -> bool:
    """Return whether a model's category is sure enough to be recorded.

    >>> confident(0.99), confident(0.01)
    (True, False)
    """
    return bool(score >= shipped("concepts/service_categories.yml")["least_confidence"])


def category_cues(request: str) -> list[str]:
    """Return the categories that the fallback wordings speak for, the likeliest first.

    >>> category_cues("MRI scan unit")[:2]
    ['diagnostic_imaging', 'dmepos']
    """
    rules = shipped("concepts/service_categories.yml")["fallback"]
    return list(dict.fromkeys(rule["category"] for rule in rules if _compiled(rule["words"]).search(request)))


def procedure_name(entities: Sequence[Entity]) -> str | None:
    """Return the canonical name of what is requested, from the entities in text order; None where nothing is named.

    >>> drug = lambda at, name: ("MEDICATION", {"start": at, "canonical": name})
    >>> procedure_name([drug(0, "ultram"), drug(8, "tramadol")]), procedure_name([drug(0, "norco")])
    ('tramadol', 'norco')
    >>> procedure_name([drug(0, "norco"), drug(7, "hydrocodone/apap")])
    'hydrocodone/apap'
    """
    config = shipped("concepts/service_categories.yml")
    drugs = [attrs for label, attrs in entities if label == "MEDICATION"]
    procedures = [attrs for label, attrs in entities if label == "PROCEDURE"]
    if not entities:
        return None
    if entities[0][0] == "MEDICATION" and not any(p.get("category") == "injection" for p in procedures):
        return _drug_name(drugs)
    names = [str(attrs["canonical"]) for attrs in procedures]
    kinds = {"ncv" if name.startswith("nerve conduction") else name for name in names} & {"emg", "ncv"}
    if kinds == {"emg", "ncv"}:
        return "emg/ncv"
    if "/" in names[0] and all(part in _SHORT for part in names[0].split("/")):
        return "/".join(_SHORT[part] for part in names[0].split("/"))
    if {"mri", "arthrogram"} <= set(names):
        return "mr arthrogram"
    headed = len(names) > _FEW and all(attrs.get("kind") == "test" for attrs in procedures)
    if headed and names[0] in config["headings"]:
        return names[0]  # "Labs: CBC, CMP and TSH"
    passed_over = {*config["headings"], *config["ways"]}
    name = next((name for name in names if name not in passed_over), names[0])
    if name == "injection" and drugs:
        return f"{_drug_name(drugs)} injection"
    return name


def request_name(request: str, entities: Sequence[Entity]) -> str | None:
    """Return the name of a request as the record words it: ``procedure_name``, then ``concepts/request_names.yml``.

    >>> request_name("Large gloves", []), request_name("PT/OT 12 sessions", [("PROCEDURE", {"canonical": "pt/ot"})])
    ('glove', 'physical therapy/occupational therapy')
    """
    named = _joined(request, entities) or procedure_name(entities)
    name = named or plain_name(request)
    return name if not name or (named and entities[0][0] == "MEDICATION") else reworded(name, request)


def _joined(request: str, entities: Sequence[Entity]) -> str | None:
    """Return the name of procedures that a slash joins, as written without blanks: "mri/ct"; None without any.

    Electrodiagnostic tests and short forms of therapies have names of their own (`procedure_name`).
    """
    if len(entities) < 2 or any(label != "PROCEDURE" for label, _ in entities[:2]):
        return None
    first, second = entities[0][1], entities[1][1]
    if not first.get("end") or first["canonical"] == second["canonical"]:
        return None
    if {str(first["canonical"]), str(second["canonical"])} & {"emg", "ncv", "emg/ncv", *_SHORT}:
        return None
    before, after = first["end"] - first["start"], second["end"] - second["start"]
    between = second["start"] - first["end"]
    for slash in _SLASH.finditer(request):
        if slash.end() - slash.start() != between:
            continue
        start, end = slash.start() - before, slash.end() + after
        if start >= 0 and not request[max(0, start - 1) : start].isalnum() and not request[end : end + 1].isalnum():
            return singular(_SLASH.sub("/", request[start:end].lower()))
    return None


def reworded(name: str, request: str) -> str:
    """Return a procedure's name as the record words it, by ``concepts/request_names.yml``.

    >>> reworded("medical clearance", "Preoperative medical clearance"), reworded("fce", "FCE")
    ('preoperative medical clearance', 'functional capacity evaluation')
    """
    words = shipped("concepts/request_names.yml")
    parts = name.split("/")
    if len(parts) > 1 and all(part in words["short"] for part in parts):
        return "/".join(words["short"][part] for part in parts)
    name = words["renames"].get(name, name)
    written = " ".join(_compiled(r"\([^)]*\)").sub(" ", request.lower()).split())
    if name not in words["sized"]:
        sizes = "|".join(map(re.escape, words["sizes"]))
        name = _compiled(rf"^(?:(?:{sizes}) )+(?=\w{{3}})").sub("", name)
    for group in words["modified"]:
        if name in group["names"]:
            modifiers = "|".join(map(re.escape, group["modifiers"]))
            forms = "|".join(map(re.escape, (name, *(form for form, of in words["renames"].items() if of == name))))
            if found := re.search(rf"\b({modifiers}) (?:{forms})s?\b", written):
                name = f"{found[1]} {name}"
            break
    if name in words["completed"]:
        nouns = "|".join(words["completed"][name])
        if found := re.search(rf"\b{re.escape(name)} ({nouns})\b", written):
            name = f"{name} {found[1]}"
    before, _, last = name.rpartition(" ")
    if before and last in words["last"]:
        name = f"{before} {words['last'][last]}"
    if last == words["empty_end"] and before.rpartition(" ")[2] in words["after"]:
        name = before
    if found := re.search(rf"(?<![\w/])([a-z]{{3,12}}/)(?={re.escape(name)}s?\b)", written):
        name = found[1] + name  # "bath/shower chair"
    return _whole_surgery(name, written, words)


def _whole_surgery(name: str, written: str, words: Mapping[str, Any]) -> str:
    """Return a short request for several surgeries from its name on, short forms with a gloss left out."""
    at = written.find(name)
    if at < 0 or name.rpartition(" ")[2] not in words["joints"]:
        return name
    rest = written[at:].strip(" ,.;:")
    return rest if name != rest and len(rest.split()) <= words["whole"] and " of " not in rest else name


def plain_name(request: str) -> str | None:
    """Return what a request names that no vocabulary has, without lead-in, counts and what follows.

    >>> plain_name("Unknown thermal widget purchase"), plain_name("12 sessions"), plain_name("10/325mg #35")
    ('thermal widget', 'session', None)
    """
    start, end = name_place(request)
    name = singular(" ".join(request[start:end].lower().split()))
    return name if any(c.isalpha() for c in name) else None


def name_place(request: str) -> tuple[int, int]:
    """Return where a request names what it asks for, without lead-in, counts and what follows.

    >>> request = "Unknown thermal widget purchase"
    >>> request[slice(*name_place(request))]
    'thermal widget'
    """
    config = shipped("concepts/service_categories.yml")
    lead = _compiled(config["before_name"]).match(request)
    start = lead.end() if lead else 0
    after = _compiled(config["after_name"]).search(request, start)
    end = after.start() if after else len(request)
    return start, max(start, len(request[:end].rstrip()))


def _treatments(entities: Sequence[Entity]) -> list[Entity]:
    return sorted((e for e in entities if e[0] in ("PROCEDURE", "MEDICATION")), key=lambda e: e[1]["start"])


def _drug_name(drugs: Sequence[Mapping[str, Any]]) -> str:
    names = list(dict.fromkeys(str(drug["canonical"]) for drug in drugs))
    meant = {name: drug_tables().of(name) for name in names}
    generic = {frozenset(meant[name].ingredients) for name in names if meant[name].kind == "generic"}
    # A brand beside its generic name says nothing more: "Norco (hydrocodone/APAP)".
    kept = [name for name in names if meant[name].kind != "brand" or frozenset(meant[name].ingredients) not in generic]
    kept = [name for name in kept if meant[name].kind != "class"] or kept  # "topical compound: ketoprofen"
    return kept[0] if len(kept) == 1 else "/".join(_DRUG_TAIL.sub("", name) for name in kept)


def _first(rules: Sequence[Mapping[str, str]], request: str) -> str | None:
    for rule in rules:
        if _compiled(rule["words"]).search(request):
            return rule["category"]
    return None


@lru_cache(maxsize=256)
def _compiled(words: str) -> re.Pattern[str]:
    return compile_pattern(words, re.IGNORECASE)
