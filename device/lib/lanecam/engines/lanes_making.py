# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Makes the parts of an engine of lanes: what only their making takes is not in their classes.

Needed at start only: nothing here stays in memory with the engine.
"""

from ulab import numpy as np

from lanecam.engines.lanes import Clip, Value, cleared

FEW = 160
"""Up to so many outputs a loop over all bytes beats the search for those above zero."""
NARROW = 24
"""Up to so many outputs a row is cut anew each time: its array object would outweigh it."""


def make_value(shape, most):
    """A ``Value`` of this shape, all zeros."""
    value = Value()
    value.shape = shape
    value.most = most
    value.bytes = bytearray(shape[0] * shape[1] * shape[2])
    value.array = np.frombuffer(value.bytes, dtype=np.uint8)
    value.levels = None
    value.signed = None
    return value


def make_clip(most, shifts, lows, highs):
    """A ``Clip``; ``shifts``, ``lows``, ``highs``: of each channel in a row of lanes (certified
    ends)."""
    clip = Clip()
    # A channel that is always 0 is multiplied by 0: how deep its shift is does not matter.
    deepest = max([s if high >> s > 0 else 0 for s, high in zip(shifts, highs)])
    clip.late = max(0, deepest - 8)
    gains = []
    tops = []
    clip.fits = True
    clip.capped = False
    # As signed bytes no high byte is negative, and a negative lane does not wrap to above zero.
    clip.signed = True
    highest = 0
    for shift, low, high in zip(shifts, lows, highs):
        if high >> shift <= 0:
            gains.append(0)
            tops.append(32767)
            continue
        gain = 8 + clip.late - shift
        # Above this a lane is clipped anyway, and its gain could carry it out of 16 bits.
        top = max(0, min(high, ((most + 1) << shift) - 1, 32767))
        if top << gain > 65535:
            clip.fits = False
        if high << gain > 65535:
            clip.capped = True
            highest = max(highest, top << gain)
        else:
            highest = max(highest, high << gain)
        if high << gain > 32767 or low << gain < -32768:
            clip.signed = False
        gains.append((1 << gain) & 0xFFFF)
        tops.append(top)
    clip.highest = min(highest >> 8, 255)
    same = gains == gains[:1] * len(gains)
    clip.zero = np.array([0], dtype=np.int16)
    clip.gain = wrapped(gains[:1] if same else gains)
    clip.top = wrapped(tops) if clip.capped else None
    clip.most = most
    clip.exact = not clip.late and clip.highest <= most
    return clip


def make_dense(op, source, lean=False, arena=None):
    """A ``DenseLanes``; ``lean``: no rows are cut at start, which would take 70 bytes each;
    ``arena``: memory for the buckets, which nobody else uses until their sums are read."""
    from lanecam.engines.lanes_dense import DenseLanes

    kernel = DenseLanes()
    outputs = op.channels
    channels, height, width = source.shape
    positions = height * width
    weights = np.frombuffer(op.weights, dtype=np.int8)
    rows = weights.reshape((channels * positions, outputs))
    if outputs > NARROW and not lean:
        # Rows are cut by iterating: slices would leave the heap full of small holes.
        rows = list(rows)
        kernel.rows = shallow(rows, [tuple(rows[at : at + 22]) for at in range(0, len(rows), 22)])
    else:
        kernel.rows = (rows,)
    kernel.source = source
    levels = source.levels or bytes(range(source.most + 1))
    most = max(levels)
    kernel.most = most
    # Bucket 0 is the bias, times one.
    kernel.bias = wrapped(op.bias).tobytes()
    size = 2 * outputs * (most + 1 if most > 1 else 1)
    kernel.buffer = arena if arena is not None and len(arena) >= size else bytearray(size)
    kernel.first = memoryview(kernel.buffer)[: 2 * outputs]
    kernel.others = memoryview(kernel.buffer)[2 * outputs : size]
    kernel.zeros = cleared(size - 2 * outputs)
    kernel.acc = lanes(kernel.buffer, 1, outputs)
    kernel.high = high_bytes(kernel.buffer, 1, outputs)
    if most == 1:
        # One bucket only: straight into the accumulators.
        buckets = [kernel.acc, kernel.acc]
    else:
        buckets = [lanes(kernel.buffer, 1, outputs, 2 * outputs * v) for v in range(most + 1)]
    idle = np.zeros(outputs, dtype=np.int16)
    kernel.bucket_of = [buckets[v] if v else idle for v in levels]
    kernel.binary = most == 1 and len(levels) == 2
    kernel.downwards = list(reversed(buckets[1:])) if most > 1 else []
    kernel.folds = None
    if most > 3:
        table = lanes(kernel.buffer, most + 1, outputs)
        kernel.table = table[2:]
        kernel.times = np.array([[v] for v in range(2, most + 1)], dtype=np.int16)
        kernel.folds = []
        count = most + 1
        while count > 1:
            half = (count + 1) // 2
            kernel.folds.append((table[: count - half], table[half:count]))
            count = half
    return kernel


def make_clipped(op, kernel, out, levels_do):
    """A ``Clipped`` dense kernel; ``levels_do``: whoever reads ``out`` looks its bytes up."""
    from lanecam.engines.ulab16 import Clipped

    step = Clipped()
    step.kernel = kernel
    step.out = out
    step.clip = make_clip(op.most, op.shifts, op.lows, op.highs)
    step.settle = not levels_do
    step.op = op
    if levels_do and step.clip.fits and not step.clip.exact:
        out.levels = step.clip.levels()
    if levels_do and step.clip.fits and step.clip.signed and op.channels <= FEW:
        out.signed = high_bytes(kernel.buffer, 1, op.channels, 0, np.int8)
    return step


def shallow(long, short=None):
    """``(long, short)``, to be the only reference to lists of more than a hundred array objects.

    A collection that meets a long list of objects it has not seen fills its stack (64 entries on
    an RP2040), and then goes through the whole heap once more: a million cycles. It takes the last
    element first, so whoever puts each object into a short tuple in ``short`` as well, spares that.
    """
    return long, [] if short is None else short


def lanes(buffer, height, width, offset=0):
    """int16 view (height, width) of a bytearray; 1-D where height is 1: that is faster."""
    flat = np.frombuffer(buffer, dtype=np.int16, count=height * width, offset=offset)
    return flat if height == 1 else flat.reshape((height, width))


def high_bytes(buffer, height, width, offset=0, dtype=np.uint8):
    """View of the high bytes of ``lanes(buffer, height, width, offset)``."""
    count = 2 * height * width
    flat = np.frombuffer(buffer, dtype=dtype, count=count, offset=offset)
    return flat[1::2] if height == 1 else flat.reshape((height, 2 * width))[:, 1::2]


def wrapped(numbers):
    """Numbers modulo 2**16 as an int16 array."""
    return np.array([((n + 32768) & 65535) - 32768 for n in numbers], dtype=np.int16)
