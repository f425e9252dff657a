"""Find and read the rules, vocabularies and layouts.

Words and rules are data under ``configs/``. In a checkout that folder lies beside ``pipeline/``. In an installed
wheel it lies inside the package.

Components read their files only through this module. A pipeline that is saved can so keep the text of every file
that its components read (`recorded`), and read it back where the files are gone (`replaced`).
"""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from fnmatch import fnmatch
from functools import cache, lru_cache
from pathlib import Path, PurePath
from typing import Any

import yaml

from imr_nlp.cache import ContentCache, beside

PACKAGE = Path(__file__).resolve().parent
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

#: Digests of the shipped files that were checked (`write_checked`): a file with another digest is checked when read.
CHECKED = "checked.json"
_MAX_BYTES = 8_000_000  # of a rules file; the largest shipped one has 0.2 MB
_MAX_DEPTH = 60  # nested lists and mappings in one file; libyaml's own recursion has no limit
_MAX_NODES = 200_000  # nodes of a file once its aliases are expanded; the shipped files have under 30,000

_record: ContextVar[dict[str, str] | None] = ContextVar("_record", default=None)
_instead: ContextVar[Mapping[str, str] | None] = ContextVar("_instead", default=None)


class ConfigError(ValueError):
    """A rules, vocabulary or layout file that cannot be used. The message names the file, line, reason and fix."""


class MissingFileError(ConfigError):
    """A rules, vocabulary or layout file that cannot be opened."""


def folder(name: str) -> Path:
    """Return the folder ``name`` (``"configs"`` or ``"models"``) of this installation.

    >>> folder("configs").is_dir()
    True
    """
    packed = PACKAGE / name
    return packed if packed.is_dir() else PACKAGE.parents[1] / name


@contextmanager
def recorded() -> Iterator[dict[str, str]]:
    """Collect the text of each file that is read in this context, by its name as it was asked for."""
    files: dict[str, str] = {}
    token = _record.set(files)
    try:
        yield files
    finally:
        _record.reset(token)


@contextmanager
def replaced(files: Mapping[str, str]) -> Iterator[None]:
    """Read ``files`` (text by name) instead of the files of these names on disk.

    >>> with replaced({"targets.yml": "targets: []"}):
    ...     read_yaml("targets.yml")
    {'targets': []}
    """
    token = _instead.set(files)
    try:
        yield
    finally:
        _instead.reset(token)


def read_text(path: str | Path) -> str:
    """Return the text of a configuration file; a relative path is taken from ``configs/``.

    Raises:
        MissingFileError: The file cannot be opened.
        ConfigError: It is too large, or is not UTF-8.
    """
    name = PurePath(path).as_posix()
    instead = _instead.get()
    text = instead[name] if instead is not None and name in instead else _from_disk(Path(path))
    files = _record.get()
    if files is not None:
        files[name] = text
    return text


def _from_disk(path: Path) -> str:
    path = folder("configs") / path
    try:
        with path.open("rb") as stream:
            content = stream.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
            raise  # the file is there; the command says what to do
        reason = "no such file; check its name" if isinstance(error, FileNotFoundError) else None
        raise MissingFileError(f"{path}: {reason or getattr(error, 'strerror', None) or error}") from error
    if len(content) > _MAX_BYTES:
        raise ConfigError(f"{path}: has more than {_MAX_BYTES:,} bytes; split it, or check that it is the right file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: is not UTF-8 text; save it as UTF-8") from error


def list_files(path: str | Path, pattern: str) -> list[str]:
    """Return the names of the files in a folder that match a pattern, in order, as `read_text` takes them.

    >>> list_files("layout", "[0-9]-*.yml")[-1]
    'layout/9-unknown.yml'
    """
    instead = _instead.get()
    given = PurePath(path)
    names = [name for name in instead or () if PurePath(name).parent == given and fnmatch(PurePath(name).name, pattern)]
    if not names:
        names = [(given / file.name).as_posix() for file in (folder("configs") / path).glob(pattern)]
    return sorted(names)


def compose(path: str | Path) -> yaml.Node | None:
    """Return the YAML nodes of a file, which know their lines.

    Raises:
        ConfigError: The file is missing, is not YAML, nests too deeply, or its aliases expand without bound.
    """
    text = read_text(path)
    where = folder("configs") / path
    checked = is_unchanged(path, text)
    if not checked:
        _check_depth(text, where)
    try:
        root = yaml.compose(text, Loader=LOADER)
        if root is not None and not checked:
            _size(root, where, {})
    except yaml.YAMLError as error:
        raise _not_yaml(where, error) from error
    return root


