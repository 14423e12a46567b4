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
    columns_summed,
    is_direct,
    scratch_bytes,
)
from lanecam.vision.luma import RGB_SWAPPED
from lanecam.vision.samples import rows_read, tile_samples

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
    sums = columns_summed(planes.finest) * 2 * planes.cells
    size = scratch_bytes(planes.width, planes.cells, planes.luma.bytes_per_pixel)
    scratch = planes._scratch
    if scratch is None or len(scratch) < size:
        scratch = bytearray(size)
    planes._memory = scratch
    _make_tiles(planes)
    planes._seen = None
    planes._word_views = None
    if not is_direct(planes.luma.colorspace):
        memory = array("H", bytes(2 * WIDE * HIGH))
        words = np.frombuffer(memory, dtype=np.uint16).reshape((HIGH, WIDE))
        view = np.frombuffer(memory, dtype=np.uint8).reshape((HIGH, 2 * WIDE))
        planes._light_views[4].extend(chunks(memoryview(memory).cast("B"))[1])
        planes._word_views = (words, view[:, 1::2], view[:, 0::2])
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
    below = (
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
    tiles_view = view[:last]
    tiles_times = chunks(tiles_view, memoryview(array("h", [times] * (TILES // 3))).cast("B"))
    light = np.frombuffer(memory, dtype=np.int16, count=4 * TILES)
    rows = light.reshape((TILES_HIGH, 2 * WIDE))
    zeros, cleared = chunks(memoryview(memory)[: 8 * TILES])
    planes._light_views = (
        light.reshape((HIGH, WIDE)),
        (rows[:, :WIDE], rows[:, WIDE:]),
        (rows[:, :WIDE:2], rows[:, 1:WIDE:2]),
        zeros,
        cleared,
        tiles_times,
    )
    # Rows of tiles, then columns of tiles, each with its ends repeated REACH times.
    strips = 2 * STRIPS * STRIP
    part = 2 * STRIPS * TILES_WIDE
    view = memoryview(memory)
    flat = np.frombuffer(memory, dtype=np.int16, count=STRIPS * STRIP)
    grid = flat.reshape((STRIPS, STRIP))
    last = STRIP - REACH
    # Of tiles and what is made of them: where to add, what to add.
    fills = (
        (grid[:TILES_HIGH, REACH:last], here[:TILES_HIGH]),
        (grid[TILES_HIGH:, REACH:last], here.transpose()),
        (grid[:, :REACH], grid[:, REACH : REACH + 1]),
        (grid[:, last:], grid[:, last - 1 : last]),
        (flat[:-1], flat[1:]),
        (flat[:-3], flat[2:-1]),
    )
    planes._strips = (flat,) + chunks(view[: strips + part])
    middles = grid[:, REACH:last]
    means = np.frombuffer(memory, dtype=np.uint8, count=strips).reshape((STRIPS, 2 * STRIP))
    means = (
        means[:, 1 : 2 * TILES_WIDE : 2],
        means[:, 2 * REACH + 3 : 2 * (TILES_WIDE + REACH + 1) : 2],
    )
    # Differences of tiles to what is before and after them; their sum where the strips lay.
    shape = (STRIPS, TILES_WIDE)
    count = STRIPS * TILES_WIDE
    before_view = view[strips : strips + part]
    copies = (
        (view[strips + part : strips + 2 * part], before_view),
        (view[:part], before_view),
    )
    before = np.frombuffer(memory, dtype=np.int16, offset=strips, count=count).reshape(shape)
    after = np.frombuffer(memory, dtype=np.int16, offset=strips + part, count=count)
    both = np.frombuffer(memory, dtype=np.int16, count=count).reshape(shape)
    planes._sides = (before, after.reshape(shape), both)
    shape = (TILES_HIGH, TILES_WIDE)
    contrast = planes._contrast = np.frombuffer(planes.along, dtype=np.int16).reshape(shape)
    # Ridges, and next to them what they are compared with, where ``after`` lay.
    start = strips + part
    ridge = np.frombuffer(memory, dtype=np.int16, offset=start, count=2 * TILES)
    planes._ridge = ridge[:TILES].reshape(shape)
    ridge_view = view[start : start + 2 * TILES]
    planes._heights = ridge_view.cast("h")
    contrast_view = memoryview(planes.along).cast("B")
    factors = array("H", bytes(4))
    planes._bar_views = (
        ridge.reshape((2, TILES)),
        ridge[TILES:].reshape(shape),
        factors,
        np.frombuffer(factors, dtype=np.int16).reshape((2, 1)),
        (view[start + 2 * TILES : start + 4 * TILES], contrast_view),
    )
    turned = before[TILES_HIGH:, :TILES_HIGH].transpose()
    folds = (
        (ridge_view, view[strips : strips + 2 * TILES], turned),
        (contrast_view, view[: 2 * TILES], both[TILES_HIGH:, :TILES_HIGH].transpose()),
    )
    planes._fill_views = (below, fills, middles, means, copies, folds)
    # The mask, and sums of the contrast of its ink.
    planes._mask = bytearray(TILES)
    signs = np.frombuffer(memory, dtype=np.int8, count=4 * TILES)
    signs = signs.reshape((2 * TILES_HIGH, 2 * TILES_WIDE))[:, 1::2]
    mask = np.frombuffer(planes._mask, dtype=np.uint8).reshape(shape)
    words = np.frombuffer(memory, dtype=np.int16, count=2 * TILES)
    highs = np.frombuffer(memory, dtype=np.int8, offset=start, count=4 * TILES)[1::2]
    is_above = signs[:TILES_HIGH]
    half = (view[: 2 * TILES], ZEROS)
    copies = (memoryview(planes._mask), ZEROS[:TILES])
    planes._mask_views = (
        mask,
        signs[TILES_HIGH:],
        is_above,
        words,
        highs,
        (half, (view[2 * TILES : 4 * TILES], ZEROS), copies),
    )
    planes._note_views = (
        (
            (ridge_view, tiles_view),
            half,
            (contrast_view, ZEROS),
            copies,
        ),
        words[:TILES],
        highs[:TILES],
        mask,
        is_above,
    )
    down = np.frombuffer(planes.down, dtype=np.int16)
    planes._sum_views = (
        (memoryview(planes.down).cast("B"), contrast_view),
        (down[TILES_WIDE:], down[:-TILES_WIDE]),
        (contrast[:, 1:], contrast[:, :-1]),
        memoryview(planes.down)[-TILES_WIDE:],
    )
    planes._ranked = []
    planes._lows = []


def _make_rows(planes, sums, row):
    """Room for a row of a frame for each row of cells, and for sums of its columns."""
    cells = planes.cells
    memory = planes._memory
    view = memoryview(memory)
    raw = view[sums : sums + cells * row]
    direct = is_direct(planes.luma.colorspace)
    reads = [rows_read(size, direct) for size in (1, 2, 4)]
    reads = [read[at] for at in (0, 1, 2) for read in reads]
    raw_rows = [raw[at : at + row] for at in range(0, cells * row, row)]
    # Unused rows and columns of cells: white paper, or black.
    most = max(row, 2 * cells)
    blanks = []
    black = ZEROS if most <= len(ZEROS) else memoryview(bytes(most))
    for blank in (memoryview(b"\xff" * most), black):
        blanks.append((blank[:row], blank[: 2 * cells]))
    all_bands = {}
    spans = {}
    fine = 1
    while fine <= planes.finest:
        count = WIDE * fine
        bands = []
        part = count // 5
        narrow = 3 * part
        for first, wide in (
            ((0, count),)
            if fine == 1
            else ((0, narrow), (part, narrow), (2 * part, narrow), (0, 4 * part), (part, 4 * part))
        ):
            if wide not in spans:
                spans[wide] = _span(planes, wide)
            samples = _samples(planes, sums, row, fine, first, wide)
            bands.append((first, wide, samples) + spans[wide])
        all_bands[fine] = bands
        fine *= 2
    # Where cells' means go, column by column; the sums of columns, views of which are made on use.
    after = view[sums : sums + 2 * cells * cells]
    columns = [after[at : at + 2 * cells] for at in range(0, len(after), 2 * cells)]
    planes._window_views = (reads, all_bands, raw_rows, blanks, columns, view[:sums], [])


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
    return chunks(memoryview(planes._memory)[: 2 * cells * wide]) + (
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
    zeros, sums_clear = chunks(view[: 2 * count])
    depth_clear = chunks(view[2 * count :])[1]
    planes._out = planes._part = None
    # The paper's level along the columns of cells and along the rows, by turns: in steps at first,
    # which are copied again and again.
    paper = array("H", bytes(4 * cells))
    view = memoryview(paper).cast("B")
    steps = []
    done = 8
    while done < 4 * cells:
        size = min(done - 4, 4 * cells - done)
        steps.append((view[done : done + size], view[4 : 4 + size]))
        done += size
    levels = np.frombuffer(paper, dtype=np.int16)
    shift_two = (levels[2:], levels[:-2])
    levels = np.frombuffer(paper, dtype=np.uint8).reshape((cells, 4))
    across = levels[:, 1:2]
    # A digit is taller than wide: seldom all columns are asked for.
    sixth = cells // 6
    planes._cell_sets = [
        columns_of_cells(memory, start, cells, first, cells - first, across) for first in (sixth, 0)
    ]
    paper_down = np.frombuffer(paper, dtype=np.int8)[3::4]
    planes._ink_views = (paper, steps, shift_two, paper_down, zeros, sums_clear, depth_clear)


def chunks(view, source=ZEROS):
    """What is copied to a view of bytes, zeros for the most part, and the parts of the view."""
    size = min(len(view), len(source))
    starts = list(range(0, len(view) - size, size)) + [len(view) - size]
    return source[:size], [view[at : at + size] for at in starts]
