"""What machines watch: figures for Prometheus, spans for OpenTelemetry, one line of JSON for each request.

None of it ever holds words of questions, pages or names: routes are named by their pattern, callers by their key.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import os
from datetime import UTC, datetime
from typing import Any

from opentelemetry import trace
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import Scope

_log = logging.getLogger("triptych.access")

_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_EXPORTER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"

_METHODS = ("GET", "POST", "PUT", "DELETE")  # others would be as many figures as callers can think of

tracer = trace.get_tracer("triptych")  # does nothing unless an SDK is set up


class Telemetry:
    """The figures of one server."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        names = ("method", "route", "status")
        self._requests = Counter("triptych_requests", "Requests.", names, registry=self._registry)
        self._seconds = Histogram(
            "triptych_request_seconds", "Time to the end of the answer.", ("route",),
            buckets=_SECONDS, registry=self._registry,
        )  # fmt: skip
        self.waiting = Gauge(
            "triptych_searches_waiting", "Questions that wait for a thread.", registry=self._registry
        )
        self.answers = Gauge(
            "triptych_answers_waiting", "Questions that wait for a model.", registry=self._registry
        )
        self.searchers = Gauge("triptych_search_processes", "Processes that search.", registry=self._registry)
        self.jobs = Gauge("triptych_jobs_waiting", "Uploads and removals that wait.", registry=self._registry)
        self.assets = Gauge("triptych_assets", "Files in the library.", registry=self._registry)
        self.pages = Gauge("triptych_pages", "Pages in the library.", registry=self._registry)

    def answered(self, scope: Scope, status: int, seconds: float) -> None:
        """Note a request that was answered."""
        route = route_of(scope)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        if _log.isEnabledFor(logging.INFO):
            who = scope["state"].get("who")
            told = {
                "request": scope["state"].get("request_id"),
                "who": None if who is None else who.name,
                "method": scope["method"],
                "route": route,
                "status": status,
                "ms": round(seconds * 1000, 1),
            }
            _log.info("answered", extra={"told": told})

    def text(self) -> bytes:
        """All figures as Prometheus reads them."""
        return generate_latest(self._registry)


def route_of(scope: Scope) -> str:
    """The pattern of the route that a request met; one name for all that met none."""
    found = getattr(scope.get("route"), "path", None)
    return str(found) if found else "page" if scope["method"] == "GET" else "none"


class JsonLines(logging.Formatter):
    """A log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        told: dict[str, Any] = {"at": at, "level": record.levelname.lower(), "what": record.getMessage()}
        told |= getattr(record, "told", {})
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


def set_up(access_log: bool) -> None:
    """Logs as lines of JSON on standard error; spans to where OTEL_EXPORTER_OTLP_ENDPOINT says, if it does and
    the SDK is installed."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    for name, level in (("triptych", logging.WARNING), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers[:], logger.propagate = [handler], False
        logger.setLevel(level)
    _log.setLevel(logging.INFO if access_log else logging.WARNING)
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") and importlib.util.find_spec("opentelemetry.sdk"):
        _export()


def _export() -> None:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    exporter = importlib.import_module(_EXPORTER).OTLPSpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
