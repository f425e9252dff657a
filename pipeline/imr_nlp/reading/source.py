"""Bytes in, text out: how a letter is read from a file, a PDF or standard input.

`read` returns a `Source`: the letter's text exactly as decoded (offsets of the record point into it) and where it
came from. What can't be read raises `ReadError`, whose message names the file, the reason and the mend, and never
quotes the file.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import stat
import sys
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePath

from imr_nlp.config import shipped
from imr_nlp.reading.problems import ReadError, recorded_name

STDIN = "-"
MEDIA_TYPES = {
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".pdf": "application/pdf",
}
_PDF = "application/pdf"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be", "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16-be"),
)
# Windows-1252 leaves five bytes undefined. As in browsers (WHATWG's windows-1252), each becomes the control character
# of the same number: nothing is lost, offsets stay, and one stray byte doesn't cost the letter.
_WINDOWS_1252 = "".join(
    chr(byte) if byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else bytes([byte]).decode("cp1252") for byte in range(256)
)
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\v\f\r\x1b")
#: A word or sign, as far as the limit on their number goes.
WORD = re.compile(r"[^\W_]+|\S")
_PDF_HEAD, _PDF_TAIL = 1024, 2048  # bytes within which a PDF's first and last mark stand


@dataclass(frozen=True, slots=True)
class Source:
    """A letter's text as decoded, and where it came from. ``path`` is "-" for standard input."""

    path: str
    text: str
    sha256: str
    text_sha256: str
    media_type: str
    encoding: str | None


@dataclass(frozen=True, slots=True)
class Blob:
    """A letter's bytes, not decoded yet. ``media_type`` is what its name promises; None lets the bytes tell."""

    path: str
    data: bytes
    media_type: str | None = None


def media_type(path: str | os.PathLike[str]) -> str | None:
    """Return the media type that a file's name promises, or None for a name that letters don't have.

    >>> media_type("letters/CM01.PDF"), media_type("notes.docx")
    ('application/pdf', None)
    """
    return MEDIA_TYPES.get(PurePath(path).suffix.lower())


def read(path: str | os.PathLike[str]) -> Source:
    """Read one letter from a file, or from standard input where ``path`` is "-". Raises ReadError."""
    return decode(fetch(path))


def fetch(path: str | os.PathLike[str]) -> Blob:
    """Return the bytes of one letter, not yet looked into. Raises ReadError."""
    if os.fspath(path) == STDIN:
        if sys.stdin is None:
            raise ReadError("unreadable", "standard input: it is closed; pipe a letter in, or name a file")
        return Blob(STDIN, _limited(sys.stdin.buffer.read(_max_bytes() + 1), "standard input"))
    name = recorded_name(path)
    promised = media_type(path)
    if promised is None:
        raise unsupported(name)
    limit = size_limit(promised)
    try:
        status = Path(path).stat()
        if not stat.S_ISREG(status.st_mode):
            raise ReadError("not_a_file", f"{name}: a folder, pipe or device, not a file; for a pipe use '-'")
        if status.st_size > limit:
            raise too_large(name, f"{status.st_size:,} bytes")
        with Path(path).open("rb") as stream:
            return Blob(os.fspath(path), _limited(stream.read(limit + 1), name, limit), promised)
    except OSError as error:
        raise _refused(name, error) from error


def decode(blob: Blob) -> Source:
    """Return the letter that some bytes hold. Raises ReadError."""
    return read_bytes(blob.data, blob.path, blob.media_type)


def read_bytes(data: bytes, path: str | os.PathLike[str], promised: str | None = None) -> Source:
    """Return the letter that ``data`` holds. ``promised`` is its media type; without one, the bytes tell.

    Raises ReadError: empty, no_text, encrypted, damaged, binary or too_large.

    >>> source = read_bytes(b"\\xef\\xbb\\xbfKnee brace: Upheld\\r\\n", "a.txt", "text/plain")
    >>> source.text, source.encoding
    ('Knee brace: Upheld\\r\\n', 'utf-8')
    """
    name = "standard input" if os.fspath(path) == STDIN else recorded_name(path)
    if not data:
        raise ReadError("empty", f"{name}: the file is empty")
    kind = promised or _sniff(data)
    if kind == _PDF:
        text, encoding = _pdf_text(data, name), None
        if not text.strip():
            raise ReadError("no_text", f"{name}: a PDF without text, probably scanned; run OCR on it first")
    else:
        text, encoding = _decode(data, name)
        if not text.strip():
            raise ReadError("empty", f"{name}: nothing but white space")
    if len(text) > _max_characters():
        raise too_large(name, f"{len(text):,} characters")
    if _has_too_many_words(text):
        raise too_large(name, f"over {_max_words():,} words and signs", f"{_max_words():,} words and signs")
    return Source(
        path=recorded_name(path),
        text=text,
        sha256=hashlib.sha256(data).hexdigest(),
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        media_type=kind,
        encoding=encoding,
    )


# --- text ----------------------------------------------------------------------------------------------------------


