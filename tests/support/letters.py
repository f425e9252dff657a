"""Invented letters, and files made to order, for tests."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest


def head(number: str, assigned: str, injured: str, decided: str, denied: str, received: str, summary: str) -> str:
    """Return what stands before the services of a letter: its number, its dates, and a case summary."""
    return f"""\
Case Number: {number} Date Assigned: {assigned}
Date of Injury: {injured} Decision Date: {decided}
Priority: Standard UR Denial Date: {denied}
Application
Received:
{received}

HOW THE IMR FINAL DETERMINATION WAS MADE
One physician, whose name stays private, read the whole file.

CLINICAL CASE SUMMARY
{summary}

IMR ISSUES, DECISIONS AND RATIONALES

"""


HEAD = head(
    "CM16-0999001", "03/04/2016", "05/06/2014", "03/29/2016", "02/01/2016", "02/23/2016",
    "This 44 year old female gardener with neck pain and a sprained left wrist asked for care. She tried a splint.",
)  # fmt: skip

LETTER = f"""\
{HEAD}Acupuncture, 2 times a week for 3 weeks, neck: Overturned

Claims Administrator guideline: The Claims Administrator based its decision on the MTUS Acupuncture Treatment 2007.

MAXIMUS guideline: The Expert Reviewer based their decision on the MTUS Acupuncture Treatment 2007.

Decision rationale: The guideline lets six visits show whether needles help. The gardener has not had any. Therefore the
request is medically necessary.

MRI of the left wrist: Upheld

Claims Administrator guideline: The Claims Administrator did not use any guideline.

MAXIMUS guideline: The Expert Reviewer based their decision on the MTUS ACOEM 2004, Section(s): Special Studies.

Decision rationale: The notes name no red flag of the wrist. Therefore, the request is not medically necessary.
"""

NOVEL = (
    """\
Chapter Four

The harbour lay grey under a sky of wool, and nobody on the quay cared to speak first. Old Matthias turned his cap and
looked at the gulls. "They will come," he said at last, "or they will not; the soup is on the stove either way."

Nora laughed, for it was what he had said each autumn, and each autumn the boats had come.
"""
    * 4
)


def many_services(count: int) -> str:
    """A letter with ``count`` disputed services."""
    head, _, rest = LETTER.partition("MRI of the left wrist: Upheld")
    return head + "".join(f"MRI of the left wrist, film {number}: Upheld{rest}\n" for number in range(1, count))


def pdf(pages: Iterable[str], *, encrypt: bool = False) -> bytes:
    """A PDF whose pages show the lines of text given; ``encrypt`` gives it a password that nobody knows."""
    streams = []
    for page in pages:
        lines = (line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in page.splitlines())
        shown = "".join(f"({line}) Tj 0 -12 Td\n" for line in lines)
        streams.append(f"BT /F1 8 Tf 40 800 Td\n{shown}ET".encode("cp1252"))
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(streams)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(streams)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, stream in enumerate(streams):
        box = f"/Parent 2 0 R /MediaBox [0 0 842 842] /Contents {5 + 2 * number} 0 R"
        objects.append(f"<< /Type /Page {box} /Resources << /Font << /F1 3 0 R >> >> >>".encode())
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    data, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    secret = b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >> /ID [<00> <00>]" % (
        b"5a" * 32,
        b"a5" * 32,
    )
    encryption = secret if encrypt else b""
    trailer = b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n"
    size = len(objects) + 1
    return data + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer % (size, encryption, len(data))


def command(*arguments: str | Path) -> list[str]:
    """The command line of ``imr-nlp`` under the Python that runs the tests."""
    return [sys.executable, "-m", "imr_nlp", *map(str, arguments)]


def imr_nlp(*arguments: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    """Run the real command line, as a script would."""
    options = {"capture_output": True, "text": True, "timeout": 300, "encoding": "utf-8", **options}
    return subprocess.run(command(*arguments), env={**os.environ, "COLUMNS": "100"}, check=False, **options)  # type: ignore[call-overload]


def imr_nlp_here(
    *arguments: str | Path, cwd: Path | None = None, columns: int = 100
) -> subprocess.CompletedProcess[str]:
    """Run the same command line inside this process, which has imported the package already.

    It is for tests of what a command says and writes. What is about processes, streams or a terminal needs `imr_nlp`.
    The letters of a run are read in processes of their own here too, which are forks.
    """
    from imr_nlp.cli import main
    from support.forked import forked_workers

    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in ("stdout", "stderr")]
    with (
        forked_workers(),
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(streams[0]),
        redirect_stderr(streams[1]),
    ):
        patch.setattr(sys, "argv", ["imr-nlp", *map(str, arguments)])
        patch.setenv("COLUMNS", str(columns))
        if cwd is not None:
            patch.chdir(cwd)
        with pytest.raises(SystemExit) as ended:
            main()
    said = []
    for stream in streams:
        stream.flush()
        said.append(stream.buffer.getvalue().decode())  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(list(arguments), int(ended.value.code or 0), *said)


def folder_of_letters(folder: Path, count: int) -> Path:
    """A folder with ``count`` letters, all alike but for the case number."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f"{number:04}.txt").write_text(LETTER.replace("0999001", f"{number:07}"), encoding="utf-8")
    return folder
