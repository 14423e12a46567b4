# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Depthwise convolutions in int16 lanes: each input row, shifted, times a row of weights.

One kernel a channel leaves nothing to scatter: whole rows at a time take about 50 cycles a
multiply-accumulate, zeros included, which is less than an addition for each input.
"""

from ulab import numpy as np

from lanecam.engines.lanes import cleared, shift_slowly


class DepthwiseLanes:
    """One kernel a channel; ``run()`` fills the Value ``out``, whose shape says what is wanted."""

    def __init__(self, op, source, out):
        from lanecam.engines.lanes_making import make_clip, wrapped

        self.op = op
        self.out = out
        channels, height, width = source.shape
        self.out_height = out.shape[1]
        self.height = height
        pad = op.padding
        # Columns are computed at every place; a stride picks among them at the end.
        self.places = (out.shape[2] - 1) * op.stride + 1
        count = self.places * channels
        line = np.zeros((self.places, channels), dtype=np.int16)
        line += wrapped(op.bias)
        self.fresh = bytes(line.tobytes()) * self.out_height
        self.buffer = bytearray(self.fresh)
        flat = np.frombuffer(self.buffer, dtype=np.int16)
        self.acc_rows = list(flat.reshape((self.out_height, count)))
        wide = max(width + 2 * pad, self.places + op.columns - 1)
        self.row_buffer = bytearray(2 * wide * channels)
        self.blank = bytes(len(self.row_buffer))
        padded = np.frombuffer(self.row_buffer, dtype=np.int16).reshape((wide, channels))
        self.row = padded[pad : pad + width]
        whole = memoryview(self.row_buffer)
        self.shifted = [
            whole[2 * x * channels : 2 * (x * channels + count)] for x in range(op.columns)
        ]
        self.work_buffer = bytearray(2 * count)
        self.work = np.frombuffer(self.work_buffer, dtype=np.int16)
        pixels = source.planes().transpose()
        self.inputs = [pixels[y * width : (y + 1) * width] for y in range(height)]
        weights = np.frombuffer(op.weights, dtype=np.int8)
        taps = list(weights.reshape((op.rows * op.columns, channels)))
        self.taps = [np.array(tap.tolist() * self.places, dtype=np.int8) for tap in taps]
        self.clip = make_clip(op.most, op.shifts, op.lows, op.highs)
        # For each row of outputs: lanes, their high bytes and their place, each by channel.
        self.lines = []
        planes = out.planes()
        for y in range(self.out_height):
            begin = 2 * y * count
            lanes = np.frombuffer(self.buffer, dtype=np.int16, count=count, offset=begin)
            high = np.frombuffer(self.buffer, dtype=np.uint8, count=2 * count, offset=begin)
            high = high.reshape((self.places, 2 * channels))[:: op.stride, 1::2]
            place = planes[:, y * out.shape[2] : (y + 1) * out.shape[2]]
            lanes = lanes.reshape((self.places, channels))[:: op.stride]
            self.lines.append((lanes, high.transpose(), place))

    def run(self):
        """Activations of the source's present bytes."""
        op = self.op
        out = self.out
        self.buffer[:] = self.fresh
        out.bytes[:] = cleared(len(out.bytes))
        work = self.work
        row = self.row
        for y in range(self.height):
            self.row_buffer[:] = self.blank
            row += self.inputs[y]
            for down in range(op.rows):
                out_row, rest = divmod(y + op.padding - down, op.stride)
                if rest or not 0 <= out_row < self.out_height:
                    continue
                acc = self.acc_rows[out_row]
                for across in range(op.columns):
                    self.work_buffer[:] = self.shifted[across]
                    work *= self.taps[down * op.columns + across]
                    acc += work
        at = 0
        for lanes, high, place in self.lines:
            if self.clip.fits:
                self.clip.run(lanes, high, place)
            else:
                area = out.shape[1] * out.shape[2]
                shift_slowly(lanes, op.shifts, op.most, out.bytes, at, area)
            at += out.shape[2]

    def clips(self):
        """What shifts and clips the lanes."""
        return [self.clip]

    def settle(self):
        """Turn high bytes into activations."""
        self.clip.settle(self.out.bytes, self.out.array)
