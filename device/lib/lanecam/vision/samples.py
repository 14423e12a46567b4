# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Which samples of a frame tiles and windows are made of; with ulab only asked for at start."""


def tile_samples(samples, direct):
    """(row, column) of the samples, of 4 x 4 or of 2 x 2, that a tile is the mean of."""
    if samples == 1:
        return ((0, 0), (0, 1), (1, 0), (1, 1))
    if direct:
        return ((0, 0), (0, 2), (1, 1), (1, 3), (2, 0), (2, 2), (3, 1), (3, 3))
    return ((0, 0), (0, 2), (2, 0), (2, 2))


def rows_read(size, direct):
    """Of windows ``size`` high: the second row that is read, what 256 means come of, how far late.

    The first is read as well. Of RGB the second, which may be the first again, is read for green
    and the first for the rest. A sum is multiplied by the next to be 256 times its mean of 255.
    The rows read lie above the middle of a window, so it begins so many 256ths of a sample late.
    """
    if direct:
        return size >> 1, 256 // (size * min(size, 2)), 128 if size > 2 else 0
    return size >> 2 << 1, 128 // size, 128 if size > 1 else 0
