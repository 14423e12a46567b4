# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What a board says is understood, bounded and harmless; a board that goes is waited for."""

from __future__ import annotations

import csv
import itertools
import json
import os
import threading

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from lanewise.boards.lines import LONGEST_LINE, LineCutter, clean, understand
from lanewise.boards.listen import Log, State, Tally, as_row, listen
from lanewise.boards.ports import BoardPort, choose_port, open_port, port_failures
from lanewise.cli import main
from lanewise.errors import BoardError, UsageError

SAID = (
    "READY 1 model=small engine=plain frame=80x60 colorspace=yuv",
    "DIGIT 7 0.98 margin=123 box=21,8,30,44 ms=96",
    "NONE nothing-here ms=61",
    "NONE unsure guess=7 confidence=0.41 margin=3 box=21,8,30,44 ms=96",
    "FAULT camera no I2C device at 0x21: check SDA",
    "Auto-reload is on. Simply save files over USB to run them.",
)


def test_each_line_of_the_protocol_is_understood():
    ready, digit, none, unsure, fault, other = map(understand, SAID)
    assert ready.kind == "ready" and ready.fields["engine"] == "plain"
    assert (digit.digit, digit.confidence, digit.margin) == ("7", 0.98, 123)
    assert digit.box == (21, 8, 30, 44) and digit.ms == 96
    assert (none.kind, none.reason, none.digit) == ("none", "nothing-here", None)
    assert (unsure.reason, unsure.digit, unsure.confidence) == ("unsure", "7", 0.41)
    assert fault.reason == "camera" and "check SDA" in fault.fields["message"]
    assert other.kind == "other"


@pytest.mark.parametrize(
    "line",
    ["", " ", "READY", "READY 2 model=x", "DIGIT", "DIGIT 7", "DIGIT 7 high", "NONE", "NONE ms=3",
     "FAULT camera", "digit 7 0.9", "NUMBER", "NUMBER 407", "NUMBER 407 high"],
)  # fmt: skip
def test_lines_that_are_nearly_ours_are_others(line):
    assert understand(line).kind == "other"


def test_a_number_is_understood_with_its_digits():
    words = "each=0.99,0.98,1.00 boxes=1,2,3,4/9,2,3,4/20,2,3,4"
    number = understand(f"NUMBER 407 0.97 margin=88 frames=4 box=1,2,22,4 {words} ms=210")
    assert (number.kind, number.digit, number.confidence) == ("number", "407", 0.97)
    assert number.each == (0.99, 0.98, 1.0) and number.ms == 210
    assert number.boxes == ((1, 2, 3, 4), (9, 2, 3, 4), (20, 2, 3, 4))
    row = as_row(number, "now")
    assert row["each"] == [0.99, 0.98, 1.0] and row["boxes"][2] == [20, 2, 3, 4]
    for damaged in ("each=0.99,x boxes=1,2,3/4", "each= boxes=", "each=1,,2 boxes=1,2,3,4/"):
        number = understand(f"NUMBER 40 0.97 {damaged}")
        assert (number.kind, number.each, number.boxes) == ("number", (), ())
    tally = Tally()
    tally.count(number)
    assert (tally.readings, tally.digits) == (1, {"40": 1})


def test_numbers_go_into_both_kinds_of_log(tmp_path):
    number = understand("NUMBER 40 0.97 margin=88 box=1,2,9,4 each=0.99,0.98 boxes=1,2,3,4/7,2,3,4")
    for name in ("a.csv", "a.jsonl"):
        with Log(tmp_path / name) as log:
            log.write(as_row(number, "now"))
    assert "number,40,,0.97,88,1 2 9 4" in (tmp_path / "a.csv").read_text()
    assert json.loads((tmp_path / "a.jsonl").read_text())["boxes"] == [[1, 2, 3, 4], [7, 2, 3, 4]]


def test_what_the_device_says_is_what_the_host_understands():
    """The device's own functions make the lines, so the two cannot drift apart."""
    from types import SimpleNamespace

    from lanecam import lines
    from lanecam.errors import CameraError

    reading = SimpleNamespace(outcome="digit", digit="3", guess=None, confidence=0.5, margin=-4,
                              box=(1, 2, 3, 4), frames=3, vision_us=10_000,
                              network_us=5_000)  # fmt: skip
    event = understand(lines.reading_line(reading))
    assert (event.digit, event.margin, event.box, event.ms) == ("3", -4, (1, 2, 3, 4), 15)
    assert understand(lines.fault_line(CameraError("no\nclock"))).fields["message"] == "no clock"


@given(st.binary(max_size=3000), st.integers(1, 50))
def test_whatever_arrives_lines_are_clean_and_short(data, step):
    cutter = LineCutter()
    for at in range(0, len(data), step):
        for line in cutter.feed(data[at : at + step]):
            assert len(line) <= LONGEST_LINE and line.isascii()
            assert all(letter.isprintable() for letter in line)
            understand(line)
    assert len(cutter._rest) <= 2 * LONGEST_LINE


def test_escape_sequences_do_not_pass_and_do_not_hide_a_line():
    raw = b"\x1b]0;\xf0\x9f\x90\x8dcode.py | 10.0.3\x1b\\DIGIT 7 0.98 margin=1 ms=9\r"
    assert understand(clean(raw)).digit == "7"
    assert clean(b"\x1b[2J\x1b[31mred\x07\x9b5A") == "red???5A".replace("???", "??")
    assert "\x1b" not in clean(b"\x1b]52;c;aGFjaw==\x07\x1bP+q\x1b\\ \x1b")


