# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What can go wrong on the board: every message says what it is, where, and what to do."""


class LanecamError(Exception):
    """Base of every error that lanecam raises."""


class ModelError(LanecamError):
    """A model file is cut, corrupt, of another version, or its certificate does not hold."""


class RoomError(ModelError):
    """A model does not fit into the memory that is left: less beside it may help."""


class CameraError(LanecamError):
    """The camera does not answer, is another one, or sends no pictures."""


class SettingError(LanecamError):
    """A value in settings.toml or in the board file is none that can be used."""
