# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The stand-in keeps ulab's rules; each expectation was printed by ulab 6.5.3 in CircuitPython."""

from __future__ import annotations

import sys

import pytest

from lanewise.runtimes.ulab import installed_ulab, read_float, ulab_modules

np = ulab_modules()["ulab.numpy"]
KINDS = {"uint8": "B", "int8": "b", "uint16": "H", "int16": "h", "float": "f"}
MADE = {
    "uint8": ["uint8", "int16", "uint16", "int16", "float"],
    "int8": ["int16", "int8", "int16", "int16", "float"],
    "uint16": ["uint16", "int16", "uint16", "float", "float"],
    "int16": ["int16", "int16", "float", "int16", "float"],
    "float": ["float"] * 5,
}


def make(kind, *values):
    return np.array(list(values), dtype=getattr(np, kind))


@pytest.mark.parametrize("left", KINDS)
def test_types_of_sums(left):
    made = [(make(left, 1, 2) + make(right, 3, 4)).dtype for right in KINDS]
    assert made == [ord(KINDS[kind]) for kind in MADE[left]]


def test_bits_turn_round_in_the_type_they_have():
    turned = {"uint8": [255, 254, 155], "uint16": [65535, 65534, 65435]}
    for kind in KINDS:
        if kind == "float":
            with pytest.raises(ValueError, match="not supported for given type"):
                ~make(kind, 0, 1)
            continue
        found = ~make(kind, 0, 1, 100)
        assert found.dtype == ord(KINDS[kind])
        assert list(found) == turned.get(kind, [-1, -2, -101])


@pytest.mark.parametrize("left", KINDS)
def test_in_place_keeps_the_left_type_and_refuses_floats_into_integers(left):
    for right in KINDS:
        array = make(left, 1, 2)
        if right == "float" and left != "float":
            with pytest.raises(TypeError, match="cannot cast output"):
                array += make(right, 3, 100)
            continue
        array += make(right, 3, 100)
        assert array.dtype == ord(KINDS[left]) and array.tolist() == [4, 102]


def test_integers_wrap_in_silence():
    array = make("int16", 32767, -32768)
    array += make("int8", 1, -1)
    assert array.tolist() == [-32768, 32767]
    assert (make("uint8", 5) - make("uint8", 9)).tolist() == [252]
    assert np.sum(np.array([[100, 2], [100, 3]], dtype=np.int8), axis=0).tolist() == [-56, 5]
    assert np.sum(np.array([[100, 2], [100, 3]], dtype=np.int8)) == 205


def test_views_share_memory_and_buffers_too():
    memory = bytearray([1, 2, 3, 4])
    flat = np.frombuffer(memory, dtype=np.uint8)
    odd = flat[1::2]
    table = flat.reshape((2, 2))
    table += make("uint8", 1)
    assert memory == b"\x02\x03\x04\x05" and odd.tolist() == [3, 5]
    row = table[1]
    row += make("uint8", 10, 10)
    assert memory == b"\x02\x03\x0e\x0f"
    assert np.frombuffer(bytearray(range(8)), dtype=np.uint16, count=2, offset=2).tolist() == [
        770,
        1284,
    ]


def test_what_ulab_refuses_is_refused():
    with pytest.raises(ValueError, match="dense arrays only"):
        np.zeros(4, dtype=np.uint8)[::2].tobytes()
    with pytest.raises(TypeError, match="too many dimensions"):
        np.zeros((2, 2, 2))
    with pytest.raises(ValueError, match="broadcast"):
        array = make("int16", 1, 2)
        array += np.array([[2, 2], [3, 3]], dtype=np.int16)
    with pytest.raises(OverflowError, match="1 byte"):
        np.array([300], dtype=np.int8)
    with pytest.raises(TypeError, match="float to int"):
        np.array([1.7], dtype=np.int8)
    with pytest.raises(TypeError):
        make("int16", 5) >> make("int16", 1)
    assert not hasattr(np, "take") and not hasattr(np, "int32")


def test_slow_numbers_as_operands_are_refused():
    with pytest.raises(TypeError, match="make it an array"):
        make("int16", 1) + 1


def test_searches_and_comparisons():
    assert np.nonzero(make("uint8", 0, 2, 0, 3))[0].tolist() == [1, 3]
    assert np.nonzero(make("uint8", 0, 2))[0].dtype == ord("H")
    assert (make("int16", 1, -2) > make("int16", 0)).tolist() == [True, False]
    assert np.minimum(make("uint8", 1, 200), make("uint8", 15)).tolist() == [1, 15]


def test_bits_of_bytes_and_transposed_views():
    byte = make("uint8", 255, 16)
    assert np.right_shift(byte, make("uint8", 4)).tolist() == [15, 1]
    assert (byte & make("uint8", 15)).dtype == (byte ^ make("uint8", 8)).dtype == ord("B")
    table = np.array([[1, 2, 3], [4, 5, 6]], dtype=np.uint8)
    turned = table.transpose()
    turned += np.array([[1, 4], [2, 5], [3, 6]], dtype=np.uint8)
    assert table.tolist() == [[2, 4, 6], [8, 10, 12]]


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (16777215.0, 16777215),
        (4194305.0, 4194304),
        (4194303.0, 4194303),
        (8388609.0, 8388608),
    ],
)
def test_floats_lose_two_bits_when_python_reads_them(value, read):
    assert int(read_float(value)) == read


def test_the_module_comes_and_goes():
    before = sys.modules.get("ulab")
    with installed_ulab():
        from ulab import numpy

        assert numpy is np
    assert sys.modules.get("ulab") is before


def test_in_place_goes_from_the_first_element_to_the_last():
    ahead, behind = make("int16", 1, 2, 3, 4), make("int16", 1, 2, 3, 4)
    part = ahead[:-1]
    part += ahead[1:]
    part = behind[1:]
    part += behind[:-1]
    rows = make("int16", 1, 2, 3, 4, 5, 6).reshape((2, 3))
    part = rows[:, 1:]
    part += rows[:, :-1]
    assert ahead.tolist() == [3, 5, 7, 4]
    assert behind.tolist() == [1, 3, 6, 10]
    assert rows.tolist() == [[1, 3, 6], [4, 9, 15]]
