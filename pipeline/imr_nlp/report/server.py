"""A run's report from a server on this machine, for runs of any length. It reads and never writes.

Whoever knows the address sees the letters, so the address holds a secret. The server answers this machine alone, and
only where the request names it by its own address: another site's page can't reach it by a name that it made up.
"""

from __future__ import annotations

import csv
import hmac
import io
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from imr_nlp.report import query, search
from imr_nlp.report.dataset import Run
from imr_nlp.report.html import VENDOR
from imr_nlp.report.letter import Records, Texts, payload
from imr_nlp.report.site import pages
from imr_nlp.text.visible import visible

HOST = "127.0.0.1"
_HEADERS = {
    b"cache-control": b"no-store",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}
_POLICY = re.compile(r'http-equiv="Content-Security-Policy" content="([^"]*)"')
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
_NUMBER = re.compile(r"-?\d+(\.\d+)?%?")
#: Letters of a request that search or filter may have at most.
_MAX_LENGTH = 4000


def application(run: Run, token: str, port: int) -> ASGIApp:
    """Return the application that serves a run.

    Args:
        run: The run.
        token: Secret that every address begins with.
        port: Port at which the server listens, for the check of the host that a request names.
    """
    search.build(run)
    records, texts = Records(run.folder), Texts(run.folder)
    documents = dict(pages(run, full=True, connect=True))
    heads = {name: query.head(run, view) for name, view in run.views.items()}

    async def document(request: Request) -> Response:
        text = documents.get(request.path_params.get("name", "index.html"))
        return _missing() if text is None else _page(text)

    async def asset(request: Request) -> Response:
        path = next((one for one in VENDOR.iterdir() if one.name.lower() == request.path_params["name"]), None)
        if path is None:
            return _missing()
        kind = "text/javascript" if path.suffix == ".js" else "text/plain"
        return Response(path.read_bytes(), media_type=kind)

    async def head(request: Request) -> Response:
        found = heads.get(request.path_params["view"])
        return _missing() if found is None else _json(found)

    async def rows(request: Request) -> Response:
        view = run.views.get(request.path_params["view"])
        if view is None or len(request.url.query) > _MAX_LENGTH:
            return _missing()
        question = query.Question.read(view, request.query_params.multi_items())
        return _json(await run_in_threadpool(query.answer, run, view, question))

    async def sheet(request: Request) -> Response:
        view = run.views.get(request.path_params["view"])
        if view is None or len(request.url.query) > _MAX_LENGTH:
            return _missing()
        question = query.Question.read(view, request.query_params.multi_items())
        found = await run_in_threadpool(query.rows, run, view, question)
        name = f'attachment; filename="{view.name}.csv"'
        return StreamingResponse(
            _csv([tuple(query.columns_of(run, view)), *found]), media_type="text/csv; charset=utf-8",
            headers={"content-disposition": name},
        )  # fmt: skip

    async def letter(request: Request) -> Response:
        wanted = request.path_params["letter"]
        record = await run_in_threadpool(records.get, wanted)
        if record is None:
            return _missing("This run has no such letter.")
        text = await run_in_threadpool(texts.of, record)
        before, after = records.beside(wanted)
        return _json({"letter": payload(record, text), "previous": before, "next": after})

    routes = [
        Route("/", document), Route("/{name:str}", document), Route("/assets/{name:str}", asset),
        Route("/api/letter/{letter:str}", letter), Route("/api/{view:str}/view", head),
        Route("/api/{view:str}.csv", sheet), Route("/api/{view:str}", rows),
    ]  # fmt: skip
    return _guarded(Starlette(routes=routes), token, {f"{HOST}:{port}", f"localhost:{port}"})


def _guarded(inner: ASGIApp, token: str, hosts: set[str]) -> ASGIApp:
    """Let through what names this machine and the token, and only reads; the token is taken off the path."""
    secret = token.encode()

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await inner(scope, receive, send)
            return

        async def sealed(message: Any) -> None:
            if message["type"] == "http.response.start":
                kept = [(name, value) for name, value in message.get("headers", []) if name.lower() not in _HEADERS]
                message["headers"] = [*kept, *_HEADERS.items()]
            await send(message)

        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        _, given, *rest = scope["path"].split("/", 2) if scope["path"].count("/") else ("", "")
        known = hmac.compare_digest(given.encode("utf-8", "surrogatepass"), secret)
        if host not in hosts or not known or not rest:
            await PlainTextResponse("Not found.", 404)(scope, receive, sealed)
        elif scope["method"] not in ("GET", "HEAD"):
            await PlainTextResponse("This server only reads.", 405)(scope, receive, sealed)
        else:
            path = f"/{rest[0]}"
            await inner({**scope, "path": path, "raw_path": path.encode()}, receive, sealed)

    return guard


def _page(text: str) -> Response:
    """Return a page; its policy stands in a header too, which also keeps it out of frames."""
    found = _POLICY.search(text)
    policy = (found[1].replace("&#39;", "'") if found else "default-src 'none'") + "; frame-ancestors 'none'"
    return Response(text, media_type="text/html; charset=utf-8", headers={"content-security-policy": policy})


def _missing(message: str = "Not found.") -> Response:
    return PlainTextResponse(message, 404)


def _json(value: Any) -> Response:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
    return Response(text, media_type="application/json")


def _csv(rows: list[tuple[Any, ...]]) -> Iterator[bytes]:
    """Yield rows as CSV in which a spreadsheet finds no formula."""
    yield b"\xef\xbb\xbf"
    for row in rows:
        stream = io.StringIO()
        csv.writer(stream).writerow([_cell(value) for value in row])
        yield stream.getvalue().encode("utf-8", "backslashreplace")


def _cell(value: Any) -> str:
    text = visible("" if value is None else "; ".join(map(str, value)) if isinstance(value, list) else value)
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def serve(run: Run, token: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve a run until it is stopped.

    Args:
        run: The run.
        token: Secret that every address begins with.
        port: Port at which to listen; 0 takes a free one.
        ready: Called with the address when the server listens.

    Raises:
        OSError: The port can't be used.
    """
    import socket

    import uvicorn

    with socket.create_server((HOST, port)) as listening:
        port = listening.getsockname()[1]
        app = application(run, token, port)
        config = uvicorn.Config(app, log_level="critical", access_log=False, server_header=False, lifespan="off")
        server = uvicorn.Server(config)
        started: Callable[..., Awaitable[None]] = server.startup

        async def startup(sockets: Any = None) -> None:
            await started(sockets=sockets)
            ready(f"http://{HOST}:{port}/{token}/")

        server.startup = startup  # type: ignore[method-assign]
        server.run(sockets=[listening])
