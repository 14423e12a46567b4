# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Frames that a running app sends: whole, or not believed; and what the monitor makes of them."""

from __future__ import annotations

import base64
import binascii
import itertools
import random
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanecam.saving import say_frame
from lanewise.boards.capture import Frame
from lanewise.boards.frames import FrameCatcher, app_listens, ask_for_frame
from lanewise.boards.lines import LineCutter, understand
from lanewise.commands import collect
from lanewise.commands.collect import save
from lanewise.commands.monitor import crop_picture
from lanewise.errors import BoardError, LanewiseError, UsageError

PIXELS = random.Random(1).randbytes(2 * 40 * 30)


def said(data: bytes = PIXELS, width: int = 40, height: int = 30, label: str = "7") -> list[str]:
    pieces = [data[at : at + 48] for at in range(0, len(data), 48)]
    lines = [f"DATA {48 * at} {base64.b64encode(piece).decode()}"
             for at, piece in enumerate(pieces)]  # fmt: skip
    head = f"FRAME {width} {height} yuv {len(data)} {label}"
    return [head, *lines, f"END {binascii.crc32(data):08x}"]


def caught(lines) -> tuple[Frame | None, str | None]:
    catcher = FrameCatcher()
    found = [frame for frame in map(catcher.feed, lines) if frame is not None]
    assert len(found) <= 1
    return (found[0] if found else None), catcher.problem


def test_a_whole_frame_is_put_together_between_other_lines():
    mixed = list(itertools.chain.from_iterable((line, "DIGIT 7 0.98 ms=9") for line in said()))
    frame, problem = caught(mixed)
    assert frame == Frame(40, 30, "yuv", PIXELS) and problem is None
    assert {understand(line).kind for line in said()} == {"frame"}


def test_what_the_device_sends_is_what_is_caught():
    """The device's own function makes the lines, so the two cannot drift apart."""
    camera = SimpleNamespace(frame=bytearray(PIXELS), width=40, height=30, colorspace="yuv")
    out: list[str] = []
    say_frame(out.append, camera, "7")
    assert out == said() and max(map(len, out)) < 100


@given(st.data())
def test_a_frame_that_lost_or_changed_anything_is_not_believed(data):
    lines = said(PIXELS[:200], 10, 10)
    at = data.draw(st.integers(0, len(lines) - 1))
    kind = data.draw(st.sampled_from(["drop", "twice", "swap", "letter"]))
    if kind == "drop":
        spoiled = lines[:at] + lines[at + 1 :]
    elif kind == "twice":
        spoiled = [*lines[: at + 1], *lines[at:]]
    elif kind == "swap":
        other = data.draw(st.integers(0, len(lines) - 1))
        spoiled = list(lines)
        spoiled[at], spoiled[other] = spoiled[other], spoiled[at]
    else:
        where = data.draw(st.integers(0, len(lines[at]) - 1))
        letter = data.draw(st.sampled_from("AZ09 +-x"))
        spoiled = list(lines)
        spoiled[at] = lines[at][:where] + letter + lines[at][where + 1 :]
    frame, _ = caught(spoiled)
    right = Frame(10, 10, "yuv", PIXELS[:200])
    same_pixels = frame is None or frame.data == right.data
    assert same_pixels, "other bytes than were sent were believed"


@pytest.mark.parametrize(
    "head",
    ["FRAME", "FRAME 9999 9999 yuv 199960002 x", "FRAME 0 0 yuv 0 x", "FRAME 40 30 yuv 999999 x",
     "FRAME 700 700 yuv 980000 x", "FRAME -1 2 yuv 4 x", "FRAME 40 30 jpeg 2400 x",
     "FRAME 40 30 yuv 2400"],
)  # fmt: skip
def test_a_head_that_makes_no_sense_starts_nothing(head):
    catcher = FrameCatcher()
    catcher.feed(head)
    assert catcher.problem, "known at once, before any byte is kept"
    for line in said()[1:]:
        assert catcher.feed(line) is None
    assert catcher.problem and not catcher._data


class App:
    """A reader on a port: answers commands between its readings."""

    def __init__(self, answers: dict[str, list[str]]) -> None:
        self.answers, self.data, self.asked = answers, b"", []

    @property
    def in_waiting(self):
        return min(50, len(self.data))

    def read(self, count):
        if not self.data:
            self.data = b"NONE nothing-here ms=9\r\n"
        got, self.data = self.data[:count], self.data[count:]
        return got

    def write(self, data):
        self.asked += data.decode().split("\n")
        for command in data.decode().split("\n"):
            lines = self.answers.get(command.split(" ")[0], [])
            self.data += "".join(line + "\r\n" for line in lines).encode()


def clock():
    ticks = itertools.count()
    return lambda: next(ticks)


def test_an_app_that_takes_commands_is_known_and_gives_frames():
    app = App({"status": ["OK status frames=9"], "save": ["OK save 7", *said()]})
    assert app_listens(app, 100, clock())
    assert ask_for_frame(app, "7", 1000, clock()).data == PIXELS and "save 7" in app.asked
    assert not app_listens(App({}), 100, clock())


