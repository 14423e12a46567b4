# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Makes the app's reader: model, engine, vision. Needed at start and for a change of model only.

Memory decides what a board can read, and more than its sum the pieces that it is in. So what stays
is made at the low end of the heap; code that goes again is compiled above it. What builds an engine
takes most, for a moment, so it comes before vision, whose code and views take that room after it.
"""

import gc
import os
import sys

from lanecam.errors import RoomError
from lanecam.op import CONV2D
from lanecam.unload import CHOOSING, ENGINES, LOADING, import_high, unload_where_scarce

LOADER = 16_000
"""Bytes of what loads a model."""
FRAME = 6_000
"""Bytes that a frame leaves behind at least."""
CHOICE = 8_000
"""Bytes of what chooses an engine."""
CODE = 23_000
"""Bytes of the compiled modules that find and read digits."""
VIEWS = 13_000
"""Bytes of what vision makes, its scratch memory left out."""
COLOURS = 4_000
"""Bytes that RGB takes more."""
SEEING = ("reader", "vote", "vision.")
"""What finds and reads digits, to be imported again in another order."""


def start_reader(model_path, camera, vote=1, numbers=False):
    """A reader for the camera's frames with the model at ``model_path``; raises ModelError.

    ``numbers``: of several digits (numbers.py).
    """
    model, confidence = load(model_path)
    unload_where_scarce(LOADING)
    picture = (camera.width, camera.height, camera.colorspace)
    engine, vision = lanes_and_vision(model, picture)
    if engine is None:
        take_back(model)
        # An engine takes what is left, and where that is little, a smaller one.
        vision = vision_for(model, picture)
        if numbers:
            import lanecam.numbers  # noqa: F401, while there is room
        engine = leaving_room(model)
    unload_where_scarce(CHOOSING)
    if engine.name == "plain" and hasattr(gc, "mem_free"):
        require_maps(model)
    if numbers:
        from lanecam.numbers import NumberReader as Reader
    else:
        from lanecam.reader import Reader
    return Reader(model, engine, *picture, vote, confidence, vision)


def require_maps(model):
    """Refuse a model whose maps plain loops cannot hold: now, and not in the first frame."""
    need = longest = 0
    for op in model.ops:
        channels, height, width = op.source
        made = op.channels * op.height * op.width
        longest = max(longest, channels * height * width, made)
        need = max(need, channels * height * width + made)
    gc.collect()
    free = gc.mem_free()
    try:
        bytearray(longest)
        fits = free >= need
    except MemoryError:
        fits = False
    if not fits:
        raise RoomError(
            "its maps need %d bytes, %d of them in one piece; %d are free: use a smaller model"
            % (need, longest, free)
        )


def load(model_path):
    """Model and confidence; a function, so that no name here keeps alive what is unloaded."""
    from lanecam import confidence  # noqa: F401, it stays
    from lanecam.model import load as load_model

    import_high(("loader", "confidence_file"), LOADER, file_bytes(model_path))
    from lanecam.confidence_file import confidence_for

    # At the least: modules, and views of the smallest frames.
    beside = CODE + VIEWS // 2 if is_scarce() else 0
    model = load_model(model_path, beside)
    return model, confidence_for(model, model_path)


def is_scarce():
    """Whether what finds and reads digits comes into memory after the engine."""
    return hasattr(gc, "mem_free") and "lanecam.reader" not in sys.modules


def file_bytes(path):
    """Bytes of a file, 0 where there is none."""
    try:
        return os.stat(path)[6]
    except OSError:
        return 0


def lanes_and_vision(model, picture):
    """Engine of lanes and vision, or None and None where they are not to be had together."""
    if not hasattr(gc, "mem_free"):
        return None, None
    try:
        import ulab  # noqa: F401
    except ImportError:
        return None, None
    width, _, colorspace = picture
    scratch = scratch_bytes(width, model.width)
    keep = FRAME + VIEWS + (COLOURS if colorspace == "rgb" else 0)
    scarce = is_scarce()
    if scarce:
        keep += CODE
    found = fitting(model, picture, keep, scratch, None)
    if found[0] is None and scarce:
        # Its plans were too large for what vision needs: the smallest ones, then.
        take_back(model)
        unload_where_scarce(SEEING)
        found = fitting(model, picture, keep, scratch, 0)
    return found


def fitting(model, picture, keep, scratch, room):
    """Engine of lanes with ``room`` bytes for its plans, and vision; None and None without."""
    try:
        engine = lanes(model, keep, scratch, room)
        unload_where_scarce(CHOOSING)
        if engine is not None:
            model.ops = ()  # the engine has what it needs of them
            vision = vision_for(model, picture, engine.scratch)
            gc.collect()
            if gc.mem_free() >= FRAME:
                return engine, vision
    except MemoryError:
        pass
    return None, None


def scratch_bytes(width, cells):
    """Bytes of memory that vision shares with an engine: each clears what it takes of it."""
    from lanecam.vision.grid import scratch_bytes

    return scratch_bytes(width, cells, 2)


def vision_for(model, picture, scratch=None):
    """``reader.vision_for``; what makes views has gone before its other modules come."""
    planes = None
    if scratch is not None:
        from lanecam.vision.planes_ulab import UlabPlanes

        planes = UlabPlanes(*picture, model.width, scratch)
        gc.collect()
    from lanecam.reader import vision_for

    return vision_for(model, *picture, planes)


def take_back(model):
    """Let go of an engine that left no room, and read the weights that it took again."""
    model.engine = None
    unload_where_scarce(ENGINES + CHOOSING)
    if not model.ops or any([op.kind <= CONV2D and op.weights is None for op in model.ops]):
        model.restore()


def lanes(model, keep, scratch, room):
    """``choice.lanes_first``; a function, so that no name here keeps alive what is unloaded."""
    import_high(("engines.choice",), CHOICE)
    from lanecam.engines.choice import lanes_first

    return lanes_first(model, keep, scratch, room)


def leaving_room(model):
    """The engine for a model, which leaves memory for what a frame needs in passing."""
    from lanecam.engines.choice import choose
    from lanecam.reader import leaving_room

    return leaving_room(choose, model)
