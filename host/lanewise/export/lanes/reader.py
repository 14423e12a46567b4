# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Read a ``.lanes`` file, trusting nothing: lengths, offsets, sums, ranges and the proof.

Sizes are checked against the bytes that are really there before anything is allocated. The
certificate is recomputed and must equal the stored one; a file then has exactly one reading and a
program exactly one file.
"""

from __future__ import annotations

import binascii
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lanewise.errors import CertificateError, LanewiseError, ModelFileError, ProgramError
from lanewise.export.lanes import layout
from lanewise.export.lanes.writer import dumps
from lanewise.integer.certificate import Certificate, certify, require_engine
from lanewise.integer.program import Concat, Conv2d, Dense, Mix, Op, Pool, Program, Shape
from lanewise.integer.shapes import op_name, output_shape, validate
from lanewise.integer.weights import FORMATS_BY_CODE, unpack


class _Record(NamedTuple):
    kind: int
    storage: int
    activation_bits: int
    shift: int
    rows: int
    columns: int
    stride: int
    padding: int
    groups: int
    input_count: int
    bias_width: int
    channels: int
    height: int
    width: int
    first: int
    second: int
    worst: int
    weights_at: int
    weights_bytes: int
    bias_at: int
    shifts_at: int
    acc_lo: int
    acc_hi: int

    @property
    def inputs(self) -> tuple[int, ...]:
        return (self.first, self.second)[: self.input_count]


class _Cursor:
    """Hands out the arrays in file order and holds every offset to it: no gap, no overlap."""

    def __init__(self, data: bytes, start: int, end: int) -> None:
        self.data = data
        self.at = start
        self.end = end

    def take(self, offset: int, size: int, what: str) -> bytes:
        if size == 0:
            if offset:
                raise ModelFileError(f"{what}: offset {offset} of an array that is not there")
            return b""
        if offset != self.at:
            raise ModelFileError(f"{what}: starts at byte {offset}, expected {self.at}")
        if size > self.end - self.at:
            raise ModelFileError(f"{what}: {size} bytes, only {self.end - self.at} are left")
        self.at += size
        return self.data[offset : offset + size]


def _weighted(record: _Record, source: Shape, cursor: _Cursor) -> Dense | Conv2d:
    form = FORMATS_BY_CODE.get(record.storage)
    if form is None:
        raise ModelFileError(f"weight storage {record.storage} is unknown")
    outputs = record.channels
    if record.kind == layout.DENSE:
        shape: tuple[int, ...] = (math.prod(source), outputs)
        if (record.height, record.width) != (1, 1):
            raise ModelFileError("a dense op makes maps of 1 x 1")
    else:
        if record.groups < 1 or source[0] % record.groups:
            raise ModelFileError(f"{record.groups} groups for {source[0]} channels")
        shape = (source[0] // record.groups, record.rows, record.columns, outputs)
    count = math.prod(shape)
    if form.packed_bytes(count) != record.weights_bytes:
        raise ModelFileError(
            f"{count} {form.name} weights take {form.packed_bytes(count)} bytes, "
            f"the table says {record.weights_bytes}"
        )
    packed = cursor.take(record.weights_at, record.weights_bytes, "weights")
    weights = layout.from_file_order(unpack(packed, count, form).reshape(shape))
    bias = _integers(record, outputs, cursor)
    shift = _shifts(record, outputs, cursor)
    bits = record.activation_bits or None
    if record.kind == layout.DENSE:
        return Dense(weights, bias, shift, bits, form.name, record.inputs)
    return Conv2d(
        weights,
        bias,
        shift,
        bits,
        form.name,
        record.inputs,
        stride=record.stride,
        padding=record.padding,
        groups=record.groups,
    )


def _integers(record: _Record, count: int, cursor: _Cursor) -> NDArray[np.int32]:
    if record.bias_width not in (2, 4):
        raise ModelFileError(f"biases of {record.bias_width} bytes; there are 2 and 4")
    raw = cursor.take(record.bias_at, count * record.bias_width, "biases")
    return np.frombuffer(raw, dtype=f"<i{record.bias_width}").astype(np.int32)


def _shifts(record: _Record, count: int, cursor: _Cursor) -> NDArray[np.uint8]:
    if record.shift == layout.PER_CHANNEL:
        return np.frombuffer(cursor.take(record.shifts_at, count, "shifts"), dtype=np.uint8)
    if record.shifts_at:
        raise ModelFileError("one shift for all channels, yet an array of shifts")
    return np.full(count, record.shift, dtype=np.uint8)


def _mix(record: _Record, cursor: _Cursor) -> Mix:
    size = record.rows * record.columns * 2
    if record.storage != layout.STORED_UINT16 or record.weights_bytes != size:
        raise ModelFileError(f"a {record.rows}x{record.columns} mixing matrix takes {size} bytes")
    matrix = np.frombuffer(cursor.take(record.weights_at, size, "matrix"), dtype="<u2")
    gains = record.rows if record.input_count == 2 else 0
    if record.bias_width != (2 if gains else 0):
        raise ModelFileError(f"branch gains of {record.bias_width} bytes")
    branch = np.frombuffer(cursor.take(record.bias_at, gains * 2, "branch gains"), dtype="<u2")
    return Mix(
        matrix.reshape(record.rows, record.columns),
        branch,
        record.shift,
        record.activation_bits,
        record.inputs,
    )


def _op(record: _Record, shapes: list[Shape], cursor: _Cursor) -> Op:
    if not 1 <= record.input_count <= 2:
        raise ModelFileError(f"{record.input_count} inputs; ops take 1 or 2")
    for source in record.inputs:
        if source >= len(shapes):
            raise ModelFileError(f"reads value {source}, which is not made yet")
    if record.input_count == 1 and record.second != layout.NO_INPUT:
        raise ModelFileError(f"one input, yet a second one, {record.second}, is named")
    if record.kind in (layout.DENSE, layout.CONV2D):
        return _weighted(record, shapes[record.first], cursor)
    if record.kind == layout.MIX:
        return _mix(record, cursor)
    if record.kind in (layout.MAX_POOL, layout.SUM_POOL):
        if record.rows != record.columns:
            raise ModelFileError(f"a {record.rows}x{record.columns} window is not square")
        kind = "max" if record.kind == layout.MAX_POOL else "sum"
        return Pool(
            kind, record.rows, record.stride, record.shift, record.activation_bits, record.inputs
        )
    if record.kind == layout.CONCAT:
        return Concat(record.inputs)
    raise ModelFileError(f"op kind {record.kind} is unknown")


def loads(data: bytes, name: str = "model") -> tuple[Program, Certificate]:
    """Read a ``.lanes`` file held in memory; ``name`` is what messages call it.

    Raises ``ModelFileError`` for anything cut, corrupt or contradictory, ``CertificateError`` when
    the stored accumulator bounds are not those of the program.
    """
    try:
        return _loads(data)
    except CertificateError as error:
        raise CertificateError(f"{name}: {error}") from None
    except LanewiseError as error:
        raise ModelFileError(f"{name}: {error}") from None


def _header(data: bytes) -> tuple[Any, ...]:
    head = layout.HEADER
    if data[:4] != layout.MAGIC:
        raise ModelFileError(
            f"not a .lanes file: it begins with {data[:4]!r}, not {layout.MAGIC!r}"
        )
    if len(data) < head.size + layout.RECORD.size + layout.CRC.size:
        raise ModelFileError(f"cut short: {len(data)} bytes do not hold a header; copy it again")
    fields = head.unpack_from(data)
    if fields[1] != layout.VERSION:
        raise ModelFileError(
            f"format version {fields[1]}; this lanewise reads version {layout.VERSION}: "
            f"upgrade lanewise or export the model again"
        )
    if fields[3] != len(data):
        raise ModelFileError(
            f"its header says {fields[3]} bytes, the file has {len(data)}; copy it again"
        )
    (stored,) = layout.CRC.unpack_from(data, len(data) - layout.CRC.size)
    found = binascii.crc32(data[: -layout.CRC.size])
    if stored != found:
        raise ModelFileError(f"CRC is {found:08x}, stored {stored:08x}: corrupt; copy it again")
    return fields


def _text(raw: bytes, label_count: int) -> tuple[str, tuple[str, ...]]:
    try:
        lines = raw.decode().split("\n")
    except UnicodeDecodeError:
        raise ModelFileError("name and labels are not UTF-8") from None
    if len(lines) != label_count + 1:
        raise ModelFileError(f"{label_count} labels promised, {len(lines) - 1} found")
    if not lines[0] or any(not line.isprintable() for line in lines):
        raise ModelFileError("name and labels must be printable")
    return lines[0], tuple(lines[1:])


def _loads(data: bytes) -> tuple[Program, Certificate]:
    fields = _header(data)
    op_count, shape, input_bits = fields[2], fields[4:7], fields[7]
    table_end = layout.HEADER.size + layout.RECORD.size * op_count
    text_end = table_end + fields[11]
    end = len(data) - layout.CRC.size
    if text_end > end:
        raise ModelFileError(f"op table and text end at byte {text_end}, the file's data at {end}")
    program_name, labels = _text(data[table_end:text_end], fields[8])
    cursor = _Cursor(data, text_end, end)
    shapes: list[Shape] = [shape]
    ops: list[Op] = []
    records: list[_Record] = []
    for index in range(op_count):
        at = layout.HEADER.size + layout.RECORD.size * index
        record = _Record(*layout.RECORD.unpack_from(data, at))
        try:
            op = _op(record, shapes, cursor)
            made = output_shape(op, [shapes[source] for source in op.inputs])
        except (ModelFileError, ProgramError) as error:
            raise ModelFileError(f"op {index}: {error}") from None
        if made != (record.channels, record.height, record.width):
            raise ModelFileError(f"{op_name(index, op)}: makes {made}, the table says otherwise")
        shapes.append(made)
        ops.append(op)
        records.append(record)
    if cursor.at != end:
        raise ModelFileError(f"{end - cursor.at} bytes after the last array belong to no op")
    program = Program(
        shape, input_bits, tuple(ops), labels, program_name, fields[9], fields[10], fields[12]
    )
    validate(program)
    certificate = _proof(program, records)
    _require_canonical(data, dumps(program, certificate))
    return program, certificate


def _require_canonical(data: bytes, canonical: bytes) -> None:
    """Refuse the one byte too many: an unused field that is set, a bias wider than it need be."""
    if data == canonical:
        return
    pairs = enumerate(zip(data, canonical, strict=False))
    at = next((at for at, (found, wanted) in pairs if found != wanted), len(canonical))
    raise ModelFileError(f"byte {at} is not what a file of this program holds; export it again")


def _proof(program: Program, records: list[_Record]) -> Certificate:
    certificate = certify(program)
    bounds = {bound.op: bound for bound in certificate.bounds}
    for index, record in enumerate(records):
        bound = bounds.get(index)
        lo, hi, worst = (bound.lo, bound.hi, bound.channel) if bound else (0, 0, 0)
        if (record.acc_lo, record.acc_hi, record.worst) != (lo, hi, worst):
            raise CertificateError(
                f"{op_name(index, program.ops[index])}: the file certifies accumulators in "
                f"[{record.acc_lo}, {record.acc_hi}], its weights reach [{lo}, {hi}]; "
                f"do not use this file, export the model again"
            )
    require_engine(program, certificate)
    return certificate


def read(path: Path | str) -> tuple[Program, Certificate]:
    """Read the ``.lanes`` file at ``path``; raises like ``loads``, also when it is not there."""
    place = Path(path)
    try:
        with place.open("rb") as file:  # a device never ends, and says that it holds nothing
            data = file.read(layout.MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a null in the name
        why = getattr(error, "strerror", None) or error
        raise ModelFileError(f"{path} cannot be read: {why}") from error
    if len(data) > layout.MAX_FILE_BYTES:
        raise ModelFileError(f"{path}: larger than {layout.MAX_FILE_BYTES} bytes; not a model")
    return loads(data, str(path))
