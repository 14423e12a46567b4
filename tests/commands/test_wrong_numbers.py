# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Numbers that are none, places that cannot be, options that do not go together: one line, 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import run
from lanewise.boards.ports import open_port
from lanewise.errors import BoardError, LanewiseError
from lanewise.files import write_whole


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
@pytest.mark.parametrize(
    "call",
    ["monitor --port none --wait", "doctor --port none --listen", "flash x.uf2 --wait",
     "emulate --as-board desk --seconds", "emulate --model dense14 --data pen --scale",
     "train --share", "import x.onnx --out x.lanes --low", "import x.onnx --out x.lanes --high"],
)  # fmt: skip
def test_what_is_no_finite_number_is_refused(call, number, tmp_path, monkeypatch):
    """Whoever waits until now is past nan waits for ever."""
    monkeypatch.chdir(tmp_path)
    status, out, err = run(*call.split(), number)
    assert (status, out) == (2, "")
    assert "no finite number" in err or "is not in the range" in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--low", 1, "--high", 1), "ink runs from --low up to --high"),
        (("--low", 1, "--high", 0), "ink runs from --low up to --high"),
        (("--high", 1e39), "is not in the range"),
        (("--crop", 0), "is not in the range"),
        (("--crop", 999), "is not in the range"),
    ],
)
def test_an_import_with_impossible_numbers_is_refused_before_any_work(tmp_path, options, says):
    status, out, err = run("import", tmp_path / "no.onnx", "--out", tmp_path / "x.lanes", *options)
    assert (status, out) == (2, "") and says in err


def test_more_digits_than_memory_holds_are_refused():
    for count in (10**9, 10**21):
        status, out, err = run("evaluate", "dense14", "--limit", count)
        assert (status, out) == (2, "") and f"{count} pen digits" in err


@pytest.mark.parametrize(
    "option",
    [("--scenes", 3), ("--webcam", 0), ("--save", "x"), ("--size", "160x120"), ("--show",)],
)
def test_an_emulated_board_does_not_pass_over_options_in_silence(tmp_path, option):
    status, out, err = run("emulate", "--as-board", tmp_path / "desk", *option)
    assert (status, out) == (2, "") and f"--as-board does not take {option[0]}" in err
    assert not (tmp_path / "desk").exists()


def test_a_file_where_a_folder_should_be_is_named(tmp_path):
    (tmp_path / "file").write_text("mine")
    for below in ("x", "y/x"):
        with pytest.raises(LanewiseError, match="is no folder; name another place"):
            write_whole(tmp_path / "file" / below, b"data")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_file_or_folder_is_no_serial_port(tmp_path):
    (tmp_path / "picture.png").write_bytes(b"x")
    for path in (tmp_path / "picture.png", tmp_path, Path("/dev/null")):
        with pytest.raises(BoardError, match="it is no serial port"):
            open_port(str(path))
