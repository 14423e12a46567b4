# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Makes what the app reads with: camera open, screen lit, reader made. In memory for just that."""

import gc
import os

from lanecam.camera import Camera
from lanecam.lines import word
from lanecam.unload import CHOOSING, ENGINES, LOADING, SHOWING, unload_where_scarce

STARTING_S = 8
"""The watchdog's longest time, for an engine that is built: the app is not back for a second."""


def prepare(app):
    """Whatever is not so yet; says that the app is ready."""
    app.watch(STARTING_S)
    if app.camera is None:
        # The frame is the largest piece of memory: it comes before the heap has holes.
        gc.collect()
        app.camera = Camera(app.pins, app.link_check_ms, app.width)
    camera = app.camera
    if app.screen is None and app.settings:
        gc.collect()
        from lanecam.screen import open_screen

        app.screen = open_screen(app.pins, app.settings)
        app.settings = None
        unload_where_scarce(SHOWING)
    if not camera.is_open:
        room = None if app.reader else room_for(app.model_path)
        open_camera(app)
        del room
    if app.reader is None:
        app.watch(STARTING_S)
        gc.collect()
        app.reader = make_reader(app.model_path, camera, app.vote, app.numbers)
        app.good_path = app.model_path
    app.ready = True
    app.damaged = False
    app.reader.vote.clear()
    gc.collect()
    app.watch(app.watchdog_s)
    app.say(ready_line(app.reader, camera))


def room_for(model_path):
    """To hold while modules come: a piece for the model's weights, which unpacked are longer.

    Where modules are compiled on the board, they leave the heap in pieces.
    """
    gc.collect()
    if hasattr(gc, "mem_free") and not __file__.endswith(".mpy"):
        try:
            return bytearray(2 * os.stat(model_path)[6])
        except (OSError, MemoryError):
            pass
    return None


def open_camera(app):
    """Start the camera, before there is a model: its driver is large, and gone once it runs."""
    gc.collect()
    try:
        app.camera.open()
    except MemoryError:
        if app.reader is None:
            raise
        app.restart(app.camera.width)
        app.camera.open()


def make_reader(model_path, camera, vote, numbers):
    """``reader_start.start_reader``; what it takes to start is unloaded, as is the last engine."""
    unload_where_scarce(ENGINES)
    room = room_for(model_path)
    try:
        from lanecam.reader_start import start_reader

        del room
        return start_reader(model_path, camera, vote, numbers)
    finally:
        start_reader = None
        unload_where_scarce(LOADING + CHOOSING)


def ready_line(reader, camera):
    """``READY 1 model=NAME engine=NAME frame=WxH colorspace=NAME ...``; 1: version of the lines."""
    line = "READY 1 model=%s engine=%s frame=%dx%d colorspace=%s vote=%d confidence=%s" % (
        word(reader.model.name),
        reader.engine.name,
        camera.width,
        camera.height,
        camera.colorspace,
        reader.vote.window,
        reader.confidence.name,
    )
    return line + " numbers=on" if reader.numbers else line
