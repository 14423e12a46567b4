# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Outputs of several files are written whole or not at all, also on a full or blocked disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from lanewise import files
from lanewise.boards.lines import understand
from lanewise.boards.listen import Log, as_row
from lanewise.cli import main
from lanewise.errors import LanewiseError, UsageError
from lanewise.files import write_together

FULL = Path("/dev/full")


def contents(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def test_when_one_cannot_be_written_none_is(tmp_path):
    (tmp_path / "old").write_bytes(b"old")
    (tmp_path / "file").write_bytes(b"no folder")
    before = contents(tmp_path)
    batch = {
        tmp_path / "old": b"new",
        tmp_path / "deep" / "er" / "one": b"1",
        tmp_path / "file" / "two": b"2",
    }
    with pytest.raises(LanewiseError, match="two cannot be written"):
        write_together(batch, overwrite=True)
    assert contents(tmp_path) == before
    with pytest.raises(UsageError, match="old exists"):
        write_together(batch)
    assert contents(tmp_path) == before


def test_together_they_are_all_there(tmp_path):
    batch = {tmp_path / "a" / "one": b"1", tmp_path / "b" / "c" / "two": b"2"}
    write_together(batch)
    assert {path: path.read_bytes() for path in batch} == batch
    assert len(contents(tmp_path)) == 5


@pytest.mark.parametrize(
    "command",
    [
        ("train", "--arch", "dense14-small", "--out"),
        ("demo", "--out"),
        ("quantize", "--from", "run", "--out"),
        ("import", "model.onnx", "--out"),
        ("inspect", "dense14", "--figures"),
    ],
)
def test_a_folder_that_cannot_be_written_is_refused_before_the_work(tmp_path, monkeypatch, command):
    """Asked of the system, as a test may run as somebody who may write everywhere."""
    real = files.os.access
    monkeypatch.setattr(
        files.os, "access", lambda path, how: Path(path) != tmp_path and real(path, how)
    )
    done = CliRunner().invoke(main, [*command, str(tmp_path / "deep" / "out.lanes")])
    assert done.exit_code == 1
    assert f"{tmp_path} is read-only for you" in done.stderr
    assert done.stdout == "" and contents(tmp_path) == {}


@pytest.mark.parametrize("left", [0, 1, 2, 30])
@pytest.mark.parametrize("target", ["c", "flat", "board"])
def test_an_export_on_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch, target, left):
    """The disk takes so many files and is full then: the old export stays, whole."""
    out = tmp_path / "out"
    command = ["export", "dense14", "--to", target, "--out", str(out), "--force"]
    assert CliRunner().invoke(main, command).exit_code == 0
    for path in [path for path in out.rglob("*") if path.is_file()]:
        path.write_bytes(b"old")
    before, room = contents(out), [left]
    real = files.os.fsync

    def fsync(handle: int) -> None:
        if not room[0]:
            raise OSError(28, "No space left on device")
        room[0] -= 1
        real(handle)

    monkeypatch.setattr(files.os, "fsync", fsync)
    done = CliRunner().invoke(main, command)
    if left < len([data for data in before.values() if data]):
        assert done.exit_code == 1 and "No space left on device" in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert contents(out) == before
    else:
        assert done.exit_code == 0 and b"old" not in contents(out).values()


def test_a_log_that_nothing_was_said_for_does_not_stay(tmp_path):
    for name in ("log.csv", "log.jsonl"):
        with Log(tmp_path / name):
            pass
        command = ["monitor", "--port", str(tmp_path / "none"), "--wait", "0", "--log"]
        assert CliRunner().invoke(main, [*command, str(tmp_path / name)]).exit_code == 1
    assert contents(tmp_path) == {}


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
@pytest.mark.parametrize("name", ["log.csv", "log.jsonl"])
def test_a_log_on_a_full_disk_is_named(tmp_path, name):
    (tmp_path / name).symlink_to(FULL)
    row = as_row(understand("NONE nothing-here ms=12"), "12:00:00")
    with (
        Log(tmp_path / name, append=True) as log,
        pytest.raises(LanewiseError, match=rf"{name} cannot be written: No space left"),
    ):
        log.write(row)
