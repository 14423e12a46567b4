# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Lets go of modules that are needed at start only, so that their memory is there for the rest.

A module goes when nothing refers to it: neither ``sys.modules``, nor its package, nor a function
or class of it that somebody has kept. So what is unloaded is imported inside functions, and what
stays after start (``Model``, ``Op``, the steps of an engine) lives in modules of its own. Whoever
needs an unloaded module later, for another model say, imports it again from the drive.
"""

import gc
import sys

LOADING = (
    "loader",
    "op_table",
    "weights",
    "nibbles",
    "certificate",
    "intervals",
    "confidence_file",
    "reader_start",
)
"""What reads a model. ``op`` goes once the engine stands; ``errors`` stays for ever: an ``except``
knows a class, not a name."""
BUILDING = (
    "engines.lanes_builder",
    "engines.lanes_cutting",
    "engines.lanes_graph",
    "engines.lanes_geometry",
    "engines.lanes_making",
    "engines.lanes_plan",
    "op",
)
"""What builds an engine of lanes."""
CHOOSING = ("engines.choice",) + BUILDING
"""What chooses and builds an engine."""
STARTING = (
    "camera_start",
    "tune",
    "/adafruit_ov7670",
    "/adafruit_bus_device.i2c_device",
    "/adafruit_bus_device",
)
"""What starts the camera; a slash before what is not of lanecam."""
SHOWING = ("settings", "panels")
"""What wakes a display, by settings.toml."""
ENGINES = ("heap", "numbers", "engines.")
"""What runs models and reads numbers: another model may take others of them. A dot at the end: all
modules of the package."""


def unload(names):
    """Forget modules of lanecam by name; those that are not loaded do not matter."""
    for name in names:
        name = name[1:] if name[0] == "/" else "lanecam." + name
        found = (name,)
        if name[-1] == ".":
            found = [other for other in sys.modules if other.startswith(name)]
        for name in found:
            module = sys.modules.get(name)
            if module is None:
                continue
            del sys.modules[name]
            cut = name.rfind(".")
            package = sys.modules.get(name[:cut])
            if getattr(package, name[cut + 1 :], None) is module:
                delattr(package, name[cut + 1 :])
    module = None
    gc.collect()


def unload_where_scarce(names):
    """``unload`` on boards; a desk has memory, and may run other threads that import."""
    if hasattr(gc, "mem_free"):
        unload(names)


def borrowed(module, function, *arguments):
    """What a function of a module of lanecam gives, which is in memory for this call only."""
    try:
        call = getattr(__import__("lanecam." + module, None, None, (function,)), function)
        return call(*arguments)
    finally:
        call = None
        unload_where_scarce((module,))


def import_high(names, space, long=0):
    """Import modules of lanecam that go again, away from the heap's low end: see ``low_end``."""
    low = low_end(space, long)
    for name in names:
        try:
            __import__("lanecam." + name)
        except MemoryError:
            # What was left is in pieces. Better anywhere than not at all.
            low = None
            unload((name,))
            __import__("lanecam." + name)
    del low


def low_end(space, long=0):
    """To hold while modules are imported that go again: they leave the heap's low end to others.

    So they go from one end in one piece, and no hole stays between what is made afterwards.
    ``space``: bytes to leave for them once compiled; ``long``: of something long that is made
    afterwards, and needs one piece of twice as many. None on a desk.
    """
    if not hasattr(gc, "mem_free"):
        return None
    gc.collect()
    if not __file__.endswith(".mpy"):
        space *= 3  # to compile them here
    try:
        held = [bytearray(2 * long)]
    except MemoryError:
        held = []
    size = 1 << 16
    while size >= 1 << 9:
        if gc.mem_free() - size >= space:
            try:
                held.append(bytearray(size))
                continue
            except MemoryError:
                pass
        size >>= 1
    return held
