# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The pixel work of a look in NumPy. Twin of ``lanecam.vision.planes``, which tells the rules."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

from lanewise.vision.luma import COLORSPACES

UInt8 = NDArray[np.uint8]
Int64 = NDArray[np.int64]
Frame = UInt8 | bytes | bytearray | memoryview

WIDE, HIGH = 40, 30
FINEST = 4
_QUINCUNX = ((0, 0), (0, 2), (1, 1), (1, 3), (2, 0), (2, 2), (3, 1), (3, 3))
_CORNERS = ((0, 0), (0, 2), (2, 0), (2, 2))
_SQUARE = ((0, 0), (0, 1), (1, 0), (1, 1))


def light_and_points(frame: Frame, height: int, width: int, space: str) -> tuple[Int64, Int64]:
    """Brightness (height, width) of a frame and of what boxes are measured on.

    The first is luma, or red and green, 0..510; the second luma, or green.

    Raises ValueError for an unknown colour space or a frame of another length.
    """
    if space not in COLORSPACES:
        raise ValueError(f"colorspace {space!r} is not one of {', '.join(COLORSPACES)}")
    raw = np.frombuffer(frame, dtype=np.uint8).astype(np.int64)
    if space == "grey":
        luma = raw.reshape(height, width)
        return luma, luma
    pairs = raw.reshape(height, width, 2)
    if space == "yuv":
        return pairs[..., 0], pairs[..., 0]
    high, low = (pairs[..., 0], pairs[..., 1]) if space == "rgb" else (pairs[..., 1], pairs[..., 0])
    green = ((high & 7) << 5) + (low >> 3)
    return high + green, green


def four_beyond(tiles: Int64) -> tuple[Int64, Int64]:
    """Mean of the four tiles to the left of each tile and to the right of it, rounded down.

    The picture's edge is repeated beyond it.
    """
    padded = np.pad(tiles, ((0, 0), (4, 4)), mode="edge")
    sums = np.lib.stride_tricks.sliding_window_view(padded, 4, axis=1).sum(axis=-1)
    means = cast("Int64", sums >> 2)
    return means[:, : tiles.shape[1]], means[:, 5 : 5 + tiles.shape[1]]


