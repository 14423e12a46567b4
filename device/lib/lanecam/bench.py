# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Measures the reader on this very board, without a camera: time, heap and garbage, op by op.

In the board's REPL: ``from lanecam import bench; bench.main("digits.lanes")`` prints one line of
JSON; ``lanewise bench MODEL --port`` does it from the desk, engine after engine (docs/bench.md).
The frames are drawn here: a light page of 80x60 pixels with a digit 56 pixels wide.
"""

import gc
import sys

from lanecam.clock import elapsed_us, ticks_us

WIDTH = 80
HEIGHT = 60
SIDE = 28
PAPER = 220
DEPTH = 12
"""How much darker each of 15 steps of ink is than the paper."""
SLOW_US = 2000000
"""A frame slower than this is not repeated."""

TWO = (0x03E0, 0x0FF8, 0x1E3C, 0x1C1C, 0x001C, 0x003C, 0x0078, 0x00F0, 0x03C0, 0x0F00, 0x1E00,
       0x1FFE, 0x1FFE, 0x0000)  # fmt: skip
"""A digit for whoever brings none: 14 rows of 14 cells."""


class Laps:
    """Stands in for the list that an engine walks over, and notes ``now()`` at every step."""

    def __init__(self, items):
        self.items = items
        self.marks = [0] * (len(items) + 1)
        self.now = ticks_us
        self.at = 0

    def __iter__(self):
        self.at = 0
        return self

    def __next__(self):
        at = self.at
        self.marks[at] = self.now()
        if at == len(self.items):
            raise StopIteration
        self.at = at + 1
        return self.items[at]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, at):
        return self.items[at]


class Bench:
    """One engine on this board: ``frame`` as often as wanted, then ``report``."""

    def __init__(self, model_path, engine=None):
        """Loads package, model and engine; raises ModelError where the engine is not exact."""
        gc.collect()
        base = allocated()
        frame = bytearray(2 * WIDTH * HEIGHT)  # the largest piece first, as the app does
        from lanecam import model as model_file
        from lanecam.reader import Reader

        gc.collect()
        from lanecam.engines.choice import choose

        gc.collect()
        start = ticks_us()
        model = model_file.load(model_path)
        self.load_us = elapsed_us(start)
        gc.collect()
        self.engine = choose(model, engine)
        gc.collect()
        self.reader = Reader(model, self.engine, WIDTH, HEIGHT, "yuv")
        self.frame_bytes = frame
        gc.collect()
        self.heap_bytes = None if base is None else allocated() - base
        self.model = model
        # ulab16 walks over its steps, the others over the model's ops: one an op either way.
        self.laps = Laps(model.ops)
        if self.engine.name == "ulab16":
            self.engine.steps = Laps(self.engine.steps)
            self.laps = self.engine.steps
        else:
            model.ops = self.laps
        count = len(model.ops)
        self.frames = self.digits = self.turns = 0
        self.vision_us = self.inference_us = self.total_us = 0
        self.weighed = self.vision_garbage = self.inference_garbage = 0
        self.ops_us = [0] * count
        self.ops_garbage = [0] * count

    def frame(self, ink, wide=SIDE):
        """Measure a digit: ``ink`` holds wide * wide hexadecimal digits, 0 for paper."""
        draw(self.frame_bytes, ink, wide)
        if not self.frames:
            self.reader.read(self.frame_bytes)  # what is made on first use is no part of a frame
        self._time()
        self._weigh()
        self.frames += 1

    def _time(self):
        """Each stage after a collection, then whole frames as they come, collections included."""
        vision = self.reader.vision
        laps = self.laps
        laps.now = ticks_us
        gc.collect()
        start = ticks_us()
        vision.look(self.frame_bytes)
        self.vision_us += elapsed_us(start)
        gc.collect()
        start = ticks_us()
        self.engine.run(vision.ink)
        whole = elapsed_us(start)
        self.inference_us += whole
        # What comes before the first op and after the last belongs to them.
        last = len(self.ops_us) - 1
        for at in range(last + 1):
            begun = start if at == 0 else laps.marks[at]
            until = whole if at == last else (laps.marks[at + 1] - start) & 0x1FFFFFFF
            self.ops_us[at] += until - ((begun - start) & 0x1FFFFFFF)
        for _ in range(1 if whole > SLOW_US else 4):
            start = ticks_us()
            reading = self.reader.read(self.frame_bytes)
            self.total_us += elapsed_us(start)
            self.turns += 1
        self.digits += reading.logits is not None

    def _weigh(self):
        """Bytes that vision and each op leave behind, counted while nothing is collected.

        A frame that leaves more than the heap holds is not counted.
        """
        if allocated() is None:
            return
        vision = self.reader.vision
        laps = self.laps
        marks = laps.marks
        laps.now = allocated
        try:
            gc.collect()
            gc.disable()
            before = allocated()
            vision.look(self.frame_bytes)
            seen = allocated() - before
            gc.collect()
            before = allocated()
            self.engine.run(vision.ink)
            after = allocated()
        except MemoryError:
            return
        finally:
            gc.enable()
            laps.now = ticks_us
        self.weighed += 1
        self.vision_garbage += seen
        self.inference_garbage += after - before
        last = len(self.ops_garbage) - 1
        for at in range(last + 1):
            begun = before if at == 0 else marks[at]
            self.ops_garbage[at] += (after if at == last else marks[at + 1]) - begun

    def report(self):
        """A dict for one line of JSON: means over the frames; None where it was not measured."""
        frames = self.frames
        weighed = self.weighed
        whole = self.vision_garbage + self.inference_garbage
        hertz = frequency()
        us = {
            "vision": self.vision_us // frames,
            "inference": self.inference_us // frames,
            "total": self.total_us // self.turns,
        }
        return {
            "board": board_name(),
            "chip": sys.platform,
            "model": self.model.name,
            "engine": self.engine.name,
            "reason": self.engine.reason,
            "measured": True,
            "frames": frames,
            "digits_read": self.digits,
            "clock_hz": hertz,
            "us": us,
            "cycles": {name: us[name] * (hertz // 1000) // 1000 for name in us} if hertz else None,
            "load_us": self.load_us,
            "heap_bytes": self.heap_bytes,
            "heap_free_bytes": free(),
            "garbage_bytes_per_frame": whole // weighed if weighed else None,
            "vision_garbage_bytes": self.vision_garbage // weighed if weighed else None,
            "ops": [
                {
                    "us": self.ops_us[at] // frames,
                    "garbage_bytes": self.ops_garbage[at] // weighed if weighed else None,
                }
                for at in range(len(self.ops_us))
            ],
        }


def draw(frame, ink, wide):
    """A YUV frame of a page with ``ink``, ``wide`` hexadecimal cells a side, in its middle."""
    for at in range(0, len(frame), 2):
        frame[at] = PAPER
        frame[at + 1] = 128
    times = 2 * SIDE // wide
    left = (WIDTH - wide * times) // 2
    top = (HEIGHT - wide * times) // 2
    for cell in range(wide * wide):
        value = int(ink[cell], 16)
        if value:
            luma = PAPER - DEPTH * value
            at = 2 * ((top + cell // wide * times) * WIDTH + left + cell % wide * times)
            for _ in range(times):
                for x in range(times):
                    frame[at + 2 * x] = luma
                at += 2 * WIDTH


def allocated():
    """Bytes of the heap in use; None on an interpreter that does not say."""
    return gc.mem_alloc() if hasattr(gc, "mem_alloc") else None


def free():
    """Bytes of the heap that are free; None on an interpreter that does not say."""
    gc.collect()
    return gc.mem_free() if hasattr(gc, "mem_free") else None


def on_board():
    """Whether this is CircuitPython on hardware; a desk's stand-ins for it know no clock."""
    if sys.implementation.name != "circuitpython":
        return False
    try:
        import microcontroller  # noqa: F401
    except ImportError:
        return False
    return True


def frequency():
    """Clock of the processor in hertz; None where it is not known."""
    if not on_board():
        return None
    import microcontroller

    return int(microcontroller.cpu.frequency)


def board_name():
    """CircuitPython's name of this board, or that of the interpreter."""
    if not on_board():
        return sys.implementation.name
    import board

    return board.board_id


def main(model_path, engine=None, digits=None):
    """Measure and print one line of JSON. ``digits``: inks as ``Bench.frame`` takes them."""
    import json

    bench = Bench(model_path, engine)
    for ink in digits or ():
        bench.frame(ink)
    if not digits:
        bench.frame("".join(["0f"[row >> 13 - x & 1] for row in TWO for x in range(14)]), 14)
    print(json.dumps(bench.report()))
