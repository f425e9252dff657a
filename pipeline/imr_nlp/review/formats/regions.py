"""A record as labelled regions and links, which is all that span labelling tools know, and the way back.

The way back is a comparison: what a tool returns is matched with what it was given, and only the differences are
carried over into the record. Whatever a tool can't show (a citation without a place, a body part that the text words
otherwise) therefore stays as it was, and what nobody touched comes back exactly.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from imr_nlp.labels import ATTRIBUTES, CHOICES, LABELS

#: The attribute that a label carries after a colon, so that a reviewer changes it by choosing another label.
IN_LABEL = {
    "DIAGNOSIS": "assertion",
    "PROCEDURE": "status",
    "MEDICATION": "status",
    "DECISION": "decision",
    "CITATION": "party",
    "RATIONALE": "role",
    "FACT": "name",
}
#: Links between a service and what belongs to it, by the label of the part.
PART_OF = {
    "DECISION": "HAS_DECISION",
    "BODY_PART": "HAS_BODY_PART",
    "CITATION": "CITES",
    "RATIONALE": "HAS_RATIONALE",
}
#: The lists of a service whose members have regions of their own.
NESTED = {"citations": "CITATION", "rationale": "RATIONALE"}
_ID_PREFIX = {"SERVICE": "S", "CITATION": "C", "RATIONALE": "R", "FACT": "fact"}
_PLACED = frozenset({"id", "label", "start", "end", "text"})
_OF_SERVICE = frozenset({"decision", "decision_start", "decision_end", "body_parts", *NESTED})
_KEPT_ON_RELABEL = ("rule", "score", "section")

Link = tuple[str, str, str]  # key of the head, label, key of the tail


@dataclass(frozen=True, slots=True)
class Region:
    """A span of the text with a label (`label_of`) and the values that the label doesn't say."""

    key: str
    label: str
    start: int
    end: int
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReturnedRegion:
    """A region as a tool returns it. ``name`` is what the tool calls it; ``key`` and ``values`` where it kept them."""

    name: Any
    label: str
    start: int
    end: int
    key: str | None = None
    values: dict[str, Any] | None = None


@dataclass(slots=True)
class Flat:
    """A record's regions by key, its links in order, and the key of each member of its lists."""

    regions: dict[str, Region] = field(default_factory=dict)
    links: dict[Link, None] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)  # id in the record -> key
    members: dict[tuple[str, str, int], str] = field(default_factory=dict)  # service's key or "", list, index -> key
    _again: Counter[str] = field(default_factory=Counter)

    def add(self, key: str, label: str, start: int, end: int, values: dict[str, Any]) -> str:
        """Add a region and return its key, which gets a number where the given one is taken."""
        first = key
        while key in self.regions:
            self._again[first] += 1
            key = f"{first}~{self._again[first]}"
        self.regions[key] = Region(key, label, start, end, values)
        return key

    def shown(self, size: int) -> Iterator[Region]:
        """Yield the regions that a tool can show: those that cover something of a text of that size."""
        return (region for region in self.regions.values() if 0 <= region.start < region.end <= size)


def label_of(name: str, values: dict[str, Any]) -> str:
    """Return the label that a tool shows.

    >>> label_of("DIAGNOSIS", {"assertion": "negated"}), label_of("DURATION", {"unit": "week"})
    ('DIAGNOSIS:negated', 'DURATION')
    """
    value = values.get(IN_LABEL.get(name, ""))
    return f"{name}:{value}" if value else name


def named(label: str) -> tuple[str, dict[str, Any]]:
    """Return what a tool's label says: the name, and the attribute that stands in it.

    >>> named("RATIONALE:gap"), named("SERVICE")
    (('RATIONALE', {'role': 'gap'}), ('SERVICE', {}))
    """
    name, _, value = label.partition(":")
    if name not in IN_LABEL:
        return label, {}
    return name, {IN_LABEL[name]: value} if value else {}


def all_labels() -> list[str]:
    """Return every label that a reviewer may give, with the values that stand in labels.

    >>> all_labels()[:2], len(all_labels())
    (['DIAGNOSIS:affirmed', 'DIAGNOSIS:negated'], 32)
    """
    return [
        f"{name}:{value}" if value else name
        for name in (*LABELS, "SERVICE", *PART_OF)
        for value in CHOICES.get(IN_LABEL.get(name, ""), ("",))
    ]


