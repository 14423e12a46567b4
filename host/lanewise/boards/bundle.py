# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What goes onto a board: the list of files, each with its path on the drive and its origin.

``board_files`` gives the plain layout (``code.py``, ``settings.toml``, ``lib/``, ``boards/``, the
model), which works when copied by hand. ``lanewise deploy`` puts the same files into a slot of its
own and lets ``code.py`` name that slot (``code_for_slot``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import lanewise
from lanewise.boards.compact import compact_files
from lanewise.boards.libraries import Library, folder_libraries, installed_libraries
from lanewise.boards.model_file import read_model
from lanewise.boards.paths import checked_path, refuse_twins
from lanewise.errors import LanewiseError, ModelFileError, UsageError
from lanewise.resources import bundled, import_lanecam

MODEL_ON_BOARD = "digits.lanes"
TABLE_ON_BOARD = "digits.conf"
"""How sure the model is at which margin (docs/calibration.md); not every model has it."""
_LARGEST_TABLE = 4096
_LARGEST_PINS = 1 << 18
CODE = "code.py"
SETTINGS = "settings.toml"
DEFAULT_BOARD = "raspberry_pi_pico"


@dataclass(frozen=True)
class BundleFile:
    """One file: path on the drive (posix, relative), contents, and whose it is."""

    path: str
    data: bytes
    origin: str


@dataclass(frozen=True)
class Bundle:
    """Everything a board needs; ``versions``: package to version, the model's name included."""

    board: str
    model: str
    files: tuple[BundleFile, ...]
    versions: dict[str, str]

    @property
    def byte_count(self) -> int:
        """Bytes of all files, without what a drive rounds up."""
        return sum(len(file.data) for file in self.files)

    def file(self, path: str) -> BundleFile:
        """The file at ``path``; KeyError when the bundle has none."""
        for file in self.files:
            if file.path == path:
                return file
        raise KeyError(path)


def supported_boards() -> list[str]:
    """Boards that ``device/boards`` holds a file of pins for, by CircuitPython's board id."""
    return sorted(path.stem for path in (bundled("device") / "boards").glob("[!_]*.py"))


def board_files(
    model: Path,
    board: str = DEFAULT_BOARD,
    *,
    libraries: Path | None = None,
    pins: Path | None = None,
    proved: bool = True,
    compact: bool = False,
) -> Bundle:
    """The files for ``board`` with the ``.lanes`` file ``model``, in the plain layout.

    ``libraries``: take Adafruit's libraries from this folder instead of the installed packages;
    ``pins``: this file instead of the stock pins; ``proved``: recompute the model's certificate
    now, else the caller does before anything is written (``prove``); ``compact``: modules compiled,
    for boards whose memory is short (``compact.py``).

    Raises ``UsageError`` for an unknown board, ``ModelFileError`` for a bad model, ``BoardError``
    when a library is missing.
    """
    if board not in supported_boards():
        raise UsageError(
            f"no pins for board {board!r}: choose one of {', '.join(supported_boards())}, "
            "or add device/boards/BOARD.py"
        )
    name, model_bytes = read_model(model)
    if proved:
        prove(model)
    device = bundled("device")
    own = f"lanewise {lanewise.__version__}"
    found = installed_libraries() if libraries is None else folder_libraries(libraries)
    files = [
        *_package_files(device / "lib" / "lanecam", "lib/lanecam", own),
        *(file for library in found for file in _library_files(library)),
        BundleFile(f"boards/{board}.py", _pins(pins, board), own if pins is None else str(pins)),
        BundleFile(MODEL_ON_BOARD, model_bytes, f"model {name}"),
        *_table(model.with_suffix(".conf"), name, model_bytes),
        BundleFile(SETTINGS, (device / SETTINGS).read_bytes(), own),
        BundleFile(CODE, code_for_board(board), own),
    ]
    if compact:
        origins = [file.origin for file in files]
        made = compact_files((file.path, file.data) for file in files)
        files = [
            BundleFile(path, data, origin)
            for (path, data), origin in zip(made, origins, strict=True)
        ]
    for file in files:
        checked_path(file.path)
    refuse_twins(file.path for file in files)
    versions = {"lanewise": lanewise.__version__, "model": name}
    versions |= {library.name: library.version for library in found}
    return Bundle(board, name, tuple(files), versions)


def _table(path: Path, name: str, model: bytes) -> list[BundleFile]:
    """The model's table of confidence, if it has one that the board will take.

    One for another model is left out, as the board would pass over it; ``ModelFileError`` for
    anything else of that name: the board would read no digit beside it.
    """
    if not path.is_file():
        return []
    import_lanecam()
    from lanecam.confidence_file import read_table

    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_TABLE + 1)
        if len(data) > _LARGEST_TABLE:
            raise ValueError
        crc = "".join(f"{byte:02x}" for byte in reversed(model[-4:]))
        table = read_table(data.decode().splitlines(), crc)
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, IndexError) as error:
        raise ModelFileError(
            f"{path} is no table of confidence (docs/calibration.md), but lies where {name} would "
            "have one: make it again, or move it away"
        ) from error
    return [] if table is None else [BundleFile(TABLE_ON_BOARD, data, f"confidence of {name}")]


def prove(model: Path) -> None:
    """Read the whole model and recompute its certificate; raises ``ModelFileError``."""
    from lanewise.export.lanes import read  # NumPy takes longer than an unchanged deploy

    read(model)


def code_for_board(board: str) -> bytes:
    """``code.py`` that imports the pins of ``board``."""
    text = (bundled("device") / CODE).read_text(encoding="utf-8")
    return _replaced(text, f"boards import {DEFAULT_BOARD}", f"boards import {board}").encode()


def code_for_slot(code: bytes, folder: str) -> bytes:
    """``code.py`` that imports everything from ``folder`` and reads the model there."""
    text = code.decode()
    model = f'"{MODEL_ON_BOARD}"'
    text = _replaced(text, model, f'"{folder}/{MODEL_ON_BOARD}"')
    paths = f'import sys\n\nsys.path[:0] = ["{folder}", "{folder}/lib"]  # this version, whole\n\n'
    return _replaced(text, "\nfrom boards import", f"\n{paths}from boards import").encode()


def _replaced(text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise LanewiseError(f"device/{CODE} does not hold {old!r} once; install lanewise again")
    return text.replace(old, new)


def _package_files(folder: Path, at: str, origin: str) -> list[BundleFile]:
    paths = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    )
    return [
        BundleFile(f"{at}/{path.relative_to(folder).as_posix()}", path.read_bytes(), origin)
        for path in paths
    ]


def _library_files(library: Library) -> list[BundleFile]:
    origin = f"{library.name} {library.version}"
    return [BundleFile(f"lib/{path}", data, origin) for path, data in library.files.items()]


def _pins(pins: Path | None, board: str) -> bytes:
    path = pins or bundled("device") / "boards" / f"{board}.py"
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_PINS + 1)
        if len(data) > _LARGEST_PINS:
            raise ValueError(f"it has over {_LARGEST_PINS} bytes")
        compile(data, str(path), "exec")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
    except (SyntaxError, ValueError) as error:
        raise UsageError(f"{path} is no Python file: {error}") from error
    return data
