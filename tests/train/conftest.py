# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""All tests here run with one thread for torch."""

from one_thread import one_thread  # noqa: F401
