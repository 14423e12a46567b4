# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What the fuzzer feeds: for each format real files, a reader, and mutations that know it."""

from __future__ import annotations

import binascii
import struct
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lanewise.export.lanes import dumps, layout, loads
from lanewise.integer.certificate import certify
from lanewise.integer.program import Concat, Conv2d, Dense, Mix, Pool, Program
from lanewise.integer.reference import logits

EXTREMES = (0, 1, -1, 2, 127, 128, 255, 32767, 65535, 1 << 20, (1 << 31) - 1, -(1 << 31), 1 << 40)
Mutation = Callable[[bytes, np.random.Generator], bytes]


@dataclass(frozen=True)
class Format:
    """seeds: well-formed files; read: raises only ``errors`` on bad ones; mutate: damage that keeps
    the rest of the structure."""

    seeds: list[bytes]
    read: Callable[[bytes], object]
    mutate: Mutation
    errors: type[Exception]


def extreme(rng: np.random.Generator) -> int:
    """A number that some check may have forgotten."""
    if rng.random() < 0.3:
        return int(rng.integers(-3, 40))
    return int(EXTREMES[rng.integers(len(EXTREMES))])


def damage(data: bytes, rng: np.random.Generator) -> bytes:
    """One to four damages of bytes, at places spread over the file, its beginning more often."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        reach = len(out) if rng.random() < 0.6 else min(len(out), 400)
        at = int(rng.integers(0, max(1, reach)))
        kind = rng.integers(6)
        if kind == 0 and out:
            out[at % len(out)] ^= 1 << int(rng.integers(8))
        elif kind == 1 and out:
            out[at % len(out)] = int(rng.integers(256))
        elif kind == 2:
            size = (1, 2, 4, 8)[rng.integers(4)]
            out[at : at + size] = (extreme(rng) & ((1 << 8 * size) - 1)).to_bytes(size, "little")
        elif kind == 3:
            del out[at : at + int(rng.integers(1, 40))]
        elif kind == 4:
            out[at:at] = out[at : at + int(rng.integers(1, 40))]
        else:
            other, size = int(rng.integers(0, max(1, len(out)))), int(rng.integers(1, 16))
            out[at : at + size] = out[other : other + size]
    return bytes(out)


def small_programs() -> list[Program]:
    """Every op, storage and kind of shift in a few bytes."""
    rng = np.random.default_rng(5)
    conv = Conv2d(
        rng.integers(-8, 8, (4, 1, 3, 3)), rng.integers(-50, 50, 4), [3, 2, 3, 1], 4, "int4"
    )
    deep = Conv2d(
        rng.integers(-1, 2, (4, 1, 3, 3)), rng.integers(-9, 9, 4), 1, 4, "ternary", (1,),
        stride=2, padding=1, groups=4,
    )  # fmt: skip
    mix = Mix([[3, 1], [1, 3]], [2, 1], 2, 4, (2, 3))
    gathered = Conv2d(rng.integers(-2, 2, (2, 4, 1, 1)), [70_000, 5], 2, 4, "int2", (2,))
    both = Concat((2, 4))
    last = Dense(rng.integers(-60, 60, (10, 32)), rng.integers(-50, 50, 10), 0, None, inputs=(5,))
    wide = Program((1, 6, 6), 4, (conv, deep, gathered, mix, both, last), name="every op")
    pool = Pool("max", 2, 2, 0, 4, (1,))
    end = Dense(rng.integers(-60, 60, (10, 16)), rng.integers(-50, 50, 10), 0, None, inputs=(2,))
    return [wide, Program((1, 6, 6), 4, (conv, pool, end), name="small")]


def lanes_mutation(data: bytes, rng: np.random.Generator) -> bytes:
    """A field of the header or of a record set to an extreme; length and CRC mostly put right."""
    out = bytearray(data)
    records = max(0, (len(data) - layout.HEADER.size - 4) // layout.RECORD.size)
    for _ in range(int(rng.integers(1, 3))):
        form, start = layout.HEADER, 0
        if records and rng.random() < 0.75:
            number = int(rng.integers(0, min(records, 6)))
            form, start = layout.RECORD, layout.HEADER.size + number * layout.RECORD.size
        if start + form.size > len(out):
            break
        at, size = _field(form, rng)
        value = extreme(rng)
        if rng.random() < 0.5:
            old = int.from_bytes(out[start + at : start + at + size], "little")
            value = old + int(rng.integers(-2, 3))
        masked = value & ((1 << 8 * size) - 1)
        out[start + at : start + at + size] = masked.to_bytes(size, "little")
    if rng.random() < 0.3:
        out = bytearray(damage(bytes(out), rng))
    return repaired(bytes(out), rng)


def _field(form: struct.Struct, rng: np.random.Generator) -> tuple[int, int]:
    """Offset and size of a field of a little-endian format."""
    sizes = []
    for code in form.format.lstrip("<").replace("4s", "I"):
        sizes.append(struct.calcsize("<" + code))
    chosen = int(rng.integers(len(sizes)))
    return sum(sizes[:chosen]), sizes[chosen]


def repaired(data: bytes, rng: np.random.Generator) -> bytes:
    """Nine of ten files get a right length and CRC, so that what lies behind is reached."""
    if len(data) < layout.HEADER.size + 4 or rng.random() < 0.1:
        return data
    sized = data[:8] + struct.pack("<I", len(data)) + data[12:-4]
    return sized + struct.pack("<I", binascii.crc32(sized))


def lanes() -> Format:
    """The host's reader; what it accepts must run."""

    def read(data: bytes) -> object:
        program, _ = loads(data)
        return logits(program, np.zeros((1, *program.input_shape), np.uint8))

    return Format([dumps(one) for one in small_programs()], read, lanes_mutation, _error())


