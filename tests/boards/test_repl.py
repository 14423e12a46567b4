# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The raw REPL: answers are taken apart, errors told, and silence is not waited for."""

from __future__ import annotations

import itertools

import pytest

from lanewise.boards.capture import take_frame
from lanewise.boards.checkup import FAIL, OK, WARN
from lanewise.boards.probe import camera_check, golden_check, module_checks
from lanewise.boards.repl import LARGEST_ANSWER, RawRepl
from lanewise.errors import BoardError

HELLO = b"raw REPL; CTRL-B to exit\r\n>"


class Port:
    """A board that answers each program with the next of some answers."""

    def __init__(self, *answers: bytes, hello: bytes = HELLO) -> None:
        self.answers, self.hello = list(answers), hello
        self.data, self.sent = b"", b""

    @property
    def in_waiting(self) -> int:
        return len(self.data) if len(self.data) > 5000 else min(7, len(self.data))

    def read(self, count: int) -> bytes:
        got, self.data = self.data[:count], self.data[count:]
        return got

    def write(self, data: bytes) -> None:
        self.sent += data
        if data.endswith(b"\x01"):
            self.data += b"\r\nKeyboardInterrupt\r\n>>> \r\n" + self.hello
        elif data == b"\x04":
            self.data += self.answers.pop(0)


def repl(port):
    clock = itertools.count()
    return RawRepl(port, timeout_s=500, now=lambda: next(clock))


def test_a_program_runs_and_its_output_comes_back():
    port = Port(b"OKhello\r\n\x04\x04>", b"OK2\x04\x04>")
    with repl(port) as board:
        assert board.run("print('hello')").strip() == "hello" and board.run("print(2)") == "2"
    assert port.sent.startswith(b"\r\x03\x03\r\x01") and port.sent.endswith(b"\x02\x04")


def test_an_error_on_the_board_is_told_in_its_last_line_without_escapes():
    port = Port(b"OK\x04Traceback:\r\n  x\r\nValueError: \x1b[31mbad\r\n\x04>")
    with repl(port) as board, pytest.raises(BoardError, match="the board says: ValueError: bad"):
        board.run("1/0")


def test_a_console_that_does_not_answer_or_never_ends_is_left():
    with pytest.raises(BoardError, match="does not answer as a REPL"), repl(Port(hello=b"")):
        pass
    endless = Port(hello=b"x" * (LARGEST_ANSWER + 10))
    with pytest.raises(BoardError), RawRepl(endless, timeout_s=1e9):
        pass


def test_modules_are_judged_by_what_the_reader_needs():
    answer = (
        b'OKnoise\r\nLANEWISE {"modules": {"imagecapture": false, "busio": true, "pwmio": true, '
        b'"ulab": false, "displayio": true}, "free": 9}\r\n\x04\x04>'
    )
    with repl(Port(answer)) as board:
        checks = {check.name: check for check in module_checks(board)}
    assert checks["module imagecapture"].status == FAIL and "RP2040" in checks[
        "module imagecapture"].remedy  # fmt: skip
    assert checks["module ulab"].status == WARN and checks["module busio"].status == OK
    with repl(Port(b"OKgarbage\x04\x04>")) as board, pytest.raises(BoardError, match="understood"):
        module_checks(board)


def test_a_frame_comes_whole_or_not_at_all():
    head = b'OKLANEWISE [4, 2, "yuv"]\r\n'
    body = b"AAECAwQFBgcICQoLDA0ODw==\r\n"
    end = b"LANEWISE END\r\n\x04\x04>"
    with repl(Port(head + body + end)) as board:
        frame = take_frame(board, "lanewise/a", "raspberry_pi_pico")
    assert frame.data == bytes(range(16)) and (frame.width, frame.height) == (4, 2)
    spoiled = (head + end, head + body + b"\x04\x04>", body + end, head + body * 2 + end,
               b'OKLANEWISE ["x", 2, "yuv"]\r\n' + end, head + b"\xff\r\n" + end)  # fmt: skip
    for answer in spoiled:
        port = Port(answer if answer[:2] == b"OK" else b"OK" + answer)
        with repl(port) as board, pytest.raises(BoardError, match="no whole frame"):
            take_frame(board, "lanewise/a", "raspberry_pi_pico")


@pytest.mark.parametrize(
    ("answer", "status", "says"),
    [
        (b'OKLANEWISE {"wrong": 0}\r\n\x04\x04>', OK, "1 golden vectors, bit for bit"),
        (b'OKLANEWISE {"wrong": 1}\r\n\x04\x04>', FAIL, "1 of 1"),
        (b"OK\x04ModelError: CRC does not fit\r\n\x04>", FAIL, "CRC does not fit"),
    ],
)
def test_the_self_test_counts_wrong_vectors(answer, status, says):
    with repl(Port(answer)) as board:
        check = golden_check(board, "lanewise/a", [("0f", [1, 2])], 1)
    assert check.status == status and says in check.detail


@pytest.mark.parametrize(
    ("answer", "status", "says"),
    [
        (b'OKLANEWISE {"camera": null}\r\n\x04\x04>', OK, "is an OV7670"),
        (
            b'OKLANEWISE {"camera": "no I2C device: \\u001b[2Jcheck SDA"}\r\n\x04\x04>',
            FAIL,
            "check SDA",
        ),
        (b"OK\x04ImportError: no module named 'boards'\r\n\x04>", FAIL, "no module named"),
        (b"OKgarbage\x04\x04>", FAIL, "cannot be understood"),
    ],
)
def test_the_camera_is_judged_by_the_boards_own_preflight(answer, status, says):
    with repl(Port(answer)) as board:
        check = camera_check(board, "lanewise/a", "raspberry_pi_pico")
    assert check.status == status and says in check.detail and check.detail.isprintable()
    with repl(Port()) as board:
        assert camera_check(board, "lanewise/a", "x; import os").status == FAIL
