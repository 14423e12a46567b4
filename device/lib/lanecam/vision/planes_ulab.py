# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The pixel work of a look with ulab: the integers of planes.py at a fiftieth of the cycles.

Adding one int16 array to another in place costs about 21 cycles an element on an RP2040 and 2,000
for the call, whatever strides the two have, and leaves 48 bytes behind. So everything is said in
few such sums of whole planes, on views that are made once. Assigning to a slice (280 cycles an
element), comparing and new arrays are avoided:

* bytes are copied and cleared through memoryviews, which leave nothing behind;
* the high byte of a product is a shift, and as a signed byte -1 for what is negative: ``a *= high``
  keeps of a what is below zero;
* ``a[:-1] += a[1:]`` reads every element before it is written, as ulab goes from first to last.
"""

from array import array

from ulab import numpy as np

from lanecam.vision.grid import (
    HIGH,
    REACH,
    TILES_HIGH,
    TILES_WIDE,
    WIDE,
    Grid,
    is_direct,
    places,
    rows_read,
    tile_samples,
)
from lanecam.vision.luma import RGB_SWAPPED

TILES = TILES_WIDE * TILES_HIGH
STRIP = TILES_WIDE + 2 * REACH
STRIPS = TILES_HIGH + TILES_WIDE
ZEROS = memoryview(bytes(2 * TILES))
NO_INK = ZEROS[:TILES]


class _Slice:
    def __getitem__(self, key):
        return key


ALL = _Slice()[:]
"""A slice object: made once, it leaves nothing behind where it is used."""


class UlabPlanes(Grid):
    """``Planes`` with ulab."""

    def _make(self):
        # The one number that an operation takes: a Python int would be made an array each time.
        self._value = array("H", bytes(2))
        self._number = np.frombuffer(self._value, dtype=np.int16)
        row = self.width * self.luma.bytes_per_pixel
        sums = 2 * self.cells * WIDE * self.finest
        # First sums of columns, then rows of a frame and in their place cells. The strips of tiles
        # are done with before that.
        rows = max(self.cells * row, 4 * self.cells * self.cells)
        self._memory = bytearray(max(sums + rows, 2 * STRIPS * (STRIP + 2 * TILES_WIDE)))
        self._make_tiles()
        self._frame_rows = {}
        self._seen = None
        self._words = None
        if not is_direct(self.luma.colorspace):
            memory = array("H", bytes(2 * WIDE * HIGH))
            self._words = np.frombuffer(memory, dtype=np.uint16).reshape((HIGH, WIDE))
            self._words_clear = chunks(memoryview(memory).cast("B"))
            view = np.frombuffer(memory, dtype=np.uint8).reshape((HIGH, 2 * WIDE))
            self._words_low = view[:, 0::2]
            self._words_high = view[:, 1::2]
        self._make_rows(sums, row)
        self._make_cells(sums)

    def _make_tiles(self):
        shape = (TILES_HIGH, TILES_WIDE)
        self._tiles_clear = chunks(memoryview(self.tiles).cast("B"))
        self._tiles = np.frombuffer(self.tiles, dtype=np.int16).reshape(shape)
        here = np.frombuffer(self.tiles, dtype=np.uint8).reshape((TILES_HIGH, 2 * TILES_WIDE))
        here = here[:, 1::2]
        memory = self._memory
        # The light of pairs of points; of rows of them tiles are made.
        direct = is_direct(self.luma.colorspace)
        self._times = (128 if direct else 64) // len(tile_samples(self.samples, direct))
        light = np.frombuffer(memory, dtype=np.int16, count=2 * TILES)
        light = self._light_pairs = light.reshape((HIGH, TILES_WIDE))
        self._light_rows = (light[::2], light[1::2])
        self._light_clear = chunks(memoryview(memory)[: 4 * TILES])
        # Rows of tiles, then columns of tiles, each with its ends repeated REACH times.
        strips = 2 * STRIPS * STRIP
        part = 2 * STRIPS * TILES_WIDE
        view = memoryview(memory)
        self._strips_clear = chunks(view[:strips])
        flat = np.frombuffer(memory, dtype=np.int16, count=STRIPS * STRIP)
        grid = flat.reshape((STRIPS, STRIP))
        end = REACH + TILES_HIGH
        last = STRIP - REACH
        # Of tiles and what is made of them: where to add, what to add.
        self._fills = (
            (grid[:TILES_HIGH, REACH:last], here),
            (grid[TILES_HIGH:, REACH:end], here.transpose()),
            (grid[:, :REACH], grid[:, REACH : REACH + 1]),
            (grid[:TILES_HIGH, last:], grid[:TILES_HIGH, last - 1 : last]),
            (grid[TILES_HIGH:, end : end + REACH], grid[TILES_HIGH:, end - 1 : end]),
            (flat[:-1], flat[1:]),
            (flat[:-3], flat[2:-1]),
        )
        self._strips = flat
        self._middles = grid[:, REACH:last]
        means = np.frombuffer(memory, dtype=np.uint8, count=strips).reshape((STRIPS, 2 * STRIP))
        self._before_bytes = means[:, 1 : 2 * TILES_WIDE : 2]
        self._after_bytes = means[:, 2 * REACH + 3 : 2 * (TILES_WIDE + REACH + 1) : 2]
        # Differences of tiles to what is before and after them; their sum where the strips lay.
        shape = (STRIPS, TILES_WIDE)
        count = STRIPS * TILES_WIDE
        self._before_view = view[strips : strips + part]
        self._after_view = view[strips + part : strips + 2 * part]
        self._both_view = view[:part]
        self._before_clear = chunks(self._before_view)
        before = np.frombuffer(memory, dtype=np.int16, offset=strips, count=count)
        before = self._before = before.reshape(shape)
        after = np.frombuffer(memory, dtype=np.int16, offset=strips + part, count=count)
        self._after = after.reshape(shape)
        both = np.frombuffer(memory, dtype=np.int16, count=count).reshape(shape)
        self._both = both
        shape = (TILES_HIGH, TILES_WIDE)
        self._contrast = np.frombuffer(self.along, dtype=np.int16).reshape(shape)
        # Ridges, and next to them what they are compared with, where ``after`` lay.
        start = strips + part
        view = memoryview(memory)
        ridge = np.frombuffer(memory, dtype=np.int16, offset=start, count=2 * TILES)
        self._ridge_flat = ridge[:TILES]
        self._ridge = self._ridge_flat.reshape(shape)
        self._bar = ridge[TILES:]
        self._ridge_and_bar = ridge.reshape((2, TILES))
        self._limits = array("H", bytes(4))
        self._limit_pair = np.frombuffer(self._limits, dtype=np.int16).reshape((2, 1))
        self._heights = view[start : start + 2 * TILES].cast("h")
        self._bar_view = view[start + 2 * TILES : start + 4 * TILES]
        self._contrast_view = memoryview(self.along).cast("B")
        below = np.frombuffer(memory, dtype=np.int8, offset=start, count=4 * TILES)
        self._is_below = below[1::2]
        self._signs_clear = chunks(view[: 4 * TILES])
        self._sign_words = np.frombuffer(memory, dtype=np.int16, count=2 * TILES)
        signs = np.frombuffer(memory, dtype=np.int8, count=4 * TILES)
        self._sign_pair = (signs[1 : 2 * TILES : 2], signs[2 * TILES + 1 :: 2])
        self._folds = (
            (
                view[start : start + 2 * TILES],
                view[strips : strips + 2 * TILES],
                before[TILES_HIGH:, :TILES_HIGH].transpose(),
            ),
            (
                self._contrast_view,
                view[: 2 * TILES],
                both[TILES_HIGH:, :TILES_HIGH].transpose(),
            ),
        )
        # The mask, and sums of the contrast of its ink.
        self._mask = bytearray(TILES)
        self._mask_view = memoryview(self._mask)
        self._mask_flat = np.frombuffer(self._mask, dtype=np.uint8)
        self._down_view = memoryview(self.down).cast("B")
        down = np.frombuffer(self.down, dtype=np.int16)
        self._down_shift = (down[TILES_WIDE:], down[:-TILES_WIDE])
        contrast = self._contrast
        self._contrast_flat = np.frombuffer(self.along, dtype=np.int16)
        self._along_shift = (contrast[:, 1:], contrast[:, :-1])
        self._dark = []
        self._light = []
        self._lows = []

    def _make_rows(self, sums, row):
        """Room for a row of a frame for each row of cells, and for sums of its columns."""
        cells = self.cells
        memory = self._memory
        view = memoryview(memory)
        raw = view[sums : sums + cells * row]
        self._raw_rows = [raw[at : at + row] for at in range(0, cells * row, row)]
        # Unused rows and columns of cells: white paper, or black.
        most = max(row, 2 * cells)
        self._blanks = []
        black = ZEROS if most <= len(ZEROS) else memoryview(bytes(most))
        for blank in (memoryview(b"\xff" * most), black):
            self._blanks.append((blank[:row], blank[: 2 * cells]))
        self._sums_view = view[:sums]
        self._sum_rows = []
        self._bands = {}
        spans = {}
        fine = 1
        while fine <= self.finest:
            count = WIDE * fine
            bands = []
            part = count // 5
            for first, wide in (
                ((0, count),)
                if fine == 1
                else ((0, 3 * part), (part, 3 * part), (2 * part, 3 * part), (0, count))
            ):
                if wide not in spans:
                    spans[wide] = self._span(wide)
                samples = self._samples(sums, row, fine, first, wide)
                bands.append((first, wide, samples) + spans[wide])
            self._bands[fine] = bands
            fine *= 2

    def _samples(self, sums, row, fine, first, wide):
        """Views of the rows' samples, turned: luma, or the high byte, the words, green."""
        cells = self.cells
        size = self.luma.bytes_per_pixel
        step = self.width // (WIDE * fine)
        raw = np.frombuffer(self._memory, dtype=np.uint8, offset=sums, count=cells * row)
        raw = raw.reshape((cells, row)).transpose()
        start = size * step * first
        end = size * step * (first + wide)
        step *= size
        if is_direct(self.luma.colorspace):
            return (raw[start:end:step],)
        high = 1 if self.luma.colorspace == RGB_SWAPPED else 0
        words = np.frombuffer(self._memory, dtype=np.uint16, offset=sums, count=cells * row // 2)
        words = words.reshape((cells, row // 2)).transpose()
        return (
            raw[start + high : end : step],
            words[start // 2 : end // 2 : step // 2],
            raw[start + 1 : end : step],
        )

    def _span(self, wide):
        """Views of sums of so many columns: to clear, to add to, and shifted by one and by two."""
        cells = self.cells
        flat = np.frombuffer(self._memory, dtype=np.int16, count=cells * wide)
        return (
            chunks(memoryview(self._memory)[: 2 * cells * wide]),
            flat.reshape((wide, cells)),
            (flat[:-cells], flat[cells:]),
            (flat[: -3 * cells], flat[2 * cells : -cells]),
        )

    def _make_cells(self, start):
        """Room for a mean and a depth in each cell, column after column, and for the ink."""
        cells = self.cells
        count = cells * cells
        memory = self._memory
        view = memoryview(memory)[start : start + 4 * count]
        self._cell_columns = [view[at : at + 2 * cells] for at in range(0, 2 * count, 2 * cells)]
        self._sums_clear = chunks(view[: 2 * count])
        self._depth_clear = chunks(view[2 * count :])
        self._out = self._part = None
        # The paper's level along the columns of cells, then along the rows.
        ramp = array("H", [at % cells for at in range(2 * cells)])
        self._ramp = memoryview(ramp).cast("B")
        paper = array("H", bytes(4 * cells))
        self._paper_view = memoryview(paper).cast("B")
        self._paper = np.frombuffer(paper, dtype=np.int16).reshape((2, cells))
        self._slopes = array("H", bytes(4))
        self._starts = array("H", bytes(4))
        self._slope_pair = np.frombuffer(self._slopes, dtype=np.int16).reshape((2, 1))
        self._start_pair = np.frombuffer(self._starts, dtype=np.int16).reshape((2, 1))
        across = np.frombuffer(paper, dtype=np.uint8, count=2 * cells).reshape((cells, 2))[:, 1:]
        # A digit is taller than wide: seldom all columns are asked for.
        sixth = cells // 6
        self._cell_sets = [
            _Cells(memory, start, cells, first, cells - first, across) for first in (sixth, 0)
        ]
        self._paper_down = np.frombuffer(paper, dtype=np.int8, offset=2 * cells)[1::2]

    def _look_at(self, frame):
        """Views of the frame, made anew only when it is another buffer."""
        self.frame = self._seen = frame
        size = self.luma.bytes_per_pixel
        direct = is_direct(self.luma.colorspace)
        times = self.samples
        step = size * self.width // (WIDE * times)
        picture = np.frombuffer(frame, dtype=np.uint8)
        picture = picture.reshape((self.height, size * self.width))
        picture = picture[:: self.height // (HIGH * times)]
        high = 1 if self.luma.colorspace == RGB_SWAPPED else 0
        samples = picture[:, high::step]
        self._points = samples[::times, ::times]
        if not direct:
            self._point_highs = self._points
            self._point_lows = picture[:, 1 - high :: step][::times, ::times]
            self._points = self._words_high
            sources = (self._point_highs, self._points)
        elif times == 1:
            sources = (self._points,)
        else:
            sources = (self._points, samples[1::2, 1::2])
        self._sources = []
        for source in sources:
            self._sources += (source[:, ::2], source[:, 1::2])
        view = memoryview(frame)
        row = self.width * size
        step = self.height // (HIGH * self.finest) * row
        fine = self.finest
        rows = [view[at : at + row] for at in range(0, self.height * row, step)]
        while fine:
            self._frame_rows[fine] = rows
            rows = [rows[at] for at in range(0, len(rows), 2)]
            fine >>= 1

    def load(self, frame):
        """Fill ``tiles`` from a frame."""
        if frame is not self._seen:
            self._look_at(frame)
        value = self._value
        number = self._number
        words = self._words
        if words is not None:
            clear(self._words_clear)
            part = self._words_high
            part += self._point_highs
            part = self._words_low
            part += self._point_lows
            value[0] = 32
            words *= number
        clear(self._light_clear)
        light = self._light_pairs
        for source in self._sources:
            light += source
        clear(self._tiles_clear)
        tiles = self._tiles
        for part in self._light_rows:
            tiles += part
        value[0] = self._times
        tiles *= number

    def fill_ridges(self):
        """Compare ``tiles`` with those around them."""
        clear(self._strips_clear)
        clear(self._before_clear)
        fills = self._fills
        for at in (0, 1):
            part, source = fills[at]
            part += source
        before = self._before
        before -= self._middles
        after = self._after
        self._after_view[ALL] = self._before_view
        for at in (2, 3, 4, 5, 6):
            part, source = fills[at]
            part += source
        strips = self._strips
        self._value[0] = 64
        strips *= self._number
        before += self._before_bytes
        after += self._after_bytes
        self._both_view[ALL] = self._before_view
        both = self._both
        both += after
        before *= after
        for target, source, part in self._folds:
            target[ALL] = source
        ridge = self._ridge
        ridge += self._folds[0][2]
        contrast = self._contrast
        contrast += self._folds[1][2]

    def ridges(self, least):
        """The strongest ridge of each row of tiles, those from ``least`` on.

        Sorted lists of dark ones and of light ones.
        """
        dark = self._dark
        light = self._light
        del dark[:]
        del light[:]
        heights = self._heights
        contrast = self.along
        row = 0
        for place in np.argmax(self._ridge, axis=1):
            place += row
            height = heights[place]
            if height >= least:
                (light if contrast[place] < 0 else dark).append(height)
            row += TILES_WIDE
        dark.sort()
        light.sort()
        return dark, light

    def mask(self, k, limit):
        """Ink: 1 where ``p + k n`` is above ``limit`` and p above a quarter of it, 20 x 15 bytes.

        ``along`` and ``down`` get sums of n of the ink.
        """
        value = self._value
        number = self._number
        self._bar_view[ALL] = self._contrast_view
        bar = self._bar
        value[0] = -k & 65535
        bar *= number
        ridge = self._ridge_flat
        bar -= ridge
        values = self._limits
        values[0] = (limit >> 2) + 1
        values[1] = -limit & 65535
        pair = self._ridge_and_bar
        pair -= self._limit_pair
        # Above the limit, -1 is left of the one, and of the other 0.
        clear(self._signs_clear)
        signs = self._sign_words
        signs += self._is_below
        below, above = self._sign_pair
        value[0] = 1
        below += number
        below *= above
        self._mask_view[ALL] = NO_INK
        mask = self._mask_flat
        mask -= below
        contrast = self._contrast_flat
        contrast *= mask
        self._down_view[ALL] = self._contrast_view
        part, source = self._down_shift
        part += source
        part, source = self._along_shift
        part += source
        return self._mask

    def darkest(self, x0, y0, x1, y1, rows, inverted):
        """The darkest point of each row of a box, or of each column: a list.

        inverted: the lightest, as 255 less its brightness.
        """
        points = self._points[y0:y1, x0:x1]
        if not inverted:
            return np.min(points, axis=1 if rows else 0).tolist()
        return [255 - value for value in np.max(points, axis=1 if rows else 0).tolist()]

    def windows(self, fine, size, rows, columns, row, column, inverted):
        """Mean light, 0..255, of a window for each cell that is used."""
        whole = ALL
        value = self._value
        number = self._number
        high = HIGH * fine - size
        wide = WIDE * fine - size
        if rows[0] < 0 or rows[-1] >> 8 > high:
            rows = [place << 8 for place in places(rows, high)]
        if columns[0] < 0 or columns[-1] >> 8 > wide:
            columns = [place << 8 for place in places(columns, wide)]
        left = columns[0] >> 8
        right = (columns[-1] >> 8) + size
        for band in self._bands[fine]:
            if left >= band[0] and right <= band[0] + band[1]:
                break
        first, _, samples, cleared, sums, shift, shift_two = band
        clear(cleared)
        targets = self._raw_rows
        sources = self._frame_rows[fine]
        cells = self.cells
        blank, blank_column = self._blanks[inverted]
        direct = len(samples) == 1
        between, scale = rows_read(size, direct)
        for down in range(0, size, between):
            at = row
            for place in rows:
                targets[at][whole] = sources[(place >> 8) + down]
                at += 1
            if not down or not direct:
                while at < cells:
                    targets[at][whole] = blank
                    at += 1
                for at in range(row):
                    targets[at][whole] = blank
            sums += samples[0]
            if not direct:
                words = samples[1]
                if self.luma.colorspace != RGB_SWAPPED:
                    words.byteswap(inplace=True)
                value[0] = 32
                words *= number
                sums += samples[2]
        if size > 1:
            part, source = shift
            part += source
        if size > 2:
            part, source = shift_two
            part += source
        end = column + len(columns)
        part = self._cell_sets[-1]
        for part in self._cell_sets:
            if column >= part.first and end <= part.end:
                break
        self._part = part
        targets = self._cell_columns
        sources = self._sum_rows
        while len(sources) < band[1]:  # the widest band is seldom asked for
            at = 2 * cells * len(sources)
            sources.append(self._sums_view[at : at + 2 * cells])
        at = column
        for place in columns:
            targets[at][whole] = sources[(place >> 8) - first]
            at += 1
        for at in range(end, part.end):
            targets[at][whole] = blank_column
        for at in range(part.first, column):
            targets[at][whole] = blank_column
        sums = part.sums
        value[0] = scale
        sums *= number
        self._corner = (row, column)
        self._rows = len(rows)

    def extremes(self, inverted):
        """The least (inverted: the largest) mean in every second row of cells that is used."""
        ends = self._lows
        del ends[:]
        choose = np.max if inverted else np.min
        ends.extend(choose(self._part.every_second, axis=0))
        row = self._corner[0]
        del ends[row + self._rows + 1 >> 1 :]
        del ends[: row + 1 >> 1]
        return ends

    def ink(self, out, full, level, across, down, middle, most, gain, shift, inverted):
        """Fill ``out`` with the ink of each cell; none where no windows were."""
        if out is not self._out:
            self._out = out
            out_view = memoryview(out)
            self._out_rows = []
            size = (self.cells + 3) // 4 * self.cells
            for at in range(0, len(out) - size, size):
                self._out_rows.append(out_view[at : at + size])
            self._out_rows.append(out_view[len(out) - size :])
            for part in self._cell_sets:
                part.look_at(out, full, self.cells)
        part = self._part
        value = self._value
        number = self._number
        row, column = self._corner
        column -= part.first
        values = self._slopes
        values[0] = across & 65535
        values[1] = down & 65535
        values = self._starts
        values[0] = (level - across * column) & 65535
        values[1] = (-down * (row + middle)) & 65535
        self._paper_view[ALL] = self._ramp
        paper = self._paper
        paper *= self._slope_pair
        paper += self._start_pair
        clear(self._depth_clear)
        # Above the ink, so that what is negative is ink.
        grid = part.depth_grid
        if inverted:
            grid -= part.means
            grid += part.across
            grid += self._paper_down
        else:
            grid += part.means
            grid -= part.across
            grid -= self._paper_down
        depth = part.depth
        signs = part.signs
        depth *= signs  # 0.., the depth
        value[0] = most
        depth -= number
        depth *= signs  # 0..most, what it is short of the most
        value[0] = gain
        depth *= number
        filled = part.full
        for view in self._out_rows:
            view[ALL] = filled
        out = part.out
        if shift == 8:
            out -= part.levels
            return
        clear(self._sums_clear)
        sums = part.sums_grid
        sums += part.levels
        value[0] = 1 << 16 - shift
        sums *= number
        out -= part.means


class _Cells:
    """Views of some columns of cells: a sum or mean in each, a depth, and the ink.

    ``memory`` from ``start`` on has words of all cells, column after column, then again.
    """

    def __init__(self, memory, start, cells, first, end, across):
        self.first = first
        self.end = end
        self.across = across[: end - first]
        count = (end - first) * cells
        shape = (end - first, cells)
        start += 2 * first * cells
        self.sums = np.frombuffer(memory, dtype=np.int16, offset=start, count=count)
        self.sums_grid = self.sums.reshape(shape)
        means = np.frombuffer(memory, dtype=np.uint8, offset=start, count=2 * count)
        means = means.reshape((end - first, 2 * cells))
        self.means = means[:, 1::2]
        self.every_second = means[:, 1::4]
        start += 2 * cells * cells
        self.depth = np.frombuffer(memory, dtype=np.int16, offset=start, count=count)
        self.depth_grid = self.depth.reshape(shape)
        self.signs = np.frombuffer(memory, dtype=np.int8, offset=start, count=2 * count)[1::2]
        levels = np.frombuffer(memory, dtype=np.uint8, offset=start, count=2 * count)
        self.levels = levels.reshape((end - first, 2 * cells))[:, 1::2]
        self.out = None

    def look_at(self, out, full, cells):
        """Views of other ink; rows of full ink, from which what a depth is short of is taken."""
        blank = bytes(self.first)
        row = blank + bytes([full]) * (self.end - self.first) + blank
        self.full = row * ((cells + 3) // 4)
        out = np.frombuffer(out, dtype=np.uint8).reshape((cells, cells))
        self.out = out.transpose()[self.first : self.end]


def chunks(view):
    """Zeros and the parts of a view of bytes that they clear."""
    size = min(len(view), len(ZEROS))
    starts = list(range(0, len(view) - size, size)) + [len(view) - size]
    return ZEROS[:size], [view[at : at + size] for at in starts]


def clear(parts):
    zeros, views = parts
    for view in views:
        view[ALL] = zeros
