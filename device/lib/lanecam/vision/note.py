# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A small light note on a dark table: the table is given the note's brightness.

Beside a table so dark the strokes on the note are no darker than what lies around, and the note
itself is a light stroke. On a lifted table only the pen is left. Works on the 20 x 15 tiles.
"""

from lanecam.vision.grid import TILES_HIGH, TILES_WIDE

PLACES = bytes([y * TILES_WIDE + x for y in (3, 5, 7, 9, 11) for x in (4, 7, 10, 13, 16)])
"""Tiles of which a note holds a few."""
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


def lift_table(tiles):
    """If ``tiles``, a list or array, show a note, change those of the table; returns whether."""
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
    limit = (dark + light) >> 1
    # First light tile of each row, and the one after its last.
    first = [TILES_WIDE] * (TILES_HIGH + 2)
    end = [0] * (TILES_HIGH + 2)
    row = 0
    for y in range(1, TILES_HIGH + 1):
        for at in range(row, row + TILES_WIDE):
            if tiles[at] >= limit:
                first[y] = at - row
                at = row + TILES_WIDE - 1
                while tiles[at] < limit:
                    at -= 1
                end[y] = at + 1 - row
                break
        row += TILES_WIDE
    if not is_note(first, end):
        return False
    total = count = row = 0
    paper = pen = 0
    for y in range(1, TILES_HIGH + 1):
        for x in range(first[y], end[y]):
            if tiles[row + x] < limit:
                pen += 1
            else:
                paper += 1
        if end[y] - first[y] > 2:
            total += tiles[row + first[y] + 1] + tiles[row + end[y] - 2]
            count += 2
        row += TILES_WIDE
    if paper < LEAST_PAPER * pen:
        return False
    level = total // count
    row = 0
    for y in range(1, TILES_HIGH + 1):
        # Tiles at the note's edge are part table.
        west = max(first[y - 1], first[y] + 1, first[y + 1])
        east = min(end[y - 1], end[y] - 1, end[y + 1])
        for at in range(row, row + first[y]):
            tiles[at] = level
        for at in range(row + end[y], row + TILES_WIDE):
            tiles[at] = level
        for at in range(row + first[y], row + min(west, end[y])):
            if tiles[at] >= limit:
                tiles[at] = level
        for at in range(row + max(east, first[y]), row + end[y]):
            if tiles[at] >= limit:
                tiles[at] = level
        row += TILES_WIDE
    return True


def is_note(first, end):
    """Whether the light parts of the rows make a note; a row without any is put before and after.

    first, end: of each row the first light tile and the one after the last.
    """
    west = min(first)
    east = max(end)
    tall = area = border = 0
    for y in range(1, TILES_HIGH + 1):
        wide = end[y] - first[y]
        if wide > 0:
            tall += 1
            area += wide
            if y == 1 or y == TILES_HIGH:
                border += wide
            else:
                border += (first[y] == 0) + (end[y] == TILES_WIDE)
    if area < LEAST_TILES or min(tall, east - west) < LEAST_SIDE or border > MOST_BORDER:
        return False
    return 16 * area >= LEAST_FILL * tall * (east - west)
