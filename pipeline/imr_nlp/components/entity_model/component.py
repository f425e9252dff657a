"""``imr_entity_model``: a trained spaCy model looks over what the rules found.

The rules' vocabulary ends somewhere: on letters that nobody has seen, the span of a diagnosis is cut short at a word
that the rules don't know, or a finding is taken for a diagnosis. A named entity recogniser of spaCy reads each
sentence in which the rules found an entity of the policy's labels, with the rules' findings as one of its inputs
(stacked generalisation: Wolpert 1992, Neural Networks 5:241), and says what it would annotate. `Policy` says what of
that counts; the shipped one is in ``configs/entity_model/policy.yml``.

Weights are in ``models/entities/<version>/``: spaCy's own ``config.cfg`` and msgpack files. Loading them unpickles
nothing. The model card there has the measurements.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import srsly
from spacy.language import Language
from spacy.pipeline import EntityRecognizer
from spacy.tokens import Doc
from spacy.util import load_config
from thinc.api import Config

from imr_nlp.config import ConfigError, folder, read_yaml
from imr_nlp.doc.factory import FromFiles, factory
from imr_nlp.doc.spans import ENTITIES, EntityDraft, attrs_of, regions, replace_entities, spans_of
from imr_nlp.labels import NAMED

PIPE = "ner"
#: Labels that the model reads and learns; the others are what the rules do well alone.
LABELS = frozenset(NAMED)
#: Facts of an entity under its rule's name: which rule, and what the model did.
BY_MODEL = "entity-model"
_EXCLUDE = ["vocab"]


class Policy(NamedTuple):
    """What of the model's opinion counts, each a set of labels."""

    widen: frozenset[str]
    drop: frozenset[str]
    add: frozenset[str]

    @property
    def labels(self) -> frozenset[str]:
        """All labels that the model has a say in."""
        return self.widen | self.drop | self.add


def load_policy(path: str) -> Policy:
    """Read a policy file. Raises ConfigError where it names an unknown key or label.

    >>> sorted(load_policy("entity_model/policy.yml").labels)
    ['DIAGNOSIS']
    """
    wanted = read_yaml(path, "entity_model/policy.yml") or {}
    for key, labels in wanted.items():
        if key not in Policy._fields or not LABELS.issuperset(labels or ()):
            raise ConfigError(f"{path}: {key}: known are {', '.join(Policy._fields)} with {', '.join(sorted(LABELS))}")
    return Policy(*(frozenset(wanted.get(key) or ()) for key in Policy._fields))


def combine(rules: list[EntityDraft], model: list[EntityDraft], policy: Policy) -> list[EntityDraft]:
    """Return the entities that stand after the model has had its say about those of the rules.

    - ``widen``: where the model names one span of the same label that holds a rule's and more, its bounds hold;
    - ``drop``: what the model doesn't name at all (under that label) falls;
    - ``add``: what only the model names, and overlaps nothing of the rules, is added.

    >>> rules = [EntityDraft(10, 16, "DIAGNOSIS", {"rule": "named"})]
    >>> rules += [EntityDraft(30, 34, "DIAGNOSIS", {"rule": "listed"})]
    >>> model = [EntityDraft(5, 16, "DIAGNOSIS", {"rule": "entity-model"})]
    >>> labels = frozenset({"DIAGNOSIS"})
    >>> combine(rules, model, Policy(labels, labels, labels))
    [EntityDraft(start=5, end=16, label='DIAGNOSIS', attrs={'rule': 'named', 'widened': 'entity-model'})]
    """
    kept: list[EntityDraft] = []
    for found in rules:
        seen = [other for other in model if found.overlaps(other)]
        if not seen and found.label in policy.drop:
            continue
        alone = len(seen) == 1 and sum(seen[0].overlaps(other) for other in rules) == 1
        if alone and found.label in policy.widen and _wider(seen[0], found):
            found = found._replace(start=seen[0].start, end=seen[0].end, attrs={**found.attrs, "widened": BY_MODEL})
        kept.append(found)
    for other in model:
        free = not any(other.start < found.end and found.start < other.end for found in rules)
        if free and other.label in policy.add:
            kept.append(other)
    return kept


def _wider(one: EntityDraft, other: EntityDraft) -> bool:
    return one.start <= other.start and other.end <= one.end and one[:2] != other[:2]


class Reading(NamedTuple):
    """Sentences of a letter as the model reads them: a Doc, and the letter's token for each of its tokens."""

    doc: Doc
    tokens: list[int]


def sentences(doc: Doc, labels: frozenset[str] | None = None) -> list[tuple[int, int]]:
    """Return the sentences within the regions, as (first token, token after): all, or those with rules' entities.

    A Doc without sentences gives its regions.
    """
    starts = doc.to_array("IDX")
    bounds = [int(starts.searchsorted(edge)) for start, end, _, _ in regions(doc) for edge in (start, end)]
    within = list(zip(bounds[::2], bounds[1::2], strict=True))
    if doc.has_annotation("SENT_START"):
        cuts = [sent.start for sent in doc.sents]
        within = [
            (a, b)
            for start, end in within
            for a, b in zip(
                [start, *(cut for cut in cuts if start < cut < end)],
                [*(cut for cut in cuts if start < cut < end), end],
                strict=True,
            )
        ]
    if labels is None:
        return within
    hits = [span.start for span in spans_of(doc, ENTITIES) if span.label_ in labels]
    return [(start, end) for start, end in within if any(start <= hit < end for hit in hits)]


