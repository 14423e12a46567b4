# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A foreign file by its contents: ONNX or TFLite, exact or to be quantized."""

from __future__ import annotations

from pathlib import Path

from lanewise.errors import MissingExtraError, ModelFileError, UsageError
from lanewise.importing.net import MAX_FILE_BYTES, Net, printable
from lanewise.integer.program import Program


def load_model(path: Path, low: float = 0.0, high: float = 1.0) -> Program | Net:
    """The program of an integer export, or the float network of a foreign model.

    low, high: reals that no ink and full ink stand for in a float network. Raises
    ``ModelFileError`` naming the file and what is wrong or not supported.
    """
    if path.suffix not in (".onnx", ".tflite"):
        raise UsageError(f"{path} ends neither in .onnx nor in .tflite")
    try:
        with path.open("rb") as file:  # a device never ends, and says that it holds nothing
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(data) > MAX_FILE_BYTES:
        raise ModelFileError(f"{path} has over {MAX_FILE_BYTES} bytes; no board holds that")
    try:
        return load_bytes(data, path.suffix, path.stem, low, high)
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}") from error


def load_bytes(
    data: bytes, suffix: str, name: str, low: float = 0.0, high: float = 1.0
) -> Program | Net:
    """``load_model`` of the contents of a file; messages are printable, whatever it holds."""
    try:
        return _load(data, suffix, name, low, high)
    except ModelFileError as error:
        raise ModelFileError(printable(str(error), 4000)) from error


def _load(data: bytes, suffix: str, name: str, low: float, high: float) -> Program | Net:
    if suffix == ".tflite":
        from lanewise.importing import tflite_chain, tflite_file

        found = tflite_file.exact_program(data)
        return found if found is not None else tflite_chain.read_net(data, name)
    try:
        from lanewise.importing import onnx_chain, onnx_file
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"this needs {error.name}; install it with: pip install 'lanewise[runtimes]'"
        ) from None
    model = onnx_file.parse(data)
    exact = onnx_file.exact_program(model)
    return exact if exact is not None else onnx_chain.read_net(model, name, low, high)
