# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A small light note on a dark table: the table is given the note's brightness.

Beside a table so dark the strokes on the note are no darker than what lies around, and the note
itself is a light stroke. On a lifted table only the pen is left. Works on the 20 x 15 tiles.
"""

from lanecam.vision.grid import ALL, TILES_HIGH, TILES_WIDE

PLACES = bytes([y * TILES_WIDE + x for y in (3, 5, 7, 9, 11) for x in (4, 7, 10, 13, 16)])
LEAST_PLACES = 5
"""A note holds so many of these tiles; of strokes of chalk hardly any."""
DARK = 7
"""Three corners have less than so many 16ths of the note's light, or there is no dark table."""
BRIGHT = 32640 * DARK // 16 + 1
"""No corner so bright can be table, whatever the note's light."""
LEAST_TILES = 36
LEAST_SIDE = 5
"""A smaller or narrower patch is no note but a thick light stroke, perhaps."""
LEAST_FILL = 11
"""A note fills so many 16ths of the box around it; light digits on a board fill less."""
LEAST_PAPER = 3
"""A note has so many times more paper than pen; a light 0 is dark inside."""
MOST_BORDER = 16
"""A light area with more tiles at the picture's border is no note: a lamp lights it, perhaps."""

_FIRST = bytearray([TILES_WIDE] * (TILES_HIGH + 2))
_END = bytearray(TILES_HIGH + 2)
"""First light tile of each row, and the one after its last; a row without any before and after."""
_ROWS = ((memoryview(_FIRST), bytes(_FIRST)), (memoryview(_END), bytes(_END)))


def lift_table(planes):
    """If the tiles of ``planes`` show a note, change those of the table; returns whether."""
    tiles = planes.tiles
    one = tiles[0]
    two = tiles[TILES_WIDE - 1]
    three = tiles[-TILES_WIDE]
    four = tiles[-1]
    if (one >= BRIGHT) + (two >= BRIGHT) + (three >= BRIGHT) + (four >= BRIGHT) > 1:
        return False
    # The second lightest of the corners, without a list.
    if one > two:
        one, two = two, one
    if three > four:
        three, four = four, three
    dark = two if two < four else four
    if dark < one:
        dark = one
    if dark < three:
        dark = three
    light = 0
    for place in PLACES:
        if tiles[place] > light:
            light = tiles[place]
    if 16 * dark >= DARK * light:
        return False
    limit = dark + light >> 1
    count = LEAST_PLACES
    for place in PLACES:
        if tiles[place] >= limit:
            count -= 1
            if not count:
                break
    if count:
        return False
    shade = planes.shade(limit)
    paper = shade.count(b"\x00")
    if (LEAST_PAPER + 1) * paper < LEAST_PAPER * LEAST_TILES or not is_note(shade, paper):
        return False
    planes.lift(take_table(shade, tiles))
    return True


def is_note(shade, paper):
    """Whether the light parts of the rows make a note; fills ``_FIRST`` and ``_END``.

    shade: 1 where a tile is dark; paper: how many are light.
    """
    for rows, none in _ROWS:
        rows[ALL] = none
    firsts = _FIRST
    ends = _END
    west = TILES_WIDE
    east = tall = area = border = 0
    first = shade.find(b"\x00")
    while first >= 0:
        y = first // TILES_WIDE
        row = y * TILES_WIDE
        end = shade.rfind(b"\x00", first, row + TILES_WIDE) + 1
        area += end - first
        if y == 0 or y == TILES_HIGH - 1:
            border += end - first
        first -= row
        end -= row
        row += TILES_WIDE
        y += 1
        firsts[y] = first
        ends[y] = end
        tall += 1
        if first < west:
            west = first
        if end > east:
            east = end
        if 1 < y < TILES_HIGH:
            if first == 0:
                border += 1
            if end == TILES_WIDE:
                border += 1
        first = shade.find(b"\x00", row)
    if paper < LEAST_PAPER * (area - paper) or border > MOST_BORDER:
        return False
    if area < LEAST_TILES or min(tall, east - west) < LEAST_SIDE:
        return False
    return 16 * area >= LEAST_FILL * tall * (east - west)


def take_table(shade, tiles):
    """Leave 1 in ``shade`` where there is table, the note's edge with it; returns its new light."""
    firsts = _FIRST
    ends = _END
    total = count = row = 0
    first = firsts[0]
    end = ends[0]
    below = firsts[1]
    end_below = ends[1]
    for y in range(2, TILES_HIGH + 2):
        # Tiles at the note's edge are part table.
        west = first
        east = end
        first = below
        end = end_below
        below = firsts[y]
        end_below = ends[y]
        if first < end:
            if west <= first:
                west = first + 1
            if west < below:
                west = below
            if west > end:
                west = end
            if east >= end:
                east = end - 1
            if east > end_below:
                east = end_below
            if east < west:
                east = west
            if end - first > 2:
                total += tiles[row + first + 1] + tiles[row + end - 2]
                count += 2
            for at in range(row + first, row + west):
                shade[at] ^= 1
            for at in range(row + east, row + end):
                shade[at] ^= 1
            # Shade within the note is the pen.
            west += row
            east += row
            while west < east:
                west = shade.find(b"\x01", west, east)
                if west < 0:
                    break
                shade[west] = 0
                west += 1
        row += TILES_WIDE
    return total // count
