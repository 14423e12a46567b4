# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Tables and calls of each op: what goes into flash, and the lines that run it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lanewise.export.c import conv, kernels
from lanewise.export.c.lanes import (
    FIELD_BITS,
    even,
    fits_pairs,
    pack_lanes,
    pair_biases,
    to_rows_last,
)
from lanewise.integer.certificate import OpBound
from lanewise.integer.program import Concat, Conv2d, Dense, Mix, Op, Pool, Shape


@dataclass
class Emitted:
    """What a source needs for its ops: tables, kernels by name, functions of single ops,
    calls, words of accumulators and of unpacked kernels."""

    tables: list[str] = field(default_factory=list)
    kernels: dict[str, str] = field(default_factory=dict)
    functions: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    acc_words: int = 1
    kernel_words: int = 0
    flash_bytes: int = 0

    def need(self, name: str, text: str) -> None:
        """Ask for a kernel, once."""
        self.kernels.setdefault(name, text)

    def table(self, name: str, array: NDArray[np.integer]) -> str:
        """A const array of ``array``'s own dtype; returns its name."""
        kind = f"{array.dtype.name}_t"
        hexadecimal = array.dtype == np.uint32
        numbers = [f"0x{v:08X}u" if hexadecimal else str(v) for v in array.ravel().tolist()]
        width = 8 if hexadecimal else 16
        lines = [
            "    " + ", ".join(numbers[at : at + width]) for at in range(0, len(numbers), width)
        ]
        body = ",\n".join(lines)
        self.tables.append(f"static const {kind} {name}[{array.size}] = {{\n{body}\n}};\n")
        self.flash_bytes += array.nbytes
        return name


def emit(
    out: Emitted,
    op: Op,
    index: int,
    shapes: list[Shape],
    made: Shape,
    bound: OpBound | None,
    values: list[str],
    wide: bool,
    pool: Pool | None = None,
) -> None:
    """Append op ``index``; ``values`` are C expressions of its inputs, then of its output.

    pool: the max pooling that is done with it; ``values`` ends with what that makes.
    """
    name = f"op{index}"
    if isinstance(op, Dense):
        _dense(out, op, name, shapes[0], bound, values, wide)
    elif isinstance(op, Conv2d):
        _conv(out, op, name, shapes[0], made, bound, values, wide, pool)
    elif isinstance(op, Mix):
        _mix(out, op, name, shapes[0], values)
    elif isinstance(op, Pool):
        _pool(out, op, shapes[0], made, values)
    elif isinstance(op, Concat):
        out.need("concat", kernels.CONCAT)
        first, second = shapes
        out.calls.append(
            f"concat({values[-1]}, {values[0]}, {first[0]}, {values[1]}, {second[0]}, "
            f"{made[1] * made[2]});"
        )


def _shift_of(out: Emitted, op: Dense | Conv2d, name: str, index: str) -> str:
    """C expression of the shift of output ``index``."""
    shift = np.minimum(op.shift, 31)
    if (shift == shift[0]).all():
        return str(int(shift[0]))
    return f"{out.table(f'{name}_shift', shift.astype(np.uint8))}[{index}]"


def _store(out: Emitted, op: Dense | Conv2d, name: str, acc: str, index: str, target: str) -> str:
    """C statement that requantizes one accumulator, or keeps a logit."""
    if op.activation_bits is None:
        return f"{target} = {acc};"
    out.need("clip", kernels.CLIP)
    top = (1 << op.activation_bits) - 1
    return f"{target} = clipped({acc}, {_shift_of(out, op, name, index)}, {top});"


