# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A desk's stand-in for ulab, the part of it that ``lanecam`` uses, with ulab's rules over NumPy.

Rules kept, as CircuitPython 10.2.1 with ulab 6.5.3 shows them: at most two dimensions; integer
types of 8 and 16 bits that wrap in silence; ``uint16`` with ``int16`` makes a float; an in-place
operator keeps the type of its left side, refuses a float on the right of integers, and goes from
the first element to the last, so that it may read what it wrote; slices and rows are views;
``tobytes`` wants a dense array; a float read into Python keeps 22 bits of mantissa.
What ulab lacks (``take``, ``int32``, ``>>``) is missing here too. Refused although ulab takes it,
because it is slow on a board: numbers as operands (ulab makes an array of them each time).
One difference: ``tobytes`` copies, in ulab it shares the memory.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np

_TYPES: dict[int, Any] = {
    ord("B"): np.uint8,
    ord("b"): np.int8,
    ord("H"): np.uint16,
    ord("h"): np.int16,
    ord("f"): np.float32,
    ord("?"): np.bool_,
}
_CODES = {np.dtype(kind): code for code, kind in _TYPES.items()}
_PLAIN = {np.dtype(np.bool_): np.dtype(np.uint8)}
_MIXED = {
    frozenset({"uint8", "int8"}): np.int16,
    frozenset({"uint8", "int16"}): np.int16,
    frozenset({"uint8", "uint16"}): np.uint16,
    frozenset({"int8", "int16"}): np.int16,
    frozenset({"int8", "uint16"}): np.int16,
}


def read_float(value: Any) -> float:
    """``value`` as a Python object holds it on a board: two bits of the float32 are not kept, and
    the two before them are copied in their place."""
    bits = int(np.float32(value).view(np.uint32)) & ~3
    return float(np.uint32(bits | bits >> 2 & 3).view(np.float32))


def _reads_behind(left: np.ndarray, right: np.ndarray) -> bool:
    """Whether ``left += right``, from the first element to the last, reads what it has written."""
    begin = left.__array_interface__["data"][0]
    behind = right.__array_interface__["data"][0]
    same = (left.shape, left.strides) == (right.shape, right.strides)
    return same and behind < begin and np.shares_memory(left, right)


def _python(value: Any) -> Any:
    if isinstance(value, np.bool_):
        return bool(value)
    return read_float(value) if isinstance(value, np.floating) else int(value)


def _nested(values: Any) -> Any:
    if isinstance(values, np.ndarray):
        return [_nested(value) for value in values]
    return _python(values)


def _operand(other: object) -> np.ndarray:
    if not isinstance(other, ndarray):
        raise TypeError(f"{type(other).__name__} as an operand: make it an array once, at start")
    return other.base


def _common(left: np.ndarray, right: np.ndarray) -> np.dtype[Any]:
    types = [_PLAIN.get(side.dtype, side.dtype) for side in (left, right)]
    if types[0] == types[1]:
        return types[0]
    kind = _MIXED.get(frozenset(kind.name for kind in types), np.float32)
    return np.dtype(kind)


def _indices(at: Any) -> Any:
    return at.base if isinstance(at, ndarray) else at


