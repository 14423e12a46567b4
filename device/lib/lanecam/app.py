# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The app: capture, read, say; one line a frame on the serial console (docs/serial.md).

A fault is said in words and tried again, for ever: plug the camera back in and it goes on.
"""

import gc
import os
import time

# Compiling an import leaves garbage behind. Collected at once, it does not scatter what stays over
# the heap, and a frame of 160x120 still finds 38 kB in one piece. What is needed at start only is
# imported where it is needed, and unloaded after (unload.py).
from lanecam.camera import Camera

gc.collect()
import lanecam.reader  # noqa: E402, F401

gc.collect()
from lanecam.clock import elapsed_ms, ticks_ms  # noqa: E402
from lanecam.console import Button, Console, is_name, usb_port  # noqa: E402
from lanecam.errors import LanecamError, ModelError  # noqa: E402
from lanecam.lines import fault_line, reading_line, ready_line, say_frame  # noqa: E402
from lanecam.unload import (  # noqa: E402
    CHOOSING,
    ENGINES,
    LOADING,
    SETTING,
    SHOWING,
    unload_where_scarce,
)

gc.collect()

NAP_S = 0.05
"""Between two looks at the console while nothing is captured."""

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
        self._good_path = model_path
        self._save_as = None
        self._checks = 0
        self._damaged = False
        self._ready = False
        self._frame_ms = 0
        self._last = ticks_ms()
        self._console = Console(usb_port())
        self._button = Button(getattr(pins, "BUTTON", None))
        settings = read_settings()
        self.vote = settings.vote
        self.numbers = settings.numbers
        self._link_check_ms = settings.link_check_ms
        self._dog = watchdog(settings.watchdog_s)
        for problem in settings.problems:
            say("FAULT settings " + problem)
        unload_where_scarce(SETTING)
        # Kept until the screen is open.
        self._settings = settings if settings.display else None

    def close(self):
        """Give all pins back."""
        if self.camera is not None:
            self.camera.close()
        self._button.close()

    def step(self):
        """One frame, one fault, or one nap while the picture is held."""
        if self._dog:
            self._dog.feed()
        self._listen()
        if self.held:
            time.sleep(NAP_S)
            return
        try:
            self._prepare()
            self._read()
        except MemoryError:
            self._make_room()
        except LanecamError as error:
            self._fault(error)

    def _prepare(self):
        """Camera open, reader made, screen lit: whatever is not so yet."""
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
            self._ready = False
            self._open()
        if self.reader is None:
            self._ready = False
            gc.collect()
            self.reader = make_reader(self.model_path, camera, self.vote, self.numbers)
            self._good_path = self.model_path
        if not self._ready:
            self._ready = True
            self._damaged = False
            self.reader.vote.clear()
            gc.collect()
            self.say(ready_line(self.reader, camera))

    def _open(self):
        """Start the camera, before there is a model: its driver is large, and gone once it runs."""
        gc.collect()
        try:
            self.camera.open()
        except MemoryError:
            if self.reader is None:
                raise
            self._drop_reader()
            self.camera.open()

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
        if camera.checks != self._checks:
            self._checks = camera.checks
            self._tell_damage(camera.damage)
        now = ticks_ms()
        self._frame_ms = (now - self._last) & 0x1FFFFFFF
        self._last = now
        if self.screen:
            self.screen.show(self.reader, self.reading, self._frame_ms, camera.damage)
        self.say(reading_line(self.reading))
        if self._save_as is not None:
            say_frame(self.say, camera, self._save_as)
            self._save_as = None

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
        if isinstance(error, ModelError) and self.model_path != self._good_path:
            self.model_path = self._good_path  # the model asked for is none: back to the last
        if self.camera is not None:
            self.camera.close()
        self._wait(self.retry_s)

    def _make_room(self):
        """Memory is short: take a smaller frame; there is none: say so."""
        self._drop_reader()
        if self.camera is None or not self.camera.take_smaller_frame():
            line = "FAULT memory the model leaves no room for a frame: use a smaller one"
            if self.screen:
                self.screen.fault(line[13:])
            self.say(line)
            self._wait(self.retry_s)
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

    # -- commands ---------------------------------------------------------------------------------

    def _listen(self):
        words = self._console.command()
        if words:
            self._obey(words)
        press = self._button.pressed()
        if press == "short":
            self._obey(["go" if self.held else "hold"])
        elif press == "long":
            name = self._next_model()
            if name:
                self._obey(["model", name])

    def _obey(self, words):
        """Do what a command says, or say why not."""
        refusal = None
        name = words[0]
        if name in ("hold", "go") and len(words) == 1:
            self.held = name == "hold"
        elif name == "status" and len(words) == 1:
            gc.collect()
            words.append("frames=%d" % self.frames)
            words.append("free=%d" % (gc.mem_free() if hasattr(gc, "mem_free") else -1))
        elif name == "save" and len(words) == 2:
            if not is_name(words[1], 16):
                refusal = "a label is up to 16 letters, digits, - or _"
            elif self.camera is None or not self.camera.is_open:
                refusal = "there is no frame"
            else:
                self._save_as = words[1]
        elif name == "model" and len(words) == 2:
            if is_name(words[1]):
                self.model_path = folder_of(self.model_path) + words[1] + ".lanes"
                self.reader = None
                self.held = False
            else:
                refusal = "a model is named by letters, digits, - or _"
        elif name == "numbers" and len(words) == 2 and words[1] in ("on", "off"):
            self.numbers = words[1] == "on"
            self.reader = None
        else:
            refusal = "hold, go, status, save LABEL, model NAME and numbers on|off are known"
        if refusal:
            self.say("REFUSED %s: %s" % (name, refusal))
            return
        self.say("OK " + " ".join(words))
        if name == "save" and self.held:
            say_frame(self.say, self.camera, self._save_as)
            self._save_as = None
        elif name in ("model", "numbers") and self.camera is not None:
            self.camera.close()  # READY will say which model it is

    def _next_model(self):
        """The name after that of the present model among those in its folder, None if alone."""
        folder = folder_of(self.model_path)
        try:
            names = sorted([n[:-6] for n in os.listdir(folder or ".") if n.endswith(".lanes")])
        except OSError:
            return None
        present = self.model_path[len(folder) : -6]
        if present not in names:
            return names[0] if names else None
        following = names[(names.index(present) + 1) % len(names)]
        return following if following != present else None


def read_settings():
    """What settings.toml says."""
    from lanecam.settings import Settings

    return Settings()


def make_reader(model_path, camera, vote, numbers):
    """``reader_start.start_reader``; what it takes to start is unloaded."""
    try:
        from lanecam.reader_start import start_reader

        return start_reader(model_path, camera, vote, numbers)
    finally:
        start_reader = None
        unload_where_scarce(LOADING + CHOOSING)


def folder_of(path):
    """The path up to and with its last slash."""
    return path[: path.rfind("/") + 1]


def watchdog(seconds):
    """The chip's watchdog if it is to be fed: set to ``seconds``, or running already; else None.

    It resets a board that hangs, as one does whose camera goes in the middle of a capture.
    """
    try:
        from microcontroller import watchdog as dog

        if seconds:
            from watchdog import WatchDogMode

            dog.timeout = seconds
            dog.mode = WatchDogMode.RESET
        return dog if dog.mode is not None else None
    except (ImportError, AttributeError, NotImplementedError):
        return None
