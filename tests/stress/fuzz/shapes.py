"""Texts and PDFs of one kind of trouble each, at any size: what makes slow or deep what is quick on letters."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from support.letters import LETTER

_OPENING = LETTER[: LETTER.index("Acupuncture, 2 times")] + "MRI of the neck: Upheld\n\nDecision rationale: "
_SERVICE = LETTER[LETTER.index("MRI of the left wrist") :] + "\n"

#: What is repeated. Names tell what for.
UNITS = {
    "digits": "7",
    "digits apart": "7 ",
    "other digits": "\u0663 ",
    "brackets": "(",
    "brackets closed": "()",
    "square brackets": "[[",
    "less than": "<",
    "ampersands": "&",
    "entities": "&amp;",
    "hashes": "#",
    "quotes": '"',
    "apostrophes": "'",
    "commas": ",",
    "colons": ":",
    "full stops": ". ",
    "slashes": "/",
    "dashes": "-",
    "stars": "*",
    "underscores": "_",
    "a long word": "a",
    "a long word in capitals": "A",
    "NUL": "a\0",
    "line breaks": "a\n",
    "blank lines": "a\n\n\n\n",
    "tabs": "a\t",
    "form feeds": "a\f",
    "right to left": "\u05d0\u05d1 ",
    "bidirectional controls": "\u202eab\u202c ",
    "combining marks": "a\u0301\u0302\u0303",
    "zero-width joiners": "a\u200d",
    "emoji": "\U0001f469\u200d\U0001f469 ",
    "ligatures": "\ufb01",
    "ideographs": "\u4e8c",
    "replacement characters": "\ufffd",
    "line-end hyphens of PDFium": "a\ufffe\n",
    "redacted": "[REDACTED]",
    "redacted words": "[REDACTED] ",
    "hyphenated lines": "ab-\n",
    "tags": "<b><b>",
    "tags without end": "<b ",
    "comments": "<!--",
    "hidden elements": "<style>",
    "table cells": "<td>x</td>",
    "glued headings": "a.Abc",
    "web addresses": "http://a.b/",
    "headings in Markdown": "# x\n",
    "numbers of a list": "1. ",
    "items": "2) Care 3) Rest ",
    "request lines": "1) Regarding the request for brace:\n",
    "ranges": "1-2-",
    "counts": "#60 ",
    "doses": "Norco 10/325mg #60 ",
    "times": "2 times ",
    "weeks": "x 6 weeks ",
    "dates": "01/02/2015 ",
    "case numbers": "Case Number: CM16-0999001\n",
    "levels": "L4-5, ",
    "negations": "no ",
    "history": "history of ",
    "pains": "pain, ",
    "sides": "left ",
    "denials": "denies pain ",
    "requests": "The request for knee brace ",
    "necessity": "is not medically necessary. ",
    "short names": "ODG ",
    "guidelines": "MTUS, ",
    "sections": "Section(s): ",
    "pages": "page 12, ",
    "abbreviations": "physical therapy (PT) ",
    "abbreviations alone": "(PT",
    "states": "California, ",
    "decisions": "Upheld\n",
    "quotations": 'ODG states, "a rest. b" ',
    "headings": "CLINICAL CASE SUMMARY\n",
    "service headings": "MRI of the left wrist: Upheld\n",
    "guideline sections": "Claims Administrator guideline: The Claims Administrator based its decision on the MTUS.\n",
    "rationales": "Decision rationale: The notes name no red flag.\n",
    "references": "See the rationale for request 1. ",
    "services": _SERVICE,
    "letters": LETTER,
    "prose": LETTER[LETTER.index("This 44 year old") : LETTER.index("IMR ISSUES")],
    "issues": "ISSUE AT DISPUTE: 1. knee brace 2. MRI\n",
    "listed decisions": "1) MAXIMUS Federal Services has determined the request for brace is medically necessary.\n",
}


def repeated(name: str, size: int, *, in_letter: bool = False) -> str:
    """Return ``size`` characters of one of `UNITS` over and over; ``in_letter`` as a letter's last rationale."""
    unit = UNITS[name]
    opening = _OPENING if in_letter else ""
    return (opening + unit * (size // len(unit) + 1))[:size]


def services(count: int) -> str:
    """Return a letter with ``count`` services that no vocabulary knows, each with its own name."""
    opening = _OPENING[: _OPENING.index("MRI of the neck")]
    return opening + "".join(_SERVICE.replace("MRI of the left wrist", f"Zyro frame {n}x{n}") for n in range(count))


# --- PDF -----------------------------------------------------------------------------------------------------------


def written(objects: list[bytes]) -> bytes:
    """Return a PDF of these objects, numbered from 1; the first is the catalogue."""
    data, offsets = b"%PDF-1.5\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(data))
    return data + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + end


_CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R >>"
_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
_PAGE = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 842 842] /Contents 5 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
)


