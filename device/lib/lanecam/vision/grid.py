# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What pictures are divided into: points, tiles of 2 x 2 points, and samples of both."""

from array import array

from lanecam.vision.luma import GREY, YUV, Luma

WIDE = 40
HIGH = 30
"""Points across and down a picture: every second sample, boxes are measured in them."""
TILES_WIDE = 20
TILES_HIGH = 15
REACH = 4
"""Tiles on each side that a tile is compared with."""
FINEST = 4
"""Most samples along a point's side."""


class _Slice:
    def __getitem__(self, key):
        return key


ALL = _Slice()[:]
"""A slice object: made once, it leaves nothing behind where it is used."""


class Grid:
    """What ``Planes`` of frames ``width`` x ``height`` share, however they calculate.

    width, height: 40 x 30 times 1, 2, 4, 8 or 16. ``cells``: side of the model's input.
    ``scratch``: memory of ``scratch_bytes``, which others may use between two looks, or None.
    """

    def __init__(self, width, height, colorspace, cells, scratch=None):
        self.width = width
        self.height = height
        self.cells = cells
        self.luma = Luma(colorspace)
        self.finest = min(width // WIDE, FINEST)
        """Samples along a point's side at most; 2 is the grid that tiles are made of."""
        self.samples = min(self.finest, 2)
        self.ahead = samples_ahead(width, is_direct(colorspace))
        self.frame = None
        self.tiles = array("h", bytes(2 * TILES_WIDE * TILES_HIGH))
        """128 times the mean of each tile's samples, of 255, row by row: 0..32640."""
        self.along = array("h", bytes(2 * TILES_WIDE * TILES_HIGH))
        """n of each tile; after ``mask`` sums of the ink's, from the left end of each row on."""
        self.down = array("h", bytes(2 * TILES_WIDE * TILES_HIGH))
        """After ``mask`` the same sums from the top of each column on."""
        self.total = 0
        """After ``mask`` the contrast of all ink."""
        self._scratch = scratch
        self._make()

    def light_range(self):
        """Mean brightness, 0..255, of the darkest and of the lightest tile."""
        return min(self.tiles) >> 7, max(self.tiles) >> 7


def scratch_bytes(width, cells, bytes_per_pixel):
    """Bytes that ``UlabPlanes`` works in: sums of columns, then rows of a frame and in their place
    cells. The strips of tiles are done with before that."""
    sums = 2 * cells * columns_summed(min(width // WIDE, FINEST))
    rows = max(cells * width * bytes_per_pixel, 4 * cells * cells)
    strips = (TILES_HIGH + TILES_WIDE) * (TILES_WIDE + 2 * REACH + 2 * TILES_WIDE)
    return max(sums + rows, 2 * strips)


def columns_summed(finest):
    """Columns of samples that a digit's windows are summed in: all points, or four fifths of finer
    samples (framing.MOST_WIDE)."""
    return max(WIDE, 32 * finest)


def is_direct(colorspace):
    """Whether luma lies in the frame as it is, in every byte or every second one."""
    return colorspace == YUV or colorspace == GREY


def samples_ahead(width, direct):
    """How far before the middle of a tile the pixels lie that it is a mean of, 1/256 of a point.

    A sample is the upper left pixel of its square, and green is read at every second sample.
    """
    if width == WIDE:
        return 0
    return 64 - 64 * 2 * WIDE // width + (0 if direct else 64)
