# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""TFLite files: tensors and buffers, and the exact program of an export from here.

Field numbers are those of schema.fbs, version 3.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lanewise.errors import LanewiseError, ModelFileError
from lanewise.export.structure import rebuild
from lanewise.importing.flatbuffer import Table, root
from lanewise.importing.net import MAX_FILE_BYTES, MAX_WEIGHTS
from lanewise.integer.program import Program

_TYPES = {0: "<f4", 2: "<i4", 3: "<u1", 4: "<i8", 7: "<i2", 9: "<i1"}


@dataclass(frozen=True)
class Tensor:
    """name, shape, dtype code, buffer number, scales and zero points, axis of the scales."""

    name: str
    shape: tuple[int, ...]
    type: int
    buffer: int
    scale: NDArray[np.float32]
    zero: NDArray[np.int64]
    axis: int


class File:
    """A TFLite file taken apart; raises ``ModelFileError`` for what is none."""

    def __init__(self, data: bytes) -> None:
        if len(data) > MAX_FILE_BYTES:
            raise ModelFileError(f"{len(data)} bytes; at most {MAX_FILE_BYTES} are read")
        model = root(data, b"TFL3")
        self.codes = [max(one.number(0, "<b"), one.number(3, "<i")) for one in model.tables(1)]
        graphs = model.tables(2)
        if len(graphs) != 1:
            raise ModelFileError(f"{len(graphs)} subgraphs; one is expected")
        self.buffers = model.tables(4)
        self.tensors = [_tensor(one) for one in graphs[0].tables(0)]
        self.inputs = graphs[0].array(1, "<i4").tolist()
        self.outputs = graphs[0].array(2, "<i4").tolist()
        self.operators = graphs[0].tables(3)
        self.notes = {one.text(0): one.number(1, "<I") for one in model.tables(6)}

    def bytes_of(self, buffer: int) -> bytes:
        """The contents of a buffer."""
        if not 0 <= buffer < len(self.buffers):
            raise ModelFileError(f"buffer {buffer} is not among the {len(self.buffers)}")
        return self.buffers[buffer].array(0, "<u1").tobytes()

    def tensor(self, number: int) -> Tensor:
        """Tensor ``number``."""
        if not 0 <= number < len(self.tensors):
            raise ModelFileError(f"tensor {number} is not among the {len(self.tensors)}")
        return self.tensors[number]

    def integers(self, tensor: Tensor) -> NDArray[Any]:
        """The stored values of a constant tensor."""
        count = math.prod(tensor.shape)
        if tensor.type not in _TYPES or count > MAX_WEIGHTS:
            raise ModelFileError(f"tensor {tensor.name!r}: type {tensor.type}, {count} elements")
        kind = np.dtype(_TYPES[tensor.type])
        data = self.bytes_of(tensor.buffer)
        if len(data) != count * kind.itemsize or not count:
            raise ModelFileError(f"tensor {tensor.name!r}: {len(data)} bytes for {tensor.shape}")
        return np.frombuffer(data, kind).reshape(tensor.shape)

    def reals(self, number: int) -> NDArray[np.float32]:
        """The real values of a constant tensor: scale times (stored - zero point)."""
        tensor = self.tensor(number)
        values = self.integers(tensor)
        if not tensor.scale.size:
            return values.astype(np.float32)
        scale, zero = tensor.scale.astype(np.float64), tensor.zero.astype(np.float64)
        if scale.size > 1:
            if not 0 <= tensor.axis < values.ndim or scale.size != values.shape[tensor.axis]:
                raise ModelFileError(f"tensor {tensor.name!r}: {scale.size} scales")
            spread = [1] * values.ndim
            spread[tensor.axis] = scale.size
            scale, zero = scale.reshape(spread), np.broadcast_to(zero, scale.size).reshape(spread)
        return np.asarray((values - zero) * scale, np.float32)


def _tensor(table: Table) -> Tensor:
    shape = tuple(int(side) for side in table.array(0, "<i4"))
    if len(shape) > 8 or any(side < 0 for side in shape):
        raise ModelFileError(f"tensor {table.text(3)!r} has the shape {shape[:9]}")
    found = table.table(4)
    scale = found.array(2, "<f4") if found else np.zeros(0, np.float32)
    zero = found.array(3, "<i8") if found else np.zeros(0, np.int64)
    if scale.size and (zero.size not in (1, scale.size) or not np.isfinite(scale).all()):
        raise ModelFileError(f"tensor {table.text(3)!r}: {zero.size} zero points")
    axis = found.number(6) if found else 0
    kind, buffer = table.number(1, "<b"), table.number(2, "<I")
    return Tensor(table.text(3), shape, kind, buffer, scale, zero, axis)


def exact_program(data: bytes) -> Program | None:
    """The program that was exported into the file, proved by exporting it again; else None."""
    file = File(data)
    if "lanewise" not in file.notes:
        return None
    try:
        notes = json.loads(file.bytes_of(file.notes["lanewise"]).decode())
        card = file.notes.get("card.json")
        kept = None if card is None else json.loads(file.bytes_of(card).decode())
        described, rules, shapes = notes["program"], notes["rounding"], notes["shapes"]
        zero = int(notes["logits_zero_point"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelFileError(f"its notes are damaged: {error}") from None
    by_name = {tensor.name: tensor for tensor in file.tensors}

    def arrays(at: int) -> tuple[NDArray[Any], NDArray[Any]]:
        one = described["ops"][at]
        weights = file.integers(by_name[f"value{at + 1}_weights"]).astype(np.int64)
        bias = file.integers(by_name[f"value{at + 1}_bias"]).astype(np.int64)
        depthwise = one["op"] == "conv2d" and weights.shape[0] == 1 and one["groups"] > 1
        order = (3, 0, 1, 2) if depthwise else (0, 3, 1, 2)
        source = shapes[one["inputs"][0]]
        if one["op"] == "dense":
            weights = weights.reshape(len(bias), source[1], source[2], source[0])
        weights = weights.transpose(order)
        shift = np.minimum(np.broadcast_to(np.array(one["shift"], np.int64), bias.shape), 30)
        if one["bits"] is None:
            return _shaped(one, weights), bias + zero * weights.sum(axis=(1, 2, 3))
        half = (np.int64(1) << shift) >> 1
        if rules[at] == "double":
            bias = np.where(shift == 0, bias, bias + np.where(shift == 1, 1, half + 1))
        else:
            factor = np.where(shift > 0, 2, 1)
            weights = weights // factor[:, None, None, None]
            bias = np.where(shift > 0, bias // 2 + half, bias)
        return _shaped(one, weights), bias

    program = rebuild(described, arrays)
    from lanewise.export.tflite import tflite_bytes

    try:
        again = tflite_bytes(program, kept)
    except LanewiseError as error:
        raise ModelFileError(f"its notes describe no program: {error}") from error
    if again != data:
        raise ModelFileError(
            "it says it is an integer export of lanewise, but differs from what lanewise writes: "
            "export the model again"
        )
    return program


def _shaped(one: dict[str, Any], weights: NDArray[Any]) -> NDArray[Any]:
    return weights.reshape(len(weights), -1) if one["op"] == "dense" else weights
