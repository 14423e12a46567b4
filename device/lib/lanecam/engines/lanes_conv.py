# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Convolutions in int16 lanes: every non-zero input adds its kernel to the outputs around it.

With channels innermost, the outputs that an input reaches are a rectangle of lanes: kernel rows by
(kernel columns * outputs). So an input costs one in-place add of its mirrored kernel times its
value: about 4,000 cycles and 20 for each lane; zeros cost nothing. Four things make that short:

- Inputs are taken channel after channel. The kernel of the channel is copied to one place (2,500
  cycles); the views of it that borders need, where it is cut, serve all channels.
- Outputs that nobody reads (beyond the last window of a pool) are not computed.
- Kernels are held times few numbers, accumulators have weights (lanes_plan.py).
- A max pool that follows is taken first: a quarter of the lanes is left to shift and clip.

With a stride the outputs of neighbours lie further apart than the inputs: each phase of the stride
has its own part of the kernel. A map that is large is run in bands of rows. All views are made at
start (lanes_cutting.py).
"""

from ulab import numpy as np

from lanecam.engines.lanes import cleared, shift_slowly


class ConvLanes:
    """A convolution; ``run()`` fills ``out``, or keeps the logits for ``logits()``.

    source: Value; out: Value, or None for logits. The rest is what a ``Cutter`` fills in:
    ``bands`` of rows and ``early`` ones before them, ``share`` outputs a group, ``pool`` side of
    the pool taken along, ``area`` of a channel of the source, ``spacing``, the same as an array;
    accumulators: ``blank``, their bytes in pieces as long as ``zeros``, ``first`` and the others
    with their weights, ``folded``, ``lanes``, ``left``, ``high``; of the pool ``tops, wide,
    columns, pooled``; between two bands ``kept`` and, in pieces, ``gone``; kernels: ``tables``,
    ``stage``, ``views``, of which ``levels`` says by byte; ``groups``: for each its bias, shifts,
    clip, first output channel, inputs and outputs by band.
    """

    def __init__(self, source, out):
        self.source = source
        self.out = out
        self.result = None

    def run(self):
        """Activations, or logits, of the source's present bytes."""
        if self.out is None:
            self.result = []
        else:
            self.out.bytes[:] = cleared(len(self.out.bytes))
        for group in self.groups:
            for piece in self.blank:
                piece[:] = self.zeros
            band = -self.early
            for chunk in group[4]:
                if chunk is None:
                    pass
                elif self.full:
                    self._scatter_full(chunk)
                else:
                    self._scatter(chunk)
                if band >= 0:
                    total = self.first
                    for part, weight in self.folded:
                        part *= weight
                        total += part
                    self._finish(group, band)
                band += 1
                for place, part in self.kept:
                    place[:] = part
                for piece in self.gone:
                    piece[:] = self.zeros

    def _scatter(self, chunk):
        """Add the kernels of the inputs that are not zero into the windows."""
        array, data, channel, base, end = chunk
        pairs = self.views[0][0]
        levels = self.levels
        area = self.area
        stage = self.stage
        tables = self.tables[0]
        # Where each input lies in ``data``, in one number.
        places, within = np.nonzero(array)
        places *= self.spacing
        places += within
        for at in places:
            value = data[at]
            if at >= end:
                while at >= end:
                    channel += 1
                    base += area
                    end += area
                # Another kernel where all the views look.
                stage[:] = tables[channel]
            at -= base
            for windows, kernels in pairs[levels[value]]:
                lanes = windows[at]
                lanes += kernels[at]

    def _scatter_full(self, chunk):
        """The same for groups of one channel with kernels times every value."""
        array, data, channel, base, _ = chunk
        _, kernels, windows = self.views[0]
        windows = windows[0]
        base += self.area
        if len(self.tables[0]) > 1:
            self.stage[:] = self.tables[0][channel + 1]
        for place in np.nonzero(array)[1]:
            at = place - base
            lanes = windows[at]
            lanes += kernels[at][data[place]]

    def _finish(self, group, band):
        """Bias, pool, shift and clip of the rows that are complete."""
        bias, shifts, clip, first, _, outs = group
        acc = self.lanes
        acc += bias
        out = self.out
        if out is None:
            self.result.append(acc.tolist())
            return
        if self.pool > 1:
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
        length = self.share * out.shape[1] * out.shape[2]
        data = memoryview(out.bytes)
        for group in self.groups:
            begin = group[3] * length // self.share
            group[2].settle(data[begin : begin + length], out.array[begin : begin + length])

    def logits(self):
        """Accumulators with channels outermost."""
        count = self.bands
        found = []
        for group in range(len(self.groups)):
            places = []
            for part in self.result[group * count : (group + 1) * count]:
                places.extend(part)
            for channel in range(self.share):
                found.extend([place[channel] for place in places])
        return found


def largest_of(views):
    """Bytes of the elementwise maximum of the views."""
    best = views[0]
    for at in range(1, len(views)):
        best = np.maximum(best, views[at])
    return best.tobytes()
