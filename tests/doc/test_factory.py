"""The pipeline as spaCy's users expect it: settings, saved pipelines, analysis, and every public name."""

from __future__ import annotations

import importlib.metadata
import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import spacy
from spacy.language import Language

import imr_nlp
from imr_nlp.config import ConfigError, folder
from imr_nlp.doc import spans
from support.paths import ROOT
from support.scoring import pipeline

pytestmark = pytest.mark.slow

RULES = """targets:
- {id: gel-insoles, literal: gel insoles, category: PROCEDURE, attributes: {status: planned}}
context:
- {id: own-cue, literal: on the wish list, category: PLANNED, direction: BACKWARD}
"""
LETTER = sorted((ROOT / "annotations" / "letters").glob("*.txt"))[0].read_text(encoding="utf-8")
TEXT = "Lumbar MRI: Upheld\nClaims Administrator guideline: None.\nDecision rationale: He was given gel insoles."


@pytest.fixture(scope="module")
def nlp() -> Language:
    return pipeline()


class Saved(NamedTuple):
    """A pipeline with a user's rules, and what was saved of it before the file of these rules was removed."""

    nlp: Language
    folder: Path
    data: bytes


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    here = tmp_path_factory.mktemp("here")
    rules = here / "own.yml"
    rules.write_text(RULES, encoding="utf-8")
    nlp = imr_nlp.load(rules=rules)
    nlp.to_disk(here / "saved")
    data = nlp.to_bytes()
    rules.unlink()
    (here / "saved").rename(here / "elsewhere")
    return Saved(nlp, here / "elsewhere", data)


def record(nlp: Language, text: str = TEXT) -> str:
    return nlp(text)._.letter.model_dump_json()


def test_spacy_finds_no_problem_in_the_pipeline(nlp):
    analysis = nlp.analyze_pipes()
    assert {name: found for name, found in analysis["problems"].items() if found} == {}
    assert all(analysis["summary"][name]["assigns"] for name in nlp.pipe_names)


def test_a_pipeline_with_rules_loads_where_the_rules_are_gone(saved, tmp_path):
    assert "gel-insoles" in record(saved.nlp)
    again = spacy.load(saved.folder)
    assert record(again) == record(saved.nlp)
    assert "gel-insoles" in record(again)
    again.to_disk(tmp_path / "third")  # a pipeline that was read can be saved again
    assert record(spacy.load(tmp_path / "third")) == record(saved.nlp)


def test_a_saved_pipeline_loads_in_a_new_process(saved):
    code = f"import spacy; print(spacy.load({str(saved.folder)!r})({TEXT!r})._.letter.model_dump_json())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert '"gel-insoles"' in done.stdout


def test_a_saved_pipeline_keeps_changed_words(nlp, tmp_path):
    words = tmp_path / "words.yml"
    shipped = (folder("configs") / "sentences.yml").read_text(encoding="utf-8")
    words.write_text(shipped, encoding="utf-8")
    made = imr_nlp.load(imr_sentences={"rules": str(words)})
    made.to_disk(tmp_path / "saved")
    words.unlink()
    assert record(spacy.load(tmp_path / "saved")) == record(nlp)


def test_bytes_hold_the_rules_too(saved):
    again = spacy.blank("en").from_config(saved.nlp.config).from_bytes(saved.data)
    assert record(again) == record(saved.nlp)


def test_missing_rules_are_refused(tmp_path):
    gone = tmp_path / "gone.yml"
    with pytest.raises(ConfigError, match=r"gone\.yml: no such file"):
        imr_nlp.load(rules=gone)
    nlp = spacy.blank("en")
    nlp.add_pipe("imr_targets", config={"extra_rules": str(gone)})
    with pytest.raises(ConfigError, match=r"gone\.yml: no such file"):
        nlp("Gel insoles.")


def test_a_damaged_saved_pipeline_is_refused(saved, tmp_path):
    damaged = shutil.copytree(saved.folder, tmp_path / "saved")
    next((damaged / "imr_targets").glob("*own.yml")).unlink()
    with pytest.raises(ConfigError, match="damaged"):
        spacy.load(damaged)


def test_components_travel_to_another_process(nlp):
    for name, component in nlp.pipeline:
        if name != "imr_entity_model":  # holds the pipeline itself, as spaCy's own trainable components may
            assert type(pickle.loads(pickle.dumps(component))) is type(component), name


