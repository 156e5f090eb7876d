"""What the page's server answers: Gradio's addresses that the page needs, and files by their token."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gradio import route_utils
from starlette.formparsers import MultiPartException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from ariigcn.app.files import Files

LOOPBACK = ("127.0.0.1", "localhost", "::1")
# Gradio's others take paths of the machine, fetch from the network, or tell of what runs.
NEEDED = re.compile(
    r"/(|config/?|theme\.css|favicon\.ico|robots\.txt|manifest\.json|kept/[\w-]+|(assets|static|svelte)/.*"
    r"|gradio_api/(startup-events|queue/(join|data)|upload|upload_progress|cancel|reset/?"
    r"|heartbeat/\w+))"
)
ASKING, UPLOAD = "/gradio_api/queue/join", "/gradio_api/upload"
FULL = "this page holds as many files as it may; try again later"
# The page asks its own server alone. Gradio compiles templates in the browser, hence unsafe-eval.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "media-src 'self' blob:; object-src 'none'; form-action 'none'; base-uri 'self'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


class Gate:
    """Lets through what the page needs, and nothing that another site's page sends.

    By itself Gradio would copy any file below its folder, or download any address, that a request has
    in a file's place.

    Args:
        app: Gradio's server.
        files: of the page; a request names uploads alone.
        bytes_asked: of a request that is no upload, at most.
        loopback: the page is for this machine alone: only its own names are answered, so that no
            address elsewhere can be made to point here (DNS rebinding).
    """

    def __init__(self, app: Any, files: Files, bytes_asked: int, loopback: bool) -> None:
        self._app, self._files, self._bytes_asked = app, files, bytes_asked
        self._loopback = loopback

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request, after ASGI."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close"})
        request = Request(scope, receive)
        # The path that Gradio goes by; a request's address would hold the host that it says, too.
        if problem := self._problem(scope["path"], request.method, request.headers):
            await PlainTextResponse(problem, 403)(scope, receive, send)
        elif scope["path"] == UPLOAD:
            await self._upload(request, send)
        else:
            await self._ask(request, send)

    async def _ask(self, request: Request, send: Any) -> None:
        """A request that is small; files in one for an analysis are uploads."""
        body, answer = await _body(request, self._bytes_asked), self._pass
        if body is None:
            answer = PlainTextResponse("too long", 413)
        elif request.scope["path"] == ASKING and not self._names_uploads_alone(body):
            answer = PlainTextResponse("not an upload", 403)
        await answer(request.scope, _again(body or b"", request.receive), send)

    async def _upload(self, request: Request, send: Any) -> None:
        """Files, as far as there is room for them."""
        size = request.headers.get("content-length", "")
        # Where a request says both, the server goes by the chunks, which may be any number.
        if not size.isdecimal() or "transfer-encoding" in request.headers:
            untold = PlainTextResponse("an upload tells its size", 411)
            return await untold(request.scope, request.receive, send)
        with self._files.receiving(int(size)) as fits:
            answer = self._pass if fits else PlainTextResponse(FULL, 507)
            await answer(request.scope, request.receive, send)

    async def _pass(self, scope: Any, receive: Any, send: Any) -> None:
        """Let Gradio answer, with our headers."""

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                added = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        await self._app(scope, receive, with_headers)

    def _problem(self, path: str, method: str, headers: Mapping[str, str]) -> str:
        """Why a request is refused; empty where it is not."""
        host = re.sub(r":\d+$", "", headers.get("host", "")).strip("[]")
        if self._loopback and host not in LOOPBACK:
            return "only the machine that runs this page may open it"
        if method not in ("GET", "HEAD") and headers.get("sec-fetch-site") == "cross-site":
            return "sent by a page of another site"
        return "" if NEEDED.fullmatch(path) else "no such page"

    def _names_uploads_alone(self, body: bytes) -> bool:
        """Whether every file of a request lies in the folder of uploads."""
        try:
            paths = [*_paths(json.loads(body))]
        except (ValueError, RecursionError):
            return False
        return all(isinstance(path, str) and self._is_upload(Path(path)) for path in paths)

    def _is_upload(self, path: Path) -> bool:
        return path.is_relative_to(self._files.uploads) and ".." not in path.parts


class _FilesAlone(route_utils.GradioMultiPartParser):
    """Reads uploads, and refuses a form's other fields: Gradio holds those in memory, however long.

    The page sends none.
    """

    def on_headers_finished(self) -> None:
        """After the head of a part: it names a file, or is a field."""
        super().on_headers_finished()
        if self._current_part.file is None:
            raise MultiPartException("an upload has files alone")


async def _body(request: Request, most: int) -> bytes | None:
    """A request's body; None where it has more bytes than ``most``, or breaks off."""
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > most:
                return None
    except ClientDisconnect:
        return None
    return bytes(body)


def _again(body: bytes, receive: Any) -> Any:
    """What an application receives of a request whose body was read: the body, then what comes."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Any:
        return waiting.pop() if waiting else await receive()

    return received


def _paths(value: Any) -> Iterator[Any]:
    """What stands for files in a request of Gradio's, at any depth."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "path" in value:
                yield value["path"]
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def gate(files: Files, *, bytes_asked: int, loopback: bool) -> dict[str, Any]:
    """What Gradio's server is started with: the gate before it, and the way to the files.

    Args:
        files: of the page.
        bytes_asked: of a request that is no upload, at most.
        loopback: the page is for this machine alone.
    """

    def kept(request: Request) -> Response:
        found = files.find(request.path_params["token"])
        if found is None:
            return PlainTextResponse("no longer here: files are removed after a while", 404)
        how = "inline" if found.inline else "attachment"
        return FileResponse(
            found.path,
            media_type=found.media_type,
            filename=found.name,
            content_disposition_type=how,
            headers={"cache-control": "no-store"},
        )

    route_utils.GradioMultiPartParser = _FilesAlone  # where Gradio's way of uploads looks for it
    return {
        "middleware": [Middleware(Gate, files=files, bytes_asked=bytes_asked, loopback=loopback)],
        "routes": [Route("/kept/{token}", kept)],
    }
