"""Examples for the description of the API: a body and an answer for every operation, all from the samples.

`tests/test_server_http.py` sends each body, and compares the fields of each answer with what comes back.
"""

from __future__ import annotations

from typing import Any

ASSET = "a3432b3256ca71a048fcc52d37ae751061264d2a5f16f9e8907e9ee3e8c4822f"  # samples/files/invoice-1042.pdf
_PAGE = f"/v1/assets/{ASSET}/pages/1.webp?collection=default&width="
_PICTURES = {"thumbnail": f"{_PAGE}320", "page": f"{_PAGE}1600"}
_TOTAL = [0.60504, 0.54809, 0.89244, 0.56645]
_QUESTION = "What is the total on the ACME invoice INV-1042?"
_JOB = "20261129T210418-5f2c0d1e"
_HIT: dict[str, Any] = {
    "rank": 1,
    "score": 0.798835,
    "asset": ASSET,
    "source": "samples/files/invoice-1042.pdf",
    "page": 1,
    "collection": "default",
    "kind": "pdf",
    "title": "invoice-1042.pdf - Invoice INV-1042",
    "section": "Total $129.50",
    "snippet": "Total $129.50\nPayment within 30 days by bank transfer to First Cedar Bank",
    "marks": [[6, 13]],
    "boxes": [[0.81347, 0.54809, 0.89244, 0.56645]],
    "caption": "An invoice in red and pink on white.",
    "view": {"kind": "image", "name": "", "box": [0.0, 0.0, 1.0, 1.0]},
    "signals": {
        "keyword": {"rank": 1, "raw": 16.1121, "norm": 1.0, "weight": 0.9},
        "text": {"rank": 1, "raw": 0.643594, "norm": 1.0, "weight": 0.04074},
        "caption": None,
        "image": {"rank": 5, "raw": 0.0129, "norm": 0.823658, "weight": 0.0},
    },
    "rerank": {"model": "evidence", "before": 1, "score": 0.457221, "parts": {"coverage": 1.0, "print": 1.0}},
    "pictures": _PICTURES,
}
_SEARCH = {"text": "ACME 129.50", "k": 5, "collection": ["default"], "filter": "kind = pdf"}
_RESULTS = {
    "query": {"text": "ACME 129.50", "image": None},
    "hits": [_HIT],
    "match": True,
    "seconds": {"total": 0.083, "encode": 0.04, "retrieve": 0.029, "fuse": 0.013},
    "id": None,
}
_CITATION = {
    "n": 1,
    "asset": ASSET,
    "source": "samples/files/invoice-1042.pdf",
    "page": 1,
    "quote": "Total $129.50",
    "boxes": [_TOTAL],
    "verified": True,
}
_ANSWER = {
    "question": _QUESTION,
    "answer": "$129.50 [1]",
    "value": "$129.50",
    "abstained": False,
    "model": "extractive",
    "citations": [_CITATION],
    "evidence": [_HIT],
    "warnings": [],
    "seconds": {"total": 0.32, "encode": 0.064, "retrieve": 0.043, "fuse": 0.033, "answer": 0.047},
    "id": None,
}
_EVENTS = (
    'event: retrieval\ndata: {"question": "...", "hits": [{"rank": 1, "page": 1}], "seconds": {"total": 0.08}}\n\n'
    'event: token\ndata: {"text": "$129.50 [1]"}\n\n'
    'event: citation\ndata: {"n": 1, "page": 1, "quote": "Total $129.50", "verified": true}\n\n'
    'event: done\ndata: {"answer": "$129.50 [1]", "abstained": false}\n\n'
)
_FILE: dict[str, Any] = {
    "asset": ASSET,
    "sources": ["samples/files/invoice-1042.pdf"],
    "collection": "default",
    "kind": "pdf",
    "pages": 1,
    "status": "ready",
    "added": "2026-11-29T21:04:18+00:00",
    "title": "invoice-1042.pdf - Invoice INV-1042",
    "bytes": 2978,
    "media_type": "application/pdf",
    "tags": {"year": "2024"},
    "pictures": _PICTURES,
}
_QUALITY = {
    "pages": 1,
    "text": {"native": 1},
    "words": 99,
    "confidence": 1.0,
    "languages": [],
    "turned": [],
    "unsure": [],
    "hidden": [],
    "failed": {},
}
_DETAIL = {
    "page": 1,
    "width": 595,
    "height": 842,
    "text_source": "native",
    "captions": [{"text": "An invoice in red and pink on white.", "origin": "builtin"}],
}
_COUNTED = {
    "job": _JOB,
    "kind": "add",
    "collection": "default",
    "state": "done",
    "note": None,
    "at": "2026-11-29T21:04:18+00:00",
    "seconds": 0.8,
    "files": 1,
    "settled": 1,
    "counts": {"ready": 1},
}
_ITEM = {
    "number": 1,
    "name": "invoice-1042.pdf",
    "status": "ready",
    "asset": ASSET,
    "pages": 1,
    "pages_done": 1,
    "seconds": 0.8,
    "failed_pages": [],
    "signals": {"keyword": 2, "text": 2, "caption": 1, "image": 8},
    "quality": _QUALITY,
    "error": None,
}
_WORKED = {**_COUNTED, "items": [_ITEM]}
_WATCHED = (
    'event: progress\ndata: {"number": 1, "name": "scan.pdf", "status": "reading", "pages": 12, "pages_done": 4}\n\n'
    'event: job\ndata: {"state": "running", "files": 1, "settled": 0}\n\n'
    'event: done\ndata: {"state": "done", "counts": {"ready": 1}}\n\n'
)
_UPLOAD = {**_WORKED, "links": {"self": f"/v1/jobs/{_JOB}", "events": f"/v1/jobs/{_JOB}/events"}}
_COLLECTION = {
    "name": "default",
    "assets": 17,
    "pages": 22,
    "kinds": {"image": 7, "pdf": 7, "text": 3},
    "public": False,
    "scope": "admin",
}
_MODEL = {"id": "triptych", "object": "model", "created": 0, "owned_by": "triptych"}
_CHAT = {"model": "triptych", "messages": [{"role": "user", "content": _QUESTION}]}
_MESSAGE: dict[str, Any] = {
    "role": "assistant",
    "content": f"$129.50 [[1]](http://127.0.0.1:8321/#/page/{ASSET}/1)",
    "refusal": None,
    "annotations": [],
}
_COMPLETION = {
    "id": "chatcmpl-5f2c0d1e9a7b4c63",
    "object": "chat.completion",
    "created": 1790000000,
    "model": "triptych",
    "choices": [{"index": 0, "message": _MESSAGE, "finish_reason": "stop", "logprobs": None}],
    "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    "citations": [_CITATION],
    "abstained": False,
}
_CHUNKS = 'data: {"object": "chat.completion.chunk", "choices": [{"delta": {"content": "$129.50"}}]}\n\ndata: [DONE]\n\n'
_VECTORS = {
    "object": "list",
    "model": "builtin/minilm/1/384",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.0123, -0.0456, 0.0789]}],
    "usage": {"prompt_tokens": 5, "total_tokens": 5},
}
_RANKED = {
    "id": "rerank-41a326ee3fa960cb",
    "model": "builtin/minilm/1/384",
    "results": [{"index": 1, "relevance_score": 0.71}, {"index": 0, "relevance_score": 0.12}],
}

BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("post", "/v1/search"): _SEARCH,
    ("post", "/v1/clicks"): {"id": "5f2c0d1e9a7b4c63", "asset": ASSET, "page": 1, "verdict": "right"},
    ("post", "/v1/ask"): {"question": _QUESTION, "collection": ["default"]},
    ("put", "/v1/collections/{name}"): {"public": True},
    ("post", "/v1/chat/completions"): _CHAT,
    ("post", "/v1/embeddings"): {"input": ["Total due", "Oak shelves"], "input_type": "query"},
    ("post", "/v1/rerank"): {"query": "oak shelves", "documents": ["Lemon cake", "Shelves of solid oak"]},
}

ANSWERS: dict[tuple[str, str], Any] = {
    ("get", "/healthz"): {"status": "ok"},
    ("get", "/readyz"): {"status": "ready"},
    ("get", "/v1/search"): _RESULTS,
    ("post", "/v1/search"): _RESULTS,
    ("get", "/v1/suggest"): {"suggestions": ["invoice-1042.pdf - Invoice INV-1042"]},
    ("post", "/v1/ask"): _ANSWER,
    ("post", "/v1/assets"): _UPLOAD,
    ("get", "/v1/assets"): {"assets": [_FILE], "total": 1, "next": None},
    ("get", "/v1/assets/{asset}"): {
        **_FILE,
        "pipeline": "2 rapidocr auto auto 4096",
        "meta": {"title": "Invoice INV-1042"},
        "quality": _QUALITY,
        "page_list": [_DETAIL],
    },
    ("delete", "/v1/assets/{asset}"): {**_UPLOAD, "job": "remove-1", "kind": "remove", "state": "queued"},
    ("get", "/v1/assets/{asset}/pages/{page}"): {
        **_DETAIL,
        "asset": ASSET,
        "collection": "default",
        "text": "Total $129.50",
        "words": [{"text": "$129.50", "box": _TOTAL}],
        "pictures": _PICTURES,
    },
    ("get", "/v1/jobs"): {"jobs": [_COUNTED]},
    ("get", "/v1/jobs/{job}"): _WORKED,
    ("get", "/v1/collections"): {
        "collections": [_COLLECTION],
        "assets": 17,
        "pages": 22,
        "signals": ["keyword", "text", "caption", "image"],
        "writable": True,
        "who": "owner",
    },
    ("get", "/v1/models"): {"object": "list", "data": [_MODEL]},
    ("get", "/v1/models/{model}"): _MODEL,
    ("post", "/v1/chat/completions"): _COMPLETION,
    ("post", "/v1/embeddings"): _VECTORS,
    ("post", "/v1/rerank"): _RANKED,
}

STREAMS: dict[tuple[str, str], str] = {
    ("post", "/v1/ask"): _EVENTS,
    ("get", "/v1/jobs/{job}/events"): _WATCHED,
    ("post", "/v1/chat/completions"): _CHUNKS,
}


def add(described: dict[str, Any]) -> None:
    """Put the examples into an OpenAPI object."""
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            place = (method, path)
            for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
                if place in BODIES and media_type == "application/json":
                    content["example"] = BODIES[place]
            for status, told in operation["responses"].items():
                for media_type, content in told.get("content", {}).items() if status < "300" else ():
                    known = {"application/json": ANSWERS, "text/event-stream": STREAMS}.get(media_type, {})
                    if place in known:
                        content["example"] = known[place]
