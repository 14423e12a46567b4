# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""code.py on the emulated board: its lines follow docs/serial.md and no fault stops it."""

from __future__ import annotations

import base64
import re
import sys
import zlib

import pytest

from camera_pictures import PEN
from lanewise.emulator import FAULTS, ArraySource, DigitSource
from lanewise.emulator.desk import EmulatedDesk
from small_models import small_model

BOX = r"box=\d+,\d+,\d+,\d+"
LINES = {
    "READY": r"READY 1 model=\S+ engine=ulab16 frame=\d+x\d+ colorspace=(yuv|rgb) vote=\d+ "
    r"confidence=(softmax|table)",
    "DIGIT": rf"DIGIT \S+ [01]\.\d\d margin=\d+ frames=\d+ {BOX} ms=\d+",
    "NONE": rf"NONE [a-z-]+( guess=\S+ confidence=[01]\.\d\d margin=\d+ frames=\d+)?( {BOX})? "
    r"ms=\d+",
    "FAULT": r"FAULT (camera|link|model|memory|settings) \S.*",
    "OK": r"OK (hold|go|status frames=\d+ free=-?\d+|save \S+|model \S+)",
    "REFUSED": r"REFUSED \S+: .*",
}
DIGIT = DigitSource(PEN[3])
EMPTY = ArraySource(DigitSource(PEN[3], ink=230).scene())


class Expression(str):
    """Goes into the board file as it is."""

    __repr__ = str.__str__


class Board:
    """A board that runs ``code.py`` and looks at a digit."""

    def __init__(self, desk):
        self.desk = desk
        self.board = desk.board
        self.board.source = DIGIT

    def line(self):
        line = self.desk.program.next_line()
        kind = line.split()[0]
        if kind in LINES:
            assert re.fullmatch(LINES[kind], line), line
        return line

    def lines(self, count):
        return [self.line() for _ in range(count)]

    def until(self, kind, most=200):
        """The next line of a kind, and the board's seconds until then."""
        begun = self.board.clock.now_s()
        for _ in range(most):
            line = self.line()
            if line.startswith(kind + " "):
                return line, self.board.clock.now_s() - begun
        raise AssertionError(f"no {kind} in {most} lines")

    def send(self, text):
        self.board.console.send(text.encode())

    def now(self):
        return self.board.clock.now_s()


def kinds(lines):
    return [line.split()[0] for line in lines]


@pytest.fixture
def start(tmp_path):
    """Starts boards: arguments as of ``EmulatedDesk``."""
    opened = []

    def begin(model=None, **arguments):
        path = model or small_model(tmp_path / "m.lanes")
        arguments.setdefault("colorspace", "yuv")
        desk = EmulatedDesk(path, start=False, **arguments)
        desk.__enter__()
        opened.append(desk)
        return Board(desk)

    yield begin
    for desk in opened:
        desk.__exit__(None, None, None)


def test_a_digit_an_empty_page_and_a_digit_again(start):
    board = start(vote=4)
    assert board.line() == (
        "READY 1 model=small_model engine=ulab16 frame=80x60 colorspace=yuv vote=4 "
        "confidence=softmax"
    )
    said = board.lines(1)
    board.board.source = EMPTY
    said += board.lines(1)
    board.board.source = DIGIT
    said += board.lines(2)
    assert kinds(said) == ["DIGIT", "NONE", "DIGIT", "DIGIT"]
    assert said[1].startswith("NONE nothing-here ms=")
    assert "frames=1 " in said[2] and "frames=2 " in said[3]


def test_unsure_readings_carry_their_guess(start, tmp_path):
    board = start(small_model(tmp_path / "shy.lanes", reject_margin=30_000))
    assert board.lines(2)[1].startswith("NONE unsure guess=")


@pytest.mark.parametrize("space", ["yuv", "rgb"])
@pytest.mark.parametrize("fault", list(FAULTS))
def test_every_fault_is_said_within_two_seconds_and_over_when_it_is_over(start, fault, space):
    board = start(colorspace=space)
    board.lines(8)
    board.board.fault = fault
    words, after_s = board.until("FAULT")
    assert after_s < 2, words
    assert len(words) > 40 and ("check" in words or "wire" in words)
    board.until("FAULT")  # it is said again while it lasts, and nothing stops
    board.board.fault = None
    _, after_s = board.until("READY")
    assert after_s < 3
    assert kinds(board.lines(5)) == ["DIGIT"] * 5


