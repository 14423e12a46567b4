# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What goes onto a board: complete, from known origins, and by names that stay on the drive."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanewise.boards import libraries
from lanewise.boards.bundle import board_files, code_for_slot, supported_boards
from lanewise.boards.paths import checked_path, refuse_twins
from lanewise.errors import BoardError, LanewiseError, ModelFileError, UsageError
from lanewise.resources import bundled
from small_models import small_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("bundle") / "any.lanes"
    small_model(path)
    return path


def test_a_bundle_holds_the_app_its_libraries_the_pins_and_the_model(model):
    bundle = board_files(model)
    paths = [file.path for file in bundle.files]
    assert {"code.py", "settings.toml", "digits.lanes", "boards/raspberry_pi_pico.py"} < set(paths)
    assert {"lib/lanecam/app.py", "lib/lanecam/vision/look.py"} < set(paths)
    assert {"lib/adafruit_ov7670.py", "lib/adafruit_bus_device/i2c_device.py"} < set(paths)
    assert bundle.file("digits.lanes").data == model.read_bytes()
    assert bundle.file("code.py").data == (bundled("device") / "code.py").read_bytes()
    assert bundle.versions["adafruit-circuitpython-ov7670"].startswith("1.")
    assert not [path for path in paths if "pycache" in path]


def test_what_a_bundle_imports_is_in_it_or_in_circuitpython(model):
    """A missing library shows here and not on the maker's desk."""
    bundle = board_files(model)
    there = {file.path.removeprefix("lib/").split("/")[0].removesuffix(".py")
             for file in bundle.files}  # fmt: skip
    firmware = {
        "array", "binascii", "board", "busio", "collections", "digitalio", "gc", "imagecapture",
        "math", "microcontroller", "micropython", "os", "pwmio", "struct", "supervisor", "sys",
        "time", "ulab", "displayio", "vectorio", "terminalio", "fourwire", "busdisplay",
        "i2cdisplaybus", "bitmaptools", "__future__", "errno", "json", "random",
    }  # fmt: skip
    for file in bundle.files:
        if not file.path.endswith(".py"):
            continue
        tree = ast.parse(file.data)
        optional = {id(node) for block in ast.walk(tree) if isinstance(block, ast.Try)
                    for node in ast.walk(block)}  # fmt: skip
        for node in ast.walk(tree):
            if id(node) in optional or not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            names = (
                [node.module or ""] if isinstance(node, ast.ImportFrom)
                else [alias.name for alias in node.names]
            )  # fmt: skip
            for name in names:
                assert name.split(".")[0] in there | firmware, f"{file.path} imports {name}"


