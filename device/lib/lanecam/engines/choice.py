# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Chooses the engine for a model: by certificate, by what the firmware has, by memory and by time.

The certificate decides what is allowed; among the allowed, int16 lanes and big integers compete in
one short race on this very board, because their order depends on firmware and heap. The loser, or
plain loops, step in where the winner's buffers do not fit into memory.
"""

import gc
import sys
import time

from lanecam.errors import ModelError, RoomError
from lanecam.op import CONCAT, CONV2D, DENSE
from lanecam.unload import BUILDING, import_high, unload_where_scarce

ulab = True
"""None: choose as if the firmware had no ulab; else it is looked for with each choice."""

NAMES = ("ulab16", "bigint", "ulabdot", "plain")
COMPILING = 24_000 if sys.maxsize < 1 << 31 else 48_000
"""Bytes free to compile and hold the modules of bigint."""
CHOOSING = 9_000
"""Bytes of this module and of the one that asks it: they go once the engine stands."""
BUILDER = 20_000
"""Bytes of what builds an engine of lanes."""
RACE = 40
"""Additions a racer makes: about a millisecond on a Pico."""


def choose(model, name=None):
    """An engine for ``model``; its ``reason`` says why this one. ``name`` overrides the choice.

    Raises ModelError where ``name`` is unknown, missing on this board, or not exact for the model.
    """
    require_weights(model)
    if name is not None:
        if name not in NAMES:
            raise ModelError("engine %s is unknown; choose one of %s" % (name, ", ".join(NAMES)))
        gc.collect()
        try:
            engine = engine_class(name)(model)
        except MemoryError as error:
            raise ModelError("engine %s does not fit into memory (%s); try plain" % (name, error))
        return _explained(model, engine, "asked for")
    order, reason = ranking(model)
    for place, candidate in enumerate(order):
        gc.collect()
        take_weights_back(model)
        try:
            return _explained(model, engine_class(candidate)(model), reason)
        except MemoryError as error:
            reason = "%s does not fit into memory" % ", ".join(order[: place + 1])
            asked = str(error)
    gc.collect()
    free = gc.mem_free() if hasattr(gc, "mem_free") else -1
    raise RoomError(
        "no engine fits into memory (%s tried; %s, %d bytes are free): use a smaller model"
        % (", ".join(order), asked, free)
    )


def lanes_first(model, keep, scratch=0, room=None):
    """The engine of lanes, if it is the best and leaves ``keep`` bytes free; else None.

    What builds and chooses it will have gone: so whatever comes after it may take that room.
    ``scratch``: bytes that its ``scratch`` has at least, for others to use between two runs;
    ``room``: for its plans, see ``Ulab16``.
    """
    order, reason = ranking(model)
    if order[0] != "ulab16":
        return None
    try:
        engine = engine_class("ulab16")(model, room, keep, scratch)
        unload_where_scarce(BUILDING)
        if gc.mem_free() + CHOOSING >= keep:
            return _explained(model, engine, reason)
    except MemoryError:
        pass
    return None


def make_lanes(engine, room, keep, scratch):
    """Fill in what a ``Ulab16`` with a ``model`` runs on: see there."""
    model = engine.model
    for lean in (False, True):
        engine.input = engine.steps = engine.last = engine.scratch = None
        if build_lanes(engine, 0 if lean else room, lean, keep, scratch):
            return
        gc.collect()
        # The next one, or another engine, may take less: weights that went are read again.
        if any([op.weights is None and op.kind <= CONV2D for op in model.ops]):
            model.restore()
    raise MemoryError("ulab16 for model %s" % model.name)


def build_lanes(engine, room, lean, keep, scratch):
    """Fill in what ``engine`` runs on, and its ``scratch``; False where memory ran out.

    lean: rows of dense weights are cut anew each time, which takes longer and less memory; keep:
    bytes to leave for what comes after.
    """
    builder = None
    try:
        import_steps(engine.model)
        names = ["engines.lanes_making", "engines.lanes_builder"]
        if any([op.kind == CONV2D for op in engine.model.ops]):
            names += ["engines.lanes_cutting", "engines.lanes_plan"]
        import_high(names, BUILDER)
        from lanecam.engines.lanes_builder import Builder

        builder = Builder(engine.model, lean, keep, scratch)
        builder.make(room)
    except MemoryError:
        if builder is not None:
            builder.clear()
        return False
    engine.input = builder.input
    engine.crops = builder.crops
    engine.scratch = builder.arena
    engine.steps = builder.steps
    engine.last = builder.steps[-1]
    return True


def import_steps(model):
    """Import what runs the model's ops, and stays, before what builds it, and goes."""
    kinds = [op.kind for op in model.ops]
    if DENSE in kinds:
        from lanecam.engines import lanes_dense  # noqa: F401
    if CONV2D in kinds:
        from lanecam.engines import lanes_conv  # noqa: F401


