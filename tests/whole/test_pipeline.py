"""The whole pipeline: what a Doc carries, where it can travel, and what does not change a letter."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin

from imr_nlp.reading import source as reading
from imr_nlp.records.schema import Letter
from support.paths import ANNOTATIONS
from support.scoring import pipeline

LETTERS = ANNOTATIONS / "letters"
NAMES = sorted(path.name for path in LETTERS.iterdir() if path.suffix != ".pdf")


@pytest.fixture(scope="module")
def nlp() -> spacy.Language:
    return pipeline()


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return {name: reading.read(LETTERS / name).text for name in NAMES}


def dumped(doc: Doc) -> dict[str, Any]:
    return doc._.letter.model_dump()


@pytest.mark.parametrize("name", NAMES)
def test_every_offset_cuts_out_its_text(nlp: spacy.Language, texts: dict[str, str], name: str) -> None:
    text = texts[name]
    letter = nlp(text)._.letter
    assert letter.source.characters == len(text)
    for thing in [*letter.entities, *letter.services]:
        assert text[thing.start : thing.end] == thing.text != ""
    found = [*letter.facts, *letter.entities, *letter.services]
    found += [part for service in letter.services for part in (*service.citations, *service.rationale)]
    for thing in found:
        assert 0 <= thing.start < thing.end <= len(text)
        assert thing.rule or thing.score
        assert text[thing.start : thing.end].strip() == text[thing.start : thing.end]


def test_the_doc_is_over_the_text_as_it_came(nlp: spacy.Language, texts: dict[str, str]) -> None:
    for text in texts.values():
        doc = nlp(text)
        assert doc.text == text
        assert [span.label_ for span in doc.spans["imr"]]
        for span in doc.spans["imr"]:
            assert span._.attrs["start"] >= span.start_char
            assert span._.attrs["end"] <= span.end_char
        assert {ent.label_ for ent in doc.ents} <= {span.label_ for span in doc.spans["imr"]}
        assert len(list(doc.sents)) > 3


def test_the_record_is_the_same_from_the_reading_view(nlp: spacy.Language, texts: dict[str, str]) -> None:
    for text in texts.values():
        with nlp.select_pipes(disable="imr_record"):
            view = dumped(nlp(text))
        assert view == dumped(nlp(text))


def test_entities_do_not_cross_their_section(nlp: spacy.Language, texts: dict[str, str]) -> None:
    for text in texts.values():
        doc = nlp(text)
        sections = [(s._.attrs["start"], s._.attrs["end"]) for s in doc.spans["sections"]]
        for span in doc.spans["imr"]:
            known = span._.attrs
            assert any(start <= known["start"] and known["end"] <= end for start, end in sections)


def test_spans_tell_what_is_known_of_them(nlp: spacy.Language) -> None:
    doc = nlp("CLINICAL CASE SUMMARY\nThe injured worker denies radiculopathy. He had six sessions of acupuncture.")
    known = {span.text: span._ for span in doc.spans["imr"]}
    assert (known["radiculopathy"].assertion, known["radiculopathy"].is_negated) == ("negated", True)
    assert known["acupuncture"].status == "performed"
    assert known["six sessions"].quantity == {"min": 6, "max": 6, "unit": "session"}
    assert all(span.rule for span in known.values())


def test_docs_travel(nlp: spacy.Language, texts: dict[str, str]) -> None:
    docs = [nlp(text) for text in texts.values()]
    want = [dumped(doc) for doc in docs]
    for doc, expected in zip(docs, want, strict=True):
        assert dumped(Doc(nlp.vocab).from_bytes(doc.to_bytes())) == expected
        assert dumped(pickle.loads(pickle.dumps(doc))) == expected
    stored = DocBin(docs=docs, store_user_data=True).to_bytes()
    back = list(DocBin().from_bytes(stored).get_docs(spacy.blank("en").vocab))
    assert [dumped(doc) for doc in back] == want
    assert [[e.label_ for e in doc.ents] for doc in back] == [[e.label_ for e in doc.ents] for doc in docs]


def test_the_pipeline_itself_can_be_pickled(nlp: spacy.Language, texts: dict[str, str]) -> None:
    again = pickle.loads(pickle.dumps(nlp))
    assert dumped(again(texts["split-request.txt"])) == dumped(nlp(texts["split-request.txt"]))


@pytest.mark.slow
def test_two_processes_give_the_same(nlp: spacy.Language, texts: dict[str, str]) -> None:
    one = [dumped(doc) for doc in nlp.pipe(texts.values())]
    two = [dumped(doc) for doc in nlp.pipe(texts.values(), n_process=2, batch_size=4)]
    assert one == two


def test_saved_and_loaded_pipeline_gives_the_same(nlp: spacy.Language, texts: dict[str, str], tmp_path: Path) -> None:
    nlp.to_disk(tmp_path / "model")
    again = spacy.load(tmp_path / "model")
    assert not list((tmp_path / "model").rglob("*.pkl"))
    name = "eight-services.txt"
    assert dumped(again(texts[name])) == dumped(nlp(texts[name]))


def test_contexts_survive_as_tuples(nlp: spacy.Language, texts: dict[str, str]) -> None:
    pairs = [(text, {"name": name}) for name, text in list(texts.items())[:3]]
    assert [context["name"] for _, context in nlp.pipe(pairs, as_tuples=True)] == [c["name"] for _, c in pairs]


def test_two_readings_of_one_letter_are_equal_to_the_byte(nlp: spacy.Language, texts: dict[str, str]) -> None:
    for text in texts.values():
        assert nlp(text)._.letter.model_dump_json() == nlp(text)._.letter.model_dump_json()


def _without_places(value: Any) -> Any:
    """A record without offsets and hashes, white space folded: what must not depend on the typesetting."""
    if isinstance(value, dict):
        drop = {"start", "end", "decision_start", "decision_end", "cue_start", "cue_end", "source"}
        return {key: _without_places(item) for key, item in value.items() if key not in drop}
    if isinstance(value, list):
        return [_without_places(item) for item in value]
    return " ".join(value.replace("\ufffe", "-").split()) if isinstance(value, str) else value


BREAKS = st.lists(
    st.tuples(st.integers(0, 10_000), st.sampled_from(["  ", " \n", "\n", "\r\n", "\f", " \f", "\t", "   "]))
)


@given(BREAKS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_white_space_inside_a_sentence_changes_only_offsets(
    nlp: spacy.Language, texts: dict[str, str], breaks: list
) -> None:
    """Blanks within the case summary and rationales become line wraps, page breaks, double spaces."""
    text = texts["five-services-2015.txt"] if "five-services-2015.txt" in texts else texts["eight-services.txt"]
    before = nlp(text)
    blanks = [
        i
        for section in before.spans["sections"]
        if section.label_ in ("case_summary", "rationale")
        for i in range(section._.attrs["body_start"] + 1, section._.attrs["body_end"] - 1)
        if text[i] == " " and text[i - 1].isalnum() and text[i + 1].isalnum()
    ]
    chosen = {blanks[place % len(blanks)]: space for place, space in breaks}
    changed = "".join(chosen.get(i, char) for i, char in enumerate(text))
    assert _without_places(dumped(nlp(changed))) == _without_places(dumped(before))


def test_pdf_and_text_give_the_same_record(nlp: spacy.Language) -> None:
    for pdf in sorted(LETTERS.glob("*.pdf")):
        text = next(path for path in LETTERS.glob(f"{pdf.stem}.*") if path.suffix != ".pdf")
        one, other = (dumped(nlp(reading.read(path).text)) for path in (pdf, text))
        assert _without_places(one) == _without_places(other)


def test_gold_services_of_the_samples_are_all_found(nlp: spacy.Language, texts: dict[str, str]) -> None:
    with (LETTERS.parent / "gold.jsonl").open(encoding="utf-8") as lines:
        gold = {Path(record["file"]).name: record for record in map(json.loads, lines)}
    assert len(gold) >= 12
    for name, record in gold.items():
        letter = nlp(texts[name])._.letter
        assert letter.source.layout == record["layout"]
        found = [(s.start, s.end, s.decision, s.category) for s in letter.services]
        assert found == [(s["start"], s["end"], s["decision"], s["category"]) for s in record["services"]], name


@pytest.fixture(scope="module")
def real_letters(real_run: Path) -> dict[str, Letter]:
    """The records of the real letters, by the names of their files."""
    lines = (real_run / "letters.jsonl").read_text(encoding="utf-8").splitlines()
    letters = map(Letter.model_validate_json, lines)
    return {Path(str(letter.source.path)).stem: letter for letter in letters}


@pytest.mark.slow
def test_every_real_letter_gives_all_its_services(
    real_letters: dict[str, Letter], corpus: Path, gold: list[dict]
) -> None:
    services = {record["name"]: [(s["start"], s["end"], s["decision"]) for s in record["services"]] for record in gold}
    names = sorted(path.stem for path in (corpus / "letters").glob("*.txt"))
    assert sorted(real_letters) == names
    for name, letter in real_letters.items():
        assert letter.services, name
        if name in services:
            assert len(letter.services) == len(services[name]), name
            assert [s.decision for s in letter.services] == [d for *_, d in services[name]], name


def _read_as_their_texts(nlp: spacy.Language, pdfs: list[Path], letters: dict[str, Letter]) -> None:
    for path in pdfs:
        one, other = dumped(nlp(reading.read(path).text)), letters[path.stem].model_dump()
        assert _without_places(one) == _without_places(other), path.name


@pytest.mark.slow
def test_every_third_real_pdf_gives_the_record_of_its_text(
    nlp: spacy.Language, corpus: Path, real_letters: dict[str, Letter]
) -> None:
    _read_as_their_texts(nlp, sorted((corpus / "pdf").glob("*.pdf"))[::3], real_letters)


@pytest.mark.stress
def test_every_real_pdf_gives_the_record_of_its_text(
    nlp: spacy.Language, corpus: Path, real_letters: dict[str, Letter]
) -> None:
    _read_as_their_texts(nlp, sorted((corpus / "pdf").glob("*.pdf")), real_letters)
