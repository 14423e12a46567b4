# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Convolutions in int16 lanes: every non-zero input adds its kernel to the outputs around it.

With channels innermost, the outputs that an input reaches are a rectangle of lanes: kernel rows by
(kernel columns * outputs). So an input costs one in-place add of its mirrored kernel times its
value: about 4,000 cycles and 20 for each lane; zeros cost nothing. Four things make that short:

- Inputs are taken channel after channel. The kernel of the channel is copied to one place (2,500
  cycles); the views of it that borders need, where it is cut, serve all channels.
- Outputs that nobody reads (beyond the last window of a pool) are not computed.
- Kernels are held times a few odd numbers, accumulators for each power of two (lanes_plan.py).
- A max pool that follows is taken first: a quarter of the lanes is left to shift and clip.

With a stride the outputs of neighbours lie further apart than the inputs: each phase of the stride
has its own part of the kernel. A map that is large is run in bands of rows.
"""

import gc

from ulab import numpy as np

from lanecam.engines.lanes import Clip, cleared, shallow, shift_slowly, wrapped

SLICES = 24
"""Array objects cut between two collections."""


class ConvLanes:
    """A convolution; ``run()`` fills ``out``, or keeps the logits for ``logits()``.

    source: Value; out: Value, or None for logits; arena: bytearray for the accumulators, at least
    ``plan.powers * 2 * geometry.lanes`` bytes, which may hold anything between two runs.
    """

    def __init__(self, geometry, plan, source, out, arena):
        self.geometry = geometry
        self.source = source
        self.out = out
        self.result = None
        size = 2 * geometry.lanes
        self.zeros = cleared(size)
        whole = memoryview(arena)
        self.parts = [whole[p * size : (p + 1) * size] for p in range(plan.powers)]
        self.maps = []
        for power in range(plan.powers):
            flat = np.frombuffer(arena, dtype=np.int16, count=geometry.lanes, offset=power * size)
            self.maps.append(flat.reshape((geometry.rows, geometry.width * geometry.share)))
        self._make_tables(plan)
        self._cut_bands(plan, arena, self.maps)
        self.groups = [self._group(group) for group in range(geometry.op.groups)]
        self.plan = plan
        # Long lists are made before the heap has holes.
        windows = [[None] * geometry.windows() for _ in range(plan.powers)]
        levels = source.levels or bytes(range(source.most + 1))
        self.full = geometry.members == 1 and plan.powers == 1
        if self.full:
            kernels = [None] * geometry.windows()
            self.levels = levels
            by_byte = None
        else:
            kernels = [[None] * geometry.windows() for _ in plan.multiples]
            by_byte = self._sort_bytes(levels, plan, windows, kernels)
        self.views = shallow((windows, kernels, by_byte))

    def _make_tables(self, plan):
        """For each input channel its mirrored kernel times each multiple, one after the other."""
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
        times = [np.array([multiple], dtype=np.int16) for multiple in plan.multiples]
        self.tables = []
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
            self.tables.append(table)
        self.stage = self.tables[0]
        if len(self.tables) > 1:
            self.stage = bytearray(self.tables[0])

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

    def _sort_bytes(self, levels, plan, windows, kernels):
        """For each byte its windows, its kernels and, from ``single`` on, more such pairs."""
        made = []
        for parts in plan.parts:
            made.append([(windows[power], kernels[number]) for power, number in parts])
        more = [pairs[1:] for pairs in made]
        self.single = len(levels)
        of_windows = [None] * len(levels)
        of_kernels = [None] * len(levels)
        for byte in range(1, len(levels)):
            level = levels[byte]
            of_windows[byte], of_kernels[byte] = made[level][0]
            if more[level] and self.single > byte:
                self.single = byte
        return of_windows, of_kernels, more

    def cut(self):
        """Make the windows and the kernels, which are thousands of small array objects."""
        geometry = self.geometry
        op = geometry.op
        share = geometry.share
        count = len(self.plan.multiples)
        windows, kernels, _ = self.views[0]
        cut = {}
        # For an input that reaches nothing.
        nowhere = np.zeros(1, dtype=np.int16)
        nothing = [np.zeros(1, dtype=np.int8)] * count
        if self.full:
            nothing = [nothing[0]] * len(self.levels)
        shift = op.padding + geometry.top * op.stride
        downs = self._spans(geometry.input_rows(), geometry.rows, shift, op.rows)
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
                        self.views[1].append(tuple(cut[kind]))
                        slices += 2 * count
                    views = cut[kind]
                for number, found in enumerate(windows):
                    found[at] = nowhere
                    if views is not nothing:
                        found[at] = self.maps[number][top:bottom, left * share : right * share]
                if self.full:
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
            for found in windows:
                self.views[1].append(tuple(found[at - len(acrosses) : at]))

    def _cut_kernels(self, kind, count):
        """Views of the staged kernel, one a multiple, cut to the rows and columns of ``kind``."""
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
                self.stage,
                dtype=self.dtype,
                count=high * wide * share,
                offset=(number * op.rows * op.columns + offset) * share * self.bytes,
            )
            view = flat.reshape((high, wide * share))
            views.append(view[row : row + rows, column * share : (column + columns) * share])
        if self.full:
            return [None] + [views[level - 1] for level in self.levels[1:]]
        return views

    def _cut_bands(self, plan, arena, maps):
        """Views to finish a band with: doubled accumulators, pooled lanes and their high bytes."""
        geometry = self.geometry
        share = geometry.share
        line = geometry.width * share
        band = geometry.band
        top = geometry.top
        bottom = top + band
        # Each power is doubled into the one below, the top first.
        self.doubled = [
            (maps[p][top:bottom], maps[p - 1][top:bottom]) for p in range(plan.powers - 1, 0, -1)
        ]
        begin = 2 * top * line
        rows = memoryview(arena)[begin:]
        self.lanes = lanes_2d(rows, band * geometry.width, share)
        self.kept = []
        self.gone = []
        if geometry.bands > 1:
            end = begin + 2 * (geometry.reach - 1) * line
            self.kept = [(part[begin:end], part[2 * bottom * line :]) for part in self.parts]
            self.gone = [part[end:] for part in self.parts]
            self.fresh = self.zeros[: 2 * band * line]
        pool = geometry.pool
        height = band // pool
        self.places = height * (geometry.width // pool)
        self.left = self.lanes
        if pool > 1:
            # What is pooled goes to where the band begins: those rows are done with by then.
            self.tops = [maps[0][top + row : bottom : pool] for row in range(pool)]
            self.wide = rows[: 2 * height * line]
            wide = lanes_2d(rows, self.places, pool * share)
            self.columns = [wide[:, c * share : (c + 1) * share] for c in range(pool)]
            self.pooled = rows[: 2 * self.places * share]
            self.left = lanes_2d(rows, self.places, share)
        high = np.frombuffer(rows, dtype=np.uint8, count=2 * self.places * share)
        self.high = high.reshape((self.places, 2 * share))[:, 1::2].transpose()

    def _group(self, group):
        """Of one group: bias, shifts, clip, first output channel, inputs and outputs by band."""
        geometry = self.geometry
        op = geometry.op
        first = group * geometry.share
        last = first + geometry.share
        count = geometry.bands
        shifts = op.shifts[first:last]
        clip = None
        outs = [None] * count
        if self.out is not None:
            clip = Clip(op.most, shifts, op.lows[first:last], op.highs[first:last])
            planes = self.out.planes()[first:last]
            places = self.places
            outs = [planes[:, at * places : (at + 1) * places] for at in range(count)]
        chunks = [self._chunk(group, band) for band in range(count)]
        return wrapped(op.bias[first:last]), shifts, clip, first, chunks, outs

    def _chunk(self, group, band):
        """Inputs of a band: array (channels, inputs), first channel, where its first byte lies."""
        geometry = self.geometry
        source = self.source
        first = group * geometry.members
        step = geometry.band * geometry.op.stride
        top = band * step + (geometry.lead if band else 0)
        bottom = source.shape[1]
        if geometry.bands > 1:
            bottom = min(band * step + geometry.lead + step, bottom)
        if bottom <= top:
            return None
        begin = top * geometry.source_width
        end = bottom * geometry.source_width
        array = source.planes()[first : first + geometry.members, begin:end]
        begin += first * geometry.source_height * geometry.source_width
        if not band:
            return array, first, begin, None
        # Their windows lie behind those of inputs that only the first band takes.
        later = geometry.lead * geometry.source_width
        return array, first, begin - later, np.array([later], dtype=np.uint16)

    def run(self):
        """Activations, or logits, of the source's present bytes."""
        if self.out is None:
            self.result = []
        else:
            self.out.bytes[:] = cleared(len(self.out.bytes))
        for group in self.groups:
            chunks = group[4]
            for part in self.parts:
                part[:] = self.zeros
            for band in range(self.geometry.bands):
                if chunks[band] is None:
                    pass
                elif self.full:
                    self._scatter_full(chunks[band])
                else:
                    self._scatter(chunks[band])
                for upper, lower in self.doubled:
                    upper += upper
                    lower += upper
                self._finish(group, band)
                for place, part in self.kept:
                    place[:] = part
                for part in self.gone:
                    part[:] = self.fresh

    def _scatter(self, chunk):
        """Add the kernels of the inputs that are not zero into the windows."""
        array, first, begin, later = chunk
        windows, kernels, more = self.views[0][2]
        single = self.single
        most = self.source.most
        data = self.source.bytes
        area = self.geometry.source_height * self.geometry.source_width
        stage = self.stage
        tables = self.tables
        channels, places = np.nonzero(array)
        if later is not None:
            places += later
        places = iter(places)
        following = next
        present = None
        for channel in channels:
            at = following(places)
            if channel != present:
                # Another kernel where all the views look.
                present = channel
                base = channel * area + begin
                stage[:] = tables[first + channel]
            value = data[at + base]
            lanes = windows[value][at]
            lanes += kernels[value][at]
            if value >= single:
                for found, kernel in more[value if value < most else most]:
                    lanes = found[at]
                    lanes += kernel[at]

    def _scatter_full(self, chunk):
        """The same for groups of one channel with kernels times every value."""
        array, channel, begin, later = chunk
        windows, kernels, _ = self.views[0]
        windows = windows[0]
        if len(self.tables) > 1:
            self.stage[:] = self.tables[channel]
        data = self.source.bytes
        places = np.nonzero(array)[1]
        if later is not None:
            places += later
        for at in places:
            lanes = windows[at]
            lanes += kernels[at][data[at + begin]]

    def _finish(self, group, band):
        """Bias, pool, shift and clip of the rows that are complete."""
        bias, shifts, clip, first, _, outs = group
        acc = self.lanes
        acc += bias
        out = self.out
        if out is None:
            self.result.append(acc.tolist())
            return
        if self.geometry.pool > 1:
            self.wide[:] = largest_of(self.tops)
            self.pooled[:] = largest_of(self.columns)
        if clip.fits:
            clip.run(self.left, self.high, outs[band])
            return
        area = out.shape[1] * out.shape[2]
        start = first * area + band * self.places
        shift_slowly(self.left, shifts, out.most, out.bytes, start, area)

    def clips(self):
        """What shifts and clips the lanes, group by group."""
        return [group[2] for group in self.groups]

    def settle(self):
        """Turn high bytes into activations."""
        out = self.out
        length = self.geometry.share * out.shape[1] * out.shape[2]
        data = memoryview(out.bytes)
        for group in self.groups:
            begin = group[3] * length // self.geometry.share
            group[2].settle(data[begin : begin + length], out.array[begin : begin + length])

    def logits(self):
        """Accumulators with channels outermost."""
        count = self.geometry.bands
        found = []
        for group in range(len(self.groups)):
            places = []
            for part in self.result[group * count : (group + 1) * count]:
                places.extend(part)
            for channel in range(self.geometry.share):
                found.extend([place[channel] for place in places])
        return found


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


def largest_of(views):
    """Bytes of the elementwise maximum of the views."""
    best = views[0]
    for view in views[1:]:
        best = np.maximum(best, view)
    return best.tobytes()