def _stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), entries, data)


def inflating_pdf(size: int) -> bytes:
    """Return a small PDF whose only page has a stream that inflates to ``size`` bytes of blanks."""
    packer = zlib.compressobj(9)
    chunk = b" " * 1_000_000
    packed = b"".join(packer.compress(chunk) for _ in range(size // len(chunk))) + packer.flush()
    pages = b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>"
    return written([_CATALOGUE, pages, _FONT, _PAGE, _stream(packed, b"/Filter /FlateDecode")])


def one_page_pdf(characters: int) -> bytes:
    """Return a PDF with one page of so many characters, on lines of 100."""
    text = b"BT /F1 1 Tf 1 800 Td\n" + (b"(" + b"knee brace " * 9 + b"x) Tj 0 -1 Td\n") * (characters // 100)
    packed = zlib.compress(text + b"ET")
    pages = b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>"
    return written([_CATALOGUE, pages, _FONT, _PAGE, _stream(packed, b"/Filter /FlateDecode")])


def many_pages_pdf(count: int, text: bytes = b"BT /F1 9 Tf 9 800 Td (Knee brace: Upheld) Tj ET") -> bytes:
    """Return a PDF whose page tree names one page ``count`` times."""
    pages = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b"4 0 R " * count, count)
    return written([_CATALOGUE, pages, _FONT, _PAGE, _stream(text)])


def claimed_pages_pdf(count: int) -> bytes:
    """Return a PDF of one page that says it has ``count``."""
    pages = b"<< /Type /Pages /Kids [4 0 R] /Count %d >>" % count
    return written([_CATALOGUE, pages, _FONT, _PAGE, _stream(b"BT /F1 9 Tf 9 800 Td (Knee brace: Upheld) Tj ET")])


def deep_tree_pdf(depth: int) -> bytes:
    """Return a PDF whose page lies under ``depth`` nodes of the page tree."""
    nodes = [b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (7 + n) for n in range(depth)]
    body = [_stream(b"BT /F1 9 Tf 9 800 Td (Knee brace: Upheld) Tj ET")]
    return written([_CATALOGUE, b"<< /Type /Pages /Kids [6 0 R] /Count 1 >>", _FONT, _PAGE, *body, *nodes, _PAGE])


def round_tree_pdf() -> bytes:
    """Return a PDF whose page tree leads back to itself."""
    return written([_CATALOGUE, b"<< /Type /Pages /Kids [2 0 R 4 0 R] /Count 2 >>", _FONT, _PAGE, _stream(b"")])


def nested_forms_pdf(depth: int, width: int) -> bytes:
    """Return a PDF whose page draws a form that draws ``width`` times a form that … ``depth`` deep."""
    forms = []
    for level in range(depth):
        draws = b"/X Do " * width if level + 1 < depth else b"BT /F1 9 Tf 9 800 Td (brace) Tj ET"
        inner = b"/XObject << /X %d 0 R >>" % (7 + level) if level + 1 < depth else b"/Font << /F1 3 0 R >>"
        kind = b"/Type /XObject /Subtype /Form /BBox [0 0 842 842] /Resources << %s >>" % inner
        forms.append(_stream(draws, kind))
    page = _PAGE.replace(b"/Font << /F1 3 0 R >>", b"/XObject << /X 6 0 R >>")
    pages = b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>"
    return written([_CATALOGUE, pages, _FONT, page, _stream(b"/X Do"), *forms])


def bracketed_pdf(depth: int) -> bytes:
    """Return a PDF with a page whose content and dictionary hold ``depth`` nested arrays."""
    nest = b"[" * depth + b"]" * depth
    page = _PAGE.replace(b"/Contents", b"/Nest %s /Contents" % nest)
    content = _stream(nest + b" BT /F1 9 Tf 9 800 Td (Knee brace: Upheld) Tj ET")
    return written([_CATALOGUE, b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>", _FONT, page, content])


#: PDFs that are small and ask for much.
PDFS: dict[str, Callable[[], bytes]] = {
    "inflates to 100 MB": lambda: inflating_pdf(100_000_000),
    "a page of 900,000 characters": lambda: one_page_pdf(900_000),
    "a page of 3,000,000 characters": lambda: one_page_pdf(3_000_000),
    "5,000 pages": lambda: many_pages_pdf(5_000),
    "200,000 pages": lambda: many_pages_pdf(200_000),
    "says it has 2,000,000,000 pages": lambda: claimed_pages_pdf(2_000_000_000),
    "says it has -1 pages": lambda: claimed_pages_pdf(-1),
    "a page tree 20,000 deep": lambda: deep_tree_pdf(20_000),
    "a page tree in a circle": round_tree_pdf,
    "forms in forms": lambda: nested_forms_pdf(5, 5),
    "brackets 100,000 deep": lambda: bracketed_pdf(100_000),
}
