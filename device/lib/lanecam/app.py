# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The app: capture, read, say; one line a frame on the serial console (docs/serial.md).

A fault is said in words and tried again, for ever: plug the camera back in and it goes on.
"""

import gc
import time

# Compiling an import leaves garbage behind. Collected at once, it does not scatter what stays over
# the heap, and a frame of 160x120 still finds 38 kB in one piece. What is needed at start only is
# imported where it is needed, and unloaded after (unload.py).
from lanecam.camera import Camera

gc.collect()
if not __file__.endswith(".mpy"):
    # Where it is compiled here, vision comes while memory is in one piece; else with the reader.
    import lanecam.reader  # noqa: F401

    gc.collect()
from lanecam.clock import elapsed_ms, ticks_ms  # noqa: E402
from lanecam.console import Button, Console, usb_port  # noqa: E402
from lanecam.errors import LanecamError, ModelError  # noqa: E402
from lanecam.lines import fault_line, reading_line, ready_line  # noqa: E402
from lanecam.unload import (  # noqa: E402
    CHOOSING,
    ENGINES,
    LOADING,
    SHOWING,
    borrowed,
    unload_where_scarce,
)

gc.collect()

NAP_S = 0.05
"""Between two looks at the console while nothing is captured."""
PROVEN = 8
"""After so many frames what memory holds has shown that it is enough, on a heap in one piece."""
STARTING_S = 8
"""The watchdog's longest time, for an engine that is built: the app is not back for a second."""

running = None
"""The app that runs, for whoever looks into the board."""


def run(pins, model_path, frames=None, say=print, retry_s=1.0):
    """Read digits with the camera on ``pins`` and the model at ``model_path``.

    ``frames``: stop after so many frames, faults included; ``say``: takes each line; ``retry_s``:
    seconds to wait after a fault.
    """
    global running
    running = App(pins, model_path, say, retry_s)
    count = 0
    try:
        while frames is None or count < frames:
            count += 1
            running.step()
    finally:
        running.close()


