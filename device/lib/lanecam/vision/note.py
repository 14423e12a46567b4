# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A small light note on a dark table: the table is given the note's brightness.

Beside a table so dark the strokes on the note are no darker than what lies around, and the note
itself is a light stroke. On a lifted table only the pen is left. Works on the 20 x 15 tiles.
"""

from lanecam.vision.grid import TILES_HIGH, TILES_WIDE

PLACES = bytes([y * TILES_WIDE + x for y in (3, 5, 7, 9, 11) for x in (4, 7, 10, 13, 16)])
LEAST_PLACES = 4
"""A note holds so many of these tiles; of strokes of chalk hardly any."""
DARK = 7
"""Three corners have less than so many 16ths of the note's light, or there is no dark table."""
BRIGHT = 32640 * DARK // 16 + 1
"""No corner so bright can be table, whatever the note's light."""
LEAST_TILES = 48
LEAST_SIDE = 6
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
    dark = max(min(max(one, two), max(three, four)), min(one, two), min(three, four))
    light = 0
    for place in PLACES:
        if tiles[place] > light:
            light = tiles[place]
    if 16 * dark >= DARK * light:
        return False
    limit = dark + light >> 1
    count = 0
    for place in PLACES:
        if tiles[place] >= limit:
            count += 1
    if count < LEAST_PLACES:
        return False
    shade = planes.shade(limit)
    paper = shade.count(b"\x00")
    if (LEAST_PAPER + 1) * paper < LEAST_PAPER * LEAST_TILES or not is_note(shade, paper):
        return False
    total = count = row = 0
    for y in range(1, TILES_HIGH + 1):
        first = _FIRST[y]
        end = _END[y]
        if first < end:
            # Tiles at the note's edge are part table.
            west = min(max(_FIRST[y - 1], first + 1, _FIRST[y + 1]), end) + row
            east = max(min(_END[y - 1], end - 1, _END[y + 1]) + row, west)
            first += row
            end += row
            if end - first > 2:
                total += tiles[first + 1] + tiles[end - 2]
                count += 2
            for at in range(first, west):
                shade[at] ^= 1
            for at in range(east, end):
                shade[at] ^= 1
            # Shade within the note is the pen.
            while west < east:
                west = shade.find(b"\x01", west, east)
                if west < 0:
                    break
                shade[west] = 0
                west += 1
        row += TILES_WIDE
    planes.lift(total // count)
    return True


def is_note(shade, paper):
    """Whether the light parts of the rows make a note; fills ``_FIRST`` and ``_END``.

    shade: 1 where a tile is dark; paper: how many are light.
    """
    west = TILES_WIDE
    east = tall = area = border = row = 0
    for y in range(1, TILES_HIGH + 1):
        first = shade.find(b"\x00", row, row + TILES_WIDE)
        if first < 0:
            _FIRST[y] = TILES_WIDE
            _END[y] = 0
        else:
            end = shade.rfind(b"\x00", row, row + TILES_WIDE) + 1 - row
            first -= row
            _FIRST[y] = first
            _END[y] = end
            tall += 1
            area += end - first
            if y == 1 or y == TILES_HIGH:
                border += end - first
            else:
                border += (first == 0) + (end == TILES_WIDE)
            if first < west:
                west = first
            if end > east:
                east = end
        row += TILES_WIDE
    if paper < LEAST_PAPER * (area - paper) or border > MOST_BORDER:
        return False
    if area < LEAST_TILES or min(tall, east - west) < LEAST_SIDE:
        return False
    return 16 * area >= LEAST_FILL * tall * (east - west)