@pytest.mark.parametrize("board_id", ["raspberry_pi_pico_w", "raspberry_pi_pico2"])
def test_a_clock_that_stops_is_seen_before_the_endless_wait(start, board_id):
    board = start(board=board_id)
    board.lines(3)
    board.board.fault = "stuck-vsync"
    assert "VSYNC does not move any more" in board.until("FAULT")[0]


def test_a_samd_board_says_it_too_and_its_watchdog_ends_the_endless_wait(start):
    board = start(board="grandcentral_m4_express", settings={"LANEWISE_WATCHDOG": 2})
    assert board.lines(3)[0].startswith("READY")
    feeds = board.board.watchdog.feeds
    board.lines(3)
    assert board.board.watchdog.feeds > feeds
    board.board.fault = "stuck-vsync"
    words, after_s = board.until("FAULT")
    assert board.desk.program.resets == 1, "the chip started again"
    assert "VSYNC does not move: check the wires" in words and after_s < 4
    board.board.fault = None
    board.until("READY")
    assert board.line().startswith("DIGIT")


def test_a_short_watchdog_gives_a_start_the_time_it_takes(start):
    board = start(settings={"LANEWISE_WATCHDOG": 1}, fault="no-device")
    assert board.line().startswith("FAULT")
    assert board.board.watchdog.timeout == 8, "an engine may take a second to be built"
    board.board.fault = None
    assert board.until("READY")
    assert board.board.watchdog.timeout == 1
    board.board.fault = "no-device"
    board.until("FAULT")
    board.line()
    assert board.board.watchdog.timeout == 8


@pytest.mark.parametrize("fault", ["no-device", "wrong-id", "stuck-vsync", "swapped-bytes"])
def test_a_fault_from_the_start_is_said_until_it_is_mended(start, fault):
    board = start(fault=fault)
    assert kinds(board.lines(3)) == ["FAULT"] * 3
    board.board.fault = None
    assert kinds(board.lines(2)) == ["READY", "DIGIT"]


@pytest.mark.parametrize("space", ["yuv", "rgb"])
@pytest.mark.parametrize("fault", ["torn-frame", "bit-errors"])
def test_frames_that_are_damaged_from_the_start_are_told_with_the_first(start, fault, space):
    board = start(fault=fault, colorspace=space)
    said = board.lines(3)
    assert said[0].startswith("READY ") and said[1].startswith("FAULT link ")
    assert said[2].startswith(("DIGIT ", "NONE "))
    assert ("torn" if fault == "torn-frame" else "wrong bits") in said[1]


def test_a_model_that_appears_later_is_taken(start, tmp_path):
    board = start(tmp_path / "none.lanes")
    said = board.lines(2)
    assert kinds(said) == ["FAULT"] * 2 and said[0].startswith("FAULT model ")
    small_model(board.desk.drive / "digits.lanes")
    assert kinds(board.lines(2)) == ["READY", "DIGIT"]


def test_a_damaged_model_predicts_nothing(start, tmp_path):
    path = small_model(tmp_path / "m.lanes")
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    said = start(path).lines(2)
    assert kinds(said) == ["FAULT"] * 2
    assert "CRC" in said[0]


def test_bad_settings_are_named_and_the_usual_ones_taken(start):
    board = start(settings={"LANEWISE_VOTE": "many", "LANEWISE_WATCHDOG": 99})
    said = board.lines(3)
    assert said[0] == "FAULT settings LANEWISE_VOTE is many; it can be 1 to 32"
    assert said[1] == "FAULT settings LANEWISE_WATCHDOG is 99; it can be 0 to 8"
    assert "vote=4" in said[2]


def test_what_a_command_changes_is_said(start):
    board = start()
    board.lines(2)
    board.send("hold\n")
    assert board.line() == "OK hold"
    frames = board.board.frames
    board.send("status\n")
    assert board.line().startswith("OK status frames=1 free=")
    board.send("go\n")
    assert board.line() == "OK go"
    assert board.board.frames == frames, "nothing is captured while the picture is held"
    assert board.line().startswith("DIGIT")


@pytest.mark.parametrize("held", [False, True])
def test_a_frame_is_saved_whole_and_checked(start, held):
    board = start()
    board.lines(2)
    if held:
        board.send("hold\n")
        board.line()
    board.send("save 7\n")
    assert board.line() == "OK save 7"
    if not held:
        assert board.line().startswith("DIGIT")
    assert board.line() == "FRAME 80 60 yuv 9600 7"
    data = bytearray()
    for _ in range(200):
        at, text = board.line().split()[1:]
        assert int(at) == len(data)
        data += base64.b64decode(text)
    assert board.line() == f"END {zlib.crc32(data):08x}"
    assert bytes(data) == bytes(board.desk.program.app.camera.frame)