@pytest.mark.parametrize("lost", [1, 2])
def test_a_frame_that_the_board_forgot_is_asked_for_again(lost):
    class Forgetful(App):
        def write(self, data):
            self.asked += data.decode().split("\n")
            if self.asked.count("save 7") > lost:
                super().write(data)

    app = Forgetful({"save": said()})
    assert ask_for_frame(app, "7", 900, clock()).data == PIXELS
    assert app.asked.count("save 7") == lost + 2, "and once as it is sent"


@pytest.mark.parametrize("lost", ["FRAME", "DATA 48 ", "END"])
def test_a_frame_of_which_a_line_was_lost_is_asked_for_again(lost):
    class Lossy(App):
        def write(self, data):
            if b"save 7" in data and "save 7" not in self.asked:
                self.asked.append("save 7")
                kept = [line for line in said() if not line.startswith(lost)]
                self.data += "".join(line + "\r\n" for line in kept).encode()
            else:
                super().write(data)

    app = Lossy({"save": said()})
    assert ask_for_frame(app, "7", 900, clock()).data == PIXELS
    assert app.asked.count("save 7") == 2


def test_a_frame_under_way_is_not_asked_for_twice_and_an_older_one_is_let_pass():
    slow = App({"save": [*["NONE nothing-here ms=9"] * 30, *said()]})
    assert ask_for_frame(slow, "7", 150, clock()).data == PIXELS
    assert slow.asked.count("save 7") == 1
    older = App({"save": [*said(bytes(2400), label="3"), *said()]})
    assert ask_for_frame(older, "7", 1000, clock()).data == PIXELS


def test_why_no_frame_came_is_said():
    refusing = App({"save": ["REFUSED save: there is no frame"]})
    with pytest.raises(BoardError, match="there is no frame; try again"):
        ask_for_frame(refusing, "7", 1000, clock())
    with pytest.raises(BoardError, match="it did not arrive whole"):
        ask_for_frame(App({"save": [*said()[:-1], "END 00000000"]}), "7", 1000, clock())
    with pytest.raises(BoardError, match="nothing came in 50 s"):
        ask_for_frame(App({}), "7", 50, clock())
    for label in ("", "7\nmodel x", "a b", "x" * 17, "ü"):
        with pytest.raises(BoardError, match="is no label"):
            ask_for_frame(App({}), label, 50, clock())


def test_the_crop_is_shown_in_characters_with_its_ink_dark():
    luma = bytearray([220]) * (40 * 30)
    for y in range(8, 22):
        luma[40 * y + 20] = luma[40 * y + 21] = 30
    data = bytes(byte for value in luma for byte in (value, 128))
    picture = crop_picture(Frame(40, 30, "yuv", data), (20, 8, 2, 14))
    assert len({len(line) for line in picture}) == 1 and len(picture) == 18
    columns = ["".join(column) for column in zip(*picture, strict=True)]
    inked = [at for at, column in enumerate(columns) if column.count("@") > 6]
    assert inked and 12 < min(inked) <= max(inked) < 24, "a dark stroke down the middle"
    assert crop_picture(Frame(40, 30, "yuv", data), (39, 29, 1, 1))
    assert crop_picture(Frame(40, 30, "yuv", data), (4000, 10, 5, 5)) == []


def test_lines_of_a_frame_pass_the_line_cutter_unharmed():
    cutter = LineCutter()
    text = "".join(line + "\r\n" for line in said()).encode()
    lines = [line for at in range(0, len(text), 7) for line in cutter.feed(text[at : at + 7])]
    assert lines == said()


def test_a_picture_whose_label_cannot_be_noted_does_not_stay(tmp_path):
    """One picture without a label, and the whole folder could not be trained on."""
    (tmp_path / "labels.csv").mkdir()
    with pytest.raises(LanewiseError, match="cannot be written"):
        save(tmp_path, Frame(40, 30, "yuv", bytes(2400)), "3")
    assert [path.name for path in tmp_path.iterdir()] == ["labels.csv"]


def test_keys_without_a_terminal_are_asked_for_in_words(monkeypatch, tmp_path):
    def none() -> str:
        raise OSError(6, "No such device or address")

    monkeypatch.setattr(collect.click, "getchar", none)
    with pytest.raises(UsageError, match="start it in a terminal"):
        collect._keys(tmp_path / "frames", lambda key: Frame(40, 30, "yuv", PIXELS))
    assert not (tmp_path / "frames").exists()


def test_each_key_saves_a_frame_under_its_label(monkeypatch, tmp_path):
    keys = iter(["7", "x", "0", "q", "1"])
    monkeypatch.setattr(collect.click, "getchar", lambda: next(keys))
    asked = []

    def frame_for(key):
        asked.append(key)
        return Frame(40, 30, "yuv", PIXELS)

    assert collect._keys(tmp_path / "frames", frame_for) == 2
    assert asked == ["7", "0"] and next(keys) == "1", "q ends it"
    assert (tmp_path / "frames" / "labels.csv").read_text().split() == [
        "file,label", "frame-0000.png,7", "frame-0001.png,0",
    ]  # fmt: skip
