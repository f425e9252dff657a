"""Small letters of many kinds, each with what its record must hold (``tests/data/decisions/variations.yml``)."""

from __future__ import annotations

from typing import Any

import yaml

from support.paths import ROOT

HEADER = """Case Number: CM15-0887766
Date Assigned: 07/02/2015 Date of Injury: 02/14/2014
Decision Date: 08/03/2015 UR Denial Date: 06/01/2015
Priority: Standard
HOW THE IMR FINAL DETERMINATION WAS MADE
A physician without ties to the parties read the file.
The credentials of the reviewer:
State(s) of Licensure: California
Certification(s)/Specialty: Pain Management
CLINICAL CASE SUMMARY
{summary}The patient is a 57 year old female with plantar fasciitis.
IMR ISSUES, DECISIONS AND RATIONALES
"""
SERVICE = """{request}: {decision}
Claims Administrator guideline: ACOEM, chapter 14.
MAXIMUS guideline: ODG, Ankle and Foot.
Decision rationale: {rationale}
"""


def variations() -> list[dict[str, Any]]:
    """Return the variations, each with its whole text.

    Returns:
        One dict a letter: ``id``, ``kind``, ``text``, and ``expect`` in the form that `faults` reads.
    """
    listed = yaml.safe_load((ROOT / "tests/data/decisions/variations.yml").read_text(encoding="utf-8"))
    return [_variation(number, one) for number, one in enumerate(listed)]


def _variation(number: int, one: dict[str, Any]) -> dict[str, Any]:
    expect = {key: value for key, value in one.items() if key not in ("kind", "text", "wc", "summary")}
    text = one.get("text")
    if text is None:
        text = HEADER.format(summary=f"{one['summary']}\n" if "summary" in one else "")
        if "wc" in one:
            reason = "No walking test was recorded."
            text += SERVICE.format(request="Knee scooter rental", decision=one["wc"], rationale=reason)
        reason = "The request is not medically necessary."
        text += SERVICE.format(request="Massage chair", decision="Upheld", rationale=reason)
    return {"id": f"v{number:03}", "kind": one["kind"], "text": text, "expect": expect}


def faults(expect: dict[str, Any], record: dict[str, Any], text: str) -> list[str]:
    """Return how a record differs from what it must hold; empty where it does not.

    Args:
        expect: Partial values of ``services``, ``patient``, ``case``, ``reviewer``; ``warnings`` that must be there;
            ``entities`` with their assertion or status; ``service_count``; ``rationale_must_not_contain``.
        record: The record as JSON.
        text: The letter.

    Returns:
        One line for each difference.
    """
    found = []
    services = record.get("services", [])
    for number, wanted in enumerate(expect.get("services", [])):
        if number >= len(services):
            found.append(f"service {number + 1} is missing")
            continue
        found += [f"service {number + 1} {line}" for line in _differences(wanted, services[number])]
    if expect.get("service_count", len(services)) != len(services):
        found.append(f"{len(services)} services")
    for part in ("patient", "case", "reviewer"):
        found += [f"{part} {line}" for line in _differences(expect.get(part, {}), record.get(part, {}))]
    codes = {warning["code"] for warning in record.get("warnings", [])}
    found += [f"no warning {code}" for code in expect.get("warnings", []) if code not in codes]
    given = {" ".join(e["text"].split()).lower(): e.get("assertion") or e.get("status") for e in record["entities"]}
    found += [f"{name}: {given.get(name)}" for name, v in expect.get("entities", {}).items() if given.get(name) != v]
    if words := expect.get("rationale_must_not_contain"):
        reasons = [text[r["start"] : r["end"]] for service in services for r in service.get("rationale", [])]
        found += [f"rationale holds {words!r}" for reason in reasons if words in reason]
    return found


def _differences(wanted: dict[str, Any], given: dict[str, Any]) -> list[str]:
    found = []
    for name, value in wanted.items():
        if name == "rationale_min":
            count = len(given.get("rationale", []))
            if count < value:
                found.append(f"rationale: {count} sentences, want {value}")
        elif value in (None, []):
            if given.get(name) not in (None, [], ""):
                found.append(f"{name}: {given[name]!r}, want none")
        elif isinstance(value, str) and isinstance(given.get(name), str):
            if value.split() != given[name].split():
                found.append(f"{name}: {given[name]!r}, want {value!r}")
        elif given.get(name) != value:
            found.append(f"{name}: {given.get(name)!r}, want {value!r}")
    return found