class NumpyPlanes:
    """Planes of frames of any colour space. A ``grey`` frame may be an array (height, width).

    The arguments, methods and integers are those of ``lanecam.vision.planes.Planes``.
    """

    def __init__(self, width: int, height: int, colorspace: str, cells: int) -> None:
        self.width, self.height = width, height
        self.colorspace = colorspace
        self.cells = cells
        self.finest = min(width // WIDE, FINEST)
        self.samples = min(self.finest, 2)
        self.light_shift = 7 if colorspace in ("yuv", "grey") else 6
        self.ahead = 0
        if width > WIDE:
            self.ahead = 64 - 128 * WIDE // width + (64 if self.light_shift == 6 else 0)
        self.tiles: list[int] = []
        self.along: list[int] = []
        self.down: list[int] = []
        self.total = 0
        self._light: Int64 = np.zeros((height, width), np.int64)
        self._green: Int64 = self._light
        self._points: Int64 = self._light
        self._contrast: Int64 = np.zeros((HIGH // 2, WIDE // 2), np.int64)
        self._ridge: Int64 = self._contrast
        self._means: Int64 = self._contrast
        self._corner = (0, 0)

    def load(self, frame: Frame) -> None:
        """Take a frame; fill ``tiles``."""
        if isinstance(frame, np.ndarray):
            frame = np.ascontiguousarray(frame).data.cast("B")
        light, points = light_and_points(frame, self.height, self.width, self.colorspace)
        self._light = light
        step = self.width // WIDE
        self._green = points
        self._points = points[::step, ::step]
        places: tuple[tuple[int, int], ...] = _SQUARE
        if self.samples == 2:
            places = _QUINCUNX if self.light_shift == 7 else _CORNERS
        samples = light[:: step // self.samples, :: step // self.samples]
        side = 2 * self.samples
        total = sum(samples[down::side, across::side] for down, across in places)
        tiles = np.asarray(total) * ((1 << self.light_shift) // len(places))
        self.tiles = tiles.ravel().tolist()

    def shade(self, limit: int, is_card: bool) -> bytearray:
        """1 where a tile is darker than ``limit`` (is_card: lighter); ``along`` is emptied."""
        self.along = [0] * len(self.tiles)
        sign = -1 if is_card else 1
        return bytearray(sign * tile < sign * limit for tile in self.tiles)

    def lift(self, level: int) -> None:
        """Make tiles as light as ``level`` where the sum of ``along`` from the left on is 0."""
        note = np.array(self.along).reshape(HIGH // 2, WIDE // 2).cumsum(axis=1).ravel()
        pairs = zip(self.tiles, note, strict=True)
        self.tiles = [tile if is_note else level for tile, is_note in pairs]

    def fill_ridges(self) -> None:
        """Compare ``tiles`` with those around them."""
        here = np.array(self.tiles).reshape(HIGH // 2, WIDE // 2) >> 8
        left, right = four_beyond(here)
        up, down = (means.T for means in four_beyond(here.T))
        sides = left + right + up + down
        self._contrast = sides - 4 * here
        self._ridge = left * right + up * down - here * sides + 2 * here * here

    def ridges(self, least: int) -> list[int]:
        """The strongest ridge of each row of tiles from ``least`` on, sorted.

        Light ones are less than 0; three zeros are among them.
        """
        best = self._ridge.argmax(axis=1)[:, None]
        ridges = np.take_along_axis(self._ridge, best, 1)[:, 0]
        is_light = np.take_along_axis(self._contrast, best, 1)[:, 0] < 0
        heights = np.where(is_light, -ridges, ridges)[ridges >= least]
        return sorted([0, 0, 0, *heights.tolist()])

    def light_range(self) -> tuple[int, int]:
        """Mean brightness, 0..255, of the darkest and of the lightest tile."""
        return min(self.tiles) >> 7, max(self.tiles) >> 7

    def mask(self, k: int, limit: int) -> bytes:
        """1 where ``p + k n`` is above ``limit`` and p above a quarter of it; sums of its n."""
        ink = (self._ridge + k * self._contrast > limit) & (self._ridge > limit >> 2)
        weights = self._contrast * ink
        self.along = weights.cumsum(axis=1).ravel().tolist()
        self.down = weights.cumsum(axis=0).ravel().tolist()
        self.total = abs(int(weights.sum()))
        return ink.tobytes()

    def darkest(self, x0: int, y0: int, x1: int, y1: int, rows: bool, inverted: bool) -> list[int]:
        """The darkest point of each row of a box, or of each column."""
        points = self._points[y0:y1, x0:x1]
        if inverted:
            points = 255 - points
        return cast("list[int]", points.min(axis=1 if rows else 0).tolist())

    def windows(
        self,
        fine: int,
        size: int,
        top: int,
        left: int,
        step: int,
        row: int,
        column: int,
        tall: int,
        wide: int,
        inverted: bool,
    ) -> None:
        """Mean light, 0..255, of windows ``size`` samples wide and tall: one for each cell."""
        space = self.width // (WIDE * fine)
        source = self._light[::space, ::space]
        direct = self.colorspace in ("yuv", "grey")
        second = size >> 1 if direct else size >> 2 << 1
        late = 128 if size > (2 if direct else 1) else 0
        tops = np.clip(top + late + step * np.arange(tall) >> 8, 0, HIGH * fine - size)
        lefts = np.clip(left + step * np.arange(wide) >> 8, 0, WIDE * fine - size)[:, None]
        if direct:
            bands = source[tops] + (source[tops + second] if second else 0)
        else:
            green = self._green[::space, ::space]
            bands = source[tops] - green[tops] + green[tops + second]
        sums = bands[:, lefts + np.arange(size)].sum(axis=2)
        scale = 256 // (size * min(size, 2)) if direct else 128 // size
        self._means = sums * scale >> 8
        self._corner = (row, column)

    def extremes(self, inverted: bool) -> list[int]:
        """The least (inverted: the largest) mean of every third row of cells that is used."""
        means = self._means[-self._corner[0] % 3 :: 3]
        ends = means.max(axis=1) if inverted else means.min(axis=1)
        return cast("list[int]", ends.tolist())

    def ink(
        self,
        out: bytearray,
        full: int,
        level: int,
        across: int,
        down: int,
        middle: int,
        most: int,
        gain: int,
        shift: int,
        inverted: bool,
    ) -> None:
        """Fill ``out`` with the ink of each cell; none where no windows were."""
        rows, columns = self._means.shape
        paper = (level + across * np.arange(columns)) >> 8
        paper = paper + ((down * (np.arange(rows) - middle)) >> 8)[:, None]
        depth = self._means - paper if inverted else paper - self._means
        ink = np.zeros((self.cells, self.cells), np.uint8)
        row, column = self._corner
        short = most - depth.clip(0, most)
        ink[row : row + rows, column : column + columns] = full - (short * gain >> shift)
        out[:] = ink.tobytes()
