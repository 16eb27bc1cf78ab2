"""The console's files: what console/ was built into, read once, served compressed and for as long as a browser likes."""

import base64
import hashlib
import mimetypes
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request, Response

BUILT = Path(__file__).parent / "static"
SCREENS = ("/", "/calls", "/calls/{call_id}", "/history", "/agents", "/doctor", "/talk")
"""Each is the same document, which shows what its address says."""
ENCODINGS = {"br": ".br", "gzip": ".gz"}  # the better one first
UNBUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>offhook</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<body style="font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem"><h1>offhook</h1>
<p>The server runs; its console was not built. Build it with <code>pip install -e .</code> (without OFFHOOK_SKIP_CONSOLE),
or with <code>npm ci &amp;&amp; npm run build</code> in <code>console/</code>, and start the server again.</p>
<p>The API is at <a href="/docs">/docs</a>.</p></body></html>
"""


@dataclass(frozen=True, slots=True)
class File:
    """One file, as it is sent."""

    kind: str
    bodies: Mapping[str, bytes]
    """By content encoding; "" for the plain one."""
    tag: str
    """Of its content, for `ETag`."""
    cache: str

    def answer(self, request: Request, more: Mapping[str, str]) -> Response:
        """The file, or 304 for a browser that has it."""
        encoding = chosen(request.headers.get("accept-encoding", ""), self.bodies)
        tag = f'"{self.tag}-{encoding}"' if encoding else f'"{self.tag}"'
        headers = {
            "cache-control": self.cache,
            "etag": tag,
            "vary": "accept-encoding",
            "x-content-type-options": "nosniff",
        }
        headers |= dict(more)
        known = request.headers.get("if-none-match", "")
        if tag in (each.strip().removeprefix("W/") for each in known.split(",")):
            return Response(status_code=304, headers=headers)
        if encoding:
            headers["content-encoding"] = encoding
        return Response(self.bodies[encoding], media_type=self.kind, headers=headers)


def console(
    document_headers: Callable[[Request], Mapping[str, str]] = lambda _request: {}, built: Path = BUILT
) -> APIRouter:
    """The routes of the console's files, which are no secret: what they show comes from the API, for operators only.

    `document_headers` gives what else is sent with the document, as a cookie.
    """
    router = APIRouter(include_in_schema=False)
    files = read(built)
    document = files.pop("index.html", None) or _file("index.html", {"": UNBUILT.encode()})
    policy = {"content-security-policy": content_policy(document.bodies[""].decode()), "referrer-policy": "same-origin"}

    async def screen(request: Request) -> Response:
        return document.answer(request, policy | dict(document_headers(request)))

    async def one(request: Request) -> Response:
        found = files.get(request.url.path[1:])
        if found is None:
            raise HTTPException(404, "There is no such file: load the page again, the console is newer than it.")
        return found.answer(request, {})

    for path in SCREENS:
        router.add_api_route(path, screen, methods=["GET", "HEAD"], response_model=None)
    for path in ("/assets/{name}", *(f"/{name}" for name in files if "/" not in name)):
        router.add_api_route(path, one, methods=["GET", "HEAD"], response_model=None)
    return router


def read(built: Path) -> dict[str, File]:
    """The files by their path in the folder; those of another encoding are with the one they are of."""
    paths = [path for path in sorted(built.rglob("*")) if path.is_file()]
    compressed = tuple(ENCODINGS.values())
    found = {}
    for path in paths:
        if path.name.endswith(compressed) or path.name == "built-from.txt":
            continue
        bodies = {"": path.read_bytes()}
        for encoding, ending in ENCODINGS.items():
            if (beside := path.with_name(path.name + ending)) in paths:
                bodies[encoding] = beside.read_bytes()
        name = path.relative_to(built).as_posix()
        found[name] = _file(name, bodies)
    return found


def _file(name: str, bodies: Mapping[str, bytes]) -> File:
    # The names of the assets have a hash of their content in them.
    cache = "public, max-age=31536000, immutable" if name.startswith("assets/") else "no-cache"
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if kind.startswith("text/"):
        kind += "; charset=utf-8"
    return File(kind, bodies, hashlib.sha256(bodies[""]).hexdigest()[:20], cache)


def chosen(accepted: str, bodies: Mapping[str, bytes]) -> str:
    """The best encoding a browser accepts that is there."""
    weights = {}
    for each in accepted.lower().split(","):
        name, _, weight = each.partition(";")
        weights[name.strip()] = weight.strip().replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return next((encoding for encoding in ENCODINGS if encoding in bodies and weights.get(encoding)), "")


def content_policy(document: str) -> str:
    """What a page may load: what is here, and of the scripts in the document itself exactly those that are in it.

    Styles are set by the pages' own program as it runs, hence 'unsafe-inline' for those alone.
    """
    inline = re.findall(r"<script>(.*?)</script>", document, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in inline]
    scripts = " ".join(["'self'", *(f"'sha256-{each}'" for each in hashes)])
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