def device() -> Format:
    """The board's reader of the same files."""
    from lanewise.resources import import_lanecam

    import_lanecam()
    from lanecam.errors import ModelError
    from lanecam.model import load

    folder = tempfile.mkdtemp(prefix="lanewise-")
    path = Path(folder) / "model.lanes"

    def read(data: bytes) -> object:
        path.write_bytes(data)
        return load(str(path))

    return Format([dumps(one) for one in small_programs()], read, lanes_mutation, ModelError)


def _error() -> type[Exception]:
    from lanewise.errors import LanewiseError

    return LanewiseError


def _imported(suffix: str) -> Callable[[bytes], object]:
    """Reads a model; a float one is quantized on two pictures too, as the command would."""
    from lanewise.importing.load import load_bytes
    from lanewise.importing.quantize import quantize

    def read(data: bytes) -> object:
        found = load_bytes(data, suffix, "fuzz")
        if isinstance(found, Program):
            return found
        ink = np.zeros((2, *found.input_shape), np.uint8)
        ink[0] = 255
        program = quantize(found, ink, tuple("0123456789"))
        return certify(program)

    return read


def onnx() -> Format:
    """Foreign graphs and our own exports; mutations edit the message."""
    import onnx_mutations
    from foreign_onnx import ForeignGraph
    from lanewise.export.onnx import onnx_bytes

    found = []
    for seed in range(2):
        graph = ForeignGraph(np.random.default_rng(seed), (1, 1, 8, 8))
        graph.quantized(1 / 255, 0)
        graph.conv(3, pads=[1, 0, 1, 1], strides=[2 - seed, 2 - seed])
        graph.batch_norm()
        graph.relu(("relu", "max and min")[seed])
        graph.pool(("MaxPool", "AveragePool")[seed])
        graph.transpose(0, 2, 3, 1)
        graph.flatten(("computed", "constant")[seed])
        graph.dense(10, ("gemm", "matmul")[seed])
        found.append(graph.model())
    found += [onnx_bytes(one) for one in small_programs()]
    found.append(onnx_bytes(small_programs()[1], "qlinear"))
    return Format(found, _imported(".onnx"), onnx_mutations.mutate, _error())


def tflite() -> Format:
    """Foreign graphs, float and int8, and our own exports; mutations edit the seeds' objects."""
    import tflite_mutations
    from foreign_models import keras_like
    from lanewise.export.tflite import tflite_bytes

    rng = np.random.default_rng(2)
    found = [keras_like(rng), keras_like(rng, quantized=True)]
    found += [tflite_bytes(one) for one in small_programs()]
    mutate = tflite_mutations.mutation(found)
    return Format(found, _imported(".tflite"), mutate, _error())


FORMATS: dict[str, Callable[[], Any]] = {
    "lanes": lanes,
    "device": device,
    "onnx": onnx,
    "tflite": tflite,
}
