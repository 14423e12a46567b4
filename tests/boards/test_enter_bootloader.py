# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Into the bootloader over the serial port: asked in Python, then touched at 1200 baud."""

from __future__ import annotations

import itertools

import pytest

from lanewise.boards.drives import BOOTLOADER, look_at
from lanewise.boards.enter import TOUCH_BAUD, enter_bootloader
from lanewise.errors import BoardError


class Board:
    """A board that enters its bootloader when asked, when touched, or never."""

    def __init__(self, folder, answers_to: str) -> None:
        self.folder, self.answers_to = folder, answers_to
        self.said = b""
        self.opened: list[int | None] = []

    def open_at(self, baud):
        self.opened.append(baud)
        if baud == TOUCH_BAUD and self.answers_to == "touch":
            self._enter()
        return self

    def write(self, data):
        self.said += data
        if b"m.reset()" in data and self.answers_to == "asking":
            self._enter()
            raise OSError("gone")

    def _enter(self):
        (self.folder / "INFO_UF2.TXT").write_text("Board-ID: RPI-RP2\r\n")

    def flush(self):
        return

    def close(self):
        return

    def find(self):
        found = look_at(self.folder)
        return [] if found is None else [found]


def entered(board):
    clock = itertools.count()
    return enter_bootloader(
        board.open_at, board.find, 3, 3, now=lambda: next(clock), pause=lambda s: None
    )


def test_a_board_that_listens_is_asked_and_not_touched(tmp_path):
    board = Board(tmp_path, "asking")
    assert entered(board).kind == BOOTLOADER and board.opened == [None]
    assert board.said.startswith(b"\x03\x03") and b"RunMode.UF2" in board.said


def test_a_board_that_does_not_listen_is_touched(tmp_path):
    board = Board(tmp_path, "touch")
    assert entered(board).path == tmp_path and board.opened == [None, TOUCH_BAUD]


def test_a_board_that_does_neither_is_left_to_its_button(tmp_path):
    with pytest.raises(BoardError, match="does not enter its bootloader by itself.*BOOTSEL"):
        entered(Board(tmp_path, "nothing"))


def test_a_bootloader_that_was_there_before_is_not_mistaken_for_it(tmp_path):
    board = Board(tmp_path, "nothing")
    board._enter()
    with pytest.raises(BoardError):
        entered(board)