def test_code_for_a_slot_runs_from_that_slot_alone(model, tmp_path):
    bundle = board_files(model)
    code = code_for_slot(bundle.file("code.py").data, "lanewise/a")
    tree = ast.parse(code)
    assert ast.get_docstring(tree)
    slot = tmp_path / "lanewise" / "a"
    (slot / "boards").mkdir(parents=True)
    (slot / "lib" / "lanecam").mkdir(parents=True)
    (slot / "boards" / "raspberry_pi_pico.py").write_text("HERE = __file__")
    (slot / "lib" / "lanecam" / "__init__.py").touch()
    (slot / "lib" / "lanecam" / "app.py").write_text(
        "def run(pins, model): print(pins.HERE, model)"
    )
    (tmp_path / "code.py").write_bytes(code)
    (tmp_path / "lanecam.py").write_text("raise SystemExit('a module of the user in the way')")
    said = subprocess.run(
        [sys.executable, "-c", "exec(open('code.py').read())"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "lanewise/a/boards" in said.replace("\\", "/") and "lanewise/a/digits.lanes" in said


def test_an_unknown_board_and_a_bad_model_are_refused(model, tmp_path):
    with pytest.raises(UsageError, match="raspberry_pi_pico"):
        board_files(model, "arduino_uno")
    (tmp_path / "x.lanes").write_bytes(b"no model")
    with pytest.raises(LanewiseError, match=r"x\.lanes"):
        board_files(tmp_path / "x.lanes")
    assert "raspberry_pi_pico" in supported_boards()


def test_own_pins_replace_the_stock_ones_when_they_are_python(model, tmp_path):
    pins = tmp_path / "mine.py"
    pins.write_text("WIDTH = 160\n")
    bundle = board_files(model, pins=pins)
    assert bundle.file("boards/raspberry_pi_pico.py").data == b"WIDTH = 160\n"
    pins.write_text("WIDTH = = 160\n")
    with pytest.raises(UsageError, match="no Python"):
        board_files(model, pins=pins)


def test_libraries_come_from_a_bundle_folder_as_mpy_or_py(model, tmp_path):
    lib = tmp_path / "lib"
    (lib / "adafruit_bus_device").mkdir(parents=True)
    (lib / "adafruit_ov7670.mpy").write_bytes(b"C\x06rest")
    (lib / "adafruit_bus_device" / "i2c_device.py").write_bytes(b'__version__ = "5.2.10"\n')
    bundle = board_files(model, libraries=tmp_path)
    assert bundle.file("lib/adafruit_ov7670.mpy").data == b"C\x06rest"
    assert bundle.versions["adafruit-circuitpython-busdevice"] == "5.2.10"
    (lib / "adafruit_ov7670.mpy").write_bytes(b"M\x06of MicroPython")
    with pytest.raises(BoardError, match="no .mpy for CircuitPython"):
        board_files(model, libraries=tmp_path)
    shutil.rmtree(lib / "adafruit_bus_device")
    (lib / "adafruit_ov7670.mpy").write_bytes(b"C\x06rest")
    with pytest.raises(BoardError, match="holds no adafruit_bus_device"):
        board_files(model, libraries=tmp_path)


def test_an_edited_library_is_not_sold_as_adafruits(monkeypatch):
    real = Path.read_bytes
    monkeypatch.setattr(
        Path, "read_bytes",
        lambda path: real(path) + (b"# x" if path.name == "adafruit_ov7670.py" else b""),
    )  # fmt: skip
    with pytest.raises(BoardError, match="is not as adafruit-circuitpython-ov7670"):
        libraries.installed_libraries()


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../x", "a/../../x", "a//b", "a/./b", "", "C:/x", "a\\..\\b", "nul", "LPT1.txt",
     "a/com1.py", "x.", "x ", "a\nb", "ü.py", "a/" + "x" * 101, "b/\x00", "a:stream", "./a"],
)  # fmt: skip
def test_names_that_leave_the_drive_or_fat_cannot_hold_are_refused(path):
    with pytest.raises(UsageError):
        checked_path(path)


@given(st.text(max_size=30))
def test_an_allowed_name_stays_below_the_folder(path):
    try:
        checked_path(path)
    except UsageError:
        return
    root = Path("/some/root")
    assert (root / path).resolve().is_relative_to(root) and (root / path).resolve() != root


def test_twins_on_a_drive_without_case_are_refused():
    with pytest.raises(UsageError, match="one file"):
        refuse_twins(["lib/A.py", "lib/a.py"])
    with pytest.raises(UsageError, match="folder at once"):
        refuse_twins(["lib", "lib/a.py"])
    refuse_twins(["lib/a.py", "lib/b.py"])


@pytest.mark.parametrize(
    "text",
    ["server { listen 80; }", "lanewise-confidence 1 {crc}\nreject x\n", "", "x" * 5000, "\xff"],
)
def test_what_is_no_table_of_confidence_is_not_put_beside_the_model(model, text):
    """The board takes the file of that name for a table, and reads nothing with a bad one."""
    crc = model.read_bytes()[-4:][::-1].hex()
    path = model.with_suffix(".conf")
    path.write_bytes(text.replace("{crc}", crc).encode("latin-1"))
    with pytest.raises(ModelFileError, match=r"\.conf is no table of confidence.*move it away"):
        board_files(model)
    path.write_text("lanewise-confidence 1 00000000\nof another model\n")
    assert "digits.conf" not in {file.path for file in board_files(model).files}
