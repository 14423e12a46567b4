# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Pins of an OV7670 on a Raspberry Pi Pico 2 (RP2350): the same as on a Pico.

| camera        | Pico 2        | what it is                                            |
| ------------- | ------------- | ----------------------------------------------------- |
| 3V3, GND      | 3V3(OUT), GND | power; the camera takes no 5 V                        |
| D0 ... D7     | GP12 ... GP19 | eight bits of a pixel: eight pins in a row, D0 first  |
| PCLK          | GP11          | pixel clock, from the camera                          |
| XCLK (MCLK)   | GP20          | master clock, to the camera: nothing works without it |
| HREF (HS)     | GP21          | high while a line is sent                             |
| VSYNC (VS)    | GP7           | one pulse a frame                                     |
| RESET (RST)   | GP10          | low resets the camera                                 |
| PWDN          | GND           | high switches the camera off                          |
| SIOD (SDA)    | GP8           | I2C data: 4.7 kOhm from here to 3V3                   |
| SIOC (SCL)    | GP9           | I2C clock: 4.7 kOhm from here to 3V3                  |

The two resistors are needed: the Pico 2 has none, and few camera modules do. Keep the wires short
(10 cm); a picture with torn or shifted lines is a PCLK wire that is too long. GP0 to GP3 stay free
for a display (docs/wiring.md).
"""

import board

SCL = board.GP9
SDA = board.GP8
DATA = [
    board.GP12,
    board.GP13,
    board.GP14,
    board.GP15,
    board.GP16,
    board.GP17,
    board.GP18,
    board.GP19,
]
PCLK = board.GP11
MCLK = board.GP20
HREF = board.GP21
VSYNC = board.GP7
RESET = board.GP10
SHUTDOWN = None  # PWDN is tied to ground

WIDTH = 80  # 80x60 pixels read a digit; 160 finds smaller ones and takes four times the memory
COLORSPACE = "yuv"  # brightness comes ready-made; "rgb" costs a little time
FLIP_X = False
FLIP_Y = False

BUTTON = None  # a push button to ground, such as board.GP22: short holds, long changes the model

# None leaves the camera to itself. EXPOSURE: 1 to 510 line times; GAIN: 1 to 128; WHITE_BALANCE:
# "auto" or (red, blue) in 1/128; BRIGHTNESS: -127 to 127; CONTRAST: 0 to 255, 64 is the usual.
EXPOSURE = None
GAIN = None
WHITE_BALANCE = None
BRIGHTNESS = None
CONTRAST = None

# A display on SPI, if settings.toml names its driver in LANEWISE_DISPLAY.
DISPLAY_CLOCK = board.GP2
DISPLAY_MOSI = board.GP3
DISPLAY_COMMAND = board.GP0
DISPLAY_SELECT = board.GP1
DISPLAY_RESET = None  # tied to 3.3 V, or to the board's RUN
