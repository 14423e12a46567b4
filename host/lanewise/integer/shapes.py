# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Shapes of every value, and the rules a well-formed program keeps.

``validate`` is the one gate: whatever it accepts, certificate, reference, exporters and engines
may take as given.
"""

from __future__ import annotations

from lanewise.errors import ProgramError
from lanewise.integer.program import Concat, Conv2d, Dense, Mix, Op, Pool, Program, Shape
from lanewise.integer.weights import weight_format

MAX_ELEMENTS = 1 << 20
"""Most elements of one value: far beyond any board, small enough never to exhaust a desk."""
MAX_OPS = 1024
MAX_SHIFT = 31


def op_name(index: int, op: Op) -> str:
    """How messages call an op: its position and its kind."""
    return f"op {index} ({type(op).__name__.lower()})"


def output_shape(op: Op, shapes: list[Shape]) -> Shape:
    """Shape that ``op`` makes from the shapes of its inputs; raises ``ProgramError``."""
    channels, height, width = shapes[0]
    if isinstance(op, Dense):
        if op.weights.ndim != 2 or op.weights.shape[1] != channels * height * width:
            raise ProgramError(
                f"weights {op.weights.shape} do not fit an input of {channels}x{height}x{width}"
            )
        return op.weights.shape[0], 1, 1
    if isinstance(op, Conv2d):
        return _conv_shape(op, shapes[0])
    if isinstance(op, Mix):
        return _mix_shape(op, shapes)
    if isinstance(op, Pool):
        if op.size < 1 or op.stride < 1 or op.size > min(height, width):
            raise ProgramError(f"window {op.size}, stride {op.stride} on {height}x{width}")
        return channels, (height - op.size) // op.stride + 1, (width - op.size) // op.stride + 1
    if any(shape[1:] != shapes[0][1:] for shape in shapes):
        raise ProgramError(f"cannot put together maps of different sizes {shapes}")
    return sum(shape[0] for shape in shapes), height, width


def _conv_shape(op: Conv2d, shape: Shape) -> Shape:
    channels, height, width = shape
    if op.weights.ndim != 4 or min(op.weights.shape) < 1:
        raise ProgramError(f"weights {op.weights.shape} are not (out, in / groups, rows, columns)")
    outputs, per_group, rows, columns = op.weights.shape
    if op.groups < 1 or channels % op.groups or outputs % op.groups:
        raise ProgramError(f"{op.groups} groups do not divide {channels} and {outputs} channels")
    if per_group * op.groups != channels:
        raise ProgramError(f"weights {op.weights.shape} do not fit {channels} input channels")
    if op.stride < 1 or op.padding < 0 or op.padding >= max(rows, columns):
        raise ProgramError(f"stride {op.stride} or padding {op.padding} makes no sense")
    out_height = (height + 2 * op.padding - rows) // op.stride + 1
    out_width = (width + 2 * op.padding - columns) // op.stride + 1
    if height + 2 * op.padding < rows or width + 2 * op.padding < columns:
        raise ProgramError(f"kernel {rows}x{columns} is larger than its input {height}x{width}")
    return outputs, out_height, out_width


def _mix_shape(op: Mix, shapes: list[Shape]) -> Shape:
    channels, height, width = shapes[0]
    if op.matrix.ndim != 2 or min(op.matrix.shape) < 1:
        raise ProgramError(f"mixing matrix has shape {op.matrix.shape}")
    rows, streams = op.matrix.shape
    if channels % streams:
        raise ProgramError(f"{channels} channels are not {streams} equal streams")
    width_of_stream = channels // streams
    if len(shapes) == 2 and shapes[1] != (width_of_stream, height, width):
        raise ProgramError(f"branch {shapes[1]} does not fit {(width_of_stream, height, width)}")
    if op.branch.shape != ((rows,) if len(shapes) == 2 else (0,)):
        raise ProgramError(f"{op.branch.shape} branch gains for {len(shapes)} inputs, {rows} rows")
    return rows * width_of_stream, height, width


def _check_fields(op: Op, is_last: bool) -> None:
    if isinstance(op, Dense | Conv2d):
        outputs = op.weights.shape[0] if op.weights.ndim else 0
        if op.bias.shape != (outputs,) or op.shift.shape != (outputs,):
            raise ProgramError(f"bias {op.bias.shape} and shift {op.shift.shape}, {outputs} rows")
        if outputs and int(op.shift.max()) > MAX_SHIFT:
            raise ProgramError(f"shift {int(op.shift.max())} is over {MAX_SHIFT}")
        form = weight_format(op.storage)
        if op.weights.size and (
            int(op.weights.min()) < form.low or int(op.weights.max()) > form.high
        ):
            raise ProgramError(
                f"weights span [{op.weights.min()}, {op.weights.max()}], beyond {op.storage}"
            )
        if op.activation_bits is None and bool(op.shift.any()):
            raise ProgramError("logits are not shifted; its shift must be 0")
        if (op.activation_bits is None) != is_last:
            raise ProgramError("the last op, and only the last, makes logits")
    elif is_last:
        raise ProgramError("the last op must be dense or conv2d and make logits")
    if isinstance(op, Mix | Pool) and not 0 <= op.shift <= MAX_SHIFT:
        raise ProgramError(f"shift {op.shift} is not in 0 to {MAX_SHIFT}")
    if isinstance(op, Pool) and op.kind not in ("max", "sum"):
        raise ProgramError(f"pool kind {op.kind!r} is neither 'max' nor 'sum'")
    if isinstance(op, Pool) and op.kind == "max" and op.shift:
        raise ProgramError("max pooling does not shift")
    bits = getattr(op, "activation_bits", None)
    if bits is not None and not 1 <= bits <= 8:
        raise ProgramError(f"{bits} activation bits are not in 1 to 8")


def validate(program: Program) -> list[Shape]:
    """Check ``program`` and return the shape of every value, the input first.

    Raises ``ProgramError`` naming the op and what does not fit.
    """
    shapes = [program.input_shape]
    if len(program.input_shape) != 3 or min(program.input_shape) < 1:
        raise ProgramError(f"input shape {program.input_shape} is not (channels, height, width)")
    if not 1 <= program.input_bits <= 8:
        raise ProgramError(f"{program.input_bits} input bits are not in 1 to 8")
    if not 1 <= len(program.ops) <= MAX_OPS:
        raise ProgramError(f"a program has 1 to {MAX_OPS} ops, this one {len(program.ops)}")
    if not (1 <= program.logits_per_nat < 1 << 31 and 0 <= program.reject_margin < 1 << 31):
        raise ProgramError(
            f"logits per nat {program.logits_per_nat} or reject margin {program.reject_margin} "
            f"is not in 1 (0) to 2**31 - 1"
        )
    if program.crop not in range(2, 29, 2):
        raise ProgramError(f"crop {program.crop} is not an even number from 2 to 28")
    bits: list[int | None] = [program.input_bits]
    for index, op in enumerate(program.ops):
        try:
            _check_fields(op, is_last=index == len(program.ops) - 1)
            _check_references(op, index)
            made = output_shape(op, [shapes[source] for source in op.inputs])
            if made[0] * made[1] * made[2] > MAX_ELEMENTS or min(made) < 1:
                raise ProgramError(f"it makes {made}, more than {MAX_ELEMENTS} elements or none")
            _check_max_pool_bits(op, bits)
        except ProgramError as error:
            raise ProgramError(f"{op_name(index, op)}: {error}") from None
        shapes.append(made)
        bits.append(_value_bits(op, bits))
    count = shapes[-1][0] * shapes[-1][1] * shapes[-1][2]
    if count != len(program.labels):
        raise ProgramError(f"{count} logits but {len(program.labels)} labels")
    return shapes


def _check_max_pool_bits(op: Op, bits: list[int | None]) -> None:
    if isinstance(op, Pool) and op.kind == "max" and op.activation_bits != bits[op.inputs[0]]:
        raise ProgramError("max pooling keeps the bits of its input")


def _value_bits(op: Op, bits: list[int | None]) -> int | None:
    if isinstance(op, Concat):
        return max(bits[source] or 0 for source in op.inputs)
    return op.activation_bits


def _check_references(op: Op, index: int) -> None:
    wanted = {Dense: (1, 1), Conv2d: (1, 1), Pool: (1, 1), Mix: (1, 2), Concat: (2, 2)}[type(op)]
    if not wanted[0] <= len(op.inputs) <= wanted[1]:
        raise ProgramError(f"takes {wanted[0]} to {wanted[1]} inputs, not {len(op.inputs)}")
    for source in op.inputs:
        if not 0 <= source <= index:
            raise ProgramError(f"reads value {source}, which is not made yet (0 to {index})")
