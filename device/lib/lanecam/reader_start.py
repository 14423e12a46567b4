# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Makes the app's reader: model, vision, engine. Needed at start and for a change of model only.

Memory decides what a board can read, and more than its sum the pieces that it is in. So what stays
is made at the low end of the heap, in this order; code that goes again is compiled above it.
"""

from lanecam.reader import Reader, leaving_room, vision_for
from lanecam.unload import CHOOSING, ENGINES, LOADING, low_end, unload_where_scarce

LOADER = 16_000
"""Bytes to compile what loads a model."""
CHOICE = 5_000
"""The same for what chooses an engine."""


def start_reader(model_path, camera, vote=1, numbers=False):
    """A reader for the camera's frames with the model at ``model_path``; raises ModelError.

    ``numbers``: of several digits (numbers.py). Engines of a model before are unloaded.
    """
    unload_where_scarce(ENGINES)
    model, confidence = load(model_path)
    unload_where_scarce(LOADING)
    # Vision first: an engine takes what is left, and where that is little, a smaller one.
    width, height, colorspace = camera.width, camera.height, camera.colorspace
    vision = vision_for(model, width, height, colorspace)
    engine = leaving_room(choose, model)
    unload_where_scarce(CHOOSING)
    kind = Reader
    if numbers:
        from lanecam.numbers import NumberReader as kind
    return kind(model, engine, width, height, colorspace, vote, confidence, vision)


def load(model_path):
    """Model and confidence; a function, so that no name here keeps alive what is unloaded."""
    from lanecam import confidence  # noqa: F401, it stays
    from lanecam.model import load as load_model

    low = low_end(LOADER)
    from lanecam import loader  # noqa: F401
    from lanecam.confidence_file import confidence_for

    del low
    model = load_model(model_path)
    return model, confidence_for(model, model_path)


def choose(model):
    """The engine for a model."""
    low = low_end(CHOICE)
    from lanecam.engines.choice import choose as choose_engine

    del low
    return choose_engine(model)
