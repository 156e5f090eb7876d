"""What the page's server answers: Gradio's addresses that the page needs, and files by their token."""

import re
from collections.abc import Mapping
from typing import Any

from starlette.middleware import Middleware
from starlette.requests import Request
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

    Args:
        app: Gradio's server.
        loopback: the page is for this machine alone: only its own names are answered, so that no
            address elsewhere can be made to point here (DNS rebinding).
    """

    def __init__(self, app: Any, loopback: bool) -> None:
        self._app, self._loopback = app, loopback

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request, after ASGI."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close"})
        request = Request(scope)
        if problem := self._problem(request.url.path, request.method, request.headers):
            return await PlainTextResponse(problem, 403)(scope, receive, send)

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


def gate(files: Files, *, loopback: bool) -> dict[str, Any]:
    """What Gradio's server is started with: the gate before it, and the way to the files."""

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

    return {
        "middleware": [Middleware(Gate, loopback=loopback)],
        "routes": [Route("/kept/{token}", kept)],
    }
