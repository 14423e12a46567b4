# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs a certified model in int16 lanes with ulab: vector adds in place, no multiplications.

Only for programs whose every accumulator is certified to fit 16 bits: lanes wrap silently. All
buffers are made at start, by lanes_builder.py, which need not stay in memory. The weights of a
convolution are let go once its kernels stand.
"""

import gc

from ulab import numpy as np

from lanecam.engines.lanes import Clip, cleared, high_bytes, shift_slowly
from lanecam.op import CONV2D, DENSE
from lanecam.unload import import_high

BUILDER = 20_000
"""Bytes of what builds the engine."""
FEW = 160
"""Up to so many outputs a loop over all bytes beats the search for those above zero."""


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
        self.model = model
        for lean in (False, True):
            self.input = self.steps = self.last = self.scratch = None
            if build(self, 0 if lean else room, lean, keep, scratch):
                return
            gc.collect()
            # The next one, or another engine, may take less: weights that went are read again.
            if any([op.weights is None and op.kind <= CONV2D for op in model.ops]):
                model.restore()
        raise MemoryError("ulab16 for model %s" % model.name)

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


def build(engine, room, lean, keep, scratch):
    """Fill in what ``engine`` runs on, and its ``scratch``; False where memory ran out.

    lean: rows of dense weights are cut anew each time, which takes longer and less memory; keep:
    bytes to leave for what comes after.
    """
    builder = None
    try:
        import_steps(engine.model)
        names = ["engines.lanes_builder"]
        if any([op.kind == CONV2D for op in engine.model.ops]):
            names += ["engines.lanes_cutting", "engines.lanes_plan"]
        import_high(names, BUILDER)
        from lanecam.engines.lanes_builder import Builder

        builder = Builder(engine.model, lean, keep, scratch)
        builder.make(room)
    except MemoryError:
        if builder is not None:
            builder.clear()
        return False
    engine.input = builder.input
    engine.crops = builder.crops
    engine.scratch = builder.arena
    engine.steps = builder.steps
    engine.last = builder.steps[-1]
    return True


def import_steps(model):
    """Import what runs the model's ops, and stays, before what builds it, and goes."""
    kinds = [op.kind for op in model.ops]
    if DENSE in kinds:
        from lanecam.engines import lanes_dense  # noqa: F401
    if CONV2D in kinds:
        from lanecam.engines import lanes_conv  # noqa: F401


class Clipped:
    """A dense kernel with activations after it."""

    def __init__(self, op, kernel, out, levels_do):
        self.kernel = kernel
        self.out = out
        self.clip = Clip(op.most, op.shifts, op.lows, op.highs)
        self.settle = not levels_do
        self.op = op
        if levels_do and self.clip.fits and not self.clip.exact:
            out.levels = self.clip.levels()
        if levels_do and self.clip.fits and self.clip.signed and op.channels <= FEW:
            out.signed = high_bytes(kernel.buffer, 1, op.channels, 0, np.int8)

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
