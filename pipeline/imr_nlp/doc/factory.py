"""Factories of components that keep the text of the files they read.

A component of this package reads words and rules when it is made. `factory` registers it with spaCy and remembers
those texts. `FromFiles` writes them with the pipeline (``nlp.to_disk``, ``nlp.to_bytes``) and makes the component
from them again, so that a saved pipeline needs none of the files it was made from.
"""

from __future__ import annotations

import functools
import inspect
import re
import weakref
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePath
from typing import Any, NamedTuple, TypeVar

import srsly
from spacy.language import Language
from spacy.tokens import Doc

from imr_nlp.config import ConfigError, MissingFileError, explain, folder, recorded, replaced

_INDEX = "files.json"
_creators: dict[str, Callable[..., Any]] = {}


class _Pipeline:
    """A weak reference to a pipeline; a copy in another process refers to none."""

    def __init__(self, nlp: Language | None = None) -> None:
        self.get: Callable[[], Language | None] = weakref.ref(nlp) if nlp is not None else lambda: None

    def __reduce__(self) -> tuple[type[_Pipeline], tuple[()]]:
        return _Pipeline, ()


class Made(NamedTuple):
    """How a component was made.

    Attributes:
        factory: The factory's name, such as ``imr_targets``.
        settings: The factory's arguments except ``nlp``.
        files: The text of each file that was read, by its name.
        pipeline: The pipeline that the component was made for.
    """

    factory: str
    settings: dict[str, Any]
    files: dict[str, str]
    pipeline: _Pipeline


class FromFiles:
    """Mixin: `to_disk` and `from_disk` for a component that `factory` made.

    >>> import imr_nlp, spacy, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> spacy.blank("en").add_pipe("imr_targets").to_disk(folder)
    >>> sorted(path.name for path in Path(folder).iterdir())
    ['1-targets.yml', 'files.json']
    """

    _made: Made | None = None

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the files that the component was made from into the folder ``path``."""
        if self._made is None or not self._made.files:
            return
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        index = {}
        for number, (name, text) in enumerate(self._made.files.items(), 1):
            index[name] = f"{number}-{PurePath(name).name}"
            (folder / index[name]).write_text(text, encoding="utf-8", newline="")
        srsly.write_json(folder / _INDEX, index)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> Any:
        """Make the component anew from what `to_disk` wrote. Raises ConfigError if a file cannot be used."""
        folder = Path(path)
        if (folder / _INDEX).is_file():
            index = srsly.read_json(folder / _INDEX)
            try:
                files = {name: (folder / file).read_bytes().decode("utf-8") for name, file in index.items()}
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError(f"{folder}: the saved pipeline is damaged ({error}); save it again") from error
            self._remake(files)
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Return the files that the component was made from as msgpack."""
        packed: bytes = srsly.msgpack_dumps(self._made.files if self._made else {})
        return packed

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> Any:
        """Make the component anew from what `to_bytes` returned."""
        self._remake(srsly.msgpack_loads(data))
        return self

    def _remake(self, files: Mapping[str, str]) -> None:
        if self._made is None or files == self._made.files:
            return
        nlp = self._made.pipeline.get()
        if nlp is None:
            raise ConfigError(f"{self._made.factory}: only a component of a pipeline can be read back")
        with replaced(files):
            new = _make(self._made.factory, {"nlp": nlp, **self._made.settings})
        self._take(new)

    def _take(self, new: FromFiles) -> None:
        self.__dict__.update(new.__dict__)


class Waiting(FromFiles):
    """Stands for a component whose file is missing, until ``from_disk`` brings the file's text.

    spaCy makes the components of a saved pipeline before it reads their data.
    """

    def __init__(self, missing: MissingFileError) -> None:
        self.missing: MissingFileError | None = missing
        self.component: Any = None

    def __call__(self, doc: Doc) -> Doc:
        """Run the component. Raises ConfigError if its file is still missing."""
        if self.component is None:
            raise ConfigError(str(self.missing))
        done: Doc = self.component(doc)
        return done

    def _take(self, new: FromFiles) -> None:
        self.component, self.missing, self._made = new, None, new._made


C = TypeVar("C", bound=Callable[..., Any])


def factory(
    name: str,
    *,
    default_config: dict[str, Any] | None = None,
    assigns: Iterable[str] = (),
    requires: Iterable[str] = (),
) -> Callable[[C], C]:
    """Register a function as the spaCy factory of a component, like ``Language.factory``.

    Args:
        name: The factory's name.
        default_config: Default settings.
        assigns: Attributes that the component sets, such as ``doc.spans``, for ``nlp.analyze_pipes()``.
        requires: Attributes that components before it must have set.

    Returns:
        A decorator for ``create(nlp, name, **settings)``.
    """

    def register(create: C) -> C:
        _creators[name] = create

        @functools.wraps(create)
        def make(**settings: Any) -> Any:
            try:
                return _make(name, settings)
            except MissingFileError as error:
                if not any(PurePath(value).is_absolute() for value in settings.values() if isinstance(value, str)):
                    raise
                waiting = Waiting(error)
                waiting._made = _made(name, settings, {})
                return waiting

        make.__signature__ = inspect.signature(create)  # type: ignore[attr-defined]  # where spaCy looks for settings
        registered: C = Language.factory(
            name, default_config=default_config or {}, assigns=list(assigns), requires=list(requires)
        )(make)
        return registered

    return register


def setting_types(name: str) -> dict[str, str]:
    """Return the types of a factory's settings as its signature writes them; none for a factory that is not ours.

    >>> import imr_nlp.components.record
    >>> setting_types("imr_record")
    {}
    """
    create = _creators.get(name)
    parameters = inspect.signature(create).parameters.values() if create else ()
    types = {one.name: one.annotation for one in parameters if one.name not in ("nlp", "name")}
    return {name: kind.__name__ if isinstance(kind, type) else str(kind) for name, kind in types.items()}


def _make(name: str, settings: Mapping[str, Any]) -> Any:
    with recorded() as files:
        try:
            component = _creators[name](**settings)
        except ConfigError:
            raise
        except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError, re.error) as error:
            if not files:
                raise
            explain(files)
            # The files fit their models, but not each other or the component.
            file = folder("configs") / list(files)[-1]
            kind = "lacks the key" if isinstance(error, KeyError) else f"cannot be used ({type(error).__name__}):"
            raise ConfigError(f"{file}: {kind} {error}; compare it with the shipped file of {name}") from error
    component._made = _made(name, settings, files)
    return component


def _made(name: str, settings: Mapping[str, Any], files: dict[str, str]) -> Made:
    others = {key: value for key, value in settings.items() if key != "nlp"}
    return Made(name, others, files, _Pipeline(settings["nlp"]))
