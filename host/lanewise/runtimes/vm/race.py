# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs in MicroPython or CircuitPython: engines side by side on a file of inputs.

Arguments: the device library, the model, inputs (uint8, one image after the other), engines (with
commas), rounds. The engines take turns, all inputs each time; each has its own copy of the model.
Prints a line an engine and round: name, microseconds for all inputs, CRC-32 of all logits; at the
end one an engine: name, "memory", bytes in use beside the other engines and the code.
"""

import binascii
import gc
import sys
import time


def microseconds():
    """A clock that never turns back during a race."""
    if hasattr(time, "ticks_us"):
        return time.ticks_us()
    return time.monotonic_ns() // 1000


def main(library, model_path, inputs_path, names, rounds):
    sys.path.insert(0, library)
    from lanecam.engines.choice import choose

    gc.collect()
    from lanecam.engines import bigint  # noqa: F401

    gc.collect()
    from lanecam.model import load

    gc.collect()
    engines = []
    memory = []
    for name in names.split(","):
        gc.collect()
        before = gc.mem_alloc()
        engines.append(choose(load(model_path), name))
        gc.collect()
        memory.append(gc.mem_alloc() - before)
    model = engines[0].model
    size = model.channels * model.height * model.width
    inks = []
    with open(inputs_path, "rb") as inputs:
        ink = inputs.read(size)
        while len(ink) == size:
            inks.append(ink)
            ink = inputs.read(size)
    for _ in range(int(rounds)):
        for engine in engines:
            gc.collect()
            found = []
            begun = microseconds()
            for ink in inks:
                found.append(engine.run(ink))
            taken = microseconds() - begun
            crc = 0
            for logits in found:
                crc = binascii.crc32(str(list(logits)).encode(), crc)
            print(engine.name, taken, crc)
    for at in range(len(engines)):
        print(engines[at].name, "memory", memory[at])


main(*sys.argv[1:])
