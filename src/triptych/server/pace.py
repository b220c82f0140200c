"""Pace: how many requests a second one caller may make. A token bucket for each, in the memory of the server."""

from __future__ import annotations

import math
import time
from collections import OrderedDict

_CALLERS = 10_000  # that are remembered


class Pace:
    """`rate` requests a second, and `burst` at once beyond that. For use in one thread."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = max(1.0, burst)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # caller: (tokens, at)

    def take(self, caller: str, now: float | None = None) -> int:
        """0 when the request may pass, else the whole seconds after which another one may."""
        if self._rate <= 0:
            return 0
        now = time.monotonic() if now is None else now
        tokens, at = self._buckets.pop(caller, (self._burst, now))
        tokens = min(self._burst, tokens + (now - at) * self._rate)
        allowed = tokens >= 1.0
        self._buckets[caller] = (tokens - allowed, now)
        if len(self._buckets) > _CALLERS:
            self._buckets.popitem(last=False)
        return 0 if allowed else max(1, math.ceil((1.0 - tokens) / self._rate))
