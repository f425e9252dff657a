"""Write the bill of materials and the page of licences, from what cyclonedx-py found in a fresh environment.

``make sbom`` calls it: ``python docs/site/licences.py RAW.json``. It reads that file and ``shipped.yml``, and writes
``docs/sbom.cdx.json`` and ``docs/licences.md``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

DOCS = Path(__file__).resolve().parents[1]
SBOM = DOCS / "sbom.cdx.json"
PAGE = DOCS / "licences.md"
SHIPPED: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("shipped.yml").read_text(encoding="utf-8"))
_CLASSIFIER = "License :: OSI Approved :: "
#: Installers of the environment. The package does not need them.
_INSTALLERS = ("pip", "imr-nlp")
_HEAD = """# Licences

What `pip install imr-nlp` installs on Linux with Python 3.11 and the pins of `constraints.txt`: {count} packages.
`make sbom` makes this page and [a CycloneDX bill of materials](sbom.cdx.json) from a fresh environment, with
[cyclonedx-py](https://github.com/CycloneDX/cyclonedx-python). imr-nlp itself is under the MIT licence.

A licence with a star is not in the package's metadata in a usable form. It was read in the package's licence file
(`docs/site/shipped.yml`).
"""


def licences_of(component: dict[str, Any]) -> str:
    """Return the licences that a component declares, in words; "" where it declares none.

    >>> licences_of({"licenses": [{"license": {"name": "License :: OSI Approved :: BSD License"}}]})
    'BSD License'
    """
    found = []
    for entry in component.get("licenses", ()):
        name = entry.get("expression") or entry["license"].get("id") or entry["license"]["name"]
        if name.startswith(_CLASSIFIER):
            name = name.removeprefix(_CLASSIFIER)
            if len(component["licenses"]) > 1:
                continue  # the same in another form
        found.append(name)
    return ", ".join(name for name in found if not name.startswith("License ::"))


def bill(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the bill of materials: links left out, since they change and a purl identifies, and our own additions."""
    components = [part for part in raw["components"] if part["name"] not in _INSTALLERS]
    for part in components:
        part.pop("externalReferences", None)
        if licence := SHIPPED["licences"].get(part["name"]):
            part["licenses"] = [{"license": {"name": licence, "acknowledgement": "concluded"}}]
    for part in SHIPPED["included"]:
        licence = {"license": {"name": part["licence"], "acknowledgement": "concluded"}}
        kept = {key: part[key] for key in ("type", "name", "version", "description") if key in part}
        components.append({**kept, "bom-ref": part["name"], "licenses": [licence]})
    kept_refs = {part["bom-ref"] for part in components} | {"root-component"}
    metadata = raw["metadata"]
    metadata["component"].pop("externalReferences", None)
    for tool in metadata["tools"]["components"]:
        tool.pop("externalReferences", None)
    dependencies = [
        {**one, "dependsOn": [ref for ref in one.get("dependsOn", ()) if ref in kept_refs]}
        for one in raw["dependencies"]
        if one["ref"] in kept_refs
    ]
    return {**raw, "metadata": metadata, "components": components, "dependencies": dependencies}


def page(made: dict[str, Any]) -> str:
    """Return the page of licences for a bill of materials."""
    packages = [part for part in made["components"] if "purl" in part]
    lines = [_HEAD.format(count=len(packages)), "| package | version | licence |", "|---|---|---|"]
    for part in sorted(packages, key=lambda part: part["name"].lower()):
        star = "*" if part["name"] in SHIPPED["licences"] else ""
        lines.append(f"| {part['name']} | {part['version']} | {licences_of(part)}{star} |")
    lines += ["", "## What the package holds besides", "", "| what | version | licence | where |", "|---|---|---|---|"]
    for part in SHIPPED["included"]:
        lines.append(f"| {part['name']} | {part.get('version', '')} | {part['licence']} | `{part['where']}` |")
    lines += ["", "## To know", "", *(f"- {note}" for note in SHIPPED["notes"])]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    made = bill(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    text = json.dumps(made, indent=1, ensure_ascii=False) + "\n"
    if fault := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        sys.exit(f"no valid CycloneDX: {fault}")
    SBOM.write_text(text, encoding="utf-8")
    PAGE.write_text(page(made), encoding="utf-8")
    print(f"{len(made['components'])} components -> {SBOM.name}, {PAGE.name}")
