# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Builds what ``ulab16`` runs: a step for each op, with every buffer and view that it takes.

Needed at start only: nothing here stays in memory with the engine.
"""

import gc

from lanecam.engines.lanes import cleared
from lanecam.engines.lanes_graph import depthwise, live_parts, pools_after
from lanecam.engines.lanes_making import make_clipped, make_dense, make_value
from lanecam.engines.ulab16 import Logits, Passed, Settled
from lanecam.errors import ModelError
from lanecam.op import CONCAT, CONV2D, DENSE, KINDS, MAX_POOL, MIX, SUM_POOL

LEAST = -32768
MOST = 32767
PLACES = 65535
"""Most elements of a map: their places are uint16."""
HOLE = 40
"""Bytes of two blocks, and of their places in a list."""
ZEROS = 512
"""Zero bytes at the least to clear the accumulators of a convolution with, piece by piece."""
HOLES = 280
"""Blocks of garbage between two collections while array objects are made."""

SPARE = 14 * 1024
"""Bytes that a frame finds free at the least: what plans cost in collections is counted for it."""
BEYOND = 9_000
"""Bytes that plans may take beyond what is counted to be left: small objects and code are counted
on the safe side, by 24 kB with each of four models on a Pico, so that ``SPARE`` stay free."""
TIGHT = 46 * 1024
"""With fewer bytes free beside the array objects of rows, what they save is lost in collections."""
PLANS = 40 * 1024
"""Bytes of kernels, windows and lanes of a usual convolutional network."""
CODE = 12 * 1024
"""Bytes of modules that go once the engine stands."""
ROW = 56
"""Bytes of the array object of a row, with its places in a list and a tuple."""
SMALL = 4500
"""Bytes of the small objects of an op."""


class Builder:
    """Makes ``input`` (a Value), ``steps`` and ``crops``: whether the input is cut to its part."""

    def __init__(self, model, lean=False, keep=0, scratch=0):
        """``lean``, ``keep``, ``scratch``: see ``ulab16.build``.

        Raises ModelError naming the op whose accumulators do not fit int16.
        """
        require_lanes(model)
        self.model = model
        self.lean = lean or keep and self._is_tight(keep)
        self.keep = keep
        self.scratch = scratch
        self.sizes = live_parts(model)
        self.pools = pools_after(model)
        shape = (model.channels, model.height, model.width)
        self.input = make_value((model.channels,) + self.sizes[0], (1 << model.input_bits) - 1)
        self.crops = self.sizes[0] != shape[1:]
        self.steps = []
        self.values = [self.input]
        self.cutters = []
        self.arena = None

    def make(self, room):
        """A step for each op, and then their array objects.

        room: bytes for the kernels, windows and lanes of convolutions; None: what there is.
        """
        self._plan(room)
        for index, op in enumerate(self.model.ops):
            self._step(index, op)
            gc.collect()
        if self.cutters:
            free = gc.mem_free() if hasattr(gc, "mem_free") else 0
            holes = small_holes(min(HOLES, free // (4 * HOLE)))
            for cutter in self.cutters:
                cutter.cut()
            del holes
            for cutter in self.cutters:
                cutter.turn()
        self.cutters = None
        gc.collect()

    def clear(self):
        """Let go of everything: the stack may still hold this object."""
        self.input = self.steps = self.values = self.cutters = self.arena = None
        self.plans = None

    def _is_tight(self, keep):
        """Whether rows of dense weights, as array objects, would take what a frame needs."""
        rows = 0
        for op in self.model.ops:
            if op.kind == DENSE:
                channels, height, width = op.source
                rows += ROW * channels * height * width
        gc.collect()
        return gc.mem_free() + CODE - keep - rows < TIGHT

    def _plan(self, room):
        """Choose the plans of the convolutions and make the accumulators that they share."""
        self.plans = {}
        convolutions = []
        needs = []
        longest = 0
        size = 0
        small = maps = 0
        # Nobody else uses the arena where all ops are dense: the longest buckets go there.
        widest = 0 if all([op.kind == DENSE for op in self.model.ops]) else 1 << 30
        self.widest = None
        bits = {0: self.model.input_bits}
        for index, op in enumerate(self.model.ops):
            bits[index + 1] = max([bits[source] for source in op.inputs])
            if op.most:
                bits[index + 1] = len(bin(op.most)) - 2
            made = self.sizes[self.pools.get(index, index) + 1]
            longest = max(longest, op.channels * made[0] * made[1])
            maps += op.channels * made[0] * made[1]
            small += SMALL if op.kind <= CONV2D else 0
            if op.kind == DENSE:
                buckets = 2 * op.channels << bits[op.inputs[0]]
                longest = max(longest, buckets)
                if buckets > widest:
                    widest = size = buckets
                    self.widest = index
            if op.kind in (MIX, SUM_POOL):
                from lanecam.engines.lanes_maps import arena_bytes

                size = max(size, arena_bytes(op, op.channels * made[0] * made[1]))
                longest = max(longest, size)
            if op.kind != CONV2D or depthwise(op) or not made[0]:
                continue
            from lanecam.engines.lanes_geometry import ways

            pool = self.pools.get(index)
            window = 1 if pool is None else self.model.ops[pool].rows
            source = (op.source[0],) + self.sizes[op.inputs[0]]
            needs.append(ways(op, source, made, window, (1 << bits[op.inputs[0]]) - 1))
            longest = max(longest, min(ZEROS, 2 * needs[-1][0].geometry.lanes))
            convolutions.append(index)
        # The longest block of zeros first: all share it.
        cleared(longest)
        if convolutions:
            from lanecam.engines.lanes_plan import ROOM, byte_cycles, choose_plans

            left = TIGHT
            if room is None:
                room = ROOM
                if hasattr(gc, "mem_free"):
                    gc.collect()
                    free = gc.mem_free() - maps - small
                    # What it takes now; what it leaves when code has gone and vision has come.
                    later = free + CODE - self.keep
                    room = max(0, min(ROOM, free - HOLES * HOLE, later + BEYOND))
                    left = max(SPARE, later - PLANS)
            chosen = choose_plans(needs, room, byte_cycles(needs, left), self.scratch)
            for index, plan in zip(convolutions, chosen):
                self.plans[index] = plan
                size = max(size, plan.lanes)
        self.arena = bytearray(max(size, self.scratch))

    def _step(self, index, op):
        """Make the kernel of ``op`` and the value it fills."""
        values = self.values
        source = values[op.inputs[0]]
        if op.kind == MAX_POOL and self.pools.get(op.inputs[0] - 1) == index:
            # The convolution before has taken it along.
            values.append(source)
            self.steps.append(Passed())
            return
        out = None
        if index + 1 < len(self.sizes) - 1:
            size = self.sizes[self.pools.get(index, index) + 1]
            if not size[0]:
                # Nobody reads it.
                values.append(None)
                self.steps.append(Passed())
                return
            most = op.most
            if op.kind == MAX_POOL or op.kind == CONCAT:
                most = max([values[at].most for at in op.inputs])
            out = make_value((op.channels,) + size, most)
        if op.kind == DENSE:
            arena = self.arena if index == self.widest else None
            step = make_dense(op, source, self.lean, arena)
            if out is None:
                step = Logits(step)
            else:
                step = make_clipped(op, step, out, self._looked_up(index, DENSE))
        elif op.kind != CONV2D:
            from lanecam.engines.lanes_maps import map_lanes

            step = map_lanes(op, [values[at] for at in op.inputs], out, self.arena)
        elif index in self.plans:
            from lanecam.engines.lanes_cutting import Cutter

            cutter = Cutter(self.plans[index], source, out, self.arena)
            step = cutter.conv
            self.cutters.append(cutter)
            if cutter.in_place is None:
                op.weights = None
        else:
            from lanecam.engines.lanes_depthwise import DepthwiseLanes

            step = DepthwiseLanes(op, source, out)
            op.weights = None
        if out is not None and op.kind not in (DENSE, MAX_POOL, CONCAT):
            step = self._settled(index, step, out)
        self.steps.append(step)
        values.append(out)

    def _settled(self, index, step, out):
        """The step, made to clip its high bytes unless their readers look them up in a table."""
        clips = step.clips()
        if all([clip.exact or not clip.fits for clip in clips]):
            return step
        late = any([clip.late for clip in clips])
        reader = self.pools.get(index, index)
        if late and len(clips) == 1 and self._looked_up(reader, CONV2D):
            out.levels = clips[0].levels()
        elif not late and self._looked_up(reader, CONV2D):
            longest = max([clip.highest for clip in clips])
            out.levels = bytes([min(byte, out.most) for byte in range(longest + 1)])
        else:
            return Settled(step)
        return step

    def _looked_up(self, index, kind):
        """Whether all readers of the op's value are dense (or convolutions): they use a table."""
        for op in self.model.ops:
            if index + 1 not in op.inputs:
                continue
            if op.kind not in (DENSE, kind) or (op.kind == CONV2D and depthwise(op)):
                return False
        return True


def small_holes(count):
    """Something to hold while array objects are made: it leaves ``count`` holes of one heap block.

    What slices leave behind, tuples and shapes of a block each, goes there, and not between the
    array objects.
    """
    filler = [None] * (2 * count)
    for at in range(2 * count):
        filler[at] = (at,)
    for at in range(0, 2 * count, 2):
        filler[at] = None
    gc.collect()
    return filler


def require_lanes(model):
    """Refuse a model beyond what int16 lanes and ulab's uint16 places hold, naming the op."""
    for index, op in enumerate(model.ops):
        channels, height, width = op.source
        if channels * height * width > PLACES:
            raise ModelError(
                "op %d (%s) reads %d elements, ulab16 finds its way among %d; "
                "choose bigint or plain"
                % (index, KINDS[op.kind], channels * height * width, PLACES)
            )
        if op.kind != CONCAT and (op.acc_lo < LEAST or op.acc_hi > MOST):
            raise ModelError(
                "op %d (%s): accumulators [%d, %d] leave int16, ulab16 is not exact; "
                "choose bigint or plain" % (index, KINDS[op.kind], op.acc_lo, op.acc_hi)
            )
