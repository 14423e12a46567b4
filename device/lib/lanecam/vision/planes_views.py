# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Makes the buffers of ``UlabPlanes`` and all views of them, once; then this code is unloaded."""

from array import array

from ulab import numpy as np

from lanecam.vision.grid import (
    HIGH,
    REACH,
    TILES_HIGH,
    TILES_WIDE,
    WIDE,
    is_direct,
    rows_read,
    scratch_bytes,
    tile_samples,
)
from lanecam.vision.luma import RGB_SWAPPED

TILES = TILES_WIDE * TILES_HIGH
STRIP = TILES_WIDE + 2 * REACH
STRIPS = TILES_HIGH + TILES_WIDE
ZEROS = memoryview(bytes(2 * TILES))


def make_views(planes, columns_of_cells):
    """Fill in what ``UlabPlanes`` runs on; ``columns_of_cells``: its class ``Cells``."""
    # The one number that an operation takes: a Python int would be made an array each time.
    planes._value = array("H", bytes(2))
    planes._number = np.frombuffer(planes._value, dtype=np.int16)
    row = planes.width * planes.luma.bytes_per_pixel
    sums = 2 * planes.cells * WIDE * planes.finest
    size = scratch_bytes(planes.width, planes.cells, planes.luma.bytes_per_pixel)
    scratch = planes._scratch
    if scratch is None or len(scratch) < size:
        scratch = bytearray(size)
    planes._memory = scratch
    _make_tiles(planes)
    planes._frame_rows = {}
    planes._seen = None
    planes._words = None
    if not is_direct(planes.luma.colorspace):
        memory = array("H", bytes(2 * WIDE * HIGH))
        planes._words = np.frombuffer(memory, dtype=np.uint16).reshape((HIGH, WIDE))
        planes._words_clear = chunks(memoryview(memory).cast("B"))
        view = np.frombuffer(memory, dtype=np.uint8).reshape((HIGH, 2 * WIDE))
        planes._words_low = view[:, 0::2]
        planes._words_high = view[:, 1::2]
    _make_rows(planes, sums, row)
    _make_cells(planes, sums, columns_of_cells)


