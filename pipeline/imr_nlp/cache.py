"""Values that are slow to make, kept between runs in one file by the hash of what they are made of.

The file lies in the folder where Python keeps its compiled modules, under the same rules: it is written at first use,
and not where ``PYTHONDONTWRITEBYTECODE`` is set or the folder is read-only. It holds bytes, never a pickle. A value is
looked up by the hash of its source, so nothing has to be rebuilt by hand. A damaged file counts as empty. Sources are
rules and vocabularies only: nothing of a letter comes into a file.
"""

from __future__ import annotations

import atexit
import hashlib
import importlib.util
import json
import os
import sys
from contextlib import suppress
from pathlib import Path

_DIGEST = 32  # bytes of SHA-256 at the beginning of the file
_MOST = 16_000_000  # bytes of values in the file; more are the remains of sources that changed


class ContentCache:
    """Bytes by the text that they are made of.

    Args:
        path: The file, which need not exist; None keeps nothing.
        version: Of what makes the values. A file of another version counts as empty.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "values"
    >>> cache = ContentCache(path, "1")
    >>> cache.get("source") is None, cache.put("source", b"value")
    (True, None)
    >>> saved = cache.save()
    >>> ContentCache(path, "1").get("source") == (b"value" if saved else None), ContentCache(path, "2").get("source")
    (True, None)
    """

    def __init__(self, path: Path | None, version: str) -> None:
        self.path = path
        self.version = version
        self._places: dict[str, tuple[int, int]] = {}
        self._values = memoryview(b"")
        self._new: dict[str, bytes] = {}
        self._used: set[str] = set()
        with suppress(OSError, ValueError, KeyError, TypeError):
            self._read()

    def __len__(self) -> int:
        """Return how many values the file holds."""
        return len(self._places)

    def get(self, source: str) -> bytes | None:
        """Return what is kept for a source, or None."""
        return self._value(_key(source))

    def put(self, source: str, value: bytes) -> None:
        """Keep a value; `save` writes it."""
        self._new[_key(source)] = value

    def save(self) -> bool:
        """Write the file where there is something new; return whether it was written."""
        if not self._new or self.path is None or sys.dont_write_bytecode:
            return False
        keys = [key for key in self._places if key in self._used or len(self._values) < _MOST]
        values = {key: value for key in keys if (value := self._value(key)) is not None} | self._new
        places, at = {}, 0
        for key, value in values.items():
            places[key] = (at, len(value))
            at += len(value)
        body = b"".join((json.dumps({"version": self.version, "places": places}).encode(), b"\n", *values.values()))
        temporary = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            self.path.parent.mkdir(exist_ok=True)
            temporary.write_bytes(hashlib.sha256(body).digest() + body)
            temporary.replace(self.path)
        except OSError:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            return False
        self._new.clear()
        return True

    def _read(self) -> None:
        if self.path is None:
            return
        content = self.path.read_bytes()
        if hashlib.sha256(memoryview(content)[_DIGEST:]).digest() != content[:_DIGEST]:
            return
        end = content.index(b"\n", _DIGEST)
        head = json.loads(content[_DIGEST:end])
        if head["version"] == self.version:
            self._places = {key: (start, length) for key, (start, length) in head["places"].items()}
            self._values = memoryview(content)[end + 1 :]

    def _value(self, key: str) -> bytes | None:
        self._used.add(key)
        if key in self._new:
            return self._new[key]
        if key not in self._places:
            return None
        start, length = self._places[key]
        return bytes(self._values[start : start + length])


_caches: list[ContentCache] = []


def save_all() -> None:
    """Write what is new; for a process that may be killed before Python ends."""
    for cache in _caches:
        cache.save()


def _key(source: str) -> str:
    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()


def beside(module: str, version: str) -> ContentCache:
    """Return the cache of a module (its ``__file__``), which is saved when Python ends.

    >>> beside(__file__, "1").path.name.startswith("cache.")
    True
    """
    try:
        path = Path(importlib.util.cache_from_source(module)).with_suffix(".cache")
    except NotImplementedError:  # a Python that keeps no compiled modules
        return ContentCache(None, version)
    cache = ContentCache(path, version)
    _caches.append(cache)
    return cache


atexit.register(save_all)
