# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A computer's own camera as what the emulated sensor looks at; OpenCV reads it, if installed."""

from __future__ import annotations

import importlib
from types import TracebackType
from typing import Any

import numpy as np

from lanewise.emulator.sources import ArraySource, Scene
from lanewise.errors import MissingExtraError, PictureError


class WebcamSource:
    """The picture of camera number ``index`` at each look; a context manager.

    Raises ``MissingExtraError`` without OpenCV, ``PictureError`` when the camera gives no picture.
    """

    def __init__(self, index: int = 0) -> None:
        try:
            cv2 = importlib.import_module("cv2")
        except ImportError as error:
            raise MissingExtraError(
                "a webcam is read by OpenCV, which is not installed: pip install "
                "opencv-python-headless"
            ) from error
        self.index = index
        self._camera: Any = cv2.VideoCapture(index)
        if not self._camera.isOpened():
            raise PictureError(
                f"webcam {index} cannot be opened: is it plugged in, and not in use?"
            )

    def scene(self) -> Scene:
        """The present picture, fitted to 4:3."""
        good, picture = self._camera.read()
        if not good:
            raise PictureError(f"webcam {self.index} gives no picture: is it in use elsewhere?")
        return ArraySource(np.ascontiguousarray(picture[:, :, ::-1]), fit="cover").scene()

    def __enter__(self) -> WebcamSource:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._camera.release()
