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
import lanecam.camera  # noqa: F401

gc.collect()
if not __file__.endswith(".mpy"):
    # Where it is compiled here, vision comes while memory is in one piece; else with the reader.
    import lanecam.reader  # noqa: F401

    gc.collect()
from lanecam.clock import elapsed_ms, ticks_ms  # noqa: E402
from lanecam.console import Console, usb_port  # noqa: E402
from lanecam.errors import LanecamError, ModelError, RoomError  # noqa: E402
from lanecam.lines import fault_line, reading_line  # noqa: E402
from lanecam.unload import ENGINES, borrowed, unload_where_scarce  # noqa: E402

gc.collect()

NAP_S = 0.05
"""Between two looks at the console while nothing is captured."""
PROVEN = 8
"""After so many frames what memory holds has shown that it is enough, on a heap in one piece."""


def run(pins, model_path, frames=None, say=print, retry_s=1.0):
    """Read digits with the camera on ``pins`` and the model at ``model_path``.

    ``frames``: stop after so many frames, faults included; ``say``: takes each line; ``retry_s``:
    seconds to wait after a fault.
    """
    app = lanecam.running = App(pins, model_path, say, retry_s)
    count = 0
    try:
        while frames is None or count < frames:
            count += 1
            app.step()
    finally:
        app.close()


class App:
    """Camera, reader, console and display, one frame after the other.

    ``reading`` is the last one; ``held`` is True while the picture is held; ``frames`` counts those
    that were read; ``good_path`` is of the last model that could be had; ``width`` of the frames
    that an earlier start found room for, or 0. preparing.py fills in ``camera, reader, screen``.
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
        self.good_path = model_path
        self.width = 0
        self._checks = 0
        self.damaged = False
        self.ready = False
        self._proven = 0
        self._frame_ms = 0
        self._last = ticks_ms()
        self._console = Console(usb_port())
        self._button = None
        if getattr(pins, "BUTTON", None) is not None:
            from lanecam.button import Button

            self._button = Button(pins.BUTTON)
        settings = borrowed("settings", "Settings")
        self.vote = settings.vote
        self.numbers = settings.numbers
        self.link_check_ms = settings.link_check_ms
        self._dog = settings.watchdog()
        self.watchdog_s = settings.watchdog_s
        for problem in settings.problems:
            say("FAULT settings " + problem)
        wish = borrowed("restart", "wish")
        if wish:
            self.model_path, self.good_path, self.numbers, self.width = wish
        # Kept until the screen is open.
        self.settings = settings if settings.display else None

    def close(self):
        """Give all pins back."""
        if self.camera is not None:
            self.camera.close()
        if self._button:
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
            if not self.ready or self.reader is None or not self.camera.is_open:
                self.ready = False
                borrowed("preparing", "prepare", self)
            self._read()
        except RoomError as error:
            self._make_room(error)
        except LanecamError as error:
            self._fault(error)

    def watch(self, seconds):
        """Feed the watchdog, and give it another time if it is the app's."""
        if self._dog:
            if self.watchdog_s:
                self._dog.timeout = seconds
            self._dog.feed()

    def change(self, model_path, numbers):
        """Read with another model, or numbers: READY will say so."""
        self.model_path = model_path
        self.numbers = numbers
        self.restart(0)
        if self.camera is not None and self.camera.width < self.pins.WIDTH:
            self.camera = None  # its frames were made smaller for the model before
            self._checks = 0

    def restart(self, width):
        """Start the program again, for a heap in one piece; returns where that is not to be had.

        ``width``: of the frames that memory has room for; 0: not known."""
        self._drop_reader()
        if self.camera is not None:
            self.camera.close()
        borrowed("restart", "restart", self.model_path, self.good_path, self.numbers, width)

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
        elif self.damaged:
            self.say(borrowed("preparing", "ready_line", self.reader, self.camera))
        self.damaged = damage is not None

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
        if self.model_path != self.good_path:
            self.change(self.good_path, self.numbers)

    def _make_room(self, error):
        """Memory is short: start again, or take a smaller frame; there is none: say so."""
        self._drop_reader()
        camera = self.camera
        if self._proven >= PROVEN:
            self._proven = 0
            self.restart(camera.width)
        elif camera is not None and camera.take_smaller_frame():
            self.restart(camera.width)
        else:
            line = str(error)
            if not isinstance(error, RoomError):
                line = (
                    "the model leaves no room for a frame (%s; %d bytes are free): "
                    "use a smaller one" % (line, free_bytes())
                )
            if self.screen:
                self.screen.fault(line)
            self.say("FAULT memory " + line)
            self._wait(self.retry_s)
            self._go_back()

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
        press = self._button and self._button.pressed()
        if press:
            borrowed("commands", "pressed", self, press)


def free_bytes():
    """Bytes of the heap that are free; -1: unknown."""
    gc.collect()
    return gc.mem_free() if hasattr(gc, "mem_free") else -1
