"""`/docs` and `/openapi.json`: the API told to its operator. The page brings everything itself and runs no script."""

from html import escape
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import HTMLResponse, JSONResponse

from offhook.server.auth import Access

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'",
    "cache-control": "no-store",
}
STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code, .path { font-family: ui-monospace, monospace; }
details { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: .5rem 0; }
summary { cursor: pointer; } .method { display: inline-block; width: 5rem; font-weight: 600; }
table { border-collapse: collapse; margin: .5rem 0; } td, th { text-align: left; padding: .15rem 1rem .15rem 0;
vertical-align: top; } .kind { opacity: .7; }
"""


def reference(app: FastAPI, access: Access) -> APIRouter:
    """The two routes."""
    router = APIRouter(dependencies=[Depends(access.operator)])

    @router.get("/openapi.json", include_in_schema=False)
    async def schema() -> JSONResponse:
        return JSONResponse(app.openapi())

    @router.get("/docs", include_in_schema=False, response_class=HTMLResponse)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page(app.openapi()), headers=HEADERS)

    return router


def page(schema: dict[str, Any]) -> str:
    """An OpenAPI schema to be read."""
    operations = "".join(
        _operation(path, method, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    )
    models = "".join(_model(name, model) for name, model in schema.get("components", {}).get("schemas", {}).items())
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(schema['info']['title'])} API</title>"
        f"<meta name=viewport content='width=device-width'><style>{STYLE}</style><body>"
        f"<h1>{escape(schema['info']['title'])} API</h1><p>Every request needs the operator's token as "
        "<code>Authorization: Bearer</code>, or the session of a browser that has shown it. "
        'The same for programs: <a href="/openapi.json">/openapi.json</a>.</p>'
        f"{operations}<h2>What is answered</h2>{models}</body></html>"
    )


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    told = "".join(
        _row(each["name"], each.get("schema", {}), each.get("description", ""), each["in"])
        for each in operation.get("parameters", [])
    )
    answers = "".join(
        f"<tr><td><code>{escape(status)}</code></td><td class=kind>{_kind_of_answer(answer)}</td>"
        f"<td>{escape(answer.get('description', ''))}</td></tr>"
        for status, answer in operation.get("responses", {}).items()
    )
    return (
        f"<details><summary><span class=method>{escape(method.upper())}</span><span class=path>{escape(path)}</span> "
        f"— {escape(operation.get('summary', ''))}</summary><p>{escape(operation.get('description', ''))}</p>"
        f"<table>{told}</table><table>{answers}</table></details>"
    )


def _kind_of_answer(answer: dict[str, Any]) -> str:
    return ", ".join(_kind(content.get("schema", {})) for content in answer.get("content", {}).values())


def _model(name: str, model: dict[str, Any]) -> str:
    fields = "".join(
        _row(field, told, told.get("description", "")) for field, told in model.get("properties", {}).items()
    )
    return (
        f"<details id='{escape(name)}'><summary><code>{escape(name)}</code> — {escape(model.get('description', ''))}"
        f"</summary><table>{fields}</table></details>"
    )


def _row(name: str, told: dict[str, Any], description: str, where: str = "") -> str:
    return (
        f"<tr><td><code>{escape(name)}</code></td><td class=kind>{_kind(told)}</td><td class=kind>{escape(where)}</td>"
        f"<td>{escape(description)}</td></tr>"
    )


def _kind(told: dict[str, Any]) -> str:
    """What a value may be."""
    if "$ref" in told:
        name = escape(told["$ref"].rpartition("/")[2])
        return f"<a href='#{name}'>{name}</a>"
    if "anyOf" in told:
        return " or ".join(_kind(each) for each in told["anyOf"])
    if "enum" in told:
        return escape(" | ".join(map(str, told["enum"])))
    if told.get("type") == "array":
        return f"list of {_kind(told.get('items', {}))}"
    return escape(str(told.get("format") or told.get("type", "any")))
