# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""One op of the program as the file's table describes it."""

from lanecam.errors import ModelError

DENSE = 1
CONV2D = 2
MIX = 3
MAX_POOL = 4
SUM_POOL = 5
CONCAT = 6
KINDS = ("", "dense", "conv2d", "mix", "max pool", "sum pool", "concat")


class Op:
    """One op of the program: what the table says, and its arrays.

    ``weights``: array('b'), inputs first and outputs last, or array('H') for a mix;
    ``bias``: array('i') (branch gains for a mix); ``shifts``: bytes, one a channel.
    ``most``: largest activation it can make, 0 for logits; ``lows``, ``highs``: certified ends of
    each channel's accumulator, set when the certificate is checked.
    """

    def __init__(self, fields, shapes):
        (
            self.kind,
            self.storage,
            bits,
            self.shift,
            self.rows,
            self.columns,
            self.stride,
            self.padding,
            self.groups,
            count,
            self.bias_width,
            self.channels,
            self.height,
            self.width,
            first,
            second,
            _worst,
            self.weights_at,
            self.weights_bytes,
            self.bias_at,
            self.shifts_at,
            self.acc_lo,
            self.acc_hi,
        ) = fields
        if not 1 <= self.kind <= CONCAT or not 1 <= count <= 2:
            raise ModelError("kind %d with %d inputs is unknown" % (self.kind, count))
        if bits > 8:
            raise ModelError("%d activation bits are over 8" % bits)
        self.inputs = (first, second)[:count]
        for source in self.inputs:
            if source >= len(shapes):
                raise ModelError("reads value %d, which is not made yet" % source)
        self.most = (1 << bits) - 1
        self.source = shapes[first]
        self.shape = (self.channels, self.height, self.width)
        self.weights = None
        self.bias = None
        self.shifts = None
        self.lows = None
        self.highs = None
        self.check_shape(shapes)

    def check_shape(self, shapes):
        """Refuse an output shape that the inputs and the kernel do not make."""
        channels, height, width = self.source
        if self.kind == DENSE:
            made = (self.channels, 1, 1)
        elif self.kind == MIX:
            if not self.rows or not self.columns or channels % self.columns:
                raise ModelError("%d channels are not %d streams" % (channels, self.columns))
            stream = (channels // self.columns, height, width)
            if len(self.inputs) == 2 and shapes[self.inputs[1]] != stream:
                raise ModelError("branch %s does not fit a stream" % (shapes[self.inputs[1]],))
            made = (stream[0] * self.rows, height, width)
        elif self.kind == CONCAT:
            if len(self.inputs) != 2 or shapes[self.inputs[1]][1:] != (height, width):
                raise ModelError("cannot put together maps of different sizes")
            made = (channels + shapes[self.inputs[1]][0], height, width)
        else:
            made = self.window_shape()
        if made != self.shape or not min(made):
            raise ModelError("makes %s, the table says %s" % (made, self.shape))

    def window_shape(self):
        """Shape that a convolution or a pool makes."""
        channels, height, width = self.source
        tall = height + 2 * self.padding - self.rows
        wide = width + 2 * self.padding - self.columns
        if not (self.stride and self.rows and self.columns) or tall < 0 or wide < 0:
            raise ModelError("window %dx%d does not fit" % (self.rows, self.columns))
        if self.kind == CONV2D:
            if not self.groups or channels % self.groups or self.channels % self.groups:
                raise ModelError("%d groups do not divide its channels" % self.groups)
            channels = self.channels
        return (channels, tall // self.stride + 1, wide // self.stride + 1)

    def weight_count(self):
        """How many weights a dense op or a convolution has."""
        channels, height, width = self.source
        if self.kind == DENSE:
            return channels * height * width * self.channels
        return channels // self.groups * self.rows * self.columns * self.channels
