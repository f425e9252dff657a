"""One entry of the cache: the records of a file, with a checksum, under a key made of the file's content."""

from __future__ import annotations

import hashlib

import pyarrow as pa

from imr_nlp.reading.source import Blob

#: The records of a file: its key, the length of their JSON lines, these lines compressed, and the checksum of all.
Entry = tuple[bytes, int, bytes, bytes]

_CODEC = "zstd"

#: JSON is at most this many times as long as its compressed form. It bounds what a damaged size may ask for.
_MAX_RATIO = 10_000


class DamagedEntryError(Exception):
    """An entry whose checksum or content does not fit its key."""


def key_of(blob: Blob) -> bytes:
    """Return what a letter's record is kept under: the digest of its bytes, and what its name promises of them.

    >>> key_of(Blob("a.txt", b"Knee brace: Upheld", "text/plain"))[32:]
    b'text/plain'
    """
    return hashlib.sha256(blob.data).digest() + (blob.media_type or "").encode()


def entry(key: bytes, lines: bytes) -> Entry:
    """Return the records of a file as they are kept.

    Args:
        key: Of the file, see `key_of`.
        lines: A line of JSON for each letter in it.

    >>> key, size, packed, checksum = entry(b"key", b'{"a": 1}\\n')
    >>> key, size
    (b'key', 9)
    """
    packed = pa.compress(lines, codec=_CODEC, asbytes=True)
    return key, len(lines), packed, checksum(key, str(len(lines)), packed)


def checksum(*parts: bytes | str | None) -> bytes:
    """Return the checksum of what an entry holds.

    >>> checksum(b"ab", "c") == checksum(b"a", "bc")
    False
    """
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part or b""
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.digest()


def checked(key: bytes, size: object, packed: object, noted: object) -> bytes:
    """Return the lines of an entry, one a letter.

    Raises:
        DamagedEntryError: Anything about it is wrong.

    >>> checked(*entry(b"key", b'{"a": 1}\\n'))
    b'{"a": 1}\\n'
    """
    if not isinstance(size, int) or not isinstance(packed, bytes) or noted != checksum(key, str(size), packed):
        raise DamagedEntryError("checksum")
    if not 0 < size <= _MAX_RATIO * len(packed):
        raise DamagedEntryError("size")
    try:
        lines: bytes = pa.decompress(packed, size, codec=_CODEC, asbytes=True)
    except (OSError, ValueError, MemoryError) as error:
        raise DamagedEntryError("compression") from error
    if not lines.endswith(b"\n"):
        raise DamagedEntryError("line")
    return lines
