"""Models on disk: what is written comes back, the same bits each time, and nothing else is ever loaded."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imr_nlp.config import folder
from imr_nlp.learned.linear_model import NAMES, WEIGHTS, LinearModel
from imr_nlp.learned.loading import META, ModelError, load_model
from imr_nlp.learned.saving import SKOPS, save_model
from imr_nlp.training.fitting import FAMILIES, KEPT, fit

pytestmark = pytest.mark.slow

SHIPPED = ["roles/1.0", "categories/1.0", "statuses/1.0", "assertions/1.0"]
ROWS = [{"word cane": 1.0, "first": 1.0}, {"word cane": 1.0}, {"word bed": 1.0}, {"word bed": 1.0, "first": 0.0}]


def small(seed: int = 1) -> Any:
    return fit(ROWS, ["fact", "fact", "gap", "gap"], FAMILIES[KEPT](seed))


def rewritten(place: Path, name: str, data: bytes) -> None:
    """Replace a file of a model, as one would who also knows to change the description."""
    (place / name).write_bytes(data)
    meta = json.loads((place / META).read_text(encoding="utf-8"))
    meta["sha256"][name] = hashlib.sha256(data).hexdigest()
    (place / META).write_text(json.dumps(meta), encoding="utf-8")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    place = tmp_path / "small" / "9"
    save_model(place, small(), {"name": "small", "version": "9"})
    return place


def test_what_is_saved_comes_back(saved: Path) -> None:
    model = load_model(str(saved))
    assert model.name == "small/9"
    assert model.linear.labels == ["fact", "gap"]
    best = model.linear.probabilities([{"word bed": 1.0}, {"word cane": 1.0}]).argmax(axis=1)
    assert [model.linear.labels[i] for i in best] == ["gap", "fact"]


def test_saving_twice_gives_the_same_files(saved: Path, tmp_path: Path) -> None:
    save_model(tmp_path / "again", small(), {"name": "small", "version": "9"})
    names = {WEIGHTS, NAMES, META}
    assert {file.name for file in saved.iterdir()} == names
    assert all((saved / name).read_bytes() == (tmp_path / "again" / name).read_bytes() for name in names)
    with ZipFile(saved / WEIGHTS) as archive:
        assert {part.date_time[0] for part in archive.infolist()} == {1980}


def test_the_numbers_are_those_of_the_scikit_learn_pipeline(tmp_path: Path) -> None:
    pipeline = fit([*ROWS, {"word ramp": 1.0}], ["fact", "fact", "gap", "gap", "other"], FAMILIES[KEPT](1))
    save_model(tmp_path, pipeline, {"name": "small", "version": "9"})
    read = load_model(str(tmp_path)).linear
    assert read.labels == pipeline.classes_.tolist()
    assert read.features == pipeline[0].get_feature_names_out().tolist()
    assert read.weights.tobytes() == np.ascontiguousarray(pipeline[-1].coef_.T).tobytes()
    assert read.offset.tobytes() == pipeline[-1].intercept_.tobytes()


def test_the_pipeline_itself_is_written_on_request(saved: Path) -> None:
    skops = pytest.importorskip("skops.io")
    save_model(saved, small(), {"name": "small", "version": "9"}, skops=True)
    kinds = skops.get_untrusted_types(file=saved / SKOPS)
    pipeline = skops.load(saved / SKOPS, trusted=kinds)
    assert pipeline.predict([{"word bed": 1.0}, {"word cane": 1.0}]).tolist() == ["gap", "fact"]
    assert np.array_equal(pipeline[-1].coef_, small()[-1].coef_)
    save_model(saved, small(2), {"name": "small", "version": "9"})
    assert not (saved / SKOPS).exists(), "that of another training"


@pytest.mark.slow
def test_reading_letters_needs_neither_scikit_learn_nor_scipy() -> None:
    code = (
        "import sys, imr_nlp; imr_nlp.load()('Quorvian flumble: Upheld')._.letter; "
        "print([name for name in ('sklearn', 'skops', 'scipy', 'pandas', 'joblib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_another_process_writes_the_same_bytes() -> None:
    code = (
        "import hashlib; from imr_nlp.learned.linear_model import LinearModel; "
        "from imr_nlp.training.fitting import *; "
        f"m = fit({ROWS!r}, ['fact', 'fact', 'gap', 'gap'], FAMILIES[KEPT](1)); "
        "print({name: hashlib.sha256(data).hexdigest() for name, data in LinearModel.of(m).to_files().items()})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    files = LinearModel.of(small()).to_files()
    assert done.stdout.strip() == str({name: hashlib.sha256(data).hexdigest() for name, data in files.items()})


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_models_load_and_say_what_they_are(name: str) -> None:
    model = load_model(name)
    place = folder("models") / name
    assert model.name == name
    assert model.linear.labels == model.meta["labels"]
    assert model.meta["figures"] and model.meta["letters"]["samples"]
    assert (place / WEIGHTS).stat().st_size < 2_000_000
    assert not (place / SKOPS).exists()
    card = (place / "card.md").read_text(encoding="utf-8")
    for part in ("## Data", "## Figures", "## Limits", "imr-nlp train", "**For:**", "**Size:**"):
        assert part in card


@pytest.mark.parametrize("name", SHIPPED)
def test_no_pickle_is_touched_on_the_way(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    load_model(name)  # whatever is imported the first time is imported now

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("the load path reached for pickle")

    events: list[str] = []
    sys.addaudithook(lambda event, _: events.append(event) if event.startswith("pickle.") else None)
    for owner, attribute in ((pickle, "load"), (pickle, "loads"), (pickle, "Unpickler"), (pickle, "_Unpickler")):
        monkeypatch.setattr(owner, attribute, forbidden)
    import joblib

    monkeypatch.setattr(joblib, "load", forbidden)
    load_model(name)
    assert events == []


class Hostile:
    """Runs code when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.trace,)


