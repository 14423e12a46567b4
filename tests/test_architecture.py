# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Imports point one way (docs/architecture.md), and every source file says whose it is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HOST = ROOT / "host" / "lanewise"
LANECAM = ROOT / "device" / "lib" / "lanecam"

MAY_IMPORT = {
    "data": {"errors", "files"},
    "manifolds": {"errors", "integer"},
    "nn": {"errors", "data", "manifolds", "integer"},
    "train": {"errors", "files", "data", "manifolds", "nn", "integer", "vision", "cost"},
    "integer": {"errors"},
    "vision": {"errors", "resources"},
    "export": {"errors", "files", "integer"},
    "importing": {"errors", "export", "integer"},
    "zoo": {"errors", "files", "data", "integer", "export", "resources", "runtimes"},
    "runtimes": {"errors", "files", "integer", "export", "resources", "vision"},
    "cost": {"errors", "integer"},
    "boards": {"errors", "files", "export", "integer", "resources"},
    "emulator": {
        "errors",
        "files",
        "export",
        "integer",
        "resources",
        "runtimes",
        "data",
        "vision",
    },
}
FRAMEWORK_FREE = (
    "integer", "importing", "vision", "export", "runtimes", "emulator", "data", "zoo", "boards",
)  # fmt: skip
DEVICE_MODULES = {
    "array", "binascii", "gc", "lanecam", "math", "struct", "sys", "time", "adafruit_ov7670",
    "board", "busio", "digitalio", "imagecapture", "microcontroller", "pwmio", "supervisor",
    "micropython", "ulab", "os", "json", "memorymap", "usb_cdc", "watchdog", "bitmaptools",
    "busdisplay", "displayio", "fourwire", "terminalio", "alarm",
}  # fmt: skip


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
            if node.module == "lanewise":
                names |= {f"lanewise.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_packages_import_only_what_they_may(package):
    files = [path for path in (HOST / package).rglob("*.py") if "vm" not in path.parts]
    assert files
    for path in files:
        for name in imported(path):
            parts = name.split(".")
            if parts[0] == "lanewise" and len(parts) > 1:
                allowed = MAY_IMPORT[package] | {package, "__version__"}
                assert parts[1] in allowed, f"{path} imports {name}"
            if package in FRAMEWORK_FREE:
                assert parts[0] != "torch", f"{path} imports {name}"


def test_the_device_package_imports_nothing_of_the_host():
    for path in LANECAM.rglob("*.py"):
        for name in imported(path):
            assert name.split(".")[0] in DEVICE_MODULES, f"{path} imports {name}"


def test_every_source_file_has_its_licence_and_a_docstring():
    folders = ("host", "device", "tools", "tests")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 40
    for path in files:
        source = path.read_text()
        assert source.startswith("# SPDX-FileCopyrightText: 2026"), path
        assert "SPDX-License-Identifier: MIT" in source, path
        assert ast.get_docstring(ast.parse(source)), f"{path} does not say what it holds"
