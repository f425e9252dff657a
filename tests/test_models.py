"""Models on disk: what is written comes back, the same bits each time, and nothing else is ever loaded."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import FunctionTransformer
from skops import io as skops

from imr_nlp.config import folder
from imr_nlp.models import META, MODEL, ModelError, from_bytes, load_model, save_model, to_bytes
from imr_nlp.training.fitting import FAMILIES, KEPT, fit

SHIPPED = ["roles/1.0", "categories/1.0"]
ROWS = [{"word cane": 1.0, "first": 1.0}, {"word cane": 1.0}, {"word bed": 1.0}, {"word bed": 1.0, "first": 0.0}]


def small(seed: int = 1) -> Any:
    return fit(ROWS, ["fact", "fact", "gap", "gap"], FAMILIES[KEPT](seed))


def repacked(change: Callable[[dict[str, Any]], None], data: bytes | None = None) -> bytes:
    """Return a model's archive with its schema changed."""
    archive = ZipFile(io.BytesIO(data or to_bytes(small())))
    schema = json.loads(archive.read("schema.json"))
    change(schema)
    packed = io.BytesIO()
    with ZipFile(packed, "w") as out:
        for name in archive.namelist():
            out.writestr(name, json.dumps(schema) if name == "schema.json" else archive.read(name))
    return packed.getvalue()


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    save_model(tmp_path / "roles" / "9", small(), {"name": "roles", "version": "9", "labels": ["fact", "gap"]})
    model = load_model(str(tmp_path / "roles" / "9"))
    assert model.name == "roles/9"
    assert model.pipeline.predict([{"word bed": 1.0}, {"word cane": 1.0}]).tolist() == ["gap", "fact"]
    assert np.array_equal(model.pipeline[-1].coef_, small()[-1].coef_)


def test_same_weights_same_bytes() -> None:
    one, other = small(), small()
    assert to_bytes(one) == to_bytes(other)
    assert to_bytes(from_bytes(to_bytes(one))) == to_bytes(one)
    other[-1].coef_[0, 0] += 1e-9
    assert to_bytes(one) != to_bytes(other)


def test_another_process_writes_the_same_bytes() -> None:
    code = (
        "import hashlib; from imr_nlp.models import to_bytes; from imr_nlp.training.fitting import *; "
        f"m = fit({ROWS!r}, ['fact', 'fact', 'gap', 'gap'], FAMILIES[KEPT](1)); "
        "print(hashlib.sha256(to_bytes(m)).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == hashlib.sha256(to_bytes(small())).hexdigest()


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_models_load_and_say_what_they_are(name: str) -> None:
    model = load_model(name)
    place = folder("models") / name
    assert model.name == name
    assert model.pipeline.classes_.tolist() == model.meta["labels"]
    assert model.meta["figures"] and model.meta["letters"]["samples"]
    assert (place / MODEL).stat().st_size < 2_000_000
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


def test_a_pickle_is_no_model(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    data = pickle.dumps(Hostile(trace))
    pickle.loads(data)
    assert trace.exists(), "the payload works where pickle is let"
    trace.unlink()
    (tmp_path / MODEL).write_bytes(data)
    meta = {"name": "x", "version": "1", "sha256": hashlib.sha256(data).hexdigest()}
    (tmp_path / META).write_text(json.dumps(meta), encoding="utf-8")
    with pytest.raises(ModelError, match="not a skops archive"):
        load_model(str(tmp_path))
    assert not trace.exists()


def test_an_array_that_hides_a_pickle_is_refused(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    hidden = io.BytesIO()
    np.save(hidden, np.array([Hostile(trace)], dtype=object), allow_pickle=True)
    archive = ZipFile(io.BytesIO(to_bytes(small())))
    packed = io.BytesIO()
    with ZipFile(packed, "w") as out:
        for name in archive.namelist():
            out.writestr(name, hidden.getvalue() if name.endswith(".npy") else archive.read(name))
    with pytest.raises(ModelError, match="can't be read"):
        from_bytes(packed.getvalue())
    assert not trace.exists()


def test_types_that_are_not_trusted_are_refused_before_anything_is_built() -> None:
    with pytest.raises(ModelError, match="FunctionTransformer"):
        from_bytes(skops.dumps(FunctionTransformer(str.upper)))

    def call_system(schema: dict[str, Any]) -> None:
        schema["content"]["content"]["extra"] = {
            "__class__": "system", "__module__": "os", "__loader__": "FunctionNode", "content": "os.system",
        }  # fmt: skip

    with pytest.raises(ModelError, match=r"os\.system"):
        from_bytes(repacked(call_system))
    with pytest.raises(ModelError, match="ReduceNode"):
        from_bytes(repacked(lambda schema: schema.update(__loader__="ReduceNode")))


def test_a_model_that_was_tampered_with_is_refused(tmp_path: Path) -> None:
    save_model(tmp_path, small(), {"name": "x", "version": "1"})
    other = small()
    other[-1].coef_ *= -1
    (tmp_path / MODEL).write_bytes(to_bytes(other))
    with pytest.raises(ModelError, match="sha256"):
        load_model(str(tmp_path))


def test_errors_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such model"):
        load_model("roles/none-such")
    (tmp_path / MODEL).write_bytes(b"")
    (tmp_path / META).write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match=META):
        load_model(str(tmp_path))


@given(st.binary(max_size=300), st.integers(min_value=0, max_value=2000))
@settings(max_examples=60, deadline=None)
def test_damaged_archives_give_a_model_error(noise: bytes, at: int) -> None:
    good = to_bytes(small())
    damaged = good[:at] + noise + good[at + len(noise) :]
    with suppress(ModelError):
        assert from_bytes(damaged).classes_.tolist() == ["fact", "gap"]  # the noise fell where it doesn't matter
