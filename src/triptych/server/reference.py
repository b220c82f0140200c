"""The API for people, from its OpenAPI description: one HTML page that loads nothing and runs no script."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping
from typing import Any

from triptych.server.identity import FIELD

STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 }
main { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
section { border-top: 1px solid #8884; margin-top: 1.5rem }
h2 { font-size: 1.1rem; overflow-wrap: anywhere }
table { border-collapse: collapse }
td { border-top: 1px solid #8883; padding: .2rem .8rem .2rem 0; vertical-align: top; overflow-wrap: anywhere }
pre { overflow-x: auto; font-size: .85rem }
td:nth-child(2) { font-family: ui-monospace, monospace }
"""

_METHODS = ("get", "post", "put", "delete")


def page(described: Mapping[str, Any]) -> str:
    """The page; `described` is an OpenAPI object."""
    info = described["info"]
    body = "".join(_operations(described))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{_text(info["title"])} API</title>'
        '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/reference.css">'
        f"<main><h1>{_text(info['title'])} {_text(info['version'])}: HTTP API</h1><p>{_text(info['description'])}</p>"
        f'<p>For programs: <a href="/openapi.json">openapi.json</a></p>{body}</main></html>'
    )


def _operations(described: Mapping[str, Any]) -> Iterator[str]:
    for path, methods in described["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield _operation(path, method, methods[method])


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> str:
    rows = "".join(_parameter(parameter) for parameter in operation.get("parameters", ()))
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        rows += _row("body", media_type, ", ".join(content["schema"].get("properties", ())))
    for status, told in operation.get("responses", {}).items():
        rows += _row("answer", status, told.get("description", ""))
    return (
        f"<section><h2><code>{method.upper()} {_text(path)}</code></h2><p>{_text(operation.get('summary', ''))}. "
        f"Access: {_text(operation.get(FIELD, ''))}.</p><p>{_text(operation.get('description', ''))}</p>"
        f"<table>{rows}</table>{''.join(_examples(operation))}</section>"
    )


def _examples(operation: Mapping[str, Any]) -> Iterator[str]:
    """What may be sent and what comes, folded up."""
    answers = [told for status, told in operation.get("responses", {}).items() if status < "300"]
    for what, holder in (("sent", operation.get("requestBody", {})), *(("answer", told) for told in answers)):
        for media_type, content in holder.get("content", {}).items():
            if "example" in content:
                value = content["example"]
                shown = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
                title = _text(f"Example, {what}: {media_type}")
                yield f"<details><summary>{title}</summary><pre>{_text(shown)}</pre></details>"


def _parameter(parameter: Mapping[str, Any]) -> str:
    needed = " (needed)" if parameter.get("required") else ""
    return _row(parameter["in"] + needed, parameter["name"], parameter.get("description", ""))


def _row(*cells: object) -> str:
    return f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in cells)}</tr>"


def _text(value: object) -> str:
    return html.escape(str(value))