def read_yaml(path: str | Path, kind: str | None = None) -> Any:
    """Read one YAML file; a relative path is taken from ``configs/``.

    A file is checked with the model of its kind, unless it is a shipped one that nobody changed since `write_checked`:
    checking all of them would slow every start by 6 %.

    Args:
        path: The file.
        kind: Name of the shipped file of the same kind, such as ``"quantities.yml"``. By default the path.

    Returns:
        The content as plain Python values.

    Raises:
        ConfigError: The file is missing, is not YAML or does not fit its model. The message names file and line.
    """
    text = read_text(path)
    where = folder("configs") / path
    known = is_unchanged(path, text)
    if not known:
        compose(path)  # refuses what would take memory without bound
    try:
        data = _parsed(text) if known else yaml.load(text, Loader=LOADER)
    except yaml.YAMLError as error:
        raise _not_yaml(where, error) from error
    except ValueError as error:  # "2020-13-45" looks like a date
        raise ConfigError(f"{where}: a value cannot be read: {error}") from error
    if not known:
        check(data, path, kind)
    return data


@cache
def _kept() -> ContentCache:
    return beside(__file__, f"{yaml.__version__} {LOADER.__name__}")


def _parsed(text: str) -> Any:
    """Return the content of a shipped file, kept as JSON. In a profile of loading, YAML took 0.5 of 6.4 s."""
    found = _kept().get(text)
    if found is not None:
        return json.loads(found)
    data = yaml.load(text, Loader=LOADER)
    with suppress(TypeError, ValueError):  # JSON has no dates
        written = json.dumps(data).encode()
        if json.loads(written) == data:
            _kept().put(text, written)
    return data


def is_unchanged(path: str | Path, text: str | None = None) -> bool:
    """Return whether a file is a shipped one that nobody changed since it was checked; ``text`` is its content.

    >>> is_unchanged("diagnoses.yml"), is_unchanged("/tmp/own.yml")
    (True, False)
    """
    if not _is_shipped(path):
        return False
    text = read_text(path) if text is None else text
    return _digests(folder("configs")).get(PurePath(path).as_posix()) == _digest(text)


def write_checked() -> None:
    """Check every shipped file, and note their digests in ``configs/checked.json``: ``python -m imr_nlp.config``.

    Raises:
        ConfigError: A file does not fit its model.
    """
    configs = folder("configs")
    digests = {}
    for file in sorted(configs.rglob("*.yml")):
        name = file.relative_to(configs).as_posix()
        text = read_text(name)
        check(yaml.load(text, Loader=LOADER), name)
        digests[name] = _digest(text)
    (configs / CHECKED).write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")


def check_changed() -> list[str]:
    """Check the shipped files that somebody changed, and return their names: ``configs/`` may be edited.

    Raises:
        ConfigError: A file is not YAML, or does not fit its model.

    >>> check_changed()
    []
    """
    configs = folder("configs")
    names = (file.relative_to(configs).as_posix() for file in sorted(configs.rglob("*.yml")))
    changed = [name for name in names if not is_unchanged(name)]
    for name in changed:
        read_yaml(name)
    return changed


