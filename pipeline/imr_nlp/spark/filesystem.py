"""Files and folders wherever Hadoop reaches: ``file:``, ``hdfs:``, ``s3a:`` and so on, through Spark's JVM.

A name without a scheme is Hadoop's default file system's, which is this machine's unless its configuration says
otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")
_GLOB = re.compile(r"([{}\[\]*?\\])")


def has_scheme(name: str) -> bool:
    """Tell a URI from a plain path.

    >>> has_scheme("s3a://bucket/letters"), has_scheme("file:/letters"), has_scheme("letters/a:b.txt")
    (True, True, False)
    """
    return bool(_SCHEME.match(name))


def escaped(name: str) -> str:
    """Return a name that Spark, which takes every name for a pattern, takes for itself.

    >>> escaped("scans [2016]")
    'scans \\\\[2016\\\\]'
    """
    return _GLOB.sub(r"\\\1", name)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder: its full name as Spark gives it, and which of the two it is."""

    uri: str
    folder: bool


class Hadoop:
    """The file systems that a Spark session reaches. Raises OSError where the other side does."""

    def __init__(self, session: SparkSession) -> None:
        jvm: Any = session._jvm
        self._jvm = jvm
        self._conf: Any = session._jsc.hadoopConfiguration()
        self._local = str(jvm.org.apache.hadoop.fs.FileSystem.getDefaultUri(self._conf).getScheme()) == "file"

    def is_local(self, name: str) -> bool:
        """Tell whether a name without a scheme is a path of this machine."""
        return self._local and not has_scheme(name)

    def full_name(self, name: str) -> str:
        """Return a name with its scheme, host and all folders, as Spark gives it."""
        path, files = self._at(name)
        return str(files.makeQualified(path).toString())

    def entry(self, name: str) -> Entry | None:
        """Return what stands under a name, or None."""
        path, files = self._at(name)
        try:
            return _entry(files.getFileStatus(path))
        except Py4JJavaError as error:
            if "FileNotFound" in error.java_exception.getClass().getName():
                return None
            raise _os_error(error, name) from error

    def matches(self, pattern: str) -> list[Entry]:
        """Return what matches a pattern, in the order of names."""
        path, files = self._at(pattern)
        return [_entry(status) for status in files.globStatus(path) or []]

    def names(self, folder: str) -> list[str]:
        """Return the names of what a folder holds."""
        path, files = self._at(folder)
        try:
            return [str(status.getPath().getName()) for status in files.listStatus(path)]
        except Py4JJavaError as error:
            if "FileNotFound" in error.java_exception.getClass().getName():
                return []
            raise _os_error(error, folder) from error

    def remove(self, name: str) -> None:
        """Remove a file or a folder with all that it holds; nothing where there is none."""
        path, files = self._at(name)
        files.delete(path, True)

    def move(self, source: str, target: str) -> None:
        """Give a file or folder a new name on the same file system, in place of what has it."""
        self.remove(target)
        if not self._at(source)[1].rename(self._at(source)[0], self._at(target)[0]):
            raise OSError(0, "could not be renamed", source)

    def read(self, name: str) -> str | None:
        """Return a text file's content, or None where there is no such file."""
        path, files = self._at(name)
        if not files.exists(path):
            return None
        stream = files.open(path)
        try:
            return str(self._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8"))
        finally:
            stream.close()

    def write(self, name: str, text: str) -> None:
        """Write a text file, with the folders above it."""
        path, files = self._at(name)
        try:
            stream = files.create(path, True)
            try:
                stream.write(bytearray(text.encode()))
            finally:
                stream.close()
        except Py4JJavaError as error:
            raise _os_error(error, name) from error

    def _at(self, name: str) -> tuple[Any, Any]:
        path = self._jvm.org.apache.hadoop.fs.Path(str(Path(name).absolute()) if self.is_local(name) else name)
        return path, path.getFileSystem(self._conf)


def _entry(status: Any) -> Entry:
    return Entry(str(status.getPath().toString()), bool(status.isDirectory()))


def _os_error(error: Py4JJavaError, name: str) -> OSError:
    said = (str(error.java_exception.getMessage()) or "").splitlines()
    return OSError(0, said[0] if said else error.java_exception.getClass().getSimpleName(), name)
