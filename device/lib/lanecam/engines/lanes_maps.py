# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Mixing, pooling and joining of maps in lanes, whole maps at a time."""

from ulab import numpy as np

from lanecam.engines.lanes import cleared, shift_slowly
from lanecam.op import CONCAT, MAX_POOL, MIX


def map_lanes(op, sources, out, arena):
    """The kernel of a mix, a pool or a concat, which fills the Value ``out``.

    arena: bytearray of at least ``arena_bytes(op, len(out.bytes))``, shared with other kernels.
    """
    if op.kind == MIX:
        return MixLanes(op, sources, out, arena)
    if op.kind == CONCAT:
        return ConcatLanes(sources, out)
    if op.kind == MAX_POOL:
        return MaxLanes(op, sources[0], out)
    return SumLanes(op, sources[0], out, arena)


def arena_bytes(op, count):
    """Bytes of accumulators that ``op`` takes to make ``count`` elements."""
    if op.kind == MIX:
        return 2 * count + 2 * count // op.rows
    return 2 * count


class _Summed:
    """Lanes that start at the rounding term and end as clipped bytes."""

    def __init__(self, op, out, arena):
        from lanecam.engines.lanes_making import make_clip, wrapped

        self.op = op
        self.out = out
        count = len(out.bytes)
        self.rounding = wrapped([(1 << op.shift) >> 1])
        self.buffer = memoryview(arena)[: 2 * count]
        self.acc = np.frombuffer(arena, dtype=np.int16, count=count)
        self.high = np.frombuffer(arena, dtype=np.uint8, count=2 * count)[1::2]
        self.clip = make_clip(op.most, [op.shift], [op.acc_lo], [op.acc_hi])

    def begin(self):
        """Set all lanes to the rounding term."""
        self.buffer[:] = cleared(len(self.buffer))
        acc = self.acc
        acc += self.rounding

    def finish(self):
        """Clip the lanes into ``out``."""
        out = self.out
        if not self.clip.fits:
            shift_slowly(self.acc, [self.op.shift], self.op.most, out.bytes)
            return
        out.bytes[:] = cleared(len(out.bytes))
        self.clip.run(self.acc, self.high, out.array)

    def clips(self):
        """What shifts and clips the lanes."""
        return [self.clip]

    def settle(self):
        """Turn high bytes into activations."""
        self.clip.settle(self.out.bytes, self.out.array)


class MixLanes(_Summed):
    """``out_i = (sum_j matrix[i][j] * x_j + gain[i] * branch) >> shift``, stream by stream."""

    def __init__(self, op, sources, out, arena):
        super().__init__(op, out, arena)
        size = len(out.bytes) // op.rows
        begin = len(self.buffer)
        self.work_buffer = memoryview(arena)[begin : begin + 2 * size]
        self.work = np.frombuffer(arena, dtype=np.int16, count=size, offset=begin)
        rows = [self.acc[row * size : (row + 1) * size] for row in range(op.rows)]
        # For each stream: where it lies, and what times it goes to which stream made.
        self.terms = []
        for stream in range(op.columns):
            gains = [op.weights[row * op.columns + stream] for row in range(op.rows)]
            view = sources[0].array[stream * size : (stream + 1) * size]
            self.terms.append((view, _pairs(gains, rows)))
        if len(sources) == 2:
            self.terms.append((sources[1].array, _pairs(op.bias, rows)))

    def run(self):
        """Mixed streams of the sources' present bytes."""
        self.begin()
        work = self.work
        blank = cleared(len(self.work_buffer))
        for view, pairs in self.terms:
            for row, gain in pairs:
                if gain is None:
                    row += view
                    continue
                self.work_buffer[:] = blank
                work += view
                work *= gain
                row += work
        self.finish()


def _pairs(gains, rows):
    from lanecam.engines.lanes_making import wrapped

    pairs = []
    for row, gain in zip(rows, gains):
        if gain:
            pairs.append((row, None if gain == 1 else wrapped([gain])))
    return pairs


class SumLanes(_Summed):
    """Rounded and shifted sum of each window."""

    def __init__(self, op, source, out, arena):
        super().__init__(op, out, arena)
        channels, height, width = out.shape
        lines = self.acc.reshape((channels * height, width))
        self.parts = [
            (lines[begin:end], views) for begin, end, views in window_views(op, source, out)
        ]

    def run(self):
        """Sums of the source's present bytes."""
        self.begin()
        for place, views in self.parts:
            for view in views:
                place += view
        self.finish()


class MaxLanes:
    """Largest value of each window."""

    def __init__(self, op, source, out):
        self.out = out
        channels, height, width = out.shape
        lines = out.array.reshape((channels * height, width))
        self.parts = [
            (lines[begin:end], views) for begin, end, views in window_views(op, source, out)
        ]

    def run(self):
        """Maxima of the source's present bytes."""
        self.out.bytes[:] = cleared(len(self.out.bytes))
        for place, views in self.parts:
            best = views[0]
            for view in views[1:]:
                best = np.maximum(best, view)
            place += best


class ConcatLanes:
    """The channels of both values one after the other."""

    def __init__(self, sources, out):
        self.parts = []
        begin = 0
        whole = memoryview(out.bytes)
        for source in sources:
            end = begin + len(source.bytes)
            self.parts.append((whole[begin:end], source.bytes))
            begin = end

    def run(self):
        """Both values' present bytes."""
        for place, data in self.parts:
            place[:] = data


def window_views(op, source, out):
    """Runs of output rows (channels * height, width), each with the inputs of its windows.

    A list of (first row, last row, views): one view for each place in the window. Windows that tile
    the map go through all channels at once, others channel by channel.
    """
    channels, height, width = source.shape
    made = out.shape[1]
    reach = (out.shape[2] - 1) * op.stride + 1
    lines = source.array.reshape((channels * height, width))
    runs = []
    if height == made * op.stride and op.rows <= op.stride:
        views = [
            lines[y :: op.stride, x : x + reach : op.stride]
            for y in range(op.rows)
            for x in range(op.rows)
        ]
        return [(0, channels * made, views)]
    down = (made - 1) * op.stride + 1
    for channel in range(channels):
        top = channel * height
        views = [
            lines[top + y : top + y + down : op.stride, x : x + reach : op.stride]
            for y in range(op.rows)
            for x in range(op.rows)
        ]
        runs.append((channel * made, (channel + 1) * made, views))
    return runs
