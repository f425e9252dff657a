"""The text of a PDF, by PDFium: each page's visible text, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from imr_nlp.reading.decoding import PDF_HEAD
from imr_nlp.reading.limits import limit, too_large
from imr_nlp.reading.problems import ReadError

#: Bytes within which the last mark of a PDF must be.
_PDF_TAIL = 2048
#: Objects at each end of a page that are looked at before all are. Layers and watermarks are drawn first or last.
_ENDS = 3
#: Share of a layer's words that must be in the other layer too, for the layer to be a copy.
_COPY = 0.8
#: Depth to which groups of objects (form XObjects) are looked into.
_DEPTH = 3


def pdf_text(data: bytes, name: str) -> str:
    """Return the text of a PDF, its pages joined by form feeds.

    PDFium marks a hyphen at a line's end with U+FFFE and ends lines with CR LF. Both become what a text file has. So
    the same letter as .pdf and as .txt is the same text.

    Args:
        data: The bytes of the file.
        name: Its name, for messages.

    Raises:
        ReadError: ``damaged``, ``encrypted`` or ``too_large``.
    """
    import pypdfium2

    ended = b"%%EOF" in data.rstrip(b"\0\r\n\t ")[-_PDF_TAIL:]
    begun = data.lstrip(b"\xef\xbb\xbf\0\r\n\t ").startswith(b"%PDF-")
    if not begun and (not ended or b"%PDF-" not in data[:PDF_HEAD]):
        fix = "rename it by what it is (text: .txt), or fetch it again"
        raise ReadError("damaged", f"{name}: not a PDF, whatever its name says; {fix}")
    if not ended:
        # PDFium repairs some cut-off files, and would give the half that is left as if it were the letter.
        raise ReadError("damaged", f"{name}: a PDF that is cut off before its end; fetch it again")
    most, longest = limit("max_pages"), 2 * limit("max_file_characters")
    try:
        with pypdfium2.PdfDocument(data) as document:
            if len(document) > most:
                raise too_large(name, f"{len(document):,} pages", f"{most:,} pages")
            pages, size = [], 0
            for number in range(len(document)):
                pages.append(_page_text(document, number))
                size += len(pages[-1])
                if size > longest:
                    raise too_large(name, f"over {size:,} characters", f"{limit('max_file_characters'):,} characters")
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise ReadError("encrypted", f"{name}: an encrypted PDF; remove its password first") from error
        raise ReadError("damaged", f"{name}: a damaged PDF; fetch it again") from error
    return "\f".join(pages).replace("\r\n", "\n").replace("\ufffe", "-")


def _page_text(document: Any, number: int) -> str:
    page = document[number]
    try:
        text = _text_of(page)
        if _has_layers(page, text):
            for extra in _extra_objects(page):
                _remove(page, extra)
            text = _text_of(page)
        return text
    finally:
        page.close()


def _text_of(page: Any) -> str:
    textpage = page.get_textpage()
    try:
        text: str = textpage.get_text_range()
        return text
    finally:
        textpage.close()


def _has_layers(page: Any, text: str) -> bool:
    """Tell by a few objects, and by words that are all repeated, that a page may hold more than its visible text."""
    from pypdfium2 import raw

    count = raw.FPDFPage_CountObjects(page)
    ends = {*range(min(_ENDS, count)), *range(max(0, count - _ENDS), count)}
    for index in ends:
        item = raw.FPDFPage_GetObject(page, index)
        for part in _texts_in(item, 0):
            if _is_hidden(part) or _is_diagonal(part):
                return True
            break
    words = Counter(text.split())
    # Of the words of a page, about half occur once. On a page that is there twice, hardly any does.
    return len(words) > 20 and sum(number == 1 for number in words.values()) * 10 < len(words)


def _texts_in(item: Any, depth: int) -> Iterator[Any]:
    """Yield the text objects in an object of a page, which may be a group."""
    from pypdfium2 import raw

    kind = raw.FPDFPageObj_GetType(item)
    if kind == raw.FPDF_PAGEOBJ_TEXT:
        yield item
    elif kind == raw.FPDF_PAGEOBJ_FORM and depth < _DEPTH:
        for index in range(raw.FPDFFormObj_CountObjects(item)):
            yield from _texts_in(raw.FPDFFormObj_GetObject(item, index), depth + 1)


def _is_hidden(item: Any) -> bool:
    from pypdfium2 import raw

    return bool(raw.FPDFTextObj_GetTextRenderMode(item) == raw.FPDF_TEXTRENDERMODE_INVISIBLE)


def _is_diagonal(item: Any) -> bool:
    """Tell that a text runs neither along the lines of a page nor at a right angle to them."""
    from pypdfium2 import raw

    matrix = raw.FS_MATRIX()
    if not raw.FPDFPageObj_GetMatrix(item, matrix):
        return False
    along, across = abs(matrix.a), abs(matrix.b)
    return min(along, across) > 0.1 * max(along, across) > 0


def _extra_objects(page: Any) -> list[Any]:
    """Return the objects of a page whose text is a watermark, or is on the page a second time.

    An invisible layer stays where it is the only one: that is how OCR writes the text of a scanned page.
    """
    from pypdfium2 import raw

    textpage = page.get_textpage()
    try:
        hidden, shown, extra = [], [], []
        seen: set[tuple[str, tuple[int, ...]]] = set()
        for index in range(raw.FPDFPage_CountObjects(page)):
            item = raw.FPDFPage_GetObject(page, index)
            parts = list(_texts_in(item, 0))
            if not parts:
                continue
            words = [word for part in parts for word in _words(part, textpage.raw)]
            if all(map(_is_diagonal, parts)):
                extra.append(item)
            elif all(map(_is_hidden, parts)):
                hidden.append((item, words))
            elif (key := (" ".join(words), _box(item))) in seen:
                extra.append(item)
            else:
                seen.add(key)
                shown.append((item, words))
    finally:
        textpage.close()
    return extra + _copy_of(hidden, shown)


def _copy_of(hidden: list[tuple[Any, list[str]]], shown: list[tuple[Any, list[str]]]) -> list[Any]:
    """Return the objects of the layer that the other one repeats; none where neither does."""
    below = "".join(word for _, words in hidden for word in words)
    above = "".join(word for _, words in shown for word in words)
    if not below or not above:
        return []
    if _share(below, above) >= _COPY:
        return [item for item, _ in hidden]
    # A stamp over a scanned page. What the page shows is in the invisible layer, but for the stamp.
    return [item for item, _ in shown] if _share(above, below) >= _COPY else []


def _share(part: str, whole: str) -> float:
    """Return the share of a text's runs of eight characters that are in another text.

    Runs are compared, not words, because layers break words differently.
    """
    runs = {part[i : i + 8] for i in range(max(1, len(part) - 7))}
    found = {whole[i : i + 8] for i in range(max(1, len(whole) - 7))}
    return len(runs & found) / len(runs)


def _words(item: Any, textpage: Any) -> list[str]:
    """Return the words of a text object."""
    import ctypes

    from pypdfium2 import raw

    size = raw.FPDFTextObj_GetText(item, textpage, None, 0)
    if size <= 2:
        return []
    buffer = ctypes.create_string_buffer(size)
    raw.FPDFTextObj_GetText(item, textpage, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return buffer.raw[: size - 2].decode("utf-16-le", "ignore").split()


def _box(item: Any) -> tuple[int, ...]:
    """Return where an object is, in whole points."""
    from ctypes import byref, c_float

    from pypdfium2 import raw

    sides = [c_float() for _ in range(4)]
    raw.FPDFPageObj_GetBounds(item, *map(byref, sides))
    return tuple(round(side.value) for side in sides)


def _remove(page: Any, item: Any) -> None:
    """Take an object off a page in memory. The file is not touched."""
    from pypdfium2 import raw

    if raw.FPDFPage_RemoveObject(page, item):
        raw.FPDFPageObj_Destroy(item)
