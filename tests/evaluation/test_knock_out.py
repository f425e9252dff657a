"""Knock-out by letter, on invented letters."""

import hashlib

from imr_nlp.evaluation.gold import Gold
from imr_nlp.evaluation.knock_out import bootstrap, distinct, knocked_out
from imr_nlp.reading.source import SourceText
from support.scoring import pipeline

TEXTS = {
    "a": "Lumbar MRI and a Hoyer lift were requested.",
    "b": "Lumbar MRI and a walker were requested.",
}


def gold() -> Gold:
    letters = {}
    for name, text in TEXTS.items():
        digest = hashlib.sha256(text.encode()).hexdigest()
        letters[name] = SourceText(f"{name}.txt", text, digest, digest, "text/plain", "utf-8")
    spans_of = {
        "a": [("MRI", "PROCEDURE"), ("Hoyer lift", "PROCEDURE")],
        "b": [("MRI", "PROCEDURE"), ("walker", "PROCEDURE")],
    }
    records = []
    for name, text in TEXTS.items():
        entities = [
            {"label": label, "start": text.index(word), "end": text.index(word) + len(word), "status": "requested"}
            for word, label in spans_of[name]
        ]
        records.append({"name": name, "entities": entities, "services": []})
    return Gold(records, letters)


def named(records: dict, name: str) -> list[str]:
    return [TEXTS[name][e["start"] : e["end"]] for e in records[name]["entities"]]


def test_what_only_one_letter_uses_is_switched_off_unless_it_is_public() -> None:
    records = knocked_out(pipeline(), gold())
    assert "MRI" in named(records, "a")
    assert "Hoyer lift" not in named(records, "a")
    assert "Hoyer lift" in named(knocked_out(pipeline(), gold(), {"hoyer lift"}), "a")
    doc = pipeline()(TEXTS["a"])
    assert doc.spans["imr"][-1].text == "Hoyer lift"  # all is on again


def test_distinct_forms_and_bounds() -> None:
    records = knocked_out(pipeline(), gold())
    counts = distinct(records, gold())["PROCEDURE"]
    assert (counts.gold, counts.correct) == (4, 2)
    low, high = bootstrap(records, gold(), "PROCEDURE exact", draws=100)
    assert 0 < low <= high <= 1
