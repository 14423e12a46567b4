# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Reads a ``.lanes`` file front to back, straight into the arrays that stay.

Length, table and CRC are checked on the way, then the certificate is recomputed from the weights.
Needed at start only: the app lets go of this module once the model stands.
"""

import binascii
import gc
import struct
from array import array

from lanecam.certificate import check_certificate
from lanecam.errors import ModelError, RoomError
from lanecam.model import Model
from lanecam.op import CONV2D, MIX
from lanecam.op_table import read_op, weight_count
from lanecam.weights import BITS, TERNARY, read_weights

HEADER = "<4sHHIHHHBBIIHH"
RECORD = "<BBBBBBBBHBBHHHHHHIIIIii"
VERSION = 1
MAX_OPS = 1024
PER_CHANNEL = 255


class _Stream:
    """Reads a file front to back, counting bytes and keeping the CRC."""

    def __init__(self, file):
        self.file = file
        self.at = 0
        self.crc = 0

    def into(self, buffer):
        count = self.file.readinto(buffer)
        if count != len(buffer):
            raise ModelError("cut short at byte %d; copy it again" % (self.at + (count or 0)))
        self.at += count
        self.crc = binascii.crc32(buffer, self.crc)
        return buffer

    def take(self, count):
        return self.into(bytearray(count))


def read_model(file, beside=0):
    """The ``Model`` in an open file; raises ModelError that says what is wrong with it.

    ``beside``: bytes that must be left for what comes after it.
    """
    size = file.seek(0, 2)
    file.seek(0)
    stream = _Stream(file)
    head_size = struct.calcsize(HEADER)
    if size < head_size + 4:
        raise ModelError("only %d bytes; copy it again" % size)
    fields = struct.unpack(HEADER, stream.take(head_size))
    if fields[0] != b"LANE":
        raise ModelError("not a .lanes file")
    if fields[1] != VERSION:
        raise ModelError("format version %d, expected %d; export it again" % (fields[1], VERSION))
    if fields[3] != size:
        raise ModelError("header says %d bytes, found %d; copy it again" % (fields[3], size))
    record_size = struct.calcsize(RECORD)
    op_count = fields[2]
    if not 1 <= op_count <= MAX_OPS or head_size + op_count * record_size + fields[11] > size:
        raise ModelError("%d ops do not fit in %d bytes" % (op_count, size))
    table = stream.take(record_size * op_count)
    model = Model(fields, _decode(stream.take(fields[11])))
    _check_memory(table, record_size, op_count, beside)
    shapes = [(model.channels, model.height, model.width)]
    for index in range(op_count):
        try:
            op = read_op(struct.unpack_from(RECORD, table, index * record_size), shapes)
            _read_arrays(op, stream, size)
        except ModelError as error:
            raise ModelError("op %d: %s" % (index, error))
        shapes.append(op.shape)
        model.ops.append(op)
    crc = stream.crc
    if stream.at + 4 != size or struct.unpack("<I", stream.take(4))[0] != crc:
        raise ModelError("CRC does not fit: corrupt; copy it again")
    if model.ops[-1].most or model.ops[-1].channels != len(model.labels):
        raise ModelError("the last op does not make %d logits" % len(model.labels))
    check_certificate(model)
    return model


def _check_memory(table, record_size, op_count, need):
    """Refuse a model whose arrays cannot fit, before reading them, with both numbers."""
    if not hasattr(gc, "mem_free"):
        return
    for index in range(op_count):
        fields = struct.unpack_from(RECORD, table, index * record_size)
        storage, channels, bytes_stored = fields[1], fields[11], fields[18]
        # Unpacked to a byte a weight, plus 4 bytes of bias and one of shift a channel.
        each = 5 if storage == TERNARY else 8 / BITS.get(storage, 8)
        need += int(bytes_stored * each) + 5 * channels
        # Every engine holds what the op makes, a byte an element.
        need += channels * fields[12] * fields[13]
    gc.collect()
    free = gc.mem_free()
    if need > free:
        raise RoomError("needs %d bytes of memory, %d are free: use a smaller model" % (need, free))


def _decode(raw):
    try:
        return bytes(raw).decode()
    except UnicodeError:
        raise ModelError("name and labels are not UTF-8")


def _read_arrays(op, stream, size):
    """Weights, biases and shifts of ``op``, which lie in the file right after each other."""
    if op.weights_bytes > size - stream.at:
        raise ModelError("%d bytes of weights do not fit in the file" % op.weights_bytes)
    if op.weights_bytes and op.weights_at != stream.at:
        raise ModelError("weights at byte %d, expected %d" % (op.weights_at, stream.at))
    if op.kind == MIX:
        if op.weights_bytes != 2 * op.rows * op.columns:
            raise ModelError("a %dx%d mix takes other bytes" % (op.rows, op.columns))
        op.weights = array("H", stream.take(op.weights_bytes))
        op.bias = array("H", stream.take(2 * op.rows if len(op.inputs) == 2 else 0))
    elif op.kind <= CONV2D:
        op.weights = read_weights(stream, op.weights_bytes, weight_count(op), op.storage)
        if op.bias_width == 2:
            op.bias = array("i", array("h", stream.take(2 * op.channels)))
        elif op.bias_width == 4:
            op.bias = array("i", stream.take(4 * op.channels))
        else:
            raise ModelError("biases of %d bytes" % op.bias_width)
        if op.shift == PER_CHANNEL:
            op.shifts = bytes(stream.take(op.channels))
        else:
            op.shifts = bytes([op.shift] * op.channels)
        if max(op.shifts) > 31:
            raise ModelError("shift %d is over 31" % max(op.shifts))
