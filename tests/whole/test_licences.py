"""The bill of materials and the page of licences: complete, up to date, and the one made from the other."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from importlib import metadata
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.paths import ROOT

MADE = json.loads((ROOT / "docs" / "sbom.cdx.json").read_text(encoding="utf-8"))
PACKAGES = {canonicalize_name(part["name"]): part for part in MADE["components"] if "purl" in part}


@pytest.fixture(scope="module")
def licences() -> ModuleType:
    spec = importlib.util.spec_from_file_location("licences", ROOT / "docs" / "site" / "licences.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def installed_with(name: str) -> set[str]:
    """Return the packages that this environment has because of a package, without extras."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for line in metadata.requires(waiting.pop()) or ():
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                other = canonicalize_name(needed.name)
                if other not in found:
                    found.add(other)
                    waiting.append(other)
    return found


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="the bill is of Python 3.11")
def test_every_package_that_is_installed_is_in_the_bill() -> None:
    needed = installed_with("imr-nlp")
    assert len(needed) > 50
    assert needed - set(PACKAGES) == set(), "run: make sbom"


def test_versions_are_the_pinned_ones() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    pinned = {canonicalize_name(name): version for name, version in (line.split("==") for line in lines)}
    for name, part in PACKAGES.items():
        assert pinned.get(name, part["version"]) == part["version"], f"{name}: run make sbom"
    assert len(set(PACKAGES) & set(pinned)) > 50


def test_the_page_is_made_from_the_bill_and_knows_every_licence(licences: ModuleType) -> None:
    assert (ROOT / "docs" / "licences.md").read_text(encoding="utf-8") == licences.page(MADE)
    for part in MADE["components"]:
        assert licences.licences_of(part) not in ("", "UNKNOWN", "GPL"), part["name"]


def test_the_bill_names_what_ships_beside_packages_and_no_index(licences: ModuleType) -> None:
    others = {part["name"] for part in MADE["components"] if "purl" not in part}
    assert others == {"d3", "Observable Plot", "ICD-10-CM", "models of imr-nlp"}
    vendor = (ROOT / "pipeline/imr_nlp/report/static/vendor/README.md").read_text(encoding="utf-8")
    for part in licences.SHIPPED["included"][:2]:
        assert f"| {part['version']} | ISC" in vendor
    assert not re.findall(r"https?://(?!cyclonedx\.org)[^/\"]+", json.dumps(MADE))
