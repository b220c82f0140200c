"""Parts of an answer: one byte range, as RFC 9110 has it. Several ranges at once are answered by the whole."""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.responses import Response

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def part_of(data: bytes, media_type: str, headers: Mapping[str, str], asked: Mapping[str, str]) -> Response:
    """All of `data`, or the part that `asked` (the request's headers) wants."""
    found = _RANGE.fullmatch(asked.get("range", "").replace(" ", ""))
    fresh = asked.get("if-range") in (None, headers.get("ETag"))
    if found is None or not fresh or not any(found.groups()):
        return Response(data, 200, dict(headers), media_type)
    first, last = found.groups()
    start = int(first[:18]) if first else max(0, len(data) - int(last[:18]))
    end = min(len(data) - 1, int(last[:18])) if first and last else len(data) - 1
    if start > end:
        return Response(b"", 416, {**headers, "Content-Range": f"bytes */{len(data)}"}, media_type)
    told = {**headers, "Content-Range": f"bytes {start}-{end}/{len(data)}"}
    return Response(data[start : end + 1], 206, told, media_type)
