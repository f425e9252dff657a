"""The text of a Word document (``.docx``), by python-docx: body, tables and headers in reading order."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from imr_nlp.reading.limits import limit, too_large
from imr_nlp.reading.problems import ReadError

#: Depth of tables in cells of tables that is read.
_DEPTH = 5


def docx_text(data: bytes, name: str) -> str:
    """Return the text of a Word document: a line for each paragraph and each row of a table.

    The first header comes first and the first footer last. The cells of a row are separated by tabs. Text that was
    deleted with tracked changes is left out, text that was inserted is read.

    Args:
        data: The bytes of the file.
        name: Its name, for messages.

    Raises:
        ReadError: ``damaged``, ``encrypted`` or ``too_large``.
    """
    _check(data, name)
    import docx
    from lxml import etree

    try:
        document = docx.Document(io.BytesIO(data))
        lines: list[str] = []
        size = 0
        most = limit("max_file_characters")
        for line in _lines(document):
            lines.append(line)
            size += len(line) + 1
            if size > most:
                raise too_large(name, f"over {most:,} characters", f"{most:,} characters")
    except ReadError:
        raise
    except (etree.LxmlError, KeyError, ValueError, AttributeError, TypeError, IndexError, LookupError) as error:
        raise _damaged(name) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise _damaged(name) from error
    except Exception as error:  # python-docx has exceptions of its own without a common base outside Exception
        raise _damaged(name) from error
    return "\n".join(lines) + "\n" if any(line.strip() for line in lines) else ""


def _check(data: bytes, name: str) -> None:
    """Raise ReadError where the archive that a document is cannot be one, or is too large when unpacked."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise ReadError("encrypted", f"{name}: an encrypted or old Word document; save it as .docx without a password")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, OSError) as error:
        raise _damaged(name) from error
    xml = [info for info in infos if info.filename.lower().endswith((".xml", ".rels"))]
    most, members, ratio = limit("max_docx_xml_bytes"), limit("max_archive_members"), limit("max_archive_ratio")
    size = sum(info.file_size for info in xml)
    if size > most:
        raise too_large(name, f"{size:,} bytes of text and mark-up", f"{most:,} bytes")
    packed = any(info.file_size > ratio * max(info.compress_size, 1) + 65536 for info in infos)
    total = sum(info.file_size for info in infos)
    if packed or len(infos) > members or total > limit("max_bytes"):
        raise ReadError("too_large", f"{name}: more than a letter holds when unpacked; save it as .pdf or .txt")


def _lines(document: Any) -> Iterator[str]:
    section = document.sections[0] if len(document.sections) else None
    if section is not None:
        yield from _filled(section.header)
    yield from _block(document, 0)
    if section is not None:
        yield from _filled(section.footer)


def _filled(part: Any) -> Iterator[str]:
    """Yield the lines of a header or footer that say something."""
    if not part.is_linked_to_previous:
        yield from (line for line in _block(part, 0) if line.strip())


def _block(container: Any, depth: int) -> Iterator[str]:
    """Yield the lines of a body, header, footer or cell, in reading order."""
    from docx.table import Table

    for item in container.iter_inner_content():
        if not isinstance(item, Table):
            yield _paragraph(item)
        elif depth < _DEPTH:
            for row in item.rows:
                yield from _row(row, depth)


def _row(row: Any, depth: int) -> Iterator[str]:
    """Yield one row: its cells in one line, or, where a cell has several lines, one after the other."""
    cells, seen = [], set()
    for cell in row.cells:
        if cell._tc not in seen:  # a merged cell is there once for each column
            seen.add(cell._tc)
            cells.append([line for line in _block(cell, depth + 1) if line.strip()])
    if all(len(cell) < 2 for cell in cells):
        yield "\t".join(cell[0] for cell in cells if cell)
    else:
        yield from (line for cell in cells for line in cell)


def _paragraph(paragraph: Any) -> str:
    """Return a paragraph's text, with inserted runs, runs of links and form fields, without deleted ones."""
    from docx.oxml.ns import qn

    text, tab, line_break, deleted = qn("w:t"), qn("w:tab"), qn("w:br"), qn("w:del")
    hyphen, carriage = qn("w:noBreakHyphen"), qn("w:cr")
    tabs = qn("w:tabs")
    found: list[str] = []
    for node in paragraph._p.iter(text, tab, line_break, hyphen, carriage):
        if node.tag == text:
            if not any(above.tag == deleted for above in node.iterancestors()):
                found.append(node.text or "")
        elif node.tag == tab:
            if node.getparent().tag != tabs:  # a tab stop of the paragraph's style is no text
                found.append("\t")
        else:
            found.append("-" if node.tag == hyphen else "\n")
    return "".join(found)


def _damaged(name: str) -> ReadError:
    return ReadError("damaged", f"{name}: a damaged .docx, or none; save it again as .docx or .pdf")
