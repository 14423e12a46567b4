# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Damage to a TFLite model's objects before they are packed: tensors, operators, options, buffers.

Only well-formed seeds are taken apart: the schema's own reader trusts its file.
"""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np

from fuzz_formats import Mutation, damage, extreme
from lanewise.export.tflite.graph import IDENTIFIER, schema


def mutation(seeds: list[bytes]) -> Mutation:
    """A mutation that now and then rebuilds a seed with damaged objects."""

    def mutate(data: bytes, rng: np.random.Generator) -> bytes:
        if rng.random() < 0.7:
            return aligned(data, rng)
        model = schema().ModelT.InitFromPackedBuf(seeds[int(rng.integers(len(seeds)))], 0)
        for _ in range(int(rng.integers(1, 4))):
            _edit(model, rng)
        builder = flatbuffers.Builder(1 << 14)
        try:
            builder.Finish(model.Pack(builder), file_identifier=IDENTIFIER)
        except Exception:
            # An object that cannot even be packed is no file.
            return damage(data, rng)
        return bytes(builder.Output())

    return mutate


def aligned(data: bytes, rng: np.random.Generator) -> bytes:
    """Offsets and lengths lie on four bytes, vtables on two: numbers there, moved a little."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        size = 4 if rng.random() < 0.7 else 2
        at = int(rng.integers(0, max(1, len(out) // size))) * size
        old = int.from_bytes(out[at : at + size], "little")
        value = old + int(rng.integers(-9, 10)) if rng.random() < 0.6 else extreme(rng)
        out[at : at + size] = (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")
    return bytes(out)


def _pick(items: Any, rng: np.random.Generator) -> Any:
    return items[int(rng.integers(len(items)))] if items is not None and len(items) else None


def _number(rng: np.random.Generator) -> int:
    return max(-(1 << 31), min(extreme(rng), (1 << 31) - 1))


def _edit(model: Any, rng: np.random.Generator) -> None:
    graph, kind = model.subgraphs[0], int(rng.integers(9))
    tensor, operator = _pick(graph.tensors, rng), _pick(graph.operators, rng)
    if kind == 0 and len(tensor.shape):
        shape = [int(side) for side in tensor.shape]
        shape[int(rng.integers(len(shape)))] = _number(rng)
        tensor.shape = shape * (1 if rng.random() < 0.8 else 3)
    elif kind == 1:
        tensor.type = int(rng.integers(0, 18))
    elif kind == 2:
        tensor.buffer = abs(_number(rng)) if rng.random() < 0.3 else int(rng.integers(0, 20))
    elif kind == 3 and tensor.quantization is not None:
        values = [0.0, -1.0, np.nan, np.inf, 1e-40, 3.0]
        tensor.quantization.scale = [float(rng.choice(values)) for _ in range(rng.integers(0, 9))]
        tensor.quantization.zeroPoint = [_number(rng) for _ in range(rng.integers(0, 9))]
        tensor.quantization.quantizedDimension = _number(rng)
    elif kind == 4:
        side = "inputs" if rng.random() < 0.7 else "outputs"
        numbers = [int(number) for number in getattr(operator, side)]
        at = int(rng.integers(0, len(numbers) + 1))
        numbers[at : at + 1] = [int(rng.integers(-2, len(graph.tensors) + 2))]
        setattr(operator, side, numbers)
    elif kind == 5:
        operator.opcodeIndex = int(rng.integers(0, len(model.operatorCodes) + 1))
    elif kind == 6 and operator.builtinOptions is not None:
        fields = list(vars(operator.builtinOptions))
        name = str(_pick(fields, rng)) if fields else ""
        if isinstance(getattr(operator.builtinOptions, name, None), int):
            small = name in ("padding", "fusedActivationFunction")
            setattr(operator.builtinOptions, name, extreme(rng) % 7 if small else _number(rng))
    elif kind == 7:
        code = _pick(model.operatorCodes, rng)
        code.builtinCode = int(rng.integers(0, 210))
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
    elif kind == 8:
        buffer = _pick(model.buffers, rng)
        if buffer.data is not None and len(buffer.data):
            held = bytes(np.asarray(buffer.data, np.uint8))
            buffer.data = np.frombuffer(damage(held, rng), np.uint8)
