"""Bytes to text: encodings, and what is no text."""

from __future__ import annotations

import codecs

from imr_nlp.reading.limits import DOCX, PDF
from imr_nlp.reading.problems import ReadError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be", "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16-be"),
)
#: How files of other kinds begin, what they are, and what to do where one has the name of a text file.
_OTHERS = (
    (b"%PDF-", "a PDF", "rename it to end in .pdf"),
    (b"PK\x03\x04", "an archive", "rename it to end in .zip"),
    (b"\xd0\xcf\x11\xe0", "an old Word document", "rename it to end in .doc, and save it as .docx or .pdf"),
)
# Windows-1252 leaves five bytes undefined. As in browsers (WHATWG's windows-1252), each becomes the control character
# of the same number. So nothing is lost, offsets stay, and one stray byte does not cost the letter.
_UNDEFINED = b"\x81\x8d\x8f\x90\x9d"
_WINDOWS_1252 = "".join(chr(byte) if byte in _UNDEFINED else bytes([byte]).decode("cp1252") for byte in range(256))
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\v\f\r\x1b")
#: Bytes within which the first mark of a PDF must be.
PDF_HEAD = 1024


def decode_text(data: bytes, name: str) -> tuple[str, str]:
    """Return the text of a file and the name of its encoding.

    Line ends stay as they are. A byte-order mark is not part of the text.

    Args:
        data: The bytes of the file.
        name: Its name, for messages.

    Raises:
        ReadError: ``binary`` or ``damaged``.
    """
    for mark, kind, fix in _OTHERS:
        if data.startswith(mark):
            if kind == "an archive" and b"word/" in data:
                kind, fix = "a Word document", "rename it to end in .docx"
            raise ReadError("binary", f"{name}: {kind} under the name of a text file; {fix}")
    for mark, codec, shown in _BOMS:
        if data.startswith(mark):
            body = data if codec == "utf-8-sig" else data[len(mark) :]
            try:
                return body.decode(codec), shown
            except UnicodeDecodeError as error:
                if codec != "utf-8-sig":
                    raise ReadError("damaged", f"{name}: not valid {shown}, cut off or damaged") from error
                data = data[len(mark) :]
    wide = _utf16_without_mark(data)
    if wide:
        try:
            return data.decode(wide), wide
        except UnicodeDecodeError as error:
            raise ReadError("damaged", f"{name}: not valid {wide}, cut off or damaged") from error
    if is_binary(data):
        raise binary(name)
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        # One damaged byte must not turn a whole UTF-8 letter into Windows-1252: most other characters decide.
        repaired = data.decode("utf-8", "replace")
        bad = repaired.count("\ufffd")
        if sum(character > "\x7f" for character in repaired) > 2 * bad:
            return repaired, "utf-8"
    undefined = len(data) - len(data.translate(None, _UNDEFINED))
    if undefined > 2 and undefined * 50 > len(data):  # 4 in 100 of random bytes above 127; in a letter, a stray one
        raise binary(name)
    return codecs.charmap_decode(data, "strict", _WINDOWS_1252)[0], "windows-1252"


def binary(name: str) -> ReadError:
    """Return the refusal of bytes that are no text."""
    return ReadError("binary", f"{name}: binary data, no text; export the letter as .txt, .docx or .pdf")


def sniff(data: bytes) -> str:
    """Return the media type of bytes that came without a name.

    >>> sniff(b"<html><p>Letter"), sniff(b"Case Number: 1")
    ('text/html', 'text/plain')
    """
    if b"%PDF-" in data[:PDF_HEAD]:
        return PDF
    if data.startswith(b"PK\x03\x04") and b"word/" in data:
        return DOCX
    start = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return "text/html" if start.startswith((b"<!doctype html", b"<html")) else "text/plain"


def _utf16_without_mark(data: bytes) -> str | None:
    """Recognise UTF-16: Latin text in it has a NUL in every other byte, which no 8-bit text has."""
    sample = data[:4096]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > 0.7 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.7 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def is_binary(data: bytes) -> bool:
    """Count control characters: random or compressed bytes hold about 11 in 100, text none or a stray one."""
    controls = len(data) - len(data.translate(None, _CONTROLS))
    return controls > 8 + len(data) // 100 or controls * 10 > len(data)
