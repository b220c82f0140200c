"""The same model as `_bert`, as an OpenVINO graph: for batches, and for queries once it is compiled.

Shapes: b texts, t tokens, d hidden size.
"""

from __future__ import annotations

from queue import SimpleQueue
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as op

from triptych.encoders._bert import Shape, Weights
from triptych.neural.openvino_cpu import compiled, native_precision


class Engine:
    """A compiled model that runs `streams` batches at once, each on threads of its own.

    Streams, not all cores for one batch: threads that need not wait for each other lose less on a machine
    that has other work too (docs/log/encoders.md). May be called from several threads.
    """

    def __init__(
        self, weights: Weights, shape: Shape, threads: int = 0, precision: str = "", alone: bool = False
    ) -> None:
        """`threads` = 0 uses all cores; `precision` = '' is bf16 where the processor multiplies it natively.
        `alone`: one stream has all threads. A question then waits 2.0 instead of 3.4 ms for the same bits."""
        model = compiled(
            graph(weights, shape), threads=threads, alone=alone, precision=precision or native_precision()
        )
        self._weights = weights  # the graph shares their memory
        self.streams = int(model.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        self._idle: SimpleQueue[Any] = SimpleQueue()
        for _ in range(self.streams):
            self._idle.put(model.create_infer_request())

    def __call__(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """ids (b, t) int32, mask (b, t) float32, 1 for a token and 0 for padding -> (b, d), rows of length 1."""
        request = self._idle.get()
        try:
            rows: np.ndarray = request.infer([ids, mask])[0].copy()
        finally:
            self._idle.put(request)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)  # bfloat16 leaves them a little off length 1
        return rows


def _index(*values: int) -> Any:
    return op.constant(np.array(values, np.int32))


def _float(array: np.ndarray) -> Any:
    """A float16 array in the file, a float32 value in the graph: the plug-in converts it at compile time."""
    return op.convert(op.constant(array, shared_memory=True), ov.Type.f32)


def _linear(x: Any, weights: Weights, name: str) -> Any:
    product = op.matmul(x, _float(weights[f"{name}.weight"]), False, True)
    return op.add(product, _float(weights[f"{name}.bias"]))


def _norm(x: Any, weights: Weights, name: str, epsilon: float) -> Any:
    centred = op.mvn(x, _index(-1), True, epsilon, "inside_sqrt")
    scaled = op.multiply(centred, _float(weights[f"{name}.weight"]))
    return op.add(scaled, _float(weights[f"{name}.bias"]))


def _embed(ids: Any, weights: Weights, shape: Shape) -> Any:
    """Rows of the word table (int8 times a scale per row) plus rows of the position table."""
    axis = op.constant(np.int32(0))
    rows = op.convert(
        op.gather(op.constant(weights["words.int8"], shared_memory=True), ids, axis), ov.Type.f32
    )
    scale = op.convert(op.gather(op.constant(weights["words.scale"]), ids, axis), ov.Type.f32)
    length = op.gather(op.shape_of(ids, ov.Type.i32), _index(1), axis)
    places = op.slice(_float(weights["positions"]), _index(0), length, _index(1), _index(0))
    return _norm(op.add(op.multiply(rows, scale), places), weights, "embeddings.LayerNorm", shape.epsilon)


def _attend(x: Any, bias: Any, weights: Weights, name: str, shape: Shape) -> Any:
    hidden = weights[f"{name}.query.bias"].shape[-1]
    split, join = _index(0, 0, shape.heads, hidden // shape.heads), _index(0, 0, hidden)
    order = _index(0, 2, 1, 3)  # (b, t, heads, size) <-> (b, heads, t, size)

    def heads(part: str) -> Any:
        return op.transpose(op.reshape(_linear(x, weights, f"{name}.{part}"), split, True), order)

    mixed = op.scaled_dot_product_attention(heads("query"), heads("key"), heads("value"), bias)
    return op.reshape(op.transpose(mixed, order), join, True)


def _layer(x: Any, bias: Any, weights: Weights, name: str, shape: Shape) -> Any:
    mixed = _attend(x, bias, weights, f"{name}.attention.self", shape)
    mixed = op.add(x, _linear(mixed, weights, f"{name}.attention.output.dense"))
    x = _norm(mixed, weights, f"{name}.attention.output.LayerNorm", shape.epsilon)
    wide = op.gelu(_linear(x, weights, f"{name}.intermediate.dense"), "erf")
    return _norm(
        op.add(x, _linear(wide, weights, f"{name}.output.dense")),
        weights,
        f"{name}.output.LayerNorm",
        shape.epsilon,
    )


def graph(weights: Weights, shape: Shape) -> Any:
    """ids (b, t) int32 and mask (b, t) float32, 1 for a token and 0 for padding -> (b, d), rows of length 1."""
    ids = op.parameter([-1, -1], ov.Type.i32, name="ids")
    mask = op.parameter([-1, -1], ov.Type.f32, name="mask")
    hidden_from = op.multiply(op.subtract(mask, op.constant(np.float32(1))), op.constant(np.float32(1e4)))
    bias = op.unsqueeze(hidden_from, _index(1, 2))  # (b, 1, 1, t): 0 for tokens, -10000 for padding
    x = _embed(ids, weights, shape)
    for i in range(shape.layers):
        x = _layer(x, bias, weights, f"encoder.layer.{i}", shape)
    total = op.squeeze(op.matmul(op.unsqueeze(mask, _index(1)), x, False, False), _index(1))
    rows = op.normalize_l2(total, _index(1), 1e-12, "max")  # the mean has the direction of the sum
    return ov.Model([op.result(rows)], [ids, mask], "bert")
