"""A model compiled by OpenVINO for a processor that several processes share."""

from __future__ import annotations

from typing import Any

import openvino as ov


def compiled(
    model: ov.Model, *, threads: int = 0, alone: bool = False, precision: str = "", **more: Any
) -> ov.CompiledModel:
    """`model` on `threads` cores (0: all); `alone`: all of them for one request, else a stream on each.

    `precision` = '' is left to OpenVINO, `more` are its further properties.

    Threads are bound to no core. OpenVINO binds them by itself, in every process to the first cores: workers
    with one thread each then take turns on one core while the others idle (two workers of OCR read 1.26 pages/s
    bound and 2.53 free, docs/log/reading.md).
    """
    settings = {
        "PERFORMANCE_HINT": "LATENCY" if alone else "THROUGHPUT",
        "INFERENCE_NUM_THREADS": threads,
        "ENABLE_CPU_PINNING": False,
        **({"INFERENCE_PRECISION_HINT": precision} if precision else {}),
        **more,
    }
    return ov.Core().compile_model(model, "CPU", settings)


def native_precision() -> str:
    """'bf16' where the processor multiplies it natively, else 'f32'."""
    return "bf16" if "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"
