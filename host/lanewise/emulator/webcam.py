# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A computer's own camera, or a film, as what the emulated sensor looks at; OpenCV reads it."""

from __future__ import annotations

import importlib
import os
from types import TracebackType
from typing import Any

import numpy as np

from lanewise.emulator.sources import ArraySource, Scene
from lanewise.errors import MissingExtraError, PictureError


class WebcamSource:
    """The next picture of a camera at each look; a context manager.

    camera: the number of one of this computer's cameras, or what else OpenCV opens: a film's name,
    pictures numbered like ``shot-%03d.png``, a stream's address. Raises ``MissingExtraError``
    without OpenCV, ``PictureError`` when there is no such camera or it gives no picture.
    """

    def __init__(self, camera: int | str = 0) -> None:
        try:
            cv2 = importlib.import_module("cv2")
        except ImportError as error:
            raise MissingExtraError(
                "a webcam is read by OpenCV, which is not installed: pip install 'lanewise[webcam]'"
            ) from error
        self.camera = camera
        self._quiet(cv2)
        try:
            self._camera: Any = cv2.VideoCapture(camera)
            opened = self._camera.isOpened()
        except cv2.error:
            opened = False
        if not opened:
            if isinstance(camera, int):
                hint = "is it plugged in, and not in use?"
            else:
                hint = "check the name of the film, of the pictures (shot-%03d.png) or the address"
            raise PictureError(f"webcam {camera} cannot be opened: {hint}")
        held = self._camera.get(cv2.CAP_PROP_FRAME_COUNT) if isinstance(camera, str) else 0
        self.pictures: int | None = int(held) if held > 0 else None
        """How many pictures a film has, if that is known."""

    @staticmethod
    def _quiet(cv2: Any) -> None:
        """What OpenCV tells of a camera that is not there is said here, in one line."""
        os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
        log = getattr(getattr(cv2, "utils", None), "logging", None)
        if log is not None:
            log.setLogLevel(log.LOG_LEVEL_SILENT)

    def scene(self) -> Scene:
        """The present picture, fitted to 4:3."""
        good, picture = self._camera.read()
        if not good:
            over = isinstance(self.camera, str)
            hint = "it is over, or damaged" if over else "is it in use elsewhere?"
            raise PictureError(f"webcam {self.camera} gives no picture: {hint}")
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
