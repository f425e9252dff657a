"""Put the pipeline together from ``configs/pipeline.cfg``, and read files with it."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import spacy.util
from spacy.language import Language

from imr_nlp.audit.rules import load_audit_rules
from imr_nlp.compat import postpone_nltk
from imr_nlp.config import ConfigError, check_changed, folder
from imr_nlp.doc.factory import Waiting
from imr_nlp.doc.pipeline_file import read_pipeline, setting_fault
from imr_nlp.letter import read_letter, read_part
from imr_nlp.reading import archives
from imr_nlp.reading.inputs import expand, sources
from imr_nlp.reading.limits import TABLES, suffix
from imr_nlp.reading.problems import Problem, ReadError, recorded_name
from imr_nlp.reading.source import read as read_source
from imr_nlp.reading.table_files import Columns
from imr_nlp.records.schema import Letter

#: The component that makes the Doc over the text as it came. Runs make the record from the reading view instead.
SOURCE_DOC = "imr_record"
_WITH_RULES = ("imr_targets", "imr_context")


def load(
    rules: str | Path | None = None,
    *,
    disable: str | Iterable[str] = (),
    exclude: str | Iterable[str] = (),
    source_doc: bool = True,
    **components: dict[str, Any],
) -> Language:
    """Return the pipeline as a spaCy ``Language``; ``nlp(text)._.letter`` is the record of a letter.

    Args:
        rules: A file of the user's own rules. They win over the shipped ones.
        disable: Names of components to load but not to run, until ``nlp.enable_pipe(name)``.
        exclude: Names of components not to load.
        source_doc: Whether the Doc comes back over the text as it was given. With False it stays over the reading
            view, which saves time where only the record is wanted. The record is the same.
        **components: Further settings of components, by their names.

    Raises:
        ConfigError: A rules file cannot be used.
        ValueError: There is no component of a given name, or it has no such setting.

    >>> nlp = load()
    >>> nlp.pipe_names[0], nlp.pipe_names[-1]
    ('imr_layout', 'imr_record')
    >>> load(source_doc=False).pipe_names[-1]
    'imr_concepts'
    """
    postpone_nltk()
    check_changed()
    load_audit_rules()
    config = read_pipeline(folder("configs") / "pipeline.cfg")
    known = list(config["nlp"]["pipeline"])
    disabled, excluded = (_names(names, known) for names in (disable, exclude))
    if rules is not None:
        for name in _WITH_RULES:
            config["components"][name]["extra_rules"] = str(Path(rules).resolve())
    for name in _names(components, known):
        if not isinstance(components[name], dict):
            raise ValueError(f"the settings of {name} must be a dict, such as {{'model': None}}")
        if fault := setting_fault(name, config["components"][name]["factory"], components[name]):
            raise ValueError(fault[1] if fault[0] in fault[1] else f"{name}: {fault[0]}: {fault[1]}")
        config["components"][name].update(components[name])
    if not source_doc:
        disabled.append(SOURCE_DOC)
    with _no_collection():
        nlp = spacy.util.load_model_from_config(config, auto_fill=True, disable=disabled, exclude=excluded)
    for _, component in nlp.components:
        if isinstance(component, Waiting) and component.missing is not None:
            raise ConfigError(str(component.missing))
    return nlp


@lru_cache(maxsize=1)
def _default() -> Language:
    """Return the pipeline with its shipped rules, loaded once; only its records are wanted."""
    return load(source_doc=False)


def read(path: str | os.PathLike[str], nlp: Language | None = None) -> Letter:
    """Return the record of a file that holds one letter: text, Markdown, HTML, PDF, DOCX, e-mail or a .zip of one.

    Args:
        path: The file, or a member of an archive ("letters.zip/letter.pdf").
        nlp: The pipeline. By default, that with the shipped rules; it is loaded once.

    Raises:
        ReadError: The file cannot be read, or holds several letters (`read_all` reads those).

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "letter.txt"
    >>> _ = path.write_text("Lumbar MRI: Upheld\\nClaims Administrator guideline: None.")
    >>> read(path).services[0].decision
    'upheld'
    """
    if Path(path).is_dir():
        raise ReadError("folder", f"{path}: a folder; use imr_nlp.read_all, which gives a record for each letter")
    held_in = archives.is_archive(path) or suffix(path) in TABLES
    if held_in and not Path(path).exists():
        raise ReadError("not_found", f"{path}: no such file or folder")
    if suffix(path) in TABLES:
        raise ReadError("table", f"{path}: a table; use imr_nlp.read_all with text_column, which reads each row")
    if archives.is_archive(path):
        return _only_letter(os.fspath(path), nlp or _default())
    return read_letter(nlp or _default(), read_source(path))


def _only_letter(archive: str, nlp: Language) -> Letter:
    """Return the record of an archive that holds one letter."""
    found = list(islice(sources(expand([archive])), 2))
    if len(found) != 1:
        why = "holds several letters; use imr_nlp.read_all" if found else "holds no letter"
        raise ReadError("several_letters" if found else "empty", f"{archive}: {why}")
    if isinstance(found[0], Problem):
        raise ReadError(found[0].code, found[0].message)
    return read_part(nlp, found[0])


def read_all(
    *paths: str | os.PathLike[str],
    nlp: Language | None = None,
    text_column: str | None = None,
    id_column: str | None = None,
    on_error: Callable[[Problem], object] | None = None,
) -> Iterator[Letter]:
    """Yield the record of each letter in files, folders, patterns, archives and tables, in order.

    Args:
        *paths: What to read. Folders are read recursively.
        nlp: The pipeline. By default, that with the shipped rules; it is loaded once.
        text_column: Column of the letters in .csv, .jsonl and .parquet tables.
        id_column: Column of ids in such tables.
        on_error: Called with each file that cannot be read, and then the next one is read.

    Raises:
        ReadError: A file cannot be read, and there is no ``on_error``.
    """
    columns = Columns(text_column, id_column) if text_column is not None else None
    pipeline = nlp or _default()
    inputs = expand([os.fspath(path) for path in paths], columns=columns)
    if not inputs.items:
        inputs.items.append(Problem(_named(paths), "empty_folder", f"{_named(paths)}: holds no letters"))
    for source in sources(inputs):
        if not isinstance(source, Problem):
            yield read_part(pipeline, source)
        elif on_error is not None:
            on_error(source)
        else:
            raise ReadError(source.code, source.message)


def _named(paths: Sequence[str | os.PathLike[str]]) -> str:
    return ", ".join(recorded_name(path) for path in paths)


def _names(names: str | Iterable[str], known: list[str]) -> list[str]:
    """Return the names as a list. Raises ValueError if one is no component's."""
    given = [names] if isinstance(names, str) else list(names)
    for name in given:
        if name not in known:
            close = get_close_matches(str(name), known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise ValueError(f"there is no component {name!r}{hint} (known: {', '.join(known)})")
    return given


@contextmanager
def _no_collection() -> Iterator[None]:
    """Put garbage collection off: loading makes very many objects and drops few; it saves a seventh of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