def reading(doc: Doc, stretches: Iterable[tuple[int, int]], hints: Iterable[tuple[int, int, str]]) -> Reading:
    """Return the spans of tokens as one Doc, with the hints (first token, token after, label) as its tags.

    >>> import spacy
    >>> doc = spacy.blank("en")("Seen today. Has a torn meniscus. Tired.")
    >>> read = reading(doc, [(3, 8)], [(5, 7, "DIAGNOSIS")])
    >>> [(token.text, token.tag_) for token in read.doc]
    [('Has', 'O'), ('a', 'O'), ('torn', 'B-DIAGNOSIS'), ('meniscus', 'L-DIAGNOSIS'), ('.', 'O')]
    """
    tokens: list[int] = []
    starts: list[bool | int | None] = []
    for start, end in stretches:
        tokens.extend(range(start, end))
        starts.extend(place == start for place in range(start, end))
    tags = ["O"] * len(doc)
    for start, end, label in hints:
        tags[start:end] = [f"I-{label}"] * (end - start)
        tags[end - 1] = f"L-{label}"
        tags[start] = f"B-{label}"
    chosen = [doc[i] for i in tokens]
    words, spaces = [token.text for token in chosen], [bool(token.whitespace_) for token in chosen]
    read = Doc(doc.vocab, words=words, spaces=spaces, tags=[tags[i] for i in tokens], sent_starts=starts)
    return Reading(read, tokens)


def hints_of(doc: Doc) -> list[tuple[int, int, str]]:
    """Return the rules' findings that the model reads."""
    return [(span.start, span.end, span.label_) for span in spans_of(doc, ENTITIES) if span.label_ in LABELS]


class EntityModelTagger(FromFiles):
    """Pipeline component: see the module's page.

    ``model`` is a folder: relative to ``models/``, or absolute; with None the component does nothing.
    In: a Doc with the rules' entities in ``doc.spans["imr"]``. Out: the same Doc. An entity whose bounds are the
    model's has the fact ``widened``.
    """

    def __init__(self, nlp: Language, model: str | None = None, rules: str = "entity_model/policy.yml") -> None:
        self.nlp = nlp
        self.policy = load_policy(rules)
        self.wanted = model
        self.ner: EntityRecognizer | None = None
        self.shape = Config()
        if model is not None and (folder("models") / model / "config.cfg").is_file():
            self._load(folder("models") / model)

    def __call__(self, doc: Doc) -> Doc:
        """Look over the entities of one letter. Raises ConfigError where the wanted model is nowhere."""
        if self.wanted is None:
            return doc
        if self.ner is None:
            raise ConfigError(f"{folder('models') / self.wanted}: no trained model here; train it or set model = null")
        stretches = sentences(doc, self.policy.labels)
        if not stretches:
            return doc
        read = reading(doc, stretches, hints_of(doc))
        model = [found for found in self.find(read, doc) if found.label in self.policy.labels]
        heard = set(read.tokens)
        rules = [
            (
                EntityDraft(attrs_of(span)["start"], attrs_of(span)["end"], span.label_, attrs_of(span)),
                span.start in heard,
            )
            for span in spans_of(doc, ENTITIES)
        ]
        judged = [found for found, known in rules if known]
        combined = combine(judged, model, self.policy)
        if combined != judged:
            replace_entities(doc, [found for found, known in rules if not known] + combined)
        return doc

    def find(self, read: Reading, doc: Doc) -> list[EntityDraft]:
        """Return what the model alone names in a reading, by the letter's characters."""
        assert self.ner is not None
        found = []
        for span in self.ner(read.doc).ents:
            first, last = doc[read.tokens[span.start]], doc[read.tokens[span.end - 1]]
            found.append(EntityDraft(first.idx, last.idx + len(last), span.label_, {"rule": BY_MODEL}))
        return found

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the model and the policy, so that they travel with a pipeline that is stored or packaged."""
        super().to_disk(path, exclude=exclude)
        if self.ner is not None:
            Path(path).mkdir(parents=True, exist_ok=True)
            self.shape.to_disk(Path(path) / "config.cfg")
            self.ner.to_disk(Path(path) / PIPE, exclude=_EXCLUDE)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> "EntityModelTagger":
        """Read what `to_disk` wrote."""
        super().from_disk(path, exclude=exclude)
        if (Path(path) / "config.cfg").is_file():
            self._load(Path(path))
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Return the model as msgpack."""
        content: dict[str, Any] = {"files": super().to_bytes(exclude=exclude)}
        if self.ner is not None:
            content |= {"config": self.shape.to_str(), PIPE: self.ner.to_bytes(exclude=_EXCLUDE)}
        packed: bytes = srsly.msgpack_dumps(content)
        return packed

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> "EntityModelTagger":
        """Read what `to_bytes` returned."""
        content = srsly.msgpack_loads(data)
        super().from_bytes(content["files"], exclude=exclude)
        if PIPE in content:
            self.ner = self._empty(Config().from_str(content["config"]))
            self.ner.from_bytes(content[PIPE], exclude=_EXCLUDE)
        return self

    def _load(self, path: Path) -> None:
        self.ner = self._empty(load_config(path / "config.cfg"))
        self.ner.from_disk(path / PIPE, exclude=_EXCLUDE)

    def _empty(self, config: Config) -> EntityRecognizer:
        """Return an untrained recogniser of the wanted shape over the vocabulary of this pipeline."""
        self.shape = Config({"components": {PIPE: config["components"][PIPE]}})
        settings = dict(self.shape["components"][PIPE])
        made: Any = self.nlp.create_pipe(settings.pop("factory"), name=PIPE, config=settings)
        return made


@factory(
    "imr_entity_model",
    default_config={"model": None, "rules": "entity_model/policy.yml"},
    assigns=["doc.spans", "span._.score"],
    requires=["doc.spans"],
)
def create_entity_model(nlp: Language, name: str, model: str | None, rules: str) -> EntityModelTagger:
    """Make the component from its config; see `EntityModelTagger`."""
    return EntityModelTagger(nlp, model, rules)
