"""Training the models of statuses and assertions, which look over the rules of `imr_context`.

A letter of a reader is tested by a model that saw no letter of the same reader. Other letters are tested, where they
come from `annotations/` or the first gold file of the corpus, in ten folds; further gold only helps to train.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from imr_nlp.components.context.component import ContextResolver
from imr_nlp.components.context.mentions import Elsewhere, Judged, features, mentions
from imr_nlp.components.context.status_model import HEADING_RULE, by_cue, is_open, margin
from imr_nlp.doc.spans import ENTITIES, span_values
from imr_nlp.doc.tokenizer import view_of
from imr_nlp.evaluation.gold import read_gold
from imr_nlp.labels import ATTRIBUTE, NAMED
from imr_nlp.learned.features import Features
from imr_nlp.learned.saving import save_model
from imr_nlp.training.data import fingerprint
from imr_nlp.training.fitting import fit
from imr_nlp.training.folders import require_model_folder
from imr_nlp.training.prepare import CORPUS, SAMPLES, fold_of, reader_of, to_view
from imr_nlp.training.reports import environment
from imr_nlp.training.status_card import card_of_statuses

VERSION = "1.0"
#: The models, and the labels that each looks over.
MODELS = {"statuses": ("PROCEDURE", "MEDICATION"), "assertions": ("DIAGNOSIS",)}
FOLDS = 10
#: A feature must be in this many letters to be learnt from.
LEAST_LETTERS = 2
_C = 0.3  # inverse strength of regularisation
_MARGINS = (0.0, 0.1, 0.2, 0.3, 0.4)


class Case(NamedTuple):
    """An entity of a gold letter: letter, fold, what a model sees, the value by hand, and the rules' verdict."""

    letter: str
    source: str
    fold: str
    label: str
    features: Features
    value: str
    verdict: str
    rule: str
    open: bool


class Verdict(NamedTuple):
    """What a cross-validated model says of a case: the best value, its probability, and that of the rules' verdict."""

    value: str
    probability: float
    of_rules: float


def status_cases(files: Mapping[str, Path], seed: int) -> list[Case]:
    """Return the entities that the pipeline finds in gold letters, each with the value of the gold entity it is.

    Args:
        files: The gold files by the name of their source.
        seed: Of the order in which letters are dealt to folds.

    Raises:
        GoldError: A gold file or one of its letters can't be used.
    """
    from imr_nlp.pipeline import load

    nlp = load(imr_context={"status_model": None, "assertion_model": None})
    context = nlp.get_pipe("imr_context")
    assert isinstance(context, ContextResolver)
    for name in nlp.pipe_names[nlp.pipe_names.index("imr_context") :]:
        nlp.remove_pipe(name)
    cases: list[Case] = []
    tested = CORPUS if CORPUS in files else SAMPLES
    for source, path in files.items():
        gold = read_gold(path, entities_alone=True)
        dealt = fold_of(gold.letters, FOLDS, seed)
        for record in gold.records:
            name = record["name"]
            called = (record.get("case") or {}).get("case_number") or name
            fold = reader_of(name) or (str(dealt[name]) if source == tested else "")
            doc = nlp(gold.letters[name].text)
            entities = span_values(doc, ENTITIES, *NAMED)
            if not entities:
                continue
            marked = [e for e in record["entities"] if e["label"] in NAMED and e.get(ATTRIBUTE[e["label"]])]
            places = to_view(view_of(doc), (e["start"] for e in marked), (e["end"] for e in marked))
            place, judged = context.by_rules(doc, entities)
            seen = mentions(place, judged, Elsewhere(place, judged))
            for one, mention in zip(judged, seen, strict=True):
                value = _value(one, marked, places)
                if value:
                    row, open_ = features(mention, nlp.vocab.strings), is_open(place, one)
                    cases.append(
                        Case(called, source, fold, mention.label, row, value, mention.verdict, mention.rule, open_)
                    )
    return cases


def _value(one: Judged, marked: Sequence[Mapping[str, Any]], places: Sequence[tuple[int, int]]) -> str | None:
    """Return the value of the gold entity that a finding is: of the same place, else the first that it overlaps."""
    span = one.span
    found = [
        (place != (span.start_char, span.end_char), entity[ATTRIBUTE[span.label_]])
        for entity, place in zip(marked, places, strict=True)
        if entity["label"] == span.label_ and place[0] < span.end_char and span.start_char < place[1]
    ]
    return min(found, key=lambda pair: pair[0])[1] if found else None


def train_statuses(
    files: Mapping[str, Path], out: Path, seed: int, *, unread: Collection[str] = (), skops: bool = False
) -> list[Path]:
    """Train both models on all letters, measure them by cross-validation, and write their folders.

    Args:
        files: Gold files by the name of their source; those of ``annotations/`` and the corpus have the names that
            `imr_nlp.training.prepare.gold_files` gives them.
        out: Folder of all models.
        seed: The same seed, letters and library versions give the same bits.
        unread: Readers whose letters no rule was written on; their figures are given apart.
        skops: Whether to write the scikit-learn pipelines too.

    Returns:
        The folders ``out/statuses/<version>`` and ``out/assertions/<version>``.

    Raises:
        GoldError: A gold file or one of its letters can't be used.
        FolderError: A folder holds files of the user's.
    """
    for name in MODELS:
        require_model_folder(out / name / VERSION, name)
    cases = status_cases(files, seed)
    return [
        _train(name, [case for case in cases if case.label in labels], out, seed, unread, skops)
        for name, labels in MODELS.items()
    ]