# --- out -------------------------------------------------------------------------------------------------------------


def flatten(record: dict[str, Any], text: str) -> Flat:
    """Return the regions and links of a record.

    >>> service = {"id": "S1", "text": "Knee MRI", "start": 0, "end": 8, "category": "other", "body_parts": ["Knee"]}
    >>> flat = flatten({"services": [service]}, "Knee MRI: Upheld")
    >>> [(region.label, region.start, region.end) for region in flat.regions.values()], list(flat.links)
    ([('SERVICE', 0, 8), ('BODY_PART', 0, 4)], [('S1', 'HAS_BODY_PART', 'S1/part0')])
    """
    flat = Flat()
    for index, fact in enumerate(record.get("facts", ())):
        place = fact["start"], fact["end"]
        flat.members["", "facts", index] = flat.add(
            f"fact{index}", label_of("FACT", fact), *place, _values("FACT", fact)
        )
    for index, entity in enumerate(record.get("entities", ())):
        flat.members["", "entities", index] = _add(flat, entity["label"], entity)
    for index, service in enumerate(record.get("services", ())):
        flat.members["", "services", index] = _add_service(flat, service, text)
    for relation in record.get("relations", ()):
        if relation["label"] not in (PART_OF["DECISION"], PART_OF["BODY_PART"]):
            head, tail = flat.keys.get(relation["head"]), flat.keys.get(relation["tail"])
            if head and tail:
                flat.links[head, relation["label"], tail] = None
    return flat


def _add(flat: Flat, name: str, item: dict[str, Any]) -> str:
    """Add what has an id and a place. What serves several services stands in each under one id, and is one region."""
    region = Region(item["id"], label_of(name, item), item["start"], item["end"], _values(name, item))
    if flat.regions.get(item["id"]) == region and name in NESTED.values():
        return region.key
    key = flat.add(item["id"], region.label, region.start, region.end, region.values)
    flat.keys.setdefault(item["id"], key)
    return key


def _add_service(flat: Flat, service: dict[str, Any], text: str) -> str:
    key = _add(flat, "SERVICE", service)
    start, end = service.get("decision_start"), service.get("decision_end")
    if start is not None and end is not None:
        decision = flat.add(f"{key}/decision", label_of("DECISION", service), start, end, {})
        flat.links[key, PART_OF["DECISION"], decision] = None
        flat.members[key, "decision", 0] = decision
    for index, part in enumerate(service.get("body_parts", ())):
        at = text.find(part, service["start"], service["end"]) if part else -1
        if at >= 0:
            shown = flat.add(f"{key}/part{index}", "BODY_PART", at, at + len(part), {})
            flat.links[key, PART_OF["BODY_PART"], shown] = None
            flat.members[key, "body_parts", index] = shown
    for name, label in NESTED.items():
        for index, item in enumerate(service.get(name, ())):
            member = _add(flat, label, item)
            flat.links[key, PART_OF[label], member] = None
            flat.members[key, name, index] = member
    return key


def _values(name: str, item: dict[str, Any]) -> dict[str, Any]:
    hidden = _PLACED | {IN_LABEL.get(name, "")} | (_OF_SERVICE if name == "SERVICE" else frozenset())
    return {key: value for key, value in item.items() if key not in hidden}


# --- matching what comes back with what went out ---------------------------------------------------------------------


