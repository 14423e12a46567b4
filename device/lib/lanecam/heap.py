# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Plugs the small holes of the heap, so that what a frame allocates is found at once.

The heap is searched from its lowest free block on, and for anything longer than a block past each
hole that is too small: with the code and a model below, thousands of cycles an allocation. Holes
that hold nothing are worth nothing: filled once with the smallest objects there are, the search
starts where the large free space does.
"""

import gc

SPACE = 16_000
"""Bytes in one piece to make sure of: what a frame throws away must not fill them at once."""
RUN = 384
"""So many blocks one after the other are taken for the large free space."""


def tidy():
    """Collect garbage where it is in the way: CPython looks after itself."""
    if hasattr(gc, "mem_free"):
        gc.collect()


def plug(space):
    """Something to keep: as long as it lives, the heap's small holes are full.

    None where they stay open: on CPython, which has no such heap, and where ``space`` bytes in one
    piece were not left.
    """
    if not hasattr(gc, "mem_free"):
        return None
    gc.collect()
    try:
        # CircuitPython's heap grows only when it is full: now, not in the middle of a frame.
        bytearray(max(space, SPACE))
        gc.collect()
        holes = fill_holes(gc.mem_free() // 4)
        gc.collect()
        bytearray(space)
        return holes
    except MemoryError:
        return None


def fill_holes(limit):
    """A chain of the smallest objects up to the first long run of free blocks."""
    chain = before = (None,)
    last = id(chain)
    run = 0
    step = 0
    while run < RUN:
        chain = (chain,)
        distance = id(chain) - last
        last += distance
        if distance == step:
            run += 1
            continue
        limit -= (run + 1) * step
        if limit < 0:
            raise MemoryError("the free space is in pieces")
        # 16 bytes on a board, 32 on a desk; anything longer is a jump.
        step = distance if 0 < distance <= 32 else 0
        run = 0
        before = chain
    return before