def _train(name: str, cases: list[Case], out: Path, seed: int, unread: Collection[str], skops: bool) -> Path:
    place = out / name / VERSION
    rows, values = _examples(cases)
    pipeline = fit(rows, values, _classifier(seed))
    meta = {
        "name": name,
        "version": VERSION,
        "labels": pipeline.classes_.tolist(),
        "of": list(MODELS[name]),
        "seed": seed,
        "examples": len(rows),
        "features": len(pipeline[0].vocabulary_),
        "data_sha256": fingerprint(rows, values),
        "letters": described(cases),
        "unread": sorted(unread),
        "trained_with": environment(),
        "figures": figures_of(cases, cross_validate(cases, seed), unread),
    }
    save_model(place, pipeline, meta, skops=skops, short=True)
    card_of_statuses(place, pipeline, meta)
    return place


def _classifier(seed: int) -> LogisticRegression:
    return LogisticRegression(C=_C, max_iter=1000, random_state=seed)


def _examples(cases: Iterable[Case]) -> tuple[list[Features], list[str]]:
    """Return features and values of what there is to learn; in a heading, everything is requested."""
    cases = [case for case in cases if case.rule != HEADING_RULE]
    return in_letters([case.features for case in cases], [case.letter for case in cases]), [c.value for c in cases]


def in_letters(rows: Sequence[Features], letters: Sequence[str], least: int = LEAST_LETTERS) -> list[Features]:
    """Return the rows without the features that are in fewer than ``least`` letters.

    >>> in_letters([{"a": 1.0, "b": 1.0}, {"a": 1.0}, {"b": 1.0}], ["one", "two", "one"])
    [{'a': 1.0}, {'a': 1.0}, {}]
    """
    seen: dict[str, set[str]] = defaultdict(set)
    for row, letter in zip(rows, letters, strict=True):
        for name in row:
            seen[name].add(letter)
    return [{name: value for name, value in row.items() if len(seen[name]) >= least} for row in rows]


def cross_validate(cases: Sequence[Case], seed: int) -> dict[int, Verdict]:
    """Return what a model trained on the other folds says of every case that is tested, by the case's number."""
    found: dict[int, Verdict] = {}
    for fold in sorted({case.fold for case in cases} - {""}):
        test = [number for number, case in enumerate(cases) if case.fold == fold]
        rows, values = _examples([case for case in cases if case.fold != fold])
        model = fit(rows, values, _classifier(seed))
        found |= zip(test, _verdicts(model, [cases[number] for number in test]), strict=True)
    return found


def _verdicts(model: Pipeline, cases: Sequence[Case]) -> Iterable[Verdict]:
    values = model.classes_.tolist()
    for case, row in zip(cases, model.predict_proba([case.features for case in cases]).tolist(), strict=True):
        best = max(range(len(values)), key=row.__getitem__)
        yield Verdict(values[best], row[best], row[values.index(case.verdict)] if case.verdict in values else 0.0)


def decided(case: Case, verdict: Verdict, of_cue: float | None = None) -> str:
    """Return the value that rules and model come to together.

    Args:
        case: The entity, with the rules' verdict.
        verdict: The model's.
        of_cue: The margin over a cue; None for the shipped one.

    >>> case = Case("a", "corpus", "0", "PROCEDURE", {}, "planned", "performed", "default", True)
    >>> decided(case, Verdict("planned", 0.7, 0.2)), decided(case._replace(open=False), Verdict("planned", 0.7, 0.2))
    ('planned', 'performed')
    """
    needed = of_cue if of_cue is not None and by_cue(case.rule) else margin(case.label, case.rule)
    return verdict.value if case.open and verdict.probability - verdict.of_rules > needed else case.verdict


def figures_of(cases: Sequence[Case], verdicts: Mapping[int, Verdict], unread: Collection[str]) -> dict[str, Any]:
    """Return the share of right values by the rules alone and with the model: by kind of letter, label and reader."""
    groups: dict[str, list[int]] = defaultdict(list)
    for number in verdicts:
        case = cases[number]
        reader = reader_of(case.letter)
        groups["readers, unread" if reader in unread else "readers" if reader else case.source].append(number)
        if reader:
            groups[reader].append(number)
    found: dict[str, Any] = {}
    for group, numbers in sorted(groups.items()):
        for label in sorted({cases[number].label for number in numbers}):
            mine = [number for number in numbers if cases[number].label == label]
            found.setdefault(group, {})[label] = _measured([(cases[number], verdicts[number]) for number in mine])
    return found


def _measured(pairs: Sequence[tuple[Case, Verdict]]) -> dict[str, Any]:
    def share(values: Iterable[str]) -> float:
        right = sum(value == case.value for value, (case, _) in zip(values, pairs, strict=True))
        return round(right / len(pairs), 4)

    changed = [(case, decided(case, verdict)) for case, verdict in pairs if decided(case, verdict) != case.verdict]
    return {
        "entities": len(pairs),
        "rules": share(case.verdict for case, _ in pairs),
        "with model": share(decided(case, verdict) for case, verdict in pairs),
        "model alone": share(verdict.value for _, verdict in pairs),
        "changed": len(changed),
        "changed rightly": sum(value == case.value for case, value in changed),
        "changed wrongly": sum(case.verdict == case.value for case, _ in changed),
        "margin": {str(of): share(decided(case, verdict, of) for case, verdict in pairs) for of in _MARGINS}
        | {"never": share(decided(case, verdict, 1.0) for case, verdict in pairs)},
    }


def described(cases: Iterable[Case]) -> dict[str, list[str]]:
    """Return the letters of each source: by case number, or by name where a letter has none."""
    found: dict[str, set[str]] = defaultdict(set)
    for case in cases:
        found[case.source].add(case.letter)
    return {source: sorted(names) for source, names in sorted(found.items())}