def _decode(data: bytes, name: str) -> tuple[str, str]:
    """Return the text and the name of its encoding. Line ends stay as they are; a byte-order mark is no text."""
    if data.startswith(b"%PDF-"):
        raise ReadError("binary", f"{name}: a PDF under the name of a text file; rename it to end in .pdf")
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
    if _is_binary(data):
        raise ReadError("binary", f"{name}: binary data under the name of a text file")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        # One damaged byte must not turn a whole UTF-8 letter into Windows-1252: the majority of what is not ASCII says.
        mended = data.decode("utf-8", "replace")
        bad = mended.count("\ufffd")
        if sum(character > "\x7f" for character in mended) > 2 * bad:
            return mended, "utf-8"
    return codecs.charmap_decode(data, "strict", _WINDOWS_1252)[0], "windows-1252"


def _utf16_without_mark(data: bytes) -> str | None:
    """Latin text in UTF-16 has a NUL in every other byte, which no 8-bit text has."""
    sample = data[:4096]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > 0.7 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.7 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _is_binary(data: bytes) -> bool:
    """Random or compressed bytes hold about 11 control characters in 100; text holds none, or a stray one."""
    controls = len(data) - len(data.translate(None, _CONTROLS))
    return controls > 8 + len(data) // 100 or controls * 10 > len(data)


# --- PDF -----------------------------------------------------------------------------------------------------------


def _pdf_text(data: bytes, name: str) -> str:
    """Return a PDF's text, pages joined by form feeds.

    PDFium marks a hyphen at a line's end with U+FFFE and ends lines with CR LF; both become what a text file has, so
    that the same letter as .pdf and as .txt is the same text.
    """
    import pypdfium2

    if b"%PDF-" not in data[:_PDF_HEAD]:
        raise ReadError("damaged", f"{name}: not a PDF, whatever its name says")
    if b"%%EOF" not in data.rstrip(b"\0\r\n\t ")[-_PDF_TAIL:]:
        # PDFium mends some cut-off files, and would give the half that is left as if it were the letter.
        raise ReadError("damaged", f"{name}: a PDF that is cut off before its end; fetch it again")
    try:
        with pypdfium2.PdfDocument(data) as document:
            if len(document) > _max_pages():
                raise too_large(name, f"{len(document):,} pages", f"{_max_pages():,} pages")
            pages, size = [], 0
            for number in range(len(document)):
                pages.append(_page_text(document, number))
                size += len(pages[-1])
                if size > 2 * _max_characters():
                    raise too_large(name, f"over {size:,} characters")
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise ReadError("encrypted", f"{name}: an encrypted PDF; remove its password first") from error
        raise ReadError("damaged", f"{name}: a damaged PDF; fetch it again") from error
    return "\f".join(pages).replace("\r\n", "\n").replace("\ufffe", "-")


def _page_text(document: object, number: int) -> str:
    page = document[number]  # type: ignore[index]
    try:
        textpage = page.get_textpage()
        try:
            text: str = textpage.get_text_range()
            return text
        finally:
            textpage.close()
    finally:
        page.close()


def _sniff(data: bytes) -> str:
    """Return the media type of bytes that came without a name."""
    if b"%PDF-" in data[:_PDF_HEAD]:
        return _PDF
    start = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return "text/html" if start.startswith((b"<!doctype html", b"<html")) else "text/plain"


# --- limits and refusals -------------------------------------------------------------------------------------------


def size_limit(promised: str) -> int:
    """Return the bytes that a letter of a media type may have, to be known before it is read.

    >>> size_limit("application/pdf") > size_limit("text/plain")
    True
    """
    return _max_bytes() if promised == _PDF else min(_max_bytes(), 4 * _max_characters() + 4)


def unsupported(name: str) -> ReadError:
    """Return the refusal of a file whose name promises no kind of letter."""
    return ReadError("unsupported", f"{name}: not a kind of file that letters come in ({', '.join(MEDIA_TYPES)})")


def too_large(name: str, size: str, limit: str | None = None) -> ReadError:
    """Return the refusal of a letter of ``size``; ``limit`` is the one in characters where none is given."""
    limit = limit or f"{_max_characters():,} characters"
    return ReadError("too_large", f"{name}: {size} is more than a letter has (limit: {limit}); split the file")


def _max_characters() -> int:
    return int(shipped("reading.yml")["max_characters"])


def _max_words() -> int:
    return int(shipped("reading.yml")["max_words"])


def _max_pages() -> int:
    return int(shipped("reading.yml")["max_pages"])


def _has_too_many_words(text: str) -> bool:
    limit = _max_words()
    return len(text) > limit and next(islice(WORD.finditer(text), limit, None), None) is not None


def _max_bytes() -> int:
    return int(shipped("reading.yml")["max_bytes"])


def _limited(data: bytes, name: str, limit: int | None = None) -> bytes:
    """Refuse what grew, or came from a pipe, beyond the limit."""
    if len(data) > (limit or _max_bytes()):
        raise too_large(name, f"over {limit or _max_bytes():,} bytes")
    return data


def _refused(name: str, error: OSError) -> ReadError:
    if isinstance(error, FileNotFoundError):
        return ReadError("not_found", f"{name}: no such file")
    if isinstance(error, PermissionError):
        return ReadError("permission", f"{name}: no permission to read it")
    return ReadError("unreadable", f"{name}: {error.strerror or type(error).__name__}")
