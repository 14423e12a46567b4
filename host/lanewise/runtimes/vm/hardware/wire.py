# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs in MicroPython: the wire to the emulated hardware, which lives in another process.

One JSON line a question, one JSON line an answer (``lanewise.emulator.vm_hardware``); a frame
follows its answer as it is. Errors of the hardware are raised here by their own names.
"""

import gc
import json
import sys

_ERRORS = {
    "OSError": OSError,
    "RuntimeError": RuntimeError,
    "TimeoutError": RuntimeError,  # MicroPython has no TimeoutError; a board would wait for ever
    "TypeError": TypeError,
    "ValueError": ValueError,
}
_to = None
_back = None


def connect(to, back):
    """Use two pipes by their descriptors."""
    global _to, _back
    _to = open("/dev/fd/%d" % to, "wb")
    _back = open("/dev/fd/%d" % back, "rb")


def put_into_place():
    """Import the board's modules while their folder can still be seen."""
    names = ["board", "busio", "digitalio", "imagecapture", "memorymap", "microcontroller"]
    names += ["pwmio", "supervisor", "usb_cdc", "watchdog"]
    if ask("sleep memory"):
        names.append("alarm")
    for name in names:
        __import__(name)
    sys.modules["os"] = __import__("board_os").board_os
    del sys.modules["board_os"]
    gc.collect()


def ask(*question):
    """The answer to a question; raises what the hardware raised."""
    _to.write(json.dumps(question) + "\n")
    line = _back.readline()
    if not line:
        raise SystemExit  # unplugged
    answer = json.loads(line)
    if "error" in answer:
        error = _ERRORS.get(answer["error"], RuntimeError)
        if "errno" in answer:
            raise error(answer["errno"], answer["text"])
        raise error(answer["text"])
    return answer["ok"]


def fill(buffer, count):
    """Read ``count`` bytes that follow an answer into ``buffer``."""
    view = memoryview(buffer)
    at = 0
    while at < count:
        got = _back.readinto(view[at:count])
        if not got:
            raise SystemExit
        at += got


class Part:
    """A piece of hardware by its number."""

    def __init__(self, kind, *arguments):
        self._number = ask("new", kind, *arguments)

    def _call(self, method, *arguments):
        return ask("call", self._number, method, *arguments)

    def deinit(self):
        """Give its pins back."""
        self._call("deinit")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.deinit()