@lru_cache(maxsize=4)
def _digests(configs: Path) -> dict[str, str]:
    try:
        read = json.loads((configs / CHECKED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # then every file is checked
    return read if isinstance(read, dict) else {}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def check(data: Any, path: str | Path, kind: str | None = None) -> None:
    """Refuse the content of a file that does not fit the model of its kind.

    Args:
        data: The file's content.
        path: The file.
        kind: Name of the shipped file of the same kind. By default the path.

    Raises:
        ConfigError: There is a fault. The message names file, line, key and fix.

    >>> check({"worker_mib": "much"}, "run.yml")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    imr_nlp.config.ConfigError: ...run.yml:5: worker_mib: must be a valid integer, not str
    """
    from imr_nlp.config_faults import find_fault  # takes 0.1 s, and only a user's file needs it

    fault = find_fault(data, kind or PurePath(path).as_posix())
    if fault is not None:
        named = f"{'.'.join(map(str, fault.place))}: " if fault.place else ""
        line = _line(compose(path), fault.place)
        raise ConfigError(f"{folder('configs') / path}:{line}: {named}{fault.reason}")


def line_of(path: str | Path, *place: str | int) -> int:
    """Return the line (from 1) of a place in a file, such as ``line_of("audit.yml", "rules", 0)``."""
    return _line(compose(path), place)


def at(path: str | Path, *place: str | int) -> str:
    """Return file and line of a place, as messages begin with them."""
    return f"{folder('configs') / path}:{line_of(path, *place)}"


def explain(paths: Iterable[str]) -> None:
    """Check files that a component could not use. Raises ConfigError for the first that does not fit its model."""
    for path in paths:
        check(yaml.load(read_text(path), Loader=LOADER), path)


def _line(node: yaml.Node | None, place: Iterable[str | int]) -> int:
    """Return the line of a place: of its key, or of the deepest value around it that there is."""
    line = node.start_mark.line + 1 if node else 1
    for step in place:
        if isinstance(node, yaml.MappingNode):
            pairs = [(key, value) for key, value in node.value if key.value == str(step)]
            if not pairs:
                break
            line, node = pairs[0][0].start_mark.line + 1, pairs[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _not_yaml(where: Path, error: yaml.YAMLError) -> ConfigError:
    mark = getattr(error, "problem_mark", None)
    line = f":{mark.line + 1}" if mark else ""
    reason = getattr(error, "problem", None) or str(error)
    return ConfigError(f"{where}{line}: is not YAML: {' '.join(reason.split())}")


def _is_shipped(path: str | Path) -> bool:
    instead = _instead.get()
    return not PurePath(path).is_absolute() and (instead is None or PurePath(path).as_posix() not in instead)


def _check_depth(text: str, where: Path) -> None:
    """Refuse a file that nests too deeply, by events: libyaml builds nodes by recursion and overruns the stack."""
    depth = 0
    try:
        for event in yaml.parse(text, Loader=LOADER):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > _MAX_DEPTH:
                    raise _too_deep(where, event.start_mark)
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.MarkedYAMLError as error:
        # From 0.2.6 on libyaml has a limit of its own, and looks ahead: it may refuse before the events come.
        if "nesting depth" in (error.problem or ""):
            raise _too_deep(where, error.problem_mark) from error
        raise _not_yaml(where, error) from error
    except yaml.YAMLError as error:
        raise _not_yaml(where, error) from error


def _too_deep(where: Path, mark: Any) -> ConfigError:
    line = mark.line + 1 if mark else 1
    return ConfigError(f"{where}:{line}: lists and mappings are nested more than {_MAX_DEPTH} deep")


def _size(node: yaml.Node, where: Path, sizes: dict[int, int]) -> int:
    """Return the number of nodes under a node with its aliases expanded; refuse too many, and aliases in a circle."""
    line = node.start_mark.line + 1
    if id(node) in sizes:
        if not sizes[id(node)]:
            raise ConfigError(f"{where}:{line}: an anchor contains its own alias; write the value out")
        return sizes[id(node)]
    sizes[id(node)] = 0  # being counted
    size = 1
    if isinstance(node, yaml.SequenceNode):
        size += sum(_size(value, where, sizes) for value in node.value)
    elif isinstance(node, yaml.MappingNode):
        size += sum(_size(key, where, sizes) + _size(value, where, sizes) for key, value in node.value)
    if size > _MAX_NODES:
        raise ConfigError(f"{where}:{line}: aliases expand to more than {_MAX_NODES:,} values; write fewer aliases")
    sizes[id(node)] = size
    return size


class _Content(dict[str, Any]):
    """Content of a shipped file, which somebody may have changed: a key that is absent names the file's fault."""

    def __init__(self, name: str, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        self.name = name

    def __missing__(self, key: str) -> Any:
        check(dict(self), self.name)
        raise KeyError(key)


@lru_cache(maxsize=64)
def _shipped(name: str) -> Any:
    data = read_yaml(name)
    return _Content(name, data) if isinstance(data, dict) else data


def shipped(name: str) -> Any:
    """Return a shipped configuration file, read once a process. Callers must not change it."""
    instead = _instead.get()
    if instead is not None and name in instead:
        return read_yaml(name)
    files = _record.get()
    if files is not None and name not in files:
        read_text(name)
    return _shipped(name)


if __name__ == "__main__":
    write_checked()
