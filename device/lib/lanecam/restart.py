# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Starts the program again where memory is short, and tells it what to read with.

A heap that has held a model is in pieces, and the next model may not fit where it would after a
start. CircuitPython starts a program again in 20 ms with an empty heap, and what lies in
``alarm.sleep_memory`` outlives that (not a power cycle). RP2350 has none, nor need of it: there the
change is made in place. Imported when needed, and unloaded.
"""

MARK = b"lanewise\n"
LONGEST = 200
"""Bytes of a note: the paths of two models and two numbers, a line each."""


def restart(path, good_path, numbers, width):
    """Start again with the model at ``path``; ``good_path``: of the one to go back to; ``numbers``:
    whether numbers are read; ``width``: of the frames that there is room for, 0: not known.
    Returns where the firmware cannot keep that."""
    memory = kept_memory()
    note = MARK + ("%s\n%s\n%d\n%d\n" % (path, good_path, numbers, width)).encode()
    if memory is None or len(note) > LONGEST:
        return
    memory[0 : len(note)] = note
    from supervisor import reload

    reload()


def wish():
    """(path, good_path, numbers, width) as ``restart`` was told; None after any other start, and
    when asked again."""
    memory = kept_memory()
    if memory is None:
        return None
    note = bytes(memory[0:LONGEST])
    if not note.startswith(MARK):
        return None
    memory[0:1] = b"\0"
    lines = note.split(b"\n")
    try:
        return lines[1].decode(), lines[2].decode(), lines[3] == b"1", int(lines[4])
    except (IndexError, ValueError):  # UnicodeError is a ValueError
        return None


def kept_memory():
    """Bytes that a new start finds as they were; None where there are none."""
    try:
        from alarm import sleep_memory
    except ImportError:
        return None
    return sleep_memory