def match(flat: Flat, size: int, found: list[ReturnedRegion]) -> tuple[dict[str, Region], dict[Any, str]]:
    """Say which of the regions that were shown each returned one is.

    First by the key that the tool kept, then by the same place and label, the same place, and last by a shared
    passage under the same name. What is left is new.

    Args:
        flat: The record as it went out.
        size: Characters of the letter.
        found: The regions that came back.

    Returns:
        The regions after the review by key (with those that no tool could show), and the key of each by the tool's
        name for it.
    """
    open_ = {region.key: region for region in flat.shown(size)}
    after = {key: region for key, region in flat.regions.items() if key not in open_}
    keys: dict[Any, str] = {}

    def take(one: ReturnedRegion, was: Region) -> None:
        del open_[was.key]
        keys[one.name] = was.key
        after[was.key] = Region(was.key, one.label, one.start, one.end, _kept(one, was))

    rest = []
    for one in found:
        was = open_.get(one.key) if one.key else None
        if was and _family(was.label) == _family(one.label):
            take(one, was)
        else:
            rest.append(one)
    for same in (_whole, _place):
        waiting: dict[Any, deque[Region]] = defaultdict(deque)
        for region in open_.values():
            waiting[same(region)].append(region)
        left = []
        for one in rest:
            if waiting[same(one)]:
                take(one, waiting[same(one)].popleft())
            else:
                left.append(one)
        rest = left
    for one, was in _overlapping(rest, open_.values()):
        take(one, was)
    new_key = _new_keys(flat)
    for one in rest:
        if one.name not in keys:
            key = new_key(named(one.label)[0])
            keys[one.name] = key
            after[key] = Region(key, one.label, one.start, one.end, one.values or {})
    return after, keys


def _kept(one: ReturnedRegion, was: Region) -> dict[str, Any]:
    if one.values is not None:
        return one.values
    if named(one.label)[0] == named(was.label)[0]:
        return was.values
    return {key: was.values[key] for key in _KEPT_ON_RELABEL if key in was.values}


def said_before(entity: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a format must keep of an entity for `relabelled`.

    >>> said_before({"id": "E1", "label": "PROCEDURE", "start": 0, "end": 3, "canonical": "mri"})
    {'label': 'PROCEDURE', 'canonical': 'mri'}
    """
    return {name: entity[name] for name in ("label", "canonical") if name in entity}


def relabelled(entity: dict[str, Any], before: Any) -> dict[str, Any]:
    """Return an entity without what belongs to its old label, where it has another now.

    Its place, rule and score stay, and the attributes of its new label. Concepts go, and the canonical name, unless the
    reviewer gave another.

    Args:
        entity: The entity as it came back.
        before: What `said_before` gave; None where that is not known.

    >>> entity = {"id": "E1", "label": "PROCEDURE", "start": 0, "end": 3, "status": "planned", "body_region": "knee"}
    >>> relabelled(entity, {"label": "DIAGNOSIS"})
    {'id': 'E1', 'label': 'PROCEDURE', 'start': 0, 'end': 3, 'status': 'planned'}
    """
    label = entity.get("label")
    if not isinstance(before, dict) or before.get("label") == label:
        return entity
    kept = {*_PLACED, *_KEPT_ON_RELABEL, *ATTRIBUTES.get(str(label), ()), "canonical"}
    if entity.get("canonical") == before.get("canonical"):
        kept.discard("canonical")
    return {name: value for name, value in entity.items() if name in kept}


def _family(label: str) -> str:
    """Return what a region can become by another label: an entity another entity, anything else only itself."""
    name = named(label)[0]
    return name if name in PART_OF or name in ("SERVICE", "FACT") else "entity"


def _whole(region: Region | ReturnedRegion) -> tuple[str, int, int]:
    return region.label, region.start, region.end


def _place(region: Region | ReturnedRegion) -> tuple[str, int, int]:
    return _family(region.label), region.start, region.end


def _overlapping(found: list[ReturnedRegion], given: Iterable[Region]) -> list[tuple[ReturnedRegion, Region]]:
    """Pair what shares text and name, from left to right."""
    waiting: dict[str, list[Region]] = defaultdict(list)
    for region in sorted(given, key=lambda r: (r.start, r.end), reverse=True):
        waiting[named(region.label)[0]].append(region)
    pairs = []
    for one in sorted(found, key=lambda f: (f.start, f.end)):
        left = waiting[named(one.label)[0]]
        while left and left[-1].end <= one.start:
            left.pop()
        if left and left[-1].start < one.end:
            pairs.append((one, left.pop()))
    return pairs


def _new_keys(flat: Flat) -> Any:
    taken = set(flat.regions) | set(flat.keys)
    last: dict[str, int] = defaultdict(int)

    def new_key(name: str) -> str:
        prefix = _ID_PREFIX.get(name, "E" if name not in PART_OF else f"{name.lower()}/")
        while True:
            last[prefix] += 1
            key = f"{prefix}{last[prefix]}"
            if key not in taken:
                taken.add(key)
                return key

    return new_key
