# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""export to every target: what lies there afterwards runs, and wrong calls are told so."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace

import pytest

from command_line import run
from lanewise.boards.bundle import board_files
from lanewise.boards.folder import drive_need, write_bundle
from lanewise.errors import BoardError
from lanewise.resources import bundled


@pytest.mark.parametrize(
    ("target", "out", "package"),
    [
        ("onnx", "a.onnx", "onnx"),
        ("tflite", "a.tflite", "ai_edge_litert"),
        ("c", "c", "json"),
        ("flat", "flat", "json"),
        ("board", "drive", "json"),
        ("board", "drive.zip", "json"),
    ],
)
def test_every_target_is_written_once_and_again_only_by_force(tmp_path, target, out, package):
    pytest.importorskip(package)
    path = tmp_path / out
    status, printed, err = run("export", "dense14", "--to", target, "--out", path, "--json")
    assert status == 0, err
    sizes = json.loads(printed)["files"]
    if path.is_file() and path.suffix != ".zip":
        assert sizes == {path.name: path.stat().st_size}
    elif path.is_dir():
        assert {name: (path / name).stat().st_size for name in sizes} == sizes
    status, _, err = run("export", "dense14", "--to", target, "--out", path)
    assert status == 2 and "--force" in err and len(err.splitlines()) == 1
    assert run("export", "dense14", "--to", target, "--out", path, "--force")[0] == 0


def test_options_belong_to_their_target(tmp_path):
    status, _, err = run(
        "export", "dense14", "--to", "c", "--flavour", "qlinear", "--out", tmp_path
    )
    assert status == 2 and "--flavour belongs to --to onnx" in err
    out = tmp_path / "a.onnx"
    status, _, err = run("export", "dense14", "--to", "onnx", "--flavour", "odd", "--out", out)
    assert status == 2 and "'odd' is unknown" in err and not out.exists()
    status, _, err = run("export", "dense14", "--to", "board", "--board", "abacus", "--out", out)
    assert status == 2 and "abacus" in err


def test_a_board_bundle_is_what_a_drive_holds(tmp_path):
    out = tmp_path / "bundle.zip"
    assert run("export", "dense14", "--to", "board", "--out", out)[0] == 0
    with zipfile.ZipFile(out) as archive:
        names = set(archive.namelist())
        model = archive.read("digits.lanes")
    assert {"code.py", "settings.toml", "lib/lanecam/model.py", "lib/adafruit_ov7670.py"} <= names
    assert "boards/raspberry_pi_pico.py" in names
    assert model == (bundled("models") / "dense14" / "model.lanes").read_bytes()


def test_a_bundle_too_large_for_the_drive_is_refused(tmp_path):
    bundle = board_files(bundled("models") / "dense14" / "model.lanes")
    needed, room = drive_need(bundle)
    assert bundle.byte_count < needed < room // 2
    big = replace(bundle.file("digits.lanes"), data=bytes(1 << 20))
    others = tuple(file for file in bundle.files if file.path != "digits.lanes")
    with pytest.raises(BoardError, match=r"dense14 .* bytes on a raspberry_pi_pico, which has"):
        write_bundle(replace(bundle, files=(*others, big)), tmp_path / "big")
    assert not (tmp_path / "big").exists()
