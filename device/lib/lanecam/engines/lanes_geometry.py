# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Sizes of a convolution in int16 lanes: the part that is wanted, and the bands it is made in."""

from lanecam.engines.lanes_plan import SLOT, VIEW, Needs

WINDOWS = 24, 48
"""Most windows of a band: each is an array object, one for each accumulator."""

WINDOWS_ALONE = 48, 96
"""The same for a single input channel, whose kernels are held times every value."""


def ways(op, source, made, pool, most):
    """The ways to cut a convolution into bands, each a ``Needs`` with its ``geometry``.

    most: largest input; else as ``Geometry``.
    """
    found = []
    for windows in WINDOWS_ALONE if source[0] == op.groups else WINDOWS:
        geometry = Geometry(op, source, made, pool, windows)
        if not found or geometry.bands < found[-1].geometry.bands:
            found.append(geometry.needs(most))
            found[-1].geometry = geometry
    return found


class Geometry:
    """Sizes of a convolution, group by group: what is read, what is made, and the bands.

    A band takes ``step`` rows of the input, which reach ``rows`` rows of outputs: the first
    ``band`` of them are then complete, the others are kept for the next. ``early`` bands come
    before the first output. So all bands have the same windows, and no kernel is cut at its top or
    bottom. A map that is small is one band, with kernels cut at every border.
    """

    def __init__(self, op, source, made, pool, most):
        """source: shape held of the input; made: (height, width) wanted; pool: 1 for none; most:
        windows of a band, if it is cut into bands."""
        self.op = op
        self.pool = pool
        self.share = op.channels // op.groups
        self.members = op.source[0] // op.groups
        self.height = made[0] * pool
        self.width = made[1] * pool
        self.source_height = source[1]
        self.source_width = source[2]
        self.reach = -(-op.rows // op.stride)
        # Rows of the input before those of the first band that makes outputs.
        self.lead = (self.reach - 1) * op.stride - op.padding
        self.band = self.height
        self.rows = self.height
        self.step = self.source_height
        self.early = 0
        if self.lead >= 0 and self.windows() > most:
            for band in range(self.height - 1, 0, -1):
                if self.height % band == 0 and band % pool == 0:
                    self.band = band
                    self.rows = band + self.reach - 1
                    self.step = band * op.stride
                    self.early = -(-self.lead // self.step)
                    if self.windows() <= most:
                        break
        self.bands = self.height // self.band
        self.lanes = self.rows * self.width * self.share

    def windows(self):
        """Windows of a band."""
        return self.step * self.source_width

    def taps(self):
        """Lanes of a kernel."""
        return self.op.rows * self.op.columns * self.share

    def kinds(self):
        """Most ways in which borders cut a kernel."""
        across = min(2 * self.op.columns - 1, self.source_width)
        return across if self.bands > 1 else across * min(2 * self.op.rows - 1, self.step)

    def mirrors_in_place(self):
        """Whether the weights of an input channel lie together, row by row, as its kernel does."""
        return self.op.groups == 1 and self.op.stride == 1

    def needs(self, most):
        """What ``choose_plans`` asks for."""
        return Needs(
            most,
            self.op.source[0] * self.taps(),
            (VIEW + 2 * SLOT) * self.kinds(),
            (VIEW + 2 * SLOT) * self.windows(),
            2 * self.lanes,
            self.members == 1,
            self.mirrors_in_place(),
            # About a fifth of a map is not zero.
            self.op.source[0] * self.source_height * self.source_width // 5,
            4000 + 15 * self.taps(),
            self.op.groups * self.bands * (45 * self.lanes + 10000),
            self.op.groups * self.bands * 110000,
        )
