# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs a model with many lanes packed in one Python integer; needs no ulab.

Lanes have 16 bits where the certificate says that they hold the accumulators, else 32. Narrower
ones add faster (12 bits: a quarter), but then inputs and results must be moved to odd places, which
costs more than it saves. Dense layers add rows of weights (packed_dense.py), convolutions are
products or dense layers at each place (packed_conv.py), pools and mixes work on whole channels
(packed_maps.py), and shift and clip take a dozen operations for all lanes (packed.py). Only a
concat is left to ``plain``. The integers of the weights are made at start. Where memory is short
they take the weights' place: then the model cannot change its engine.
"""

import gc

from lanecam.engines.plain import last_uses, run_op
from lanecam.errors import ModelError
from lanecam.heap import plug, tidy
from lanecam.op import CONCAT, CONV2D, DENSE, KINDS, MAX_POOL, MIX

gc.collect()
from lanecam.engines.packed_dense import PackedDense, PackedLogits, rows_memory  # noqa: E402

gc.collect()
from lanecam.engines.packed_conv import ProductConv, RowsConv, conv_memory, products  # noqa: E402

gc.collect()
from lanecam.engines.packed_maps import MaxPool, Mix, SumPool  # noqa: E402

LIMIT = 1 << 30
PART = 0.8
"""Part of the free memory that integers may fill: the rest is there in pieces too small."""


class Bigint:
    """Runs a ``Model``; ``run(ink)`` returns the logits as a list of integers."""

    name = "bigint"

    def __init__(self, model, but=None):
        """``but``: a kind of op to leave out. Raises ModelError naming an op beyond 31 bits."""
        self.model = model
        self.last_uses = last_uses(model)
        for index, op in enumerate(model.ops):
            if op.acc_lo < -LIMIT or op.acc_hi >= LIMIT:
                raise ModelError(
                    "op %d (%s): accumulators [%d, %d] leave 31 bits, bigint is not exact"
                    % (index, KINDS[op.kind], op.acc_lo, op.acc_hi)
                )
        mosts = [(1 << model.input_bits) - 1]
        jobs = []
        for op in model.ops:
            most = max([mosts[source] for source in op.inputs])
            mosts.append(op.most or most)
            jobs.append((op, most))
        # In one piece: the integers leave small holes only, and a frame needs larger ones.
        space = max([frame_memory(op) for op in model.ops])
        held = bytearray(space)
        lean, release = plan(jobs, model.engine is None)
        self.steps = [None if op.kind == but else make_step(op, most, lean) for op, most in jobs]
        for op, step in zip(model.ops, self.steps):
            if step is not None and op.kind <= CONV2D:
                step.fill(release)
            tidy()
        held = None  # noqa: F841
        # A frame makes many integers, and each would be searched a place among those that stay.
        self.plugs = plug(space)

    def run(self, ink):
        """Logits for ``ink``: channels * height * width values from 0 to 2**input_bits - 1."""
        values = [ink]
        for op, step, done in zip(self.model.ops, self.steps, self.last_uses):
            if step is None:
                values.append(run_op(op, values))
            else:
                values.append(step.run([values[source] for source in op.inputs]))
            for value in done:
                values[value] = None
        return values[-1]


def plan(jobs, alone):
    """Whether to take the integers that need less memory, and whether to take the weights for them.

    ``jobs``: ops and their largest inputs; ``alone``: no other engine needs the weights. Raises
    MemoryError with both numbers where even that does not do.
    """
    if not hasattr(gc, "mem_free"):
        return False, False
    gc.collect()
    room = int(PART * gc.mem_free())
    # The form that needs more only where there is plenty: a frame gains from free memory, too.
    if 3 * sum([memory(op, False) for op, _ in jobs]) <= 2 * room:
        return False, False
    need = sum([memory(op, True) for op, _ in jobs])
    if need > room and alone:
        room += int(PART * sum([len(op.weights) for op, _ in jobs if op.kind <= CONV2D]))
        if need <= room:
            return True, True
    if need > room:
        raise MemoryError("integers take %d bytes, there is room for %d" % (need, room))
    return True, False


def frame_memory(op):
    """Bytes that ``op`` takes for a frame, its input and result included, about."""
    channels, height, width = op.source
    area = height * width
    size = channels * area + op.channels * op.height * op.width
    if op.kind == DENSE:
        return size + 40 * op.channels
    if op.kind == CONV2D:
        return size + 40 * area
    if op.kind == MIX:
        # Whole streams at once.
        return size + channels * area * (2 + 16 // op.columns)
    return size + 20 * area


def memory(op, lean):
    """Bytes that the integers of ``op`` take; ``lean``: in the form that takes less."""
    if op.kind == DENSE:
        return rows_memory(op)
    if op.kind == CONV2D and op.most:
        return conv_memory(op, lean)
    return 0


def make_step(op, most, lean):
    """What runs ``op`` on inputs up to ``most``; None where ``plain`` does."""
    if op.kind == DENSE:
        return (PackedDense if op.most else PackedLogits)(op, most)
    if op.kind == CONCAT or not op.most:
        return None
    if op.kind == CONV2D:
        return ProductConv(op) if products(op, lean) else RowsConv(op, most)
    if op.kind == MIX:
        return Mix(op)
    if op.kind == MAX_POOL:
        return MaxPool(op) if most < 128 else None
    return SumPool(op)
