# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Sizes of a convolution in int16 lanes: the part that is wanted, and the bands it is made in."""

from lanecam.engines.lanes_plan import VIEW

WINDOWS = 44
"""Most windows of a band: each is an array object, one for each power of two."""

WINDOWS_ALONE = 140
"""The same for a single input channel, whose kernels are held times every value."""


class Geometry:
    """Sizes of a convolution, group by group: what is read, what is made, and the bands."""

    def __init__(self, op, source, made, pool):
        """source: shape held of the input; made: (height, width) wanted; pool: 1 for none."""
        self.op = op
        self.pool = pool
        self.share = op.channels // op.groups
        self.members = op.source[0] // op.groups
        self.height = made[0] * pool
        self.width = made[1] * pool
        self.source_height = source[1]
        self.source_width = source[2]
        self.reach = -(-op.rows // op.stride)
        # Rows of the input before the first that a later band takes.
        self.lead = (self.reach - 1) * op.stride - op.padding
        self.band = self.height
        if self.lead >= 0:
            for band in range(self.height, 0, -1):
                if self.height % band == 0 and band % pool == 0:
                    self.band = band
                    if self.windows() <= (WINDOWS_ALONE if self.members == 1 else WINDOWS):
                        break
        self.rows = self.height
        # Rows above the first output: a single channel is not worth kernels cut at the top.
        self.top = 0
        if self.band < self.height:
            self.top = self.reach - 1 if self.members == 1 else 0
            self.rows = self.top + self.band + self.reach - 1
        self.lanes = self.rows * self.width * self.share
        self.bands = self.height // self.band

    def input_rows(self):
        """Rows of the input that the first band takes; later ones start at ``lead``."""
        if self.band == self.height:
            return self.source_height
        rows = (self.band + self.reach - 1) * self.op.stride - self.op.padding
        return min(rows, self.source_height)

    def windows(self):
        """Windows of a band."""
        return self.input_rows() * self.source_width

    def taps(self):
        """Lanes of a kernel."""
        return self.op.rows * self.op.columns * self.share

    def needs(self, most):
        """What ``choose_plans`` asks for."""
        return (most, self.op.source[0] * self.taps(), VIEW * self.windows(), self.members == 1)
