"""Inputs made from letters by damage, each determined by a seed and its number."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from stress.fuzz.shapes import UNITS, repeated

#: Strings that are put into texts: control and bidirectional characters, digits, brackets, markup, words of decisions.
INSERTS = [
    *UNITS.values(), "\x00", "\x1b[31m", "\u202e", "\u2066", "\ufeff", "\u0085", "\u2028", "9" * 5_000, "(" * 2_000,
    "[" * 500 + "]" * 500, "<" * 1_000, "x" * 10_000, " " * 3_000, "\n" * 3_000, "\u0301" * 200, "&#999999;", "&#0;",
    "-\n", ": Upheld", ": Overturned\n", "Decision rationale:", "1) 2) 3) ", "%PDF-", "<!--", "</style>", '"', "\ufffe",
]  # fmt: skip


def seeds_in(*folders: Path) -> list[tuple[str, bytes]]:
    """Return name and bytes of the letters in some folders."""
    files = sorted(file for folder in folders for file in folder.rglob("*") if file.is_file())
    kinds = (".txt", ".md", ".html", ".pdf")
    return [(file.name, file.read_bytes()) for file in files if file.suffix in kinds]


def mutated(seeds: list[tuple[str, bytes]], seed: int, number: int) -> tuple[str, bytes]:
    """Return name and bytes of one damaged letter: every choice is drawn from ``seed`` and ``number``."""
    draw = random.Random(f"{seed}/{number}")
    name, data = draw.choice(seeds)
    for _ in range(draw.choice((1, 1, 2, 4, 16))):
        damage = draw.choice(OF_BYTES if name.endswith(".pdf") or draw.random() < 0.4 else OF_TEXT)
        data = damage(draw, data, draw.choice(seeds)[1])
    return name, data


def _place(draw: random.Random, data: bytes | str) -> int:
    return draw.randint(0, len(data))


def flip(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """Change some bits."""
    changed = bytearray(data)
    for _ in range(draw.choice((1, 3, 30)) if data else 0):
        changed[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def replace(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """Replace a stretch by random bytes."""
    start = _place(draw, data)
    size = draw.choice((1, 4, 60))
    return data[:start] + draw.randbytes(size) + data[start + size :]


def cut(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """Cut the end, the beginning or a stretch off."""
    start, end = sorted((_place(draw, data), _place(draw, data)))
    return draw.choice((data[:end], data[start:], data[:start] + data[end:]))


def splice(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """Put a part of another letter in."""
    start, end = sorted((_place(draw, other), _place(draw, other)))
    at = _place(draw, data)
    return data[:at] + other[start:end] + data[at + draw.choice((0, end - start)) :]


def double(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """Repeat a stretch."""
    start, end = sorted((_place(draw, data), _place(draw, data)))
    return data[:end] + data[start:end] * draw.choice((1, 2, 5)) + data[end:]


def renumber(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """Replace digits after digits: lengths, offsets and counts of PDFs, dates and doses of letters."""
    at = _place(draw, data)
    while at < len(data) and not data[at : at + 1].isdigit():
        at += 1
    number = draw.choice((b"0", b"-1", b"4294967295", b"99999999999999999999", b"%d" % draw.randrange(10_000)))
    return data[:at] + number + data[at + 1 :]


def insert(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """Put something of `INSERTS` in, once or often."""
    at = _place(draw, data)
    return data[:at] + (draw.choice(INSERTS) * draw.choice((1, 1, 3, 40))).encode() + data[at:]


def one_line(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """Take out all line ends, or double them."""
    return data.replace(b"\n", draw.choice((b" ", b"", b"\n\n", b"\r", b"\r\n", b"\x0c")))


def recode(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """Write it in another encoding, sometimes with a byte missing."""
    text = data.decode("utf-8", "replace")
    wide = text.encode(draw.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "utf-7")), "replace")
    return wide[: len(wide) - draw.choice((0, 0, 1, 3))]


def shuffle(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """Put the lines in another order."""
    lines = data.split(b"\n")
    draw.shuffle(lines)
    return b"\n".join(lines)


def fill(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """Put a lot of one kind of trouble in the middle."""
    at = _place(draw, data)
    size = draw.choice((200, 2_000, 20_000))
    return data[:at] + repeated(draw.choice(list(UNITS)), size).encode() + data[at:]


Damage = Callable[[random.Random, bytes, bytes], bytes]
OF_BYTES: list[Damage] = [flip, replace, cut, splice, double, renumber]
OF_TEXT: list[Damage] = [insert, insert, one_line, recode, shuffle, fill, cut, splice, double]
