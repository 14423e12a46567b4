# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs in MicroPython: a file of inputs through the device package to a file of logits.

Arguments: the device library, the model, inputs (uint8, one image after the other), outputs
(little-endian int32), engine (empty: its own choice). Prints now and then how many were done.
"""

import struct
import sys

EVERY = 100
KEPT = 16_000
"""Bytes of the heap to keep in one piece while code is compiled and the model is read."""


def main(library, model_path, inputs_path, outputs_path, engine_name):
    sys.path.insert(0, library)
    import gc

    # Code is what is left of compiling it, scattered over the heap. What is to lie in one piece, a
    # frame's values, finds its place afterwards only where it was kept.
    kept = bytearray(KEPT)
    from lanecam.engines.choice import choose

    gc.collect()
    from lanecam.model import load

    gc.collect()
    if engine_name != "plain":
        from lanecam.engines import bigint  # noqa: F401

        gc.collect()
    model = load(model_path)
    kept = None  # noqa: F841
    engine = choose(model, engine_name or None)
    ink = bytearray(model.channels * model.height * model.width)
    done = 0
    with open(inputs_path, "rb") as inputs, open(outputs_path, "wb") as outputs:
        while inputs.readinto(ink) == len(ink):
            for logit in engine.run(ink):
                outputs.write(struct.pack("<i", logit))
            done += 1
            if done == EVERY:
                print(done)
                done = 0
    print(done)


main(*sys.argv[1:])
