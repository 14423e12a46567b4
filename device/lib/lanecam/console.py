# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Commands from the serial console, never waited for (docs/serial.md)."""

LONGEST = 64
"""Letters of a command; a longer line is dropped up to its end."""


def usb_port():
    """The console's serial port, set so that reading never waits; None where there is none."""
    try:
        import usb_cdc
    except ImportError:
        return None
    port = usb_cdc.console
    if port is not None:
        port.timeout = 0
    return port


class Console:
    """Puts commands together from what ``port`` has: ``in_waiting`` and ``read(count)``."""

    def __init__(self, port):
        self._port = port
        self._line = bytearray(LONGEST)
        self._length = 0
        self._dropping = False

    def command(self):
        """The next whole command as a list of words, None if there is none yet."""
        port = self._port
        for _ in range(LONGEST):
            if port is None or not port.in_waiting:
                return None
            byte = port.read(1)
            if not byte:
                return None
            byte = byte[0]
            if byte == 10 or byte == 13:
                length = self._length
                dropped = self._dropping
                self._length = 0
                self._dropping = False
                if length and not dropped:
                    return bytes(self._line[:length]).decode().split()
            elif self._length == LONGEST:
                self._dropping = True
            elif 32 <= byte < 127:
                self._line[self._length] = byte
                self._length += 1
        return None