def require_weights(model):
    """Refuse a model whose weights an engine has taken, because memory was short."""
    for op in model.ops:
        if op.kind <= CONV2D and op.weights is None:
            raise ModelError("an engine took the weights of %s: load the model again" % model.name)


def take_weights_back(model):
    """Read again the weights that an engine has let go, before it ran out of memory."""
    if any([op.kind <= CONV2D and op.weights is None for op in model.ops]):
        try:
            model.restore()
        except MemoryError:
            raise RoomError("no memory is left to try another engine: use a smaller model")


def _explained(model, engine, reason):
    engine.reason = reason
    model.engine = engine
    return engine


def engine_class(name):
    """The class of an engine, imported only now, for its memory; may raise ModelError."""
    try:
        if name == "ulab16":
            from lanecam.engines.ulab16 import Ulab16 as Engine
        elif name == "bigint":
            if hasattr(gc, "mem_free") and gc.mem_free() < COMPILING:
                # Or half of its modules would stay, in the way of the next engine.
                raise MemoryError("compiling it takes %d bytes" % COMPILING)
            from lanecam.engines.bigint import Bigint as Engine
        elif name == "ulabdot":
            from lanecam.engines.ulabdot import UlabDot as Engine
        else:
            from lanecam.engines.plain import Plain as Engine
    except ImportError as error:
        raise ModelError("engine %s cannot run here: %s" % (name, error))
    return Engine


def has_ulab():
    """Whether the firmware has ulab: asked anew, for a desk may have a stand-in for a while."""
    try:
        import ulab  # noqa: F401
    except ImportError:
        return False
    return True


def ranking(model):
    """Names of the exact engines there are, the best first, and why in a line."""
    if ulab is None or not has_ulab():
        return ["bigint", "plain"], "no ulab in this firmware"
    lo = min([op.acc_lo for op in model.ops if op.kind != CONCAT])
    hi = max([op.acc_hi for op in model.ops if op.kind != CONCAT])
    if lo < -32768 or hi > 32767:
        return ["bigint", "plain"], "accumulators [%d, %d] leave int16" % (lo, hi)
    if sys.implementation.name != "circuitpython":
        # Another machine's race says nothing about a board: its integers have wider digits.
        return ["ulab16", "bigint", "plain"], "ulab is here and every accumulator fits int16"
    lanes_us, integer_us = race(model)
    reason = "adding %d lanes takes %d us with ulab, %d us in a big integer" % (
        row_width(model),
        lanes_us,
        integer_us,
    )
    # A convolution in lanes skips zeros, a product of integers cannot.
    if lanes_us <= integer_us or model.ops[0].kind != DENSE:
        return ["ulab16", "bigint", "plain"], reason
    return ["bigint", "ulab16", "plain"], reason


def row_width(model):
    """Outputs of the widest op: the lanes of an addition."""
    return max([op.channels for op in model.ops])


def race(model):
    """Microseconds of one addition in int16 lanes and in a big integer, as wide as the model's.

    The integer's share of taking lanes apart counts as half an addition.
    """
    from ulab import numpy as np

    width = row_width(model)
    acc = np.zeros(width, dtype=np.int16)
    row = np.zeros(width, dtype=np.int16)
    number = (1 << (16 * width)) // 3
    other = number // 5
    begun = time.monotonic_ns()
    for _ in range(RACE):
        acc += row
    middle = time.monotonic_ns()
    for _ in range(RACE):
        number + other  # noqa: B018
    ended = time.monotonic_ns()
    return (middle - begun) // RACE // 1000, 3 * (ended - middle) // RACE // 2000
