# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Makes the app's reader: model, vision, engine. Needed at start and for a change of model only.

Memory decides what a board can read, and more than its sum the pieces that it is in. So what stays
is made at the low end of the heap, in this order; code that goes again is compiled above it.
"""

import gc
import os

from lanecam.errors import ModelError
from lanecam.op import CONV2D
from lanecam.reader import Reader, leaving_room, vision_for
from lanecam.unload import CHOOSING, ENGINES, LOADING, low_end, unload_where_scarce

LOADER = 16_000
"""Bytes of what loads a model."""
FRAME = 6_000
"""Bytes that a frame leaves behind at least."""
PIECE = 8_000
"""Bytes of one piece of memory to keep for vision, whose longest buffer takes half of that."""
SMALL = 1_000
"""Bytes of small objects to each: they find room anywhere."""
CHOICE = 6_000
"""The same for what chooses an engine."""


def start_reader(model_path, camera, vote=1, numbers=False):
    """A reader for the camera's frames with the model at ``model_path``; raises ModelError.

    ``numbers``: of several digits (numbers.py). Engines of a model before are unloaded.
    """
    unload_where_scarce(ENGINES)
    model, confidence = load(model_path)
    unload_where_scarce(LOADING)
    width, height, colorspace = camera.width, camera.height, camera.colorspace
    engine, vision = lanes_and_vision(model, width, height, colorspace)
    if engine is None:
        take_back(model)
        # An engine takes what is left, and where that is little, a smaller one.
        vision = vision_for(model, width, height, colorspace)
        engine = leaving_room(choose, model)
    unload_where_scarce(CHOOSING)
    if hasattr(gc, "mem_free"):
        if engine.name == "ulab16":
            model.ops = ()  # the engine has what it needs of them
        elif engine.name == "plain":
            require_maps(model)
    kind = Reader
    if numbers:
        from lanecam.numbers import NumberReader as kind
    return kind(model, engine, width, height, colorspace, vote, confidence, vision)


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
        raise ModelError(
            "its maps need %d bytes, %d of them in one piece; %d are free: use a smaller model"
            % (need, longest, free)
        )


def load(model_path):
    """Model and confidence; a function, so that no name here keeps alive what is unloaded."""
    from lanecam import confidence  # noqa: F401, it stays
    from lanecam.model import load as load_model

    low = low_end(LOADER, file_bytes(model_path))
    from lanecam import loader  # noqa: F401
    from lanecam.confidence_file import confidence_for

    del low
    model = load_model(model_path)
    return model, confidence_for(model, model_path)


def file_bytes(path):
    """Bytes of a file, 0 where there is none."""
    try:
        return os.stat(path)[6]
    except OSError:
        return 0


def lanes_and_vision(model, width, height, colorspace):
    """Engine of lanes and vision, or None and None where that is not to be had.

    Vision comes first, for its long buffers. Where the engine cannot be built beside it, it is made
    again afterwards: what builds the engine has gone by then, and leaves its room.
    """
    if not hasattr(gc, "mem_free"):
        return None, None
    try:
        import ulab  # noqa: F401
    except ImportError:
        return None, None
    gc.collect()
    before = gc.mem_free()
    try:
        vision = vision_for(model, width, height, colorspace)
        gc.collect()
        need = before - gc.mem_free()
        engine = lanes(model, FRAME)
        if engine is None:
            take_back(model)
            vision = None
            held = [bytearray(PIECE) for _ in range(need // (PIECE + SMALL))]
            engine = lanes(model, need + FRAME - len(held) * PIECE)
            del held
        unload_where_scarce(CHOOSING)
        if engine is not None:
            return engine, vision or vision_for(model, width, height, colorspace)
    except MemoryError:
        pass
    return None, None


def take_back(model):
    """Let go of an engine that left no room, and read the weights that it took again."""
    model.engine = None
    unload_where_scarce(ENGINES + CHOOSING)
    if any([op.kind <= CONV2D and op.weights is None for op in model.ops]):
        model.restore()
        unload_where_scarce(LOADING)


def lanes(model, keep):
    """``choice.lanes_first``; a function, so that no name here keeps alive what is unloaded."""
    low = low_end(CHOICE)
    from lanecam.engines.choice import lanes_first

    del low
    return lanes_first(model, keep)


def choose(model):
    """The engine for a model."""
    from lanecam.engines.choice import choose as choose_engine

    return choose_engine(model)