def test_disable_and_exclude(nlp):
    part = imr_nlp.load(disable=["imr_facts"], exclude="imr_citations")
    assert part.disabled == ["imr_facts"]
    assert "imr_citations" not in part.component_names
    letter = part(LETTER)._.letter
    assert letter.services and not any(service.citations for service in letter.services) and not letter.facts
    part.enable_pipe("imr_facts")
    assert part(LETTER)._.letter.facts == nlp(LETTER)._.letter.facts


def test_any_component_can_be_switched_off(nlp):
    whole = nlp(LETTER)._.letter
    for name in nlp.pipe_names:
        if name == "imr_sentences":
            continue
        with nlp.select_pipes(disable=name):
            letter = nlp(LETTER)._.letter
            assert letter.source == whole.source or name == "imr_layout", name
        with nlp.select_pipes(enable=name):
            nlp(LETTER)
    assert nlp(LETTER)._.letter == whole


def test_rationales_need_sentences_and_say_so(nlp):
    with nlp.select_pipes(disable="imr_sentences"), pytest.raises(ValueError, match="Sentence boundaries unset"):
        nlp(LETTER)
    with nlp.select_pipes(disable=["imr_sentences", "imr_rationale"]):
        assert nlp(LETTER)._.letter.services


def test_the_record_is_the_same_without_the_source_doc(nlp):
    quick = imr_nlp.load(source_doc=False)
    assert "imr_record" in quick.disabled
    assert record(quick, LETTER) == record(nlp, LETTER)


@pytest.mark.parametrize(
    "settings",
    [{"imr_contxt": {}}, {"disable": "imr_contxt"}, {"exclude": ["imr_contxt"]}, {"disable": ["imr_contxt"]}],
)
def test_an_unknown_component_gives_the_known_ones(settings):
    with pytest.raises(ValueError, match=r"imr_contxt.*did you mean 'imr_context'.*imr_layout"):
        imr_nlp.load(**settings)


def test_an_unknown_setting_lists_the_known_ones():
    told = "imr_services has no setting 'decisions'; its settings are rules, fact_rules, model"
    with pytest.raises(ValueError, match=told):
        imr_nlp.load(imr_services={"decisions": "layout/decisions.yml"})
    with pytest.raises(ValueError, match="imr_record has no setting 'rules'; it has no settings"):
        imr_nlp.load(imr_record={"rules": "x.yml"})


def test_earlier_names_of_functions_give_a_warning():
    with pytest.warns(DeprecationWarning, match=r"imr_nlp\.doc\.spans\.add is now add_span"):
        assert spans.add is spans.add_span
    with pytest.raises(AttributeError, match="no attribute 'adds'"):
        spans.adds  # noqa: B018


def test_public_names(nlp):
    import imr_nlp.spark

    assert imr_nlp.__all__ == sorted(imr_nlp.__all__)
    assert all(getattr(imr_nlp, name) is not None for name in imr_nlp.__all__)
    assert {"Letter", "load", "read_letter", "__version__"} <= set(imr_nlp.__all__)
    assert callable(imr_nlp.load) and callable(imr_nlp.read_letter)
    assert imr_nlp.Letter.model_validate_json(record(nlp)).source.layout
    assert imr_nlp.spark.__doc__


def test_console_scripts_and_entry_points(nlp):
    points = importlib.metadata.distribution("imr-nlp").entry_points
    scripts = {point.name: point.load() for point in points.select(group="console_scripts")}
    assert set(scripts) == {"imr-nlp", "nlp-run"} and all(map(callable, scripts.values()))
    factories = {point.name: point.load() for point in points.select(group="spacy_factories")}
    old = set(
        """imr_layout imr_sentences imr_quantities imr_guidelines imr_procedures imr_medications imr_unnamed
        imr_diagnoses imr_entity_model imr_targets imr_abbreviations imr_facts imr_services imr_citations imr_rationale
        imr_context imr_record""".split()
    )
    assert old <= set(factories) and all(map(callable, factories.values()))
    assert set(nlp.component_names) <= set(factories)
    assert {point.name for point in points.select(group="spacy_tokenizers")} == {"imr.LetterTokenizer.v1"}


def test_span_groups_and_extensions(nlp):
    doc = nlp(LETTER)
    assert {"imr", "sections", "facts", "services", "citations", "rationale"} <= set(doc.spans)
    span = doc.spans["imr"][0]
    for name in ("assertion", "status", "authority", "quantity", "canonical", "rule", "context_rule", "score", "facts"):
        assert span.has_extension(name), name
    assert span._.rule and doc._.layout and doc._.letter
