"""The work-arounds for other libraries: when they act, and that they leave the libraries usable."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata

import pytest

from imr_nlp import compat


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_bound_holds_for_the_medspacy_that_is_installed():
    assert metadata.version("medspacy").startswith(compat.MEDSPACY)


def test_loading_the_pipeline_does_not_load_nltk():
    code = "import sys, imr_nlp; imr_nlp.load(source_doc=False); print(any(m.startswith('nltk.') for m in sys.modules))"
    assert run(code) == "False"


@pytest.mark.stress
def test_nltk_works_when_it_is_used_after_loading():
    code = "from imr_nlp.compat import postpone_nltk; postpone_nltk(); import medspacy.context; import nltk; "
    assert run(code + "print(nltk.edit_distance('abc', 'abd'))") == "1"


def test_importing_the_package_replaces_no_module():
    assert run("import sys, imr_nlp, imr_nlp.components; print('nltk' in sys.modules)") == "False"


def test_another_medspacy_is_left_alone():
    code = (
        "import sys; from imr_nlp import compat; compat.MEDSPACY = '9.9.'; compat.postpone_nltk(); "
        "print('nltk' in sys.modules)"
    )
    assert run(code) == "False"


def test_loading_a_worker_loads_nothing_that_it_does_not_use():
    code = (
        "import sys; from imr_nlp.run import batch; nlp = batch.pipeline(None); nlp('Diagnosis: lumbar sprain.'); "
        "print([name for name in ('langcodes.data_dicts', 'requests.models', 'joblib.memory', "
        "'imr_nlp.config_models') if name in sys.modules])"
    )
    assert run(code) == "[]"


def test_what_is_postponed_works_when_it_is_used():
    code = (
        "from imr_nlp.run import batch; nlp = batch.pipeline(None); import joblib, requests, spacy.util; "
        "from requests.exceptions import HTTPError; print(spacy.util.find_matching_language('en'), "
        "issubclass(HTTPError, requests.RequestException), joblib.hash('a') == joblib.hash('a'))"
    )
    assert run(code) == "en True True"
