"""Carries into a record what a reviewer changed in the regions and links that `regions.flatten` made of it."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from imr_nlp.review.formats.regions import NESTED, PART_OF, Flat, Link, Region, ReturnedRegion, flatten, match, named
from imr_nlp.review.task import OF_DECISION

_HAS_DECISION, _HAS_BODY_PART = PART_OF["DECISION"], PART_OF["BODY_PART"]
_DECISION = ("decision", "decision_start", "decision_end")
#: What a new region gets in a tool whose labels can't say it. All else that a record can't be without must be said.
UNSAID: dict[str, dict[str, Any]] = {"SERVICE": {"category": "other"}, "CITATION": {"authority": "other"}}


def reviewed(
    record: dict[str, Any],
    text: str,
    found: list[ReturnedRegion],
    links: Iterable[tuple[Any, str, Any]] | None,
    unsaid: Mapping[str, dict[str, Any]] = UNSAID,
) -> tuple[dict[str, Any], list[str]]:
    """Return a record as a tool gives it back, and what of the review the record can't hold, in words.

    Args:
        record: What went to the tool.
        text: The letter's text.
        found: The regions that came back.
        links: What the tool links by its own names of regions, or None where it knows no links.
        unsaid: What new regions get that the tool can't ask for, by label.
    """
    flat = flatten(record, text)
    after, keys = match(flat, len(text), found)
    if links is None:
        return rebuild(record, text, flat, after, None, unsaid)
    shown = {region.key for region in flat.shown(len(text))}
    unseen = {link for link in flat.links if not (link[0] in shown and link[2] in shown)}
    told = {(keys[head], label, keys[tail]) for head, label, tail in links if head in keys and tail in keys}
    return rebuild(record, text, flat, after, unseen | told, unsaid)


def rebuild(
    record: dict[str, Any],
    text: str,
    flat: Flat,
    after: dict[str, Region],
    links: Iterable[Link] | None,
    unsaid: Mapping[str, dict[str, Any]] = UNSAID,
) -> tuple[dict[str, Any], list[str]]:
    """Return the record after a review, and what of the review it can't hold, in words.

    ``flat`` is what went out, ``after`` the regions that came back (`regions.match`), ``links`` all links between
    them, or None where the tool knows no links: those that went out then still hold. ``unsaid`` is as in `reviewed`.

    >>> record = {"entities": [{"id": "E1", "label": "DIAGNOSIS", "start": 0, "end": 4, "assertion": "affirmed"}]}
    >>> flat = flatten(record, "Gout")
    >>> rebuild(record, "Gout", flat, {"E1": Region("E1", "DIAGNOSIS:negated", 0, 4)}, None)[0]["entities"]
    [{'id': 'E1', 'label': 'DIAGNOSIS', 'start': 0, 'end': 4, 'assertion': 'negated'}]
    """
    kept = {link for link in (flat.links if links is None else links) if link[0] in after and link[2] in after}
    if after == flat.regions and kept == flat.links.keys():
        return record, []
    rebuilding = _Rebuilding(record, text, flat, after, kept, unsaid)
    return rebuilding.record(), rebuilding.lost


class _Rebuilding:
    """One record on its way back: what went out, and what came back."""

    def __init__(
        self,
        record: dict[str, Any],
        text: str,
        flat: Flat,
        after: dict[str, Region],
        links: set[Link],
        unsaid: Mapping[str, dict[str, Any]],
    ) -> None:
        self._unsaid = unsaid
        self._old, self._text, self._flat, self._after = record, text, flat, after
        self.lost: list[str] = []
        self._new = sorted((r for key, r in after.items() if key not in flat.regions), key=lambda r: (r.start, r.end))
        self._ids = {key: id_ for id_, key in flat.keys.items()}
        self._links = links | set(self._owners(links))
        self._tails: dict[tuple[str, str], list[Region]] = defaultdict(list)
        for head, label, tail in self._links:
            self._tails[head, label].append(after[tail])
        for tails in self._tails.values():
            tails.sort(key=lambda region: (region.start, region.end, region.key))
        self._values: dict[tuple[str, str, str], str | None] = {}  # what a relation to a value says now
        self._new_values: list[tuple[str, str, str]] = []
        self._nested_items: dict[str, dict[str, Any]] = {}  # what services own, by key
        for number, service in enumerate(record.get("services", ())):
            owner = flat.members["", "services", number]
            for name in NESTED:
                for index, item in enumerate(service.get(name, ())):
                    self._nested_items.setdefault(flat.members[owner, name, index], item)

    def _owners(self, links: set[Link]) -> Iterable[Link]:
        """Link every new part that the reviewer linked to no service to the service that was opened last before it."""
        linked = {(label, tail) for _, label, tail in links}
        services = sorted((r.start, r.key) for r in self._after.values() if named(r.label)[0] == "SERVICE")
        for region in self._new:
            name = named(region.label)[0]
            if name not in PART_OF or (PART_OF[name], region.key) in linked:
                continue
            if services:
                place = bisect_right(services, region.start, key=lambda service: service[0])
                yield services[max(place - 1, 0)][1], PART_OF[name], region.key
            else:
                self.lost.append(f"{region.label} at {region.start}..{region.end}: there is no service it could be of")

    def record(self) -> dict[str, Any]:
        services = [self._service(key, service) for key, service in self._items("services", "SERVICE")]
        lists = {
            "facts": [item for _, item in self._items("facts", "FACT")],
            "entities": [item for _, item in self._items("entities", None)],
            "services": services,
        }
        return self._old | lists | {"relations": self._relations()}

    def _items(self, name: str, label: str | None) -> list[tuple[str, dict[str, Any]]]:
        """Return the members of one of the record's lists with their keys: what is left of the old ones, then new."""
        known = [(self._flat.members["", name, index], item) for index, item in enumerate(self._old.get(name, ()))]
        items = [(key, self._item(key, item)) for key, item in known if key in self._after]
        for region in self._new:
            this = named(region.label)[0]
            if this == label or (label is None and this not in PART_OF and this not in ("SERVICE", "FACT")):
                items.append((region.key, self._made(region)))
        return items

    def _item(self, key: str, item: dict[str, Any]) -> dict[str, Any]:
        """Return what a region now says of an item; an untouched one stays as it was."""
        was, now = self._flat.regions[key], self._after[key]
        if was == now:
            return item
        is_named, said = named(now.label)
        gone = was.values.keys() - now.values.keys() | named(was.label)[1].keys()
        changed = {name: value for name, value in item.items() if name not in gone} | now.values | said
        if "label" in item:
            changed["label"] = is_named
        if (was.start, was.end) != (now.start, now.end):
            changed |= {"start": now.start, "end": now.end}
            if "text" in item:
                changed["text"] = self._text[now.start : now.end]
        return changed

    def _made(self, region: Region) -> dict[str, Any]:
        """Return the item of a region that the reviewer added."""
        name, said = named(region.label)
        item = {"start": region.start, "end": region.end, **self._unsaid.get(name, {}), **region.values, **said}
        if name == "FACT":
            return item
        item["id"] = region.key
        text = self._text[region.start : region.end]
        if name not in (*PART_OF, "SERVICE"):
            return item | {"label": name, "text": text}
        if name == "CITATION":
            return {"title": text} | item
        return item | {"text": text, "citations": [], "rationale": []} if name == "SERVICE" else item

    # --- services ----------------------------------------------------------------------------------------------------

    def _service(self, key: str, service: dict[str, Any]) -> dict[str, Any]:
        service = self._decided(key, service)
        parts = self._body_parts(key, service.get("body_parts", ()))
        if parts != service.get("body_parts", []):
            service = service | {"body_parts": parts}
        return service | {name: self._nested(key, name, service[name]) for name in NESTED if name in service}

    def _decided(self, key: str, service: dict[str, Any]) -> dict[str, Any]:
        own = self._flat.members.get((key, "decision", 0))
        linked = self._tails[key, _HAS_DECISION]
        region = next((r for r in linked if r.key == own), linked[0] if linked else None)
        if (own is None and region is None) or (own is not None and region == self._flat.regions[own]):
            return service
        changed = {name: value for name, value in service.items() if name not in _DECISION}
        if region is not None:
            said = named(region.label)[1] | {k: v for k, v in region.values.items() if k == "decision"}
            changed |= {"decision_start": region.start, "decision_end": region.end} | said
        if changed.get("decision") != service.get("decision"):
            changed = {name: value for name, value in changed.items() if name not in OF_DECISION}
        self._tell(key, _HAS_DECISION, service.get("decision"), changed.get("decision"))
        return changed

    def _body_parts(self, key: str, old: Iterable[str]) -> list[str]:
        linked = {region.key: region for region in self._tails[key, _HAS_BODY_PART]}
        parts = []
        for index, part in enumerate(old):
            shown = self._flat.members.get((key, "body_parts", index))
            now: str | None = part
            if shown is not None:
                region = linked.pop(shown, None)
                if region is None:
                    now = None
                elif region != self._flat.regions[shown]:
                    now = self._text[region.start : region.end]
                self._tell(key, _HAS_BODY_PART, part, now)
            if now is not None:
                parts.append(now)
        for region in linked.values():
            parts.append(self._text[region.start : region.end])
            self._tell(key, _HAS_BODY_PART, None, parts[-1])
        return parts

    def _tell(self, key: str, label: str, old: str | None, new: str | None) -> None:
        """Note what the relation of a service to a value says after the review."""
        head = self._ids.get(key, key)
        if old is not None:
            self._values[head, label, old] = new
        elif new is not None:
            self._new_values.append((head, label, new))

    def _nested(self, key: str, name: str, old: list[dict[str, Any]]) -> list[dict[str, Any]]:
        linked = {region.key: region for region in self._tails[key, PART_OF[NESTED[name]]]}
        items = []
        for index, item in enumerate(old):
            member = self._flat.members[key, name, index]
            if linked.pop(member, None) is not None:
                items.append(self._item(member, item))
        added = [region for region in linked.values() if named(region.label)[0] == NESTED[name]]
        return items + [self._elsewhere(region) or self._made(region) for region in added]

    def _elsewhere(self, region: Region) -> dict[str, Any] | None:
        """Return the item of a region that stood in another service before."""
        item = self._nested_items.get(region.key)
        return None if item is None else self._item(region.key, item)

    # --- relations ---------------------------------------------------------------------------------------------------

    def _relations(self) -> list[dict[str, Any]]:
        relations = []
        for relation in self._old.get("relations", ()):
            now = self._relation(relation)
            if now is not None:
                relations.append(now)
        added = [
            link for link in self._links - self._flat.links.keys() if link[1] not in (_HAS_DECISION, _HAS_BODY_PART)
        ]
        for head, label, tail in sorted(added):
            if not any(named(self._after[end].label)[0] in ("FACT", "DECISION", "BODY_PART") for end in (head, tail)):
                relations.append(_relation(self._ids.get(head, head), label, self._ids.get(tail, tail)))
        return relations + [_relation(*new) for new in self._new_values]

    def _relation(self, relation: dict[str, Any]) -> dict[str, Any] | None:
        head, label, tail = relation["head"], relation["label"], relation["tail"]
        head_key, tail_key = self._flat.keys.get(head), self._flat.keys.get(tail)
        if head_key is None:
            return relation
        if label in (_HAS_DECISION, _HAS_BODY_PART):
            value = self._values.get((head, label, tail), tail) if head_key in self._after else None
            return None if value is None else relation if value == tail else relation | {"tail": value}
        if tail_key is None:
            return relation if head_key in self._after else None
        return relation if (head_key, label, tail_key) in self._links else None


def _relation(head: str, label: str, tail: str) -> dict[str, str]:
    return {"head": head, "label": label, "tail": tail}
