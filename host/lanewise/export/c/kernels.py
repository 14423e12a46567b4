# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The C kernels as text; a source gets only those that its ops call.

Values lie in (row, column, channel) order. ``acc`` is the workspace; accumulators that are proved
to fit int16 live there as pairs (see lanes.py), wider ones as int32.
"""

from __future__ import annotations

UNSIGNED_HALF = """\
/* Half `lane` of the accumulator pairs, its offset of 32768 taken off again. */
static int32_t lane_of(const uint32_t *acc, uint32_t lane) {
    uint32_t pair = acc[lane >> 1];
    return (int32_t)((lane & 1u) ? pair >> 16 : pair & 0xFFFFu) - 32768;
}
"""

CLIP = """\
/* y = clip(acc >> shift, 0, top): negative accumulators clip to 0 whatever the shift. */
static uint8_t clipped(int32_t acc, uint32_t shift, uint32_t top) {
    uint32_t y;
    if (acc <= 0) return 0;
    y = (uint32_t)acc >> shift;
    return (uint8_t)(y > top ? top : y);
}
"""


def add_lanes(bits: int) -> str:
    """``acc += weights * x`` over a run of packed words, every pair at once."""
    head = f"""\
/* acc += w * x for {32 // bits} lanes a word; carries between halves cancel (certificate). */
static void add_lanes{bits}(uint32_t *acc, const uint32_t *w, uint32_t x, uint32_t words) {{
"""
    if bits == 16:
        return (
            head
            + """\
    const uint32_t *end = w + words;
    do {
        *acc++ += *w++ * x;
    } while (w != end);
}
"""
        )
    mask = (1 << bits) - 1
    offset = 1 << (bits - 1)
    pairs = 16 // bits
    steps = "".join(
        f"        acc[{k}] += ({'fields' if k == 0 else f'(fields >> {bits * k})'} & mask) * x "
        f"- offset;\n"
        for k in range(pairs)
    )
    return (
        head
        + f"""\
    const uint32_t *end = w + words;
    const uint32_t mask = 0x{mask | mask << 16:08X}u, offset = x * 0x{offset | offset << 16:08X}u;
    do {{
        uint32_t fields = *w++;
{steps}        acc += {pairs};
    }} while (w != end);
}}
"""
    )


def dense(bits: int) -> str:
    """Dense over pairs: a row of weights for every input that is not zero."""
    return f"""\
static void dense{bits}(uint32_t *acc, const uint8_t *x, uint32_t inputs, const uint32_t *w,
                   uint32_t words, const uint32_t *bias, uint32_t pairs) {{
    uint32_t i;
    for (i = 0; i < pairs; i++) acc[i] = bias[i];
    for (i = 0; i < inputs; i++, w += words) {{
        if (x[i]) add_lanes{bits}(acc, w, x[i], words);
    }}
}}
"""


def unpack(bits: int) -> str:
    """Packed words to pairs: done once for kernels that many inputs go through."""
    mask, offset, pairs = (1 << bits) - 1, 1 << (bits - 1), 16 // bits
    parts = ["fields", *(f"(fields >> {bits * k})" for k in range(1, pairs))]
    steps = "".join(
        f"        to[{k}] = ({part} & mask) - offset;\n" for k, part in enumerate(parts)
    )
    return f"""\
/* {32 // bits} fields a word to {pairs} pairs of 16-bit lanes. */
static void unpack{bits}(uint32_t *to, const uint32_t *from, uint32_t words) {{
    const uint32_t *end = from + words;
    const uint32_t mask = 0x{mask | mask << 16:08X}u, offset = 0x{offset | offset << 16:08X}u;
    do {{
        uint32_t fields = *from++;
{steps}        to += {pairs};
    }} while (from != end);
}}
"""


LOWERED_LANE = """\
/* clip(acc >> shift, 0, top) of a lane that holds acc + 32768 - 2**shift. */
static uint8_t lowered_lane(uint32_t lane, uint32_t shift, uint32_t top) {
    uint32_t y;
    if (lane < 0x8000u) return 0;
    y = ((lane & 0x7FFFu) >> shift) + 1;
    return (uint8_t)(y > top ? top : y);
}
"""

PLAIN_LANE = """\
/* clip(acc >> shift, 0, top) of a lane that holds acc + 32768. */
static uint8_t plain_lane(uint32_t lane, uint32_t shift, uint32_t top) {
    uint32_t y;
    if (lane < 0x8000u) return 0;
    y = (lane & 0x7FFFu) >> shift;
    return (uint8_t)(y > top ? top : y);
}
"""

LARGER = """\
static uint32_t larger(uint32_t a, uint32_t b) { return a > b ? a : b; }
"""

DENSE32 = """\
/* Dense with 32-bit accumulators, for sums that are not proved to fit int16. */
static void dense32(uint32_t *acc, const uint8_t *x, uint32_t inputs, const int8_t *w,
                    const int32_t *bias, uint32_t outputs) {
    uint32_t i, o;
    for (o = 0; o < outputs; o++) acc[o] = (uint32_t)bias[o];
    for (i = 0; i < inputs; i++, w += outputs) {
        if (!x[i]) continue;
        for (o = 0; o < outputs; o++) acc[o] += (uint32_t)(w[o] * (int32_t)x[i]);
    }
}
"""

GROUPED = """\
typedef struct {
    uint32_t height, width, channels, members, share, kernel_rows, kernel_columns, stride, padding;
} grouped_shape;

