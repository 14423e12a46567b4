# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The board's own bench: it draws readable digits, measures every op, and changes no answer."""

from __future__ import annotations

import json

import pytest

from lanecam import bench
from lanecam.vision import outcome
from lanewise.data.pen import pen_digits
from lanewise.resources import bundled
from lanewise.runtimes.device import device_engine
from lanewise.runtimes.memory import inks
from lanewise.runtimes.ulab import installed_ulab
from small_models import small_model

MODEL = str(bundled("models") / "pebble" / "model.lanes")


def test_laps_pass_the_items_on_and_note_every_step():
    times = iter(range(100))
    laps = bench.Laps("abc")
    laps.now = lambda: next(times)
    assert [(letter, number) for letter, number in zip(laps, [1, 2, 3], strict=False)] == [
        ("a", 1), ("b", 2), ("c", 3)]  # fmt: skip
    assert laps.marks == [0, 1, 2, 3]
    assert list(laps) == ["a", "b", "c"] and laps.marks == [4, 5, 6, 7]
    assert len(laps) == 3 and laps[2] == "c"


def test_drawn_digits_are_read():
    """Frames must be what a camera shows of a page, or their time would mean nothing."""
    with installed_ulab():
        session = bench.Bench(MODEL, "ulab16")
        for ink in inks(pen_digits(12, seed=3).images):
            session.frame(ink)
    report = session.report()
    assert report["frames"] == 12 and report["digits_read"] >= 11


def test_the_built_in_digit_is_read():
    session = bench.Bench(MODEL, "bigint")
    ink = "".join(["0f"[row >> 13 - x & 1] for row in bench.TWO for x in range(14)])
    session.frame(ink, 14)
    assert session.reader.read(session.frame_bytes).outcome == outcome.DIGIT
    assert session.reader.read(session.frame_bytes).digit == "2"


@pytest.mark.parametrize("engine", ["plain", "bigint", "ulab16"])
def test_a_report_covers_every_op_and_the_answers_stay(engine, program_of_pebble):
    with installed_ulab():
        session = bench.Bench(MODEL, engine)
        ink = inks(pen_digits(1, seed=1).images)[0]
        session.frame(ink)
        report = session.report()
        seen = bytes(session.reader.vision.ink)
        answer = list(session.engine.run(seen))
    assert answer == list(device_engine(program_of_pebble, "plain").run(seen))
    assert report["engine"] == engine and report["measured"] is True
    assert len(report["ops"]) == len(program_of_pebble.ops)
    assert abs(sum(op["us"] for op in report["ops"]) - report["us"]["inference"]) <= 10
    assert report["us"]["total"] > 0 and report["load_us"] > 0
    # CPython says neither its heap nor its clock: unknown, not zero.
    assert report["heap_bytes"] is report["garbage_bytes_per_frame"] is report["cycles"] is None


@pytest.fixture(scope="module")
def program_of_pebble():
    from pathlib import Path

    from lanewise.export.lanes import read

    return read(Path(MODEL))[0]


def test_one_line_of_json_is_printed(tmp_path, capsys):
    bench.main(str(small_model(tmp_path / "small.lanes")), "plain")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    found = json.loads(lines[0])
    assert found["model"] == "small model" and found["frames"] == 1