class ndarray:
    """An array of one or two dimensions; ``base`` is the NumPy array underneath."""

    __slots__ = ("base",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, base: np.ndarray) -> None:
        if base.ndim > 2:
            raise TypeError("too many dimensions")
        self.base = base

    @property
    def dtype(self) -> int:
        """Code of the element type, as ulab has it."""
        return _CODES[self.base.dtype]

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the dimensions."""
        return self.base.shape

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.base.size

    def __len__(self) -> int:
        return len(self.base)

    def __iter__(self) -> Iterator[Any]:
        for item in self.base:
            yield ndarray(item) if isinstance(item, np.ndarray) else _python(item)

    def __getitem__(self, at: Any) -> Any:
        item = self.base[_indices(at)]
        return ndarray(item) if isinstance(item, np.ndarray) else _python(item)

    def __setitem__(self, at: Any, value: Any) -> None:
        self.base[_indices(at)] = _indices(value)

    def _binary(self, function: Any, other: object) -> ndarray:
        right = _operand(other)
        kind = _common(self.base, right)
        with np.errstate(over="ignore"):
            return ndarray(function(self.base.astype(kind), right.astype(kind), dtype=kind))

    def _in_place(self, function: Any, other: object) -> ndarray:
        right = _operand(other)
        left = self.base
        if right.dtype.kind == "f" and left.dtype.kind != "f":
            raise TypeError("cannot cast output with casting rule")
        try:
            if _reads_behind(left, right):
                for at in np.ndindex(left.shape):
                    one = (slice(at[-1], at[-1] + 1),)
                    part = left[at[:-1]][one]
                    function(part, right[at[:-1]][one], out=part, casting="unsafe")
            else:
                function(left, right, out=left, casting="unsafe")
        except ValueError:
            raise ValueError("operands could not be broadcast together") from None
        return self

    def __add__(self, other: object) -> ndarray:
        return self._binary(np.add, other)

    def __sub__(self, other: object) -> ndarray:
        return self._binary(np.subtract, other)

    def __mul__(self, other: object) -> ndarray:
        return self._binary(np.multiply, other)

    def __and__(self, other: object) -> ndarray:
        return self._binary(np.bitwise_and, other)

    def __xor__(self, other: object) -> ndarray:
        return self._binary(np.bitwise_xor, other)

    def __iadd__(self, other: object) -> ndarray:
        return self._in_place(np.add, other)

    def __isub__(self, other: object) -> ndarray:
        return self._in_place(np.subtract, other)

    def __imul__(self, other: object) -> ndarray:
        return self._in_place(np.multiply, other)

    def __invert__(self) -> ndarray:
        if self.base.dtype.kind == "f":
            raise ValueError("operation is not supported for given type")
        return ndarray(np.bitwise_not(self.base))

    def __gt__(self, other: object) -> ndarray:
        return ndarray(self.base > _operand(other))

    def __ge__(self, other: object) -> ndarray:
        return ndarray(self.base >= _operand(other))

    def reshape(self, shape: tuple[int, ...]) -> ndarray:
        """The same elements in another shape; only of dense arrays, so that it stays a view."""
        if not self.base.flags.c_contiguous:
            raise ValueError("reshape of an array that is not dense would copy it")
        try:
            return ndarray(self.base.reshape(shape))
        except ValueError:
            raise ValueError("cannot reshape array") from None

    def flatten(self) -> ndarray:
        """A one-dimensional copy."""
        return ndarray(self.base.flatten())

    def transpose(self) -> ndarray:
        """A view with rows and columns exchanged."""
        return ndarray(self.base.T)

    def byteswap(self, *, inplace: bool = False) -> ndarray:
        """The bytes of each element in the other order."""
        swapped = self.base.byteswap(inplace=inplace)
        return self if inplace else ndarray(swapped)

    def tobytes(self) -> bytearray:
        """The bytes of a dense array."""
        if not self.base.flags.c_contiguous:
            raise ValueError("tobytes can be invoked for dense arrays only")
        return bytearray(self.base.tobytes())

    def tolist(self) -> Any:
        """Nested lists of Python numbers."""
        return _nested(self.base)


def array(values: Any, *, dtype: int = ord("f")) -> ndarray:
    """An array of a sequence or of another array; OverflowError where a number does not fit."""
    source = np.asarray(values.base if isinstance(values, ndarray) else values)
    kind = np.dtype(_TYPES[dtype])
    if kind.kind in "iu":
        if source.dtype.kind == "f":
            raise TypeError("can't convert float to int")
        info = np.iinfo(kind)
        if source.size and (int(source.min()) < info.min or int(source.max()) > info.max):
            raise OverflowError(f"value must fit in {kind.itemsize} byte(s)")
    return ndarray(source.astype(kind))


def zeros(shape: int | tuple[int, ...], *, dtype: int = ord("f")) -> ndarray:
    """An array of zeros."""
    return ndarray(np.zeros(shape, _TYPES[dtype]))


def frombuffer(buffer: Any, *, dtype: int = ord("f"), count: int = -1, offset: int = 0) -> ndarray:
    """A one-dimensional view of a buffer's memory."""
    return ndarray(np.frombuffer(memoryview(buffer).cast("B"), _TYPES[dtype], count, offset))


def minimum(left: ndarray, right: ndarray) -> ndarray:
    """The smaller of each two elements."""
    kind = _common(left.base, right.base)
    return ndarray(np.minimum(left.base.astype(kind), right.base.astype(kind)))