def test_a_line_without_end_is_cut_and_the_next_one_is_read():
    cutter = LineCutter()
    lines = []
    for _ in range(50):
        lines += cutter.feed(b"x" * 100)
    lines += cutter.feed(b"\nDIGIT 1 0.9 margin=1 ms=1\n")
    assert [len(line) for line in lines] == [LONGEST_LINE, 25]
    assert understand(lines[1]).digit == "1"


class Port:
    """A port that says some pieces and then breaks."""

    def __init__(self, *pieces: bytes) -> None:
        self.data = b"".join(pieces)
        self.closed = False

    @property
    def in_waiting(self) -> int:
        return len(self.data)

    def read(self, count: int) -> bytes:
        if not self.data and count:
            raise OSError("unplugged")
        got, self.data = self.data[:count], self.data[count:]
        return got

    def close(self) -> None:
        self.closed = True


def test_a_board_that_goes_is_waited_for_and_read_again():
    first, second = Port(b"DIGIT 1 0.9 margin=1 ms=1\r\n"), Port(b"DIGIT 2 0.9 margin=1 ms=1\r\n")
    opened = iter([first, BoardError("not there"), BoardError("not there"), second])

    def open_next():
        got = next(opened)
        if isinstance(got, BoardError):
            raise got
        return got

    pauses = []
    said = list(itertools.islice(listen(open_next, pause=pauses.append), 5))
    assert [one.digit for one in said if not isinstance(one, State)] == ["1", "2"]
    assert [one.connected for one in said if isinstance(one, State)] == [True, False, True]
    assert first.closed and len(pauses) == 3


def test_a_port_that_was_never_there_is_an_error_after_the_wait():
    def never():
        raise BoardError("not there")

    clock = itertools.count()
    said = []
    with pytest.raises(BoardError):
        for state in listen(never, first_wait_s=3, pause=lambda s: None, now=lambda: next(clock)):
            said.append(state)
    assert len(said) == 1, "told once, not at each try"


def test_logs_hold_every_line(tmp_path):
    for name in ("log.csv", "log.jsonl"):
        with Log(tmp_path / name) as log:
            for line in (*SAID, "=HYPERLINK(x)"):
                log.write(as_row(understand(line), "2026-01-01T00:00:00"))
        with pytest.raises(UsageError, match="--append"):
            Log(tmp_path / name)
    with Log(tmp_path / "log.csv", append=True) as log:
        log.write(as_row(understand(SAID[1]), "2026-01-01T00:00:01"))
    with (tmp_path / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8 and rows[1]["digit"] == "7" and rows[1]["box"] == "21 8 30 44"
    assert rows[6]["text"] == "'=HYPERLINK(x)"
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert lines[4]["reason"] == "camera" and lines[1]["box"] == [21, 8, 30, 44]
    with pytest.raises(UsageError, match=r"\.csv or \.jsonl"):
        Log(tmp_path / "log.txt")


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")
@pytest.mark.parametrize(
    "use", [lambda port: port.write(b"x"), lambda port: port.read(1),
            lambda port: port.reset_input_buffer(), lambda port: port.in_waiting],
)  # fmt: skip
def test_a_board_that_goes_while_it_is_asked_is_told_in_words(use):
    board, held = os.openpty()
    name = os.ttyname(held)
    os.close(held)
    told = pytest.raises(BoardError, match="failed.*plug the board in again")
    with told, port_failures(name), open_port(name) as port:
        os.close(board)
        for _ in range(3):
            use(port)


def test_a_tally_counts_and_stays_small():
    tally = Tally()
    for line in SAID:
        tally.count(understand(line))
    assert tally.digits == {"7": 1} and tally.readings == 3 and tally.faults == 1
    for number in range(1000):
        tally.count(understand(f"NONE reason{number} ms=1"))
    assert len(tally.reasons) <= 41 and tally.readings == 1003


def test_ports_are_a_choice():
    one, two = BoardPort("/dev/a", "Pico", "E1"), BoardPort("/dev/b", "Pico", "E2")
    assert choose_port([one, two], "/dev/x") == "/dev/x"
    assert choose_port([one, two], None, uid="e2") == "/dev/b"
    assert choose_port([one], None) == "/dev/a"
    with pytest.raises(UsageError, match="choose one with --port"):
        choose_port([one, two], None)
    with pytest.raises(BoardError, match="cable that carries data"):
        choose_port([], None)
    with pytest.raises(BoardError, match="it is not there: plug in"):
        open_port("/dev/no-such-port-at-all")


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")
def test_monitor_reads_a_real_pseudo_terminal(tmp_path):
    import tty

    board, port = os.openpty()
    tty.setraw(port)
    text = ("\r\n".join((*SAID, SAID[1])) + "\r\n").encode()

    def say():
        os.write(board, text)

    # pyserial empties the buffer when it opens, so the board speaks until it is heard.
    stop = threading.Event()

    def keep_saying():
        while not stop.wait(0.02):
            say()

    thread = threading.Thread(target=keep_saying)
    thread.start()
    try:
        name = os.ttyname(port)
        log = tmp_path / "log.jsonl"
        result = CliRunner().invoke(
            main, ["monitor", "--port", name, "--count", "4", "--json", "--log", str(log)]
        )
        plain = CliRunner().invoke(main, ["monitor", "--port", name, "--count", "2", "--plain"])
    finally:
        stop.set()
        thread.join()
        os.close(board)
        os.close(port)
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0 and rows[-1]["kind"] in ("digit", "none")
    assert sum(row["kind"] in ("digit", "none") for row in rows) == 4
    assert [json.loads(line) for line in log.read_text().splitlines()] == rows
    assert "confidence 0.98" in plain.stdout or "nothing-here" in plain.stdout
    assert "2 readings" in plain.stdout
