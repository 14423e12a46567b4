# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The built-in set ``marks``: what people draw that is no digit, seeded and unlimited.

``letters`` and ``symbols`` list signs stroke by stroke, ``families`` draws scribbles, lines and
blobs by rule, ``draw`` has the pen's hand trace them and frames them as MNIST frames digits. Signs
and families of the split ``validation`` are other ones than those of ``train``.
"""

from lanewise.data.marks.draw import load_marks
from lanewise.data.marks.value import KINDS, Marks

__all__ = ["KINDS", "Marks", "load_marks"]
