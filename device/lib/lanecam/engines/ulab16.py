# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs a certified model in int16 lanes with ulab: vector adds in place, no multiplications.

Only for programs whose every accumulator is certified to fit 16 bits: lanes wrap silently. All
buffers are made at start, by choice.py and lanes_builder.py, which need not stay in memory. The
weights of a convolution are let go once its kernels stand.
"""

from ulab import numpy as np

from lanecam.engines.lanes import cleared, shift_slowly


class Ulab16:
    """Runs a ``Model``; ``run(ink)`` returns the logits as a list of integers.

    ``scratch``: a bytearray that may hold anything between two runs.
    """

    name = "ulab16"

    def __init__(self, model, room=None, keep=0, scratch=0):
        """room: bytes for the kernels, windows and lanes of convolutions; None: what there is, less
        ``keep`` bytes that are needed afterwards; scratch: bytes that ``scratch`` has at least.

        Raises ModelError naming the op whose accumulators do not fit int16, MemoryError where there
        is none for it.
        """
        from lanecam.engines.choice import make_lanes

        self.model = model
        make_lanes(self, room, keep, scratch)

    def run(self, ink):
        """Logits for ``ink``: channels * height * width values from 0 to 2**input_bits - 1."""
        if self.crops:
            self._crop(ink)
        else:
            self.input.bytes[:] = ink
        for step in self.steps:
            step.run()
        return self.last.logits()

    def _crop(self, ink):
        """Take the part of ``ink`` that the program reads."""
        model = self.model
        area = model.height * model.width
        channels, height, width = self.input.shape
        lines = self.input.array.reshape((channels * height, width))
        self.input.bytes[:] = cleared(len(self.input.bytes))
        for channel in range(channels):
            plane = np.frombuffer(ink, dtype=np.uint8, count=area, offset=channel * area)
            place = lines[channel * height : (channel + 1) * height]
            place += plane.reshape((model.height, model.width))[:height, :width]


class Clipped:
    """A dense kernel with activations after it."""

    def run(self):
        """Activations of the kernel's accumulators."""
        kernel = self.kernel
        kernel.run()
        out = self.out
        if not self.clip.fits:
            shift_slowly(kernel.acc, self.op.shifts, self.op.most, out.bytes)
            return
        if out.signed is not None:
            acc = kernel.acc
            acc *= self.clip.gain
            return
        out.bytes[:] = cleared(len(out.bytes))
        self.clip.run(kernel.acc, kernel.high, out.array)
        if self.settle:
            self.clip.settle(out.bytes, out.array)


class Settled:
    """A step whose high bytes are clipped to activations, because a reader calculates with them."""

    def __init__(self, step):
        self.step = step

    def run(self):
        """Activations of the step's sources."""
        self.step.run()
        self.step.settle()


class Passed:
    """Nothing to do for an op whose work another step does."""

    def run(self):
        """Nothing."""


class Logits:
    """The last dense kernel: its accumulators are the logits."""

    def __init__(self, kernel):
        self.kernel = kernel

    def run(self):
        """Accumulators of the kernel."""
        self.kernel.run()

    def logits(self):
        """The accumulators as a list of integers."""
        return self.kernel.acc.tolist()