def test_a_pickle_is_no_model(saved: Path, tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    data = pickle.dumps(Hostile(trace))
    pickle.loads(data)
    assert trace.exists(), "the payload works where pickle is let"
    trace.unlink()
    rewritten(saved, WEIGHTS, data)
    with pytest.raises(ModelError, match=r"can't be read"):
        load_model(str(saved))
    hidden = io.BytesIO()
    np.savez(hidden, weights=np.array([Hostile(trace)], dtype=object), offset=np.zeros(2))
    rewritten(saved, WEIGHTS, hidden.getvalue())
    with pytest.raises(ModelError, match=r"can't be read"):
        load_model(str(saved))
    assert not trace.exists()


@pytest.mark.parametrize("name", [WEIGHTS, NAMES])
def test_a_model_that_was_tampered_with_is_refused(saved: Path, name: str) -> None:
    data = (saved / name).read_bytes()
    (saved / name).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(ModelError, match=f"{name}: .*sha256") as told:
        load_model(str(saved))
    (saved / name).unlink()
    with pytest.raises(ModelError, match=f"{name}: can't be read: No such file"):
        load_model(str(saved))
    assert "\n" not in str(told.value)


def test_numbers_and_names_that_do_not_fit_together_are_refused(saved: Path) -> None:
    names = json.loads((saved / NAMES).read_text(encoding="utf-8"))
    names["features"].append("one more")
    rewritten(saved, NAMES, json.dumps(names).encode())
    with pytest.raises(ModelError, match=f"{saved}: {WEIGHTS} and {NAMES} can't be read"):
        load_model(str(saved))


def test_errors_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such model"):
        load_model("roles/none-such")
    for written, reason in (
        ("{", "not JSON"),
        ("[]", "not the description"),
        ('{"sha256": {}}', "not the description"),
    ):
        (tmp_path / META).write_text(written, encoding="utf-8")
        with pytest.raises(ModelError, match=f"{META}: {reason}"):
            load_model(str(tmp_path))


@pytest.mark.slow
@given(st.sampled_from([WEIGHTS, NAMES]), st.binary(max_size=60), st.integers(min_value=0, max_value=900))
@settings(max_examples=100, deadline=None)
def test_damaged_numbers_and_names_give_a_value_error(name: str, noise: bytes, at: int) -> None:
    files = LinearModel.of(small()).to_files()
    files[name] = files[name][:at] + noise + files[name][at + len(noise) :]
    with suppress(ValueError):
        assert LinearModel.from_files(files).weights.shape == (3, 2)  # the noise fell where it doesn't matter
