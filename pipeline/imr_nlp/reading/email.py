"""The text of an e-mail (``.eml``), by the standard library: its body, without the letter's attachments."""

from __future__ import annotations

from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from imr_nlp.reading.decoding import binary, is_binary
from imr_nlp.reading.problems import ReadError


def email_text(data: bytes, name: str) -> str:
    """Return the body of an e-mail: its plain text, else its HTML.

    Args:
        data: The bytes of the file.
        name: Its name, for messages.

    Raises:
        ReadError: ``damaged``, ``binary``, or ``no_text`` where the letter is an attachment.
    """
    try:
        message = BytesParser(policy=policy.default).parsebytes(data)
        assert isinstance(message, EmailMessage)
        body = message.get_body(("plain", "html"))
        text = str(body.get_content()) if body is not None else ""
        attached = any(True for _ in message.iter_attachments())
    except Exception as error:  # the parser of the standard library has many, for the many ways to be damaged
        raise ReadError("damaged", f"{name}: a damaged e-mail; save the letter as .txt or .pdf") from error
    if not text.strip() and attached:
        raise ReadError("no_text", f"{name}: an e-mail without text; save its attachments and read those")
    read = text.encode("utf-8", "replace")
    if is_binary(read):
        raise binary(name)
    return read.decode()  # bytes that its encoding does not have