def _make_tiles(planes):
    shape = (TILES_HIGH, TILES_WIDE)
    # With the last row repeated below until there are as many rows as columns.
    square = array("h", bytes(2 * TILES_WIDE * TILES_WIDE))
    planes.tiles = memoryview(square)[:TILES]
    view = memoryview(square).cast("B")
    row = 2 * TILES_WIDE
    last = 2 * TILES
    planes._below = (
        (view[last : last + row], view[last - row : last]),
        (view[last + row : last + 3 * row], view[last - row : last + row]),
        (view[last + 3 * row :], view[last - row : last + row]),
    )
    planes._tiles = np.frombuffer(square, dtype=np.int16, count=TILES).reshape(shape)
    here = np.frombuffer(square, dtype=np.uint8).reshape((TILES_WIDE, 2 * TILES_WIDE))[:, 1::2]
    memory = planes._memory
    # The light of points, of which tiles are made: rows of two, columns of two, times a number.
    direct = is_direct(planes.luma.colorspace)
    times = (128 if direct else 64) // len(tile_samples(planes.samples, direct))
    planes._tiles_times = chunks(
        view[:last], memoryview(array("h", [times] * (TILES // 3))).cast("B")
    )
    planes._tiles_view = view[:last]
    light = np.frombuffer(memory, dtype=np.int16, count=4 * TILES)
    planes._point_light = light.reshape((HIGH, WIDE))
    planes._light_clear = chunks(memoryview(memory)[: 8 * TILES])
    light = light.reshape((TILES_HIGH, 2 * WIDE))
    planes._light_rows = (light[:, :WIDE], light[:, WIDE:])
    planes._light_tiles = light[:, :WIDE:2]
    planes._light_columns = (planes._light_tiles, light[:, 1:WIDE:2])
    # Rows of tiles, then columns of tiles, each with its ends repeated REACH times.
    strips = 2 * STRIPS * STRIP
    part = 2 * STRIPS * TILES_WIDE
    view = memoryview(memory)
    planes._strips_clear = chunks(view[:strips])
    flat = np.frombuffer(memory, dtype=np.int16, count=STRIPS * STRIP)
    grid = flat.reshape((STRIPS, STRIP))
    last = STRIP - REACH
    # Of tiles and what is made of them: where to add, what to add.
    planes._fills = (
        (grid[:TILES_HIGH, REACH:last], here[:TILES_HIGH]),
        (grid[TILES_HIGH:, REACH:last], here.transpose()),
        (grid[:, :REACH], grid[:, REACH : REACH + 1]),
        (grid[:, last:], grid[:, last - 1 : last]),
        (flat[:-1], flat[1:]),
        (flat[:-3], flat[2:-1]),
    )
    planes._strips = flat
    planes._middles = grid[:, REACH:last]
    means = np.frombuffer(memory, dtype=np.uint8, count=strips).reshape((STRIPS, 2 * STRIP))
    planes._before_bytes = means[:, 1 : 2 * TILES_WIDE : 2]
    planes._after_bytes = means[:, 2 * REACH + 3 : 2 * (TILES_WIDE + REACH + 1) : 2]
    # Differences of tiles to what is before and after them; their sum where the strips lay.
    shape = (STRIPS, TILES_WIDE)
    count = STRIPS * TILES_WIDE
    planes._before_view = view[strips : strips + part]
    planes._after_view = view[strips + part : strips + 2 * part]
    planes._both_view = view[:part]
    planes._before_clear = chunks(planes._before_view)
    before = np.frombuffer(memory, dtype=np.int16, offset=strips, count=count)
    before = planes._before = before.reshape(shape)
    after = np.frombuffer(memory, dtype=np.int16, offset=strips + part, count=count)
    planes._after = after.reshape(shape)
    both = np.frombuffer(memory, dtype=np.int16, count=count).reshape(shape)
    planes._both = both
    shape = (TILES_HIGH, TILES_WIDE)
    planes._contrast = np.frombuffer(planes.along, dtype=np.int16).reshape(shape)
    # Ridges, and next to them what they are compared with, where ``after`` lay.
    start = strips + part
    view = memoryview(memory)
    ridge = np.frombuffer(memory, dtype=np.int16, offset=start, count=2 * TILES)
    planes._ridge = ridge[:TILES].reshape(shape)
    planes._bar = ridge[TILES:].reshape(shape)
    planes._ridge_and_bar = ridge.reshape((2, TILES))
    planes._factors = array("H", bytes(4))
    planes._factor_pair = np.frombuffer(planes._factors, dtype=np.int16).reshape((2, 1))
    planes._ridge_view = view[start : start + 2 * TILES]
    planes._heights = view[start : start + 2 * TILES].cast("h")
    planes._bar_view = view[start + 2 * TILES : start + 4 * TILES]
    planes._contrast_view = memoryview(planes.along).cast("B")
    planes._highs = np.frombuffer(memory, dtype=np.int8, offset=start, count=4 * TILES)[1::2]
    planes._signs_clear = chunks(view[: 4 * TILES])
    planes._sign_words = np.frombuffer(memory, dtype=np.int16, count=2 * TILES)
    signs = np.frombuffer(memory, dtype=np.int8, count=4 * TILES)
    signs = signs.reshape((2 * TILES_HIGH, 2 * TILES_WIDE))[:, 1::2]
    planes._sign_pair = (signs[TILES_HIGH:], signs[:TILES_HIGH])
    planes._folds = (
        (
            planes._ridge_view,
            view[strips : strips + 2 * TILES],
            before[TILES_HIGH:, :TILES_HIGH].transpose(),
        ),
        (
            planes._contrast_view,
            view[: 2 * TILES],
            both[TILES_HIGH:, :TILES_HIGH].transpose(),
        ),
    )
    # The mask, and sums of the contrast of its ink.
    planes._mask = bytearray(TILES)
    planes._mask_view = memoryview(planes._mask)
    planes._no_ink = ZEROS[:TILES]
    planes._mask_grid = np.frombuffer(planes._mask, dtype=np.uint8).reshape(shape)
    planes._down_view = memoryview(planes.down).cast("B")
    down = np.frombuffer(planes.down, dtype=np.int16)
    planes._down_shift = (down[TILES_WIDE:], down[:-TILES_WIDE])
    contrast = planes._contrast
    planes._along_shift = (contrast[:, 1:], contrast[:, :-1])
    planes._depths = ([], [])
    planes._lows = []


def _make_rows(planes, sums, row):
    """Room for a row of a frame for each row of cells, and for sums of its columns."""
    cells = planes.cells
    memory = planes._memory
    view = memoryview(memory)
    raw = view[sums : sums + cells * row]
    direct = is_direct(planes.luma.colorspace)
    reads = [rows_read(size, direct) for size in (1, 2, 4)]
    planes._reads = [read[at] for at in (0, 1, 2) for read in reads]
    planes._raw_rows = [raw[at : at + row] for at in range(0, cells * row, row)]
    # Unused rows and columns of cells: white paper, or black.
    most = max(row, 2 * cells)
    planes._blanks = []
    black = ZEROS if most <= len(ZEROS) else memoryview(bytes(most))
    for blank in (memoryview(b"\xff" * most), black):
        planes._blanks.append((blank[:row], blank[: 2 * cells]))
    planes._sums_view = view[:sums]
    planes._sum_rows = []
    planes._bands = {}
    spans = {}
    fine = 1
    while fine <= planes.finest:
        count = WIDE * fine
        bands = []
        part = count // 5
        for first, wide in (
            ((0, count),)
            if fine == 1
            else ((0, 3 * part), (part, 3 * part), (2 * part, 3 * part), (0, count))
        ):
            if wide not in spans:
                spans[wide] = _span(planes, wide)
            samples = _samples(planes, sums, row, fine, first, wide)
            bands.append((first, wide, samples) + spans[wide])
        planes._bands[fine] = bands
        fine *= 2


def _samples(planes, sums, row, fine, first, wide):
    """Views of the rows' samples, turned: luma, or the high byte, the words, green."""
    cells = planes.cells
    size = planes.luma.bytes_per_pixel
    step = planes.width // (WIDE * fine)
    raw = np.frombuffer(planes._memory, dtype=np.uint8, offset=sums, count=cells * row)
    raw = raw.reshape((cells, row)).transpose()
    start = size * step * first
    end = size * step * (first + wide)
    step *= size
    if is_direct(planes.luma.colorspace):
        return (raw[start:end:step],)
    high = 1 if planes.luma.colorspace == RGB_SWAPPED else 0
    words = np.frombuffer(planes._memory, dtype=np.uint16, offset=sums, count=cells * row // 2)
    words = words.reshape((cells, row // 2)).transpose()
    return (
        raw[start + high : end : step],
        words[start // 2 : end // 2 : step // 2],
        raw[start + 1 : end : step],
    )


def _span(planes, wide):
    """Views of sums of so many columns: to clear, to add to, and shifted by one and by two."""
    cells = planes.cells
    flat = np.frombuffer(planes._memory, dtype=np.int16, count=cells * wide)
    return (
        chunks(memoryview(planes._memory)[: 2 * cells * wide]),
        flat.reshape((wide, cells)),
        (flat[:-cells], flat[cells:]),
        (flat[: -3 * cells], flat[2 * cells : -cells]),
    )


def _make_cells(planes, start, columns_of_cells):
    """Room for a mean and a depth in each cell, column after column, and for the ink."""
    cells = planes.cells
    count = cells * cells
    memory = planes._memory
    view = memoryview(memory)[start : start + 4 * count]
    planes._cell_columns = [view[at : at + 2 * cells] for at in range(0, 2 * count, 2 * cells)]
    planes._sums_clear = chunks(view[: 2 * count])
    planes._depth_clear = chunks(view[2 * count :])
    planes._out = planes._part = None
    # The paper's level along the columns of cells and along the rows, by turns: in steps at first,
    # which are copied again and again.
    paper = planes._paper_words = array("H", bytes(4 * cells))
    view = memoryview(paper).cast("B")
    planes._paper_steps = []
    done = 8
    while done < 4 * cells:
        size = min(done - 4, 4 * cells - done)
        planes._paper_steps.append((view[done : done + size], view[4 : 4 + size]))
        done += size
    levels = np.frombuffer(paper, dtype=np.int16)
    planes._paper_shift = (levels[2:], levels[:-2])
    levels = np.frombuffer(paper, dtype=np.uint8).reshape((cells, 4))
    across = levels[:, 1:2]
    # A digit is taller than wide: seldom all columns are asked for.
    sixth = cells // 6
    planes._cell_sets = [
        columns_of_cells(memory, start, cells, first, cells - first, across) for first in (sixth, 0)
    ]
    planes._paper_down = np.frombuffer(paper, dtype=np.int8)[3::4]


def chunks(view, source=ZEROS):
    """What is copied to a view of bytes, zeros for the most part, and the parts of the view."""
    size = min(len(view), len(source))
    starts = list(range(0, len(view) - size, size)) + [len(view) - size]
    return source[:size], [view[at : at + size] for at in starts]
