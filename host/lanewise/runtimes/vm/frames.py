# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs in MicroPython: a file of camera frames through the device package, one line a frame.

Arguments: the device library, the model, width, height, colour space, frames (one after the other).
Each line: outcome, box or "-", CRC-32 of the ink or "-", logits with commas or "-".
"""

import binascii
import gc
import sys


def main(library, model_path, width, height, colorspace, frames_path):
    sys.path.insert(0, library)
    # The largest piece comes first: code is scattered over the heap by compiling it.
    frame = bytearray(int(width) * int(height) * (1 if colorspace == "grey" else 2))
    # As the app does: garbage of one import must not scatter the next over the heap.
    from lanecam.engines.choice import choose

    gc.collect()
    # What is left to choose where memory is short; there is no room to compile it afterwards.
    from lanecam.engines import plain  # noqa: F401

    gc.collect()
    from lanecam.model import load

    gc.collect()
    model = load(model_path)  # before vision, as the app does
    gc.collect()
    for module in ("objects", "framing", "note", "look"):
        __import__("lanecam.vision." + module)
        gc.collect()
    from lanecam.reader import Reader, leaving_room, vision_for

    gc.collect()
    vision = vision_for(model, int(width), int(height), colorspace)
    engine = leaving_room(choose, model)
    reader = Reader(model, engine, int(width), int(height), colorspace, vision=vision)
    with open(frames_path, "rb") as frames:
        while frames.readinto(frame) == len(frame):
            reading = reader.read(frame)
            box = ink = logits = "-"
            if reading.box is not None:
                box = ",".join(str(edge) for edge in reading.box)
            if reading.logits is not None:
                ink = str(binascii.crc32(reader.vision.ink))
                logits = ",".join(str(logit) for logit in reading.logits)
            print(reading.outcome, box, ink, logits)


main(*sys.argv[1:])