/* One accumulator of a grouped convolution: output `o` at (row, column). */
static int32_t grouped_at(const uint8_t *x, const grouped_shape *s, uint32_t row, uint32_t column,
                          uint32_t o, const int8_t *w, const int32_t *bias) {
    uint32_t acc = (uint32_t)bias[o];
    const int8_t *kernel = w + o * s->kernel_rows * s->kernel_columns * s->members;
    uint32_t top = row * s->stride, left = column * s->stride, r, c, m;
    const uint8_t *in = x + o / s->share * s->members;
    for (r = 0; r < s->kernel_rows; r++) {
        if (top + r < s->padding || top + r >= s->padding + s->height) continue;
        for (c = 0; c < s->kernel_columns; c++) {
            const uint8_t *pixel;
            const int8_t *weights;
            if (left + c < s->padding || left + c >= s->padding + s->width) continue;
            pixel = in + ((top + r - s->padding) * s->width + left + c - s->padding) * s->channels;
            weights = kernel + (r * s->kernel_columns + c) * s->members;
            for (m = 0; m < s->members; m++) acc += (uint32_t)(weights[m] * (int32_t)pixel[m]);
        }
    }
    return (int32_t)acc;
}
"""

POOL = {
    "max": """\
static void max_pool(uint8_t *y, const uint8_t *x, uint32_t width, uint32_t channels, uint32_t size,
                     uint32_t stride, uint32_t out_height, uint32_t out_width) {
    uint32_t row, column, channel, r, c;
    for (row = 0; row < out_height; row++)
        for (column = 0; column < out_width; column++)
            for (channel = 0; channel < channels; channel++) {
                const uint8_t *in = x + (row * width + column) * stride * channels + channel;
                uint8_t best = 0;
                for (r = 0; r < size; r++, in += width * channels)
                    for (c = 0; c < size; c++)
                        if (in[c * channels] > best) best = in[c * channels];
                *y++ = best;
            }
}
""",
    "sum": """\
static void sum_pool(uint8_t *y, const uint8_t *x, uint32_t width, uint32_t channels, uint32_t size,
                     uint32_t stride, uint32_t out_height, uint32_t out_width, uint32_t shift,
                     uint32_t top) {
    uint32_t row, column, channel, r, c;
    for (row = 0; row < out_height; row++)
        for (column = 0; column < out_width; column++)
            for (channel = 0; channel < channels; channel++) {
                const uint8_t *in = x + (row * width + column) * stride * channels + channel;
                uint32_t sum = ((uint32_t)1 << shift) >> 1;
                for (r = 0; r < size; r++, in += width * channels)
                    for (c = 0; c < size; c++) sum += in[c * channels];
                sum >>= shift;
                *y++ = (uint8_t)(sum > top ? top : sum);
            }
}
""",
}

MIX = """\
/* y_i = clip((sum_j matrix[i][j] x_j + gain[i] f + rounding) >> shift) at every pixel. */
static void mix(uint8_t *y, const uint8_t *x, const uint8_t *f, uint32_t pixels, uint32_t rows,
                uint32_t streams, uint32_t wide, const uint16_t *matrix, const uint16_t *gain,
                uint32_t shift, uint32_t top) {
    uint32_t pixel, i, j, c;
    for (pixel = 0; pixel < pixels; pixel++, x += streams * wide) {
        for (i = 0; i < rows; i++)
            for (c = 0; c < wide; c++) {
                uint32_t acc = ((uint32_t)1 << shift) >> 1;
                for (j = 0; j < streams; j++)
                    acc += (uint32_t)matrix[i * streams + j] * x[j * wide + c];
                if (f) acc += (uint32_t)gain[i] * f[c];
                acc >>= shift;
                *y++ = (uint8_t)(acc > top ? top : acc);
            }
        if (f) f += wide;
    }
}
"""

CONCAT = """\
static void concat(uint8_t *y, const uint8_t *a, uint32_t a_channels, const uint8_t *b,
                   uint32_t b_channels, uint32_t pixels) {
    uint32_t pixel, c;
    for (pixel = 0; pixel < pixels; pixel++) {
        for (c = 0; c < a_channels; c++) *y++ = *a++;
        for (c = 0; c < b_channels; c++) *y++ = *b++;
    }
}
"""