class App:
    """Camera, reader, console and display, one frame after the other.

    ``reading`` is the last one; ``held`` is True while the picture is held; ``frames`` counts those
    that were read.
    """

    def __init__(self, pins, model_path, say=print, retry_s=1.0):
        self.pins = pins
        self.model_path = model_path
        self.say = say
        self.retry_s = retry_s
        self.camera = None
        self.reader = None
        self.screen = None
        self.reading = None
        self.held = False
        self.frames = 0
        self.save_as = None
        self._good_path = model_path
        self._checks = 0
        self._damaged = False
        self._ready = False
        self._proven = 0
        self._frame_ms = 0
        self._last = ticks_ms()
        self._console = Console(usb_port())
        self._button = Button(getattr(pins, "BUTTON", None))
        settings = borrowed("settings", "Settings")
        self.vote = settings.vote
        self.numbers = settings.numbers
        self._link_check_ms = settings.link_check_ms
        self._dog = settings.watchdog()
        self._dog_s = settings.watchdog_s
        for problem in settings.problems:
            say("FAULT settings " + problem)
        wish = borrowed("restart", "wish")
        if wish:
            self.model_path, self._good_path, self.numbers = wish
        # Kept until the screen is open.
        self._settings = settings if settings.display else None

    def close(self):
        """Give all pins back."""
        if self.camera is not None:
            self.camera.close()
        self._button.close()

    def step(self):
        """One frame, one fault, or one nap while the picture is held."""
        try:
            self._step()
        except MemoryError as error:
            self._make_room(error)

    def _step(self):
        if self._dog:
            self._dog.feed()
        self._listen()
        if self.held:
            time.sleep(NAP_S)
            return
        try:
            self._prepare()
            self._read()
        except LanecamError as error:
            self._fault(error)

    def _prepare(self):
        """Camera open, reader made, screen lit: whatever is not so yet."""
        if self.reader is not None and self.camera.is_open and self._ready:
            return
        self._ready = False
        self._watch(STARTING_S)
        if self.camera is None:
            # The frame is the largest piece of memory: it comes before the heap has holes.
            gc.collect()
            self.camera = Camera(self.pins, self._link_check_ms)
        camera = self.camera
        if self.screen is None and self._settings:
            gc.collect()
            from lanecam.screen import open_screen

            self.screen = open_screen(self.pins, self._settings)
            self._settings = None
            unload_where_scarce(SHOWING)
        if not camera.is_open:
            self._open()
        if self.reader is None:
            self._watch(STARTING_S)
            gc.collect()
            self.reader = make_reader(self.model_path, camera, self.vote, self.numbers)
            self._good_path = self.model_path
        self._ready = True
        self._damaged = False
        self.reader.vote.clear()
        gc.collect()
        self._watch(self._dog_s)
        self.say(ready_line(self.reader, camera))

    def _watch(self, seconds):
        """Feed the watchdog, and give it another time if it is the app's."""
        if self._dog:
            if self._dog_s:
                self._dog.timeout = seconds
            self._dog.feed()

    def _open(self):
        """Start the camera, before there is a model: its driver is large, and gone once it runs."""
        gc.collect()
        try:
            self.camera.open()
        except MemoryError:
            if self.reader is None:
                raise
            self._restart()
            self.camera.open()

    def change(self, model_path, numbers):
        """Read with another model, or numbers: READY will say so."""
        self.model_path = model_path
        self.numbers = numbers
        self._restart()

    def _restart(self):
        """Start the program again, for a heap in one piece; returns where that is not to be had."""
        self._drop_reader()
        if self.camera is not None:
            self.camera.close()
        borrowed("restart", "restart", self.model_path, self._good_path, self.numbers)

    def _drop_reader(self):
        """Let go of model, engine and vision, for their room."""
        self.reader = None
        unload_where_scarce(ENGINES)

    def _read(self):
        """The next frame: capture, read, say, show."""
        camera = self.camera
        frame = camera.capture()
        self.reading = self.reader.read(frame)
        self.frames += 1
        self._proven += 1
        if camera.checks != self._checks:
            self._checks = camera.checks
            self._tell_damage(camera.damage)
        now = ticks_ms()
        self._frame_ms = (now - self._last) & 0x1FFFFFFF
        self._last = now
        if self.screen:
            self.screen.show(self.reader, self.reading, self._frame_ms, camera.damage)
        self.say(reading_line(self.reading))
        if self.save_as is not None:
            label = self.save_as
            self.save_as = None
            borrowed("saving", "say_frame", self.say, camera, label)

    def _tell_damage(self, damage):
        """Frames that arrive damaged are still read, and this is said at each check of the link."""
        if damage:
            self.say("FAULT link " + damage)
        elif self._damaged:
            self.say(ready_line(self.reader, self.camera))
        self._damaged = damage is not None

    def _fault(self, error):
        """Say it, show it, let go of the camera, and wait a little."""
        line = fault_line(error)
        if self.screen:
            self.screen.fault(str(error))
        self.say(line)
        if self.camera is not None:
            self.camera.close()
        self._wait(self.retry_s)
        if isinstance(error, ModelError):
            self._go_back()

    def _go_back(self):
        """If the model asked for cannot be had: back to the last one."""
        if self.model_path != self._good_path:
            self.change(self._good_path, self.numbers)

    def _make_room(self, error):
        """Memory is short: start again, or take a smaller frame; there is none: say so."""
        self._drop_reader()
        if self._proven >= PROVEN:
            self._proven = 0
            self._restart()
        elif self.camera is None or not self.camera.take_smaller_frame():
            line = "the model leaves no room for a frame (%s; %d bytes are free): use a smaller one"
            line %= (error, free_bytes())
            if self.screen:
                self.screen.fault(line)
            self.say("FAULT memory " + line)
            self._wait(self.retry_s)
            self._go_back()
        elif self.camera.is_open:
            self.camera.close()

    def _wait(self, seconds):
        """Let time pass, listening; the watchdog stays fed."""
        begun = ticks_ms()
        while elapsed_ms(begun) < seconds * 1000:
            if self._dog:
                self._dog.feed()
            self._listen()
            time.sleep(NAP_S)

    def _listen(self):
        words = self._console.command()
        if words:
            borrowed("commands", "obey", self, words)
        press = self._button.pressed()
        if press:
            borrowed("commands", "pressed", self, press)


def make_reader(model_path, camera, vote, numbers):
    """``reader_start.start_reader``; what it takes to start is unloaded."""
    try:
        from lanecam.reader_start import start_reader

        return start_reader(model_path, camera, vote, numbers)
    finally:
        start_reader = None
        unload_where_scarce(LOADING + CHOOSING)


def free_bytes():
    """Bytes of the heap that are free; -1: unknown."""
    gc.collect()
    return gc.mem_free() if hasattr(gc, "mem_free") else -1