def _dense(
    out: Emitted,
    op: Dense,
    name: str,
    shape: Shape,
    bound: OpBound | None,
    values: list[str],
    wide: bool,
) -> None:
    rows = to_rows_last(op, shape)
    inputs, outputs = rows.shape
    if fits_pairs(bound):
        bits = 16 if wide else FIELD_BITS[op.storage]
        packed = pack_lanes(rows, bits)
        weights = out.table(f"{name}_weights", packed)
        bias = out.table(f"{name}_bias", pair_biases(op.bias))
        pairs = even(outputs) // 2
        out.acc_words = max(out.acc_words, packed.shape[1] * (16 // bits))
        _need_lanes(out, bits)
        out.need(f"dense{bits}", kernels.dense(bits))
        out.calls.append(
            f"dense{bits}(acc, {values[0]}, {inputs}, {weights}, {packed.shape[1]}, {bias}, "
            f"{pairs});"
        )
        acc = "lane_of(acc, i)"
    else:
        weights = out.table(f"{name}_weights", rows)
        bias = out.table(f"{name}_bias", op.bias)
        out.acc_words = max(out.acc_words, outputs)
        out.need("dense32", kernels.DENSE32)
        out.calls.append(f"dense32(acc, {values[0]}, {inputs}, {weights}, {bias}, {outputs});")
        acc = "(int32_t)acc[i]"
    store = _store(out, op, name, acc, "i", f"{values[1]}[i]")
    out.calls.append(f"for (i = 0; i < {outputs}; i++) {store}")


def _need_lanes(out: Emitted, bits: int) -> None:
    out.need("lane_of", kernels.UNSIGNED_HALF)
    out.need(f"add_lanes{bits}", kernels.add_lanes(bits))


def _conv(
    out: Emitted,
    op: Conv2d,
    name: str,
    shape: Shape,
    made: Shape,
    bound: OpBound | None,
    values: list[str],
    wide: bool,
    pool: Pool | None,
) -> None:
    if bound is not None and conv.suits(op, bound):
        _conv_lanes(out, conv.plan(op, shape, made, bound, pool), name, values, wide)
        return
    outputs, rows, columns = made
    last = op.activation_bits is None
    target = "i * {0} + row * {1} + column" if last else "(row * {1} + column) * {2} + i"
    at = target.format(rows * columns, columns, outputs)
    acc = _conv_grouped(out, op, name, shape, values)
    store = _store(out, op, name, acc, "i", f"{values[1]}[{at}]")
    out.calls.append(
        f"for (row = 0; row < {rows}; row++)\n"
        f"        for (column = 0; column < {columns}; column++)\n"
        f"            for (i = 0; i < {outputs}; i++)\n"
        f"                {store}"
    )


def _conv_lanes(out: Emitted, how: conv.Plan, name: str, values: list[str], wide: bool) -> None:
    bits = 16 if wide else FIELD_BITS[how.op.storage]
    packed = conv.packed_kernels(how, bits)
    columns = conv.column_table(how)
    tables = {
        "weights": out.table(f"{name}_weights", packed),
        "bias": out.table(f"{name}_bias", conv.lane_biases(how)),
        "columns": out.table(f"{name}_columns", columns),
    }
    shift = np.minimum(how.op.shift, 31)
    shifts = str(int(shift[0]))
    if not (shift == shift[0]).all():
        padded = np.pad(shift, (0, len(shift) % 2)).astype(np.uint8)
        shifts = out.table(f"{name}_shift", padded)
    out.acc_words = max(out.acc_words, how.acc_words)
    if not wide:
        out.kernel_words = max(out.kernel_words, packed.shape[1] * (16 // bits))
        out.need(f"unpack{bits}", kernels.unpack(bits))
    if how.window > 1:
        out.need("larger", kernels.LARGER)
    if how.lowered:
        out.need("lowered_lane", kernels.LOWERED_LANE)
    else:
        out.need("plain_lane", kernels.PLAIN_LANE)
    out.functions.append(
        conv.conv_function(
            how, name, tables, f"{columns.dtype.name}_t", bits, packed.shape[1], shifts
        )
    )
    kernel = "" if wide else "w->kernel, "
    out.calls.append(f"{name}(acc, {kernel}{values[0]}, {values[1]});")


def _conv_grouped(out: Emitted, op: Conv2d, name: str, shape: Shape, values: list[str]) -> str:
    """C expression of one accumulator, summed where it is needed."""
    channels, height, width = shape
    outputs, members, kernel_rows, kernel_columns = op.weights.shape
    weights = out.table(f"{name}_weights", np.ascontiguousarray(op.weights.transpose(0, 2, 3, 1)))
    bias = out.table(f"{name}_bias", op.bias)
    out.need("grouped", kernels.GROUPED)
    fields = [height, width, channels, members, outputs // op.groups]
    fields += [kernel_rows, kernel_columns, op.stride, op.padding]
    out.tables.append(
        f"static const grouped_shape {name}_shape = {{{', '.join(map(str, fields))}}};\n"
    )
    return f"grouped_at({values[0]}, &{name}_shape, row, column, i, {weights}, {bias})"


def _mix(out: Emitted, op: Mix, name: str, shape: Shape, values: list[str]) -> None:
    rows, streams = op.matrix.shape
    out.need("mix", kernels.MIX)
    matrix = out.table(f"{name}_matrix", op.matrix)
    gain = out.table(f"{name}_gain", op.branch) if op.branch.size else "0"
    branch = values[1] if op.branch.size else "0"
    out.calls.append(
        f"mix({values[-1]}, {values[0]}, {branch}, {shape[1] * shape[2]}, {rows}, {streams}, "
        f"{shape[0] // streams}, {matrix}, {gain}, {op.shift}, {(1 << op.activation_bits) - 1});"
    )


def _pool(out: Emitted, op: Pool, shape: Shape, made: Shape, values: list[str]) -> None:
    out.need(f"{op.kind}_pool", kernels.POOL[op.kind])
    numbers = [shape[2], shape[0], op.size, op.stride, made[1], made[2]]
    if op.kind == "sum":
        numbers += [op.shift, (1 << op.activation_bits) - 1]
    out.calls.append(f"{op.kind}_pool({values[1]}, {values[0]}, {', '.join(map(str, numbers))});")
