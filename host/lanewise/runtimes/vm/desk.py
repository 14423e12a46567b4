# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs in MicroPython: ``code.py`` of a drive, held at each line it says, for ``vm_desk``.

Arguments: folder of the board's modules, descriptors of the two pipes to the hardware, the drive,
the folder of the device package. Settings come as environment variables.
"""

import binascii
import builtins
import gc
import sys


def main(modules, to, back, drive, library):
    sys.path[:] = [modules]
    import wire

    wire.connect(int(to), int(back))
    import desk_time

    sys.modules["time"] = desk_time  # before anybody imports it
    wire.put_into_place()

    def say(*words):
        line = " ".join([str(word) for word in words])
        if wire.ask("say", line, gc.mem_alloc()) == "look":
            gc.collect()
            wire.ask("seen", *seen())

    builtins.print = say  # before lanecam is imported, whose functions take it as it is then
    sys.path[:] = [drive, drive + "/lib", library]
    with open(drive + "/code.py") as file:
        text = file.read()
    exec(text, {"__name__": "__main__"})


def seen():
    """What no line says: outcome, digit, confidence, margin, box, width, height,
    figures, boxes, ink, logits."""
    app = sys.modules["lanecam"].running
    reading = app.reading
    return (
        reading.outcome,
        reading.digit,
        reading.confidence,
        reading.margin,
        reading.box,
        app.camera.width,
        app.camera.height,
        list(reading.figures),
        app.reader.vision.boxes,
        binascii.hexlify(app.reader.vision.ink).decode(),
        reading.logits and list(reading.logits),
    )


main(*sys.argv[1:])
