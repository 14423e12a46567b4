# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Whole numbers set in where they are named: the same programs, and no name that may change."""

from __future__ import annotations

import ast
from importlib import import_module

import pytest

from lanewise.boards.constants import PACKAGE, with_constants
from lanewise.resources import bundled, import_lanecam


def set_in(source, **others):
    """The module ``m`` of the package, with numbers set in, beside ``others``."""
    files = [(f"{PACKAGE}{name}.py", text.encode()) for name, text in others.items()]
    files.append((f"{PACKAGE}m.py", source.encode()))
    return with_constants(files)[-1][1].decode()


def test_both_names_of_a_number_are_known():
    assert set_in("A = B = 3\nprint(A, B)\n").endswith("print(3, 3)\n")


def test_numbers_are_set_in_where_they_are_read():
    text = "A = 3\n_B = A << 2\nC = -1\n\ndef f(x):\n    return x[A] + _B * C  # A\n"
    made = set_in(text)
    assert made == ("A = 3\n_B = 3 << 2\nC = -1\n\ndef f(x):\n    return x[3] + 12 * (-1)  # A\n")


def test_numbers_of_another_module_are_known_under_either_name():
    source = "from lanecam.sizes import WIDE, TALL as HIGH\nprint(WIDE, HIGH)\n"
    assert set_in(source, sizes="WIDE = 20\nTALL = WIDE - 5\n").endswith("print(20, 15)\n")
    assert set_in(source).endswith("print(WIDE, HIGH)\n")


@pytest.mark.parametrize(
    "source",
    [
        "A = 3\nA = 4\nprint(A)\n",
        "A = 3\ndef f(A):\n    return A\n",
        "A = 3\ndef f():\n    global A\n    A += 1\n    return A\n",
        "A = 3\nfor A in range(3):\n    print(A)\n",
        "A = 3\nclass A:\n    b = A\n",
        "try:\n    from lanecam.sizes import A\nexcept ImportError:\n    A = 1\nprint(A)\n",
        "import lanecam.sizes as A\nprint(A)\n",
        "A = 1 << 30\nprint(A)\n",
        "A = True\nprint(A)\n",
        "A = 1.5\nprint(A)\n",
        "A = 1 // 0\nprint(A)\n",
        "A = size()\nprint(A)\n",
        "a = 3\nprint(a)\n",
        "A = 3\nprint(f'{A}')\n",
    ],
)
def test_what_may_be_anything_else_stays_a_name(source):
    assert set_in(source, sizes="A = 2\n") == source


def test_a_number_that_another_module_sets_stays_a_name():
    source = "LIMIT = 3\nprint(LIMIT)\n"
    assert set_in(source, other="import lanecam.m\nlanecam.m.LIMIT = 4\n") == source


def test_files_of_others_and_what_is_no_python_stay_as_they_are():
    files = [("lib/other.py", b"A = 1\nprint(A)\n"), (f"{PACKAGE}bad.py", b"def f(:\n"),
             (f"{PACKAGE}data.txt", b"A = 1\nA")]  # fmt: skip
    assert with_constants(files) == files


def numbers_for_names(before, after):
    """(name, number) of each place where two programs differ, which is all they may differ in."""
    if isinstance(before, ast.Name) and not isinstance(after, ast.Name):
        return [(before.id, ast.literal_eval(after))]
    assert type(before) is type(after)
    found = []
    for (_, old), (_, new) in zip(ast.iter_fields(before), ast.iter_fields(after), strict=True):
        if isinstance(old, list):
            for one, other in zip(old, new, strict=True):
                if isinstance(one, ast.AST):
                    found += numbers_for_names(one, other)
                else:
                    assert one == other
        elif isinstance(old, ast.AST):
            found += numbers_for_names(old, new)
        else:
            assert old == new
    return found


def test_the_device_package_is_the_same_program_with_numbers_for_names():
    import_lanecam()
    folder = bundled("device") / "lib" / "lanecam"
    files = [
        (PACKAGE + path.relative_to(folder).as_posix(), path.read_bytes())
        for path in sorted(folder.rglob("*.py"))
    ]
    count = 0
    for (path, before), (_, after) in zip(files, with_constants(files), strict=True):
        found = numbers_for_names(ast.parse(before), ast.parse(after))
        name = path.removeprefix("lib/").removesuffix(".py").removesuffix("/__init__")
        if name.startswith("lanecam/vision/") and "ulab" not in before.decode():
            module = import_module(name.replace("/", "."))
            for constant, number in found:
                assert getattr(module, constant) == number
        count += len(found)
    assert count > 400
