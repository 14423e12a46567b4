# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Cuts what a convolution in lanes runs on: kernels, windows and bands as thousands of views.

Needed at start only: nothing here stays in memory with the engine.
"""

import gc
from array import array

from ulab import numpy as np

from lanecam.engines.lanes import cleared, zeros
from lanecam.engines.lanes_conv import ConvLanes
from lanecam.engines.lanes_making import make_clip, shallow, wrapped

SLICES = 24
"""Array objects cut between two collections."""
FEW = 20
"""Up to so many objects a list of them is short."""


class Cutter:
    """Makes ``conv``, a ``ConvLanes``; ``cut()`` comes last, when all other kernels stand."""

    def __init__(self, plan, source, out, arena):
        """arena: bytearray for the accumulators, at least 2 * ``geometry.lanes`` bytes for
        each weight of the plan, which may hold anything between two runs."""
        conv = self.conv = ConvLanes(source, out)
        self.in_place = None
        geometry = self.geometry = plan.needs.geometry
        self.plan = plan
        conv.bands = geometry.bands
        conv.early = geometry.early
        conv.share = geometry.share
        conv.pool = geometry.pool
        conv.area = geometry.source_height * geometry.source_width
        conv.spacing = np.array([conv.area], dtype=np.uint16)
        size = 2 * geometry.lanes
        whole = memoryview(arena)
        count = len(plan.weights)
        self.parts = [whole[p * size : (p + 1) * size] for p in range(count)]
        self.maps = []
        for part in range(count):
            flat = np.frombuffer(arena, dtype=np.int16, count=geometry.lanes, offset=part * size)
            self.maps.append(flat.reshape((geometry.rows, geometry.width * geometry.share)))
        self._make_tables(plan)
        conv.tables = shallow(conv.tables, in_short(conv.tables))
        held = 2 * geometry.band * geometry.width * geometry.share
        conv.zeros = cleared(min(len(zeros[0]), held))
        conv.blank = pieces(whole[: count * size], len(conv.zeros))
        self._cut_bands(plan, arena, self.maps)
        conv.groups = [self._group(group) for group in range(geometry.op.groups)]
        # Long lists are made before the heap has holes.
        windows = [[None] * geometry.windows() for _ in plan.weights]
        levels = source.levels or bytes(range(source.most + 1))
        conv.full = geometry.members == 1 and len(plan.multiples) == plan.needs.most
        if conv.full:
            kernels = [None] * geometry.windows()
            self.levels = levels
            pairs = None
        else:
            kernels = [[None] * geometry.windows() for _ in plan.multiples]
            pairs = self._sort_pairs(windows, kernels)
        conv.levels = levels
        # Windows last: what they wait for while a collection goes through them is little.
        conv.views = shallow((pairs, kernels, windows))

    def turn(self):
        """Turn weights around that serve as kernels: last, for nobody else can use them then."""
        geometry = self.geometry
        if self.in_place is not None:
            weights = self.in_place
            geometry.op.weights = None
            turn_around(weights, geometry.op.rows * geometry.op.columns, geometry.share)
            # A single channel's kernel is not staged with each run.
            self.conv.stage[:] = self.conv.tables[0][0]

    def _make_tables(self, plan):
        """For each input channel its mirrored kernel times each multiple, one after the other."""
        conv = self.conv
        geometry = self.geometry
        op = geometry.op
        share = geometry.share
        weights = np.frombuffer(op.weights, dtype=np.int8)
        largest = max(int(np.max(weights)), -int(np.min(weights)))
        weights = weights.reshape((len(weights) // op.channels, op.channels))
        wide = plan.multiples[-1] * largest > 127
        self.dtype = np.int16 if wide else np.int8
        self.bytes = 2 if wide else 1
        field = op.rows * op.columns
        if plan.multiples == (1,) and not wide and geometry.mirrors_in_place():
            size = field * share
            whole = memoryview(op.weights)
            conv.tables = [whole[at : at + size] for at in range(0, len(whole), size)]
            self.in_place = op.weights
            conv.stage = bytearray(conv.tables[0])
            return
        times = [np.array([multiple], dtype=np.int16) for multiple in plan.multiples]
        conv.tables = []
        for channel in range(op.source[0]):
            table = bytearray(geometry.taps() * self.bytes * len(times))
            cells = np.frombuffer(table, dtype=self.dtype).reshape((len(times) * field, share))
            group, member = divmod(channel, geometry.members)
            kernel = weights[member * field : (member + 1) * field]
            if op.groups > 1:
                kernel = kernel[:, group * share : (group + 1) * share]
            at = 0
            parts = _mirrored(kernel, op)
            for multiple in times:
                for part in parts:
                    place = cells[at : at + len(part)]
                    place += part
                    place *= multiple
                    at += len(part)
            conv.tables.append(table)
        conv.stage = conv.tables[0]
        if len(conv.tables) > 1:
            conv.stage = bytearray(conv.tables[0])

    def _spans(self, count, extent, padding, kernel):
        """For each of ``count`` input places: phase, first and last output, first kernel part."""
        stride = self.geometry.op.stride
        spans = []
        for place in range(count):
            coarse, phase = divmod(place + padding, stride)
            parts = len(range(phase, kernel, stride))
            first = coarse - parts + 1
            begin = max(first, 0)
            spans.append((phase, begin, min(coarse + 1, extent), begin - first))
        return spans

    def _sort_pairs(self, windows, kernels):
        """For each value the pairs of windows and kernels that make it."""
        # Values share their pairs.
        pairs = [[(window, kernel) for kernel in kernels] for window in windows]
        return [tuple([pairs[w][k] for w, k in parts]) for parts in self.plan.parts()]

    def cut(self):
        """Make the windows and the kernels, which are thousands of small array objects."""
        conv = self.conv
        geometry = self.geometry
        op = geometry.op
        share = geometry.share
        count = len(self.plan.multiples)
        _, kernels, windows = conv.views[0]
        cut = {}
        # For an input that reaches nothing.
        nowhere = np.zeros(1, dtype=np.int16)
        nothing = [np.zeros(1, dtype=np.int8)] * count
        if conv.full:
            nothing = [nothing[0]] * len(self.levels)
        shift = (geometry.reach - 1) * op.stride if geometry.bands > 1 else op.padding
        downs = self._spans(geometry.step, geometry.rows, shift, op.rows)
        acrosses = self._spans(geometry.source_width, geometry.width, op.padding, op.columns)
        at = 0
        slices = 0
        for row_phase, top, bottom, row in downs:
            for phase, left, right, column in acrosses:
                views = nothing
                if bottom > top and right > left:
                    kind = (row_phase, row, bottom - top, phase, column, right - left)
                    if kind not in cut:
                        cut[kind] = self._cut_kernels(kind, count)
                        slices += 2 * count
                    views = cut[kind]
                for number, found in enumerate(windows):
                    found[at] = nowhere
                    if views is not nothing:
                        found[at] = self.maps[number][top:bottom, left * share : right * share]
                if conv.full:
                    kernels[at] = views
                else:
                    for number, found in enumerate(kernels):
                        found[at] = views[number]
                at += 1
                slices += len(windows)
                if slices > SLICES:
                    # Cutting leaves garbage: gone soon, it does not scatter what stays.
                    gc.collect()
                    slices = 0
        for found in windows + ([kernels] if conv.full else kernels):
            conv.views[1].extend(in_short(found))

    def _cut_kernels(self, kind, count):
        """Views of the staged kernel, one a multiple, cut to the rows and columns of ``kind``."""
        conv = self.conv
        row_phase, row, rows, phase, column, columns = kind
        op = self.geometry.op
        share = self.geometry.share
        stride = op.stride
        high = len(range(row_phase, op.rows, stride))
        wide = len(range(phase, op.columns, stride))
        offset = 0
        for before in range(row_phase * stride + phase):
            offset += len(range(before // stride, op.rows, stride)) * len(
                range(before % stride, op.columns, stride)
            )
        views = []
        for number in range(count):
            flat = np.frombuffer(
                conv.stage,
                dtype=self.dtype,
                count=high * wide * share,
                offset=(number * op.rows * op.columns + offset) * share * self.bytes,
            )
            view = flat.reshape((high, wide * share))
            views.append(view[row : row + rows, column * share : (column + columns) * share])
        if conv.full:
            nothing = np.zeros(1, dtype=np.int8)
            return [views[level - 1] if level else nothing for level in self.levels]
        return views

    def _cut_bands(self, plan, arena, maps):
        """Views to finish a band with: doubled accumulators, pooled lanes and their high bytes."""
        conv = self.conv
        geometry = self.geometry
        share = geometry.share
        line = geometry.width * share
        band = geometry.band
        conv.first = maps[0][:band]
        conv.folded = []
        for part in range(1, len(maps)):
            conv.folded.append((maps[part][:band], wrapped(plan.weights[part : part + 1])))
        rows = memoryview(arena)
        conv.lanes = lanes_2d(rows, band * geometry.width, share)
        conv.kept = []
        conv.gone = []
        if geometry.bands > 1:
            end = 2 * (geometry.reach - 1) * line
            conv.kept = [(part[:end], part[2 * band * line :]) for part in self.parts]
            for part in self.parts:
                conv.gone.extend(pieces(part[end:], len(conv.zeros)))
        pool = geometry.pool
        height = band // pool
        conv.places = height * (geometry.width // pool)
        conv.left = conv.lanes
        if pool > 1:
            # What is pooled goes to where the band begins: those rows are done with by then.
            conv.tops = [maps[0][row:band:pool] for row in range(pool)]
            conv.wide = rows[: 2 * height * line]
            wide = lanes_2d(rows, conv.places, pool * share)
            conv.columns = [wide[:, c * share : (c + 1) * share] for c in range(pool)]
            conv.pooled = rows[: 2 * conv.places * share]
            conv.left = lanes_2d(rows, conv.places, share)
        high = np.frombuffer(rows, dtype=np.uint8, count=2 * conv.places * share)
        conv.high = high.reshape((conv.places, 2 * share))[:, 1::2].transpose()

    def _group(self, group):
        """Of one group: bias, shifts, clip, first output channel, inputs and outputs by band."""
        conv = self.conv
        geometry = self.geometry
        op = geometry.op
        first = group * geometry.share
        last = first + geometry.share
        count = geometry.bands
        shifts = op.shifts[first:last]
        clip = None
        outs = [None] * count
        if conv.out is not None:
            clip = make_clip(op.most, shifts, op.lows[first:last], op.highs[first:last])
            planes = conv.out.planes()[first:last]
            places = conv.places
            outs = [planes[:, at * places : (at + 1) * places] for at in range(count)]
        chunks = [self._chunk(group, band) for band in range(-geometry.early, count)]
        return wrapped(op.bias[first:last]), shifts, clip, first, chunks, outs

    def _chunk(self, group, band):
        """Inputs of a band: array (channels, inputs), its bytes, channel, begin and end of it."""
        geometry = self.geometry
        source = self.conv.source
        first = group * geometry.members
        base = band * geometry.step + (geometry.lead if geometry.bands > 1 else 0)
        top = max(base, 0)
        bottom = min(base + geometry.step, source.shape[1])
        if bottom <= top:
            return None
        width = geometry.source_width
        area = geometry.source_height * width
        array = source.planes()[first : first + geometry.members, top * width : bottom * width]
        data = memoryview(source.bytes)[first * area + top * width :]
        # The windows of the rows that there are none of come first. One channel before the first.
        begin = (base - top) * width - area
        return array, data, first - 1, begin, (bottom - top) * width - area


def pieces(whole, length):
    """The memoryview in pieces of ``length``, of which the last may begin within another."""
    found = [whole[at : at + length] for at in range(0, len(whole) - length, length)]
    found.append(whole[len(whole) - length :])
    return found


def in_short(objects):
    """The objects in short tuples, for ``shallow``, where they are many."""
    if len(objects) <= FEW:
        return []
    return [tuple(objects[at : at + 14]) for at in range(0, len(objects), 14)]


def turn_around(weights, field, share):
    """Turn every kernel of ``field`` rows of ``share`` weights back to front; twice: as it was."""
    whole = memoryview(weights)
    for base in range(0, len(whole), field * share):
        for row in range(field // 2):
            first = base + row * share
            last = base + (field - 1 - row) * share
            kept = bytes(whole[first : first + share])
            whole[first : first + share] = whole[last : last + share]
            whole[last : last + share] = array("b", kept)


def _mirrored(kernel, op):
    """The kernel (rows * columns, outputs) back to front, phase of the stride by phase: views."""
    stride = op.stride
    if stride == 1:
        return [kernel[::-1]]
    parts = []
    for down in range(stride):
        for across in range(stride):
            for row in reversed(range(down, op.rows, stride)):
                part = kernel[row * op.columns + across : (row + 1) * op.columns : stride]
                if across < op.columns:
                    parts.append(part[::-1])
    return parts


def lanes_2d(buffer, height, width):
    """int16 view (height, width) of the start of a buffer, also where height is 1."""
    flat = np.frombuffer(buffer, dtype=np.int16, count=height * width)
    return flat.reshape((height, width))