def test_another_model_is_taken_and_a_bad_one_is_refused_for_the_last_good(start):
    board = start()
    small_model(board.desk.drive / "other.lanes", reject_margin=9)
    (board.desk.drive / "bad.lanes").write_bytes(b"LANE?")
    board.lines(2)
    board.send("model other\n")
    assert board.line() == "OK model other"
    assert kinds(board.lines(2)) == ["READY", "DIGIT"]
    assert board.desk.program.app.reader.model.reject_margin == 9
    board.send("model bad\n")
    assert board.line() == "OK model bad"
    assert "bad.lanes" in board.until("FAULT")[0]
    assert kinds(board.lines(2)) == ["READY", "DIGIT"]
    assert board.desk.program.app.reader.model.reject_margin == 9


@pytest.mark.parametrize(
    "command", ["fly\n", "hold on\n", "save\n", "save ../x\n", "model ../x\n", "model a b\n",
                "save " + "x" * 17 + "\n"],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_in_words(start, command):
    board = start()
    board.lines(2)
    board.send(command)
    assert board.line().startswith("REFUSED " + command.split()[0])
    assert board.line().startswith("DIGIT")


def test_noise_on_the_console_is_neither_obeyed_nor_kept(start):
    board = start()
    board.lines(2)
    board.send("x" * 200 + "\n")
    for _ in range(6):
        assert board.line().startswith("DIGIT")
    board.board.console.send(bytes(range(128, 256)) + b"\x00\xff\n")
    for _ in range(6):
        assert board.line().startswith("DIGIT")
    board.send("\r\n\nhold\r\n")
    assert board.until("OK")[0] == "OK hold"


def test_a_button_holds_and_a_long_press_takes_the_next_model(start):
    board = start(pins={"BUTTON": Expression("board.GP22")})
    pressed = board.board.pressed
    small_model(board.desk.drive / "next.lanes")
    board.lines(2)
    pressed.add(22)
    board.line()
    pressed.clear()
    assert board.until("OK")[0] == "OK hold"
    pressed.add(22)
    board.send("status\nstatus\n")
    board.lines(2)
    pressed.clear()
    assert board.until("OK")[0] == "OK go"
    pressed.add(22)
    board.lines(14)
    pressed.clear()
    assert board.until("OK")[0] == "OK model next"
    assert "READY" in board.line()


def test_short_memory_falls_back_a_size_and_then_says_so(start):
    board = start(board="raspberry_pi_pico2")  # others start again for it: test_restart.py
    board.lines(2)
    app = board.desk.program.app
    module = vars(sys.modules["lanecam.reader"])
    reader = module["Reader"]

    def greedy(model, engine, width, height, *more):
        if width > 40:
            raise MemoryError
        return reader(model, engine, width, height, *more)

    module["Reader"] = greedy
    app.reader = None
    assert "frame=40x30" in board.until("READY")[0]
    assert board.line().startswith("DIGIT")

    def greedier(*arguments):
        raise MemoryError

    module["Reader"] = greedier
    app.reader = None
    assert "no room for a frame" in board.until("FAULT")[0]
    module["Reader"] = reader
    assert board.until("DIGIT")


def test_a_camera_that_went_and_came_while_the_picture_was_held_is_set_up_again(start):
    board = start(settings={"LANEWISE_WATCHDOG": 2})
    board.lines(3)
    board.send("hold\n")
    assert board.until("OK")[0] == "OK hold"
    feeds = board.board.watchdog.feeds
    board.board.fault = "no-device"
    board.send("save 7\n")
    assert board.line() == "OK save 7", "the held frame is still there"
    assert board.line().startswith("FRAME") and board.until("END", 300)
    board.board.fault = None
    board.send("status\ngo\n")
    assert board.line().startswith("OK status")
    assert board.board.watchdog.feeds > feeds and board.desk.program.resets == 0
    assert board.line() == "OK go"
    assert board.until("READY", 4), "its settings were gone"
    assert kinds(board.lines(3)) == ["DIGIT"] * 3


def test_in_a_fault_the_app_holds_still_and_has_no_frame_to_save(start):
    board = start(fault="stuck-vsync")
    board.line()
    board.send("save 7\n")
    assert board.until("REFUSED")[0] == "REFUSED save: there is no frame"
    board.send("hold\n")
    assert board.until("OK")[0] == "OK hold"
    board.send("status\nstatus\n")
    assert kinds(board.lines(2)) == ["OK", "OK"], "no fault is said while it holds"
    board.board.fault = None
    board.send("go\n")
    assert kinds(board.lines(3)) == ["OK", "READY", "DIGIT"]
