# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The pixel work of a look with ulab: the integers of planes.py at a fiftieth of the cycles.

Adding one int16 array to another in place costs about 23 cycles an element on an RP2040, whatever
strides the two have, and the same in a Python loop over 1,000. So everything is said in such sums,
on views that are made once. What they leave behind is 48 bytes each; assigning to a slice (280
cycles an element) and new arrays are avoided: ``a -= a`` clears, the high byte of a product is a
shift. ``a[:-1] += a[1:]`` reads every element before it is written, because ulab goes from the
first to the last.
"""

from array import array

from ulab import numpy as np

from lanecam.vision.luma import RGB_SWAPPED
from lanecam.vision.planes import (
    HIGH,
    REACH,
    TILES_HIGH,
    TILES_WIDE,
    WIDE,
    Planes,
    is_direct,
    rows_of,
    tile_samples,
)

TILES = TILES_WIDE * TILES_HIGH
STRIP = TILES_WIDE + 2 * REACH


class _Slice:
    def __getitem__(self, key):
        return key


EVERYTHING = _Slice()[:]
"""A slice object: made once, it leaves nothing behind where it is used."""


class UlabPlanes(Planes):
    """``Planes`` with ulab."""

    def _make(self):
        # The one number that an operation takes: a Python int would be made an array each time.
        self._value = array("h", bytes(2))
        self._number = np.frombuffer(self._value, dtype=np.int16)
        shape = (TILES_HIGH, TILES_WIDE)
        self._tiles = np.frombuffer(self.tiles, dtype=np.uint16).reshape(shape)
        here = np.frombuffer(self.tiles, dtype=np.uint8).reshape((TILES_HIGH, 2 * TILES_WIDE))
        here = self._here = here[:, 1::2]
        # Rows of tiles, then columns of tiles, each with its ends repeated REACH times.
        words = array("H", bytes(2 * STRIP * (TILES_HIGH + TILES_WIDE)))
        strips = np.frombuffer(words, dtype=np.uint16).reshape((TILES_HIGH + TILES_WIDE, STRIP))
        self._strips = strips
        end = REACH + TILES_HIGH
        last = strips[:TILES_HIGH, STRIP - REACH - 1 : STRIP - REACH]
        self._fills = (
            (strips[:TILES_HIGH, REACH : REACH + TILES_WIDE], here),
            (strips[TILES_HIGH:, REACH:end], here.transpose()),
            (strips[:, :REACH], strips[:, REACH : REACH + 1]),
            (strips[:TILES_HIGH, STRIP - REACH :], last),
            (strips[TILES_HIGH:, end : end + REACH], strips[TILES_HIGH:, end - 1 : end]),
            (strips[:, : STRIP - 1], strips[:, 1:]),
            (strips[:, : STRIP - 3], strips[:, 2 : STRIP - 1]),
        )
        means = np.frombuffer(words, dtype=np.uint8).reshape((TILES_HIGH + TILES_WIDE, 2 * STRIP))
        before = self._before = means[:, 1 : 2 * TILES_WIDE : 2]
        self._after = means[:, 2 * REACH + 3 : 2 * (TILES_WIDE + REACH + 1) : 2]
        self._sides_of = (before[:TILES_HIGH], before[TILES_HIGH:, :TILES_HIGH].transpose())
        both = self._both = np.zeros((TILES_HIGH + TILES_WIDE, TILES_WIDE), dtype=np.int16)
        self._across = both[:TILES_HIGH]
        self._down = both[TILES_HIGH:, :TILES_HIGH].transpose()
        self._sides = array("h", bytes(2 * TILES))
        self._sides_view = np.frombuffer(self._sides, dtype=np.int16).reshape(shape)
        self._contrast = np.frombuffer(self.contrast, dtype=np.int16).reshape(shape)
        self._ridge = np.zeros(shape, dtype=np.int16)
        self._mask = bytearray(TILES)
        self._mask_view = memoryview(self._mask)
        self._words = None
        if not is_direct(self.luma.colorspace):
            self._make_words()
        self._views_of = None
        self._quarters = ()
        self._points = None
        self._row_views = []
        self._make_rows()

    def _make_words(self):
        """Room for the green of every point: words that are multiplied by 32."""
        memory = array("H", bytes(2 * WIDE * HIGH))
        self._words = np.frombuffer(memory, dtype=np.uint16).reshape((HIGH, WIDE))
        view = np.frombuffer(memory, dtype=np.uint8).reshape((HIGH, 2 * WIDE))
        self._words_low = view[:, 0::2]
        self._words_high = view[:, 1::2]

    def _make_rows(self):
        """Room for one row of a frame for each row of cells, and for the sums over windows."""
        cells = self.cells
        size = self.luma.bytes_per_pixel
        row = self.width * size
        self._raw = bytearray(cells * row)
        view = memoryview(self._raw)
        self._raw_rows = [view[at : at + row] for at in range(0, cells * row, row)]
        raw = np.frombuffer(self._raw, dtype=np.uint8).reshape((cells, row))
        self._raw_samples = {}
        self._sums_memory = array("h", bytes(2 * cells * WIDE * self.finest))
        self._sums_of = {}
        fine = 1
        while fine <= self.finest:
            step = size * self.width // (WIDE * fine)
            if is_direct(self.luma.colorspace):
                self._raw_samples[fine] = (raw[:, ::step],)
            else:
                swapped = self.luma.colorspace == RGB_SWAPPED
                high, low = (1, 0) if swapped else (0, 1)
                words = np.frombuffer(self._raw, dtype=np.uint16)
                words = words.reshape((cells, self.width))[:, :: step // 2]
                self._raw_samples[fine] = (raw[:, high::step], words, raw[:, 1::step])
            count = WIDE * fine
            sums = np.frombuffer(self._sums_memory, dtype=np.int16)[: cells * count]
            sums = sums.reshape((cells, count))
            rows = memoryview(self._sums_memory)
            shifts = (
                sums[:, : count - 1],
                sums[:, 1:],
                sums[:, : count - 3],
                sums[:, 2 : count - 1],
            )
            rows = [rows[at : at + count] for at in range(0, cells * count, count)]
            self._sums_of[fine] = (sums, shifts, rows)
            fine *= 2

    def _int(self, value):
        self._value[0] = value
        return self._number

    def _look_at(self, frame):
        """Views of the frame, made anew only when it is another buffer."""
        self.frame = frame
        if frame is self._views_of:
            return
        self._views_of = frame
        size = self.luma.bytes_per_pixel
        direct = is_direct(self.luma.colorspace)
        times = self.samples
        step = size * self.width // (WIDE * times)
        picture = np.frombuffer(frame, dtype=np.uint8)
        picture = picture.reshape((self.height, size * self.width))
        picture = picture[:: self.height // (HIGH * times)]
        high = 1 if self.luma.colorspace == RGB_SWAPPED else 0
        samples = picture[:, high::step]
        side = 2 * times
        places = tile_samples(times, direct)
        self._quarters = [samples[down::side, across::side] for down, across in places]
        self._points = samples[::times, ::times]
        if not direct:
            self._point_highs = self._points
            self._point_lows = picture[:, 1 - high :: step][::times, ::times]
            self._points = self._words_high
            stride = side // times
            self._quarters += [
                self._words_high[down // times :: stride, across // times :: stride]
                for down, across in places
            ]
        view = memoryview(frame)
        step = self.height // (HIGH * self.finest) * self.width * size
        row = self.width * size
        self._row_views = [view[at : at + row] for at in range(0, self.height * row, step)]

    def load(self, frame):
        self._look_at(frame)
        words = self._words
        if words is not None:
            words -= words
            part = self._words_high
            part += self._point_highs
            part = self._words_low
            part += self._point_lows
            words *= self._int(32)
        tiles = self._tiles
        tiles -= tiles
        for quarter in self._quarters:
            tiles += quarter
        tiles *= self._int(128 // len(self._quarters))
        self.fill_ridges()

    def fill_ridges(self):
        strips = self._strips
        strips -= strips
        for part, source in self._fills:
            part += source
        strips *= self._int(64)
        before = self._before
        both = self._both
        both -= both
        both += before
        both *= self._after
        before += self._after
        sides = self._sides_view
        sides -= sides
        for part in self._sides_of:
            sides += part
        across = self._across
        across += self._down
        here = self._here
        ridge = self._ridge
        ridge -= ridge
        ridge -= sides
        ridge += here
        ridge += here
        contrast = self._contrast
        contrast -= contrast
        contrast -= ridge
        contrast -= here
        contrast -= here
        ridge *= here
        ridge += across

    def ridges(self):
        best = np.argmax(self._ridge, axis=1).tolist()
        contrast = self.contrast
        dark = []
        light = []
        row = 0
        for height in np.max(self._ridge, axis=1).tolist():
            if contrast[row * TILES_WIDE + best[row]] < 0:
                light.append(height)
            else:
                dark.append(height)
            row += 1
        dark.sort()
        light.sort()
        return dark, light

    def mask(self, k, limit):
        bar = self._contrast
        bar *= self._int(-k)
        bar += self._int(limit)
        ink = self._ridge > bar
        ink *= self._ridge > self._int(limit >> 2)
        self._mask_view[EVERYTHING] = ink.tobytes()
        return self._mask, np.sum(ink, axis=0).tolist()

    def darkest(self, x0, y0, x1, y1, rows, inverted):
        points = self._points[y0:y1, x0:x1]
        if not inverted:
            return np.min(points, axis=1 if rows else 0).tolist()
        return [255 - value for value in np.max(points, axis=1 if rows else 0).tolist()]

    def windows(self, fine, size, tops, lefts):
        sums, shifts, rows = self._sums_of[fine]
        sums -= sums
        sources = self._row_views
        every = self.finest // fine
        samples = self._raw_samples[fine]
        targets = self._raw_rows
        whole = EVERYTHING
        for down in rows_of(0, size):
            row = 0
            for top in tops:
                targets[row][whole] = sources[(top + down) * every]
                row += 1
            sums += samples[0]
            if len(samples) > 1:
                self._add_green(sums, samples)
        self._last = sums[: len(tops), lefts[0] : lefts[-1] + 1]
        if size > 1:
            part = shifts[0]
            part += shifts[1]
        if size > 2:
            part = shifts[2]
            part += shifts[3]
        return rows, lefts

    def _add_green(self, sums, samples):
        words = samples[1]
        if self.luma.colorspace != RGB_SWAPPED:
            words.byteswap(inplace=True)
        words *= self._int(32)
        sums += samples[2]

    def extremes(self, inverted):
        choose = np.max if inverted else np.min
        return choose(self._last, axis=1).tolist()
