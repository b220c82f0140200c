"""A searching process: answers the searches that it is sent, as the server would, one at a time.

Run as `python -m triptych.server.searcher SOCKET PARENT` by `searchers`. It reads the library and changes nothing but
the query log, and ends with its parent.
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from triptych import library
from triptych.processes.worker import tie_to
from triptych.server import problems, reply
from triptych.server.app import make_state
from triptych.server.identity import Identity
from triptych.server.routes.search import shown
from triptych.server.schemas import SearchRequest
from triptych.server.searchers import line
from triptych.server.state import State

_WARM = "a question that is long enough to be worth the engine that answers all that come after it " * 8


def main() -> None:
    end, parent = socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])
    tie_to(parent)
    told = end.makefile("rb")
    where = json.loads(told.readline())
    with library.open(Path(where["folder"]), create=False, settings=where["settings"]) as opened:
        here = make_state(opened, opened.settings.server)
        opened.search(_WARM)
        end.sendall(b"!")  # ready
        for asked in told:
            header, body = _answered(here, json.loads(asked))
            end.sendall(line({**header, "bytes": len(body)}) + body)


def _answered(here: State, request: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    """The JSON of the hits; or why there are none, where that is the question's fault. All else that goes wrong is left
    to the server, which asks again, and tells it in its log."""
    access = here.access.fresh()
    who = Identity(request["who"], access.find(request["who"]), access)
    try:
        found = shown(here, who, SearchRequest.model_construct(**request["asked"]), None)
        return {"is": "found"}, reply.encoded(found)
    except Exception as error:  # whatever it is, it goes to the server
        problem = problems.of(error)
    if problem.status >= 500:
        return {"is": "failed"}, b""
    told = [problem.status, problem.code, problem.detail, problem.headers, problem.more]
    return {"is": "problem", "problem": told}, b""


if __name__ == "__main__":
    main()
