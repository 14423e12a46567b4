# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Sets whole numbers in where the device package's modules name them, before they are compiled.

A name of a module costs a board 140 cycles more than a number each time that it is read, and two
bytes more; MicroPython's own ``const()`` does not reach beyond a module. Only a name in capitals
that is bound once, to whole numbers alone, in the module or in the one that it is imported from, is
replaced, in the text: the rest of a line stays as it is, down to how the compiler reads it.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable

PACKAGE = "lib/lanecam/"
_CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*")
_MOST = 1 << 30
"""What a board keeps in a word, and no object."""
_NUMBERS = (ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.Name, ast.Load)

Constants = dict[str, int]


def with_constants(files: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """(path, source) of each file, those of the device package with their whole numbers set in.

    Files that are no Python are left to the compiler's complaint.
    """
    files = list(files)
    trees: dict[str, ast.Module] = {}
    for path, source in files:
        if path.startswith(PACKAGE) and path.endswith(".py"):
            try:
                trees[path] = ast.parse(source)
            except (SyntaxError, ValueError):
                continue
    changed = _set_elsewhere(trees.values())
    known: dict[str, Constants] = {}
    made = []
    for path, source in files:
        if path in trees:
            source = _set_in(source, trees[path], _constants(path, trees, known, changed))
        made.append((path, source))
    return made


def _set_elsewhere(trees: Iterable[ast.Module]) -> set[str]:
    """Names that some module sets as another's attribute."""
    nodes = (node for tree in trees for node in ast.walk(tree))
    return {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)
    }


def _constants(
    path: str, trees: dict[str, ast.Module], known: dict[str, Constants], changed: set[str]
) -> Constants:
    """Names of the module at ``path`` that stand for one whole number wherever they are read."""
    if path in known:
        return known[path]
    found = known[path] = {}
    bound = _times_bound(trees[path])
    for node in trees[path].body:
        if isinstance(node, ast.ImportFrom):
            source = _path(node, trees)
            there = _constants(source, trees, known, changed) if source else {}
            pairs = [(alias.asname or alias.name, there.get(alias.name)) for alias in node.names]
        elif isinstance(node, ast.Assign):
            targets = [target.id for target in node.targets if isinstance(target, ast.Name)]
            pairs = [(name, _value(node.value, found)) for name in targets]
        else:
            continue
        for name, value in pairs:
            if value is None or bound[name] != 1 or name in changed:
                continue
            if _CONSTANT.fullmatch(name):
                found[name] = value
    return found


def _times_bound(tree: ast.Module) -> Counter[str]:
    """How often each name is bound in a module, in whatever scope."""
    count: Counter[str] = Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            count[node.id] += 1
        elif isinstance(node, ast.arg):
            count[node.arg] += 1
        elif isinstance(node, ast.alias):
            count[node.asname or node.name] += 1
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            count[node.name] += 1
        elif isinstance(node, ast.Global | ast.Nonlocal):
            count.update(node.names)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            count[node.name] += 1
    return count


def _path(node: ast.ImportFrom, trees: dict[str, ast.Module]) -> str | None:
    """The file that names are imported from, if it is one of the package's."""
    stem = "lib/" + (node.module or "").replace(".", "/")
    paths = (f"{stem}.py", f"{stem}/__init__.py")
    return next((path for path in paths if not node.level and path in trees), None)


def _value(node: ast.expr, names: Constants) -> int | None:
    """What a sum, shift or product of whole numbers and known names comes to; None otherwise."""
    for part in ast.walk(node):
        if not isinstance(part, _NUMBERS) or (isinstance(part, ast.Name) and part.id not in names):
            return None
    try:
        value = eval(compile(ast.Expression(node), "", "eval"), {"__builtins__": {}}, dict(names))
    except ArithmeticError:
        return None
    return value if type(value) is int and abs(value) < _MOST else None


def _set_in(source: bytes, tree: ast.Module, names: Constants) -> bytes:
    lines = source.split(b"\n")
    places = []
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.JoinedStr):
            continue  # before Python 3.12 places in them are wrong
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
            places.append((node.lineno - 1, node.col_offset, node.id))
        todo += ast.iter_child_nodes(node)
    for line, at, name in sorted(places, reverse=True):
        value = names[name]
        text = str(value) if value >= 0 else f"({value})"
        lines[line] = lines[line][:at] + text.encode() + lines[line][at + len(name) :]
    return b"\n".join(lines)