def maximum(left: ndarray, right: ndarray) -> ndarray:
    """The larger of each two elements."""
    kind = _common(left.base, right.base)
    return ndarray(np.maximum(left.base.astype(kind), right.base.astype(kind)))


def right_shift(left: ndarray, right: ndarray) -> ndarray:
    """Elements of the left shifted down by those of the right: stood in for on uint8 only."""
    if left.base.dtype != np.uint8 or right.base.dtype != np.uint8:
        raise TypeError("right_shift is stood in for on uint8 only")
    return ndarray(np.right_shift(left.base, right.base))


def nonzero(values: ndarray) -> tuple[ndarray, ...]:
    """Indices of the elements that are not zero, uint16, one array a dimension."""
    return tuple(ndarray(found.astype(np.uint16)) for found in np.nonzero(values.base))


def total(values: ndarray, *, axis: int | None = None) -> Any:
    """Sum: of all elements as a number, or along an axis in the array's own type, wrapping."""
    if axis is None:
        return _python(np.sum(values.base))
    kind = np.dtype(np.uint8) if values.base.dtype == np.bool_ else values.base.dtype
    return ndarray(np.sum(values.base, axis=axis, dtype=kind))


def largest(values: ndarray, *, axis: int | None = None) -> Any:
    """The largest element, of all or along an axis."""
    found = values.base.max(axis=axis)
    return _python(found) if axis is None else ndarray(found)


def smallest(values: ndarray, *, axis: int | None = None) -> Any:
    """The smallest element, of all or along an axis."""
    found = values.base.min(axis=axis)
    return _python(found) if axis is None else ndarray(found)


def argmax(values: ndarray, *, axis: int | None = None) -> Any:
    """Index of the first largest element: of all a number, along an axis int16."""
    if axis is None:
        return int(values.base.argmax())
    return ndarray(values.base.argmax(axis=axis).astype(np.int16))


def sort(values: ndarray) -> ndarray:
    """A sorted copy; int16 and int8 are put in order as if they were unsigned, as ulab does."""
    unsigned = values.base.dtype.str.replace("i", "u")
    return ndarray(np.sort(values.base.view(unsigned)).view(values.base.dtype))


def some(values: ndarray) -> bool:
    """Whether any element is not zero."""
    return bool(values.base.any())


def dot(left: ndarray, right: ndarray) -> Any:
    """Matrix product in float32, whatever the types."""
    made = left.base.astype(np.float32) @ right.base.astype(np.float32)
    return ndarray(made) if isinstance(made, np.ndarray) else _python(made)


def floor(values: ndarray) -> ndarray:
    """The largest integers not above, as floats."""
    return ndarray(np.floor(values.base.astype(np.float32)))


_CONTENTS: dict[str, Any] = {
    "uint8": ord("B"),
    "int8": ord("b"),
    "uint16": ord("H"),
    "int16": ord("h"),
    "float": ord("f"),
    "bool": ord("?"),
    "ndarray": ndarray,
    "array": array,
    "zeros": zeros,
    "frombuffer": frombuffer,
    "minimum": minimum,
    "maximum": maximum,
    "nonzero": nonzero,
    "right_shift": right_shift,
    "argmax": argmax,
    "sum": total,
    "max": largest,
    "min": smallest,
    "sort": sort,
    "any": some,
    "dot": dot,
    "floor": floor,
}


@functools.cache
def ulab_modules() -> dict[str, ModuleType]:
    """``ulab`` and ``ulab.numpy`` as modules, the same ones each time."""
    numpy = ModuleType("ulab.numpy", "Stand-in for ulab.numpy.")
    vars(numpy).update(_CONTENTS)
    ulab = ModuleType("ulab", "Stand-in for ulab.")
    vars(ulab).update({"numpy": numpy, "__path__": [], "__version__": "6.5.3 stand-in"})
    return {"ulab": ulab, "ulab.numpy": numpy}


@contextlib.contextmanager
def installed_ulab() -> Iterator[None]:
    """``import ulab`` finds the stand-in inside; what stood there before comes back after."""
    names = ("ulab", "ulab.numpy")
    before = {name: sys.modules.get(name) for name in names}
    sys.modules.update(ulab_modules())
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module
