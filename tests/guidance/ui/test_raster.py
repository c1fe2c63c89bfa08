from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from guidance.ui import bigtext
from guidance.ui.raster import Canvas, envelope, spans
from guidance.ui.theme import Ground, Ink

# Unicode's numbering of the dots: U+2800 plus these bits, by (row, column).
BRAILLE_BITS = {(0, 0): 1, (1, 0): 2, (2, 0): 4, (0, 1): 8, (1, 1): 16, (2, 1): 32, (3, 0): 64, (3, 1): 128}


def lines(canvas: Canvas) -> list[str]:
    return [strip.text for strip in canvas.strips()]


@given(st.sets(st.sampled_from(sorted(BRAILLE_BITS)), min_size=1))
def test_dots_become_the_braille_of_unicode(dots: set[tuple[int, int]]) -> None:
    canvas = Canvas(1, 1)
    cells = np.zeros((4, 2), np.uint8)
    for dot in dots:
        cells[dot] = Ink.TRACE
    canvas.plot(0, 0, cells)
    assert lines(canvas) == [chr(0x2800 + sum(BRAILLE_BITS[dot] for dot in dots))]


def test_a_cell_takes_its_highest_ink_and_an_empty_cell_stays() -> None:
    canvas = Canvas(2, 1)
    canvas.write(0, 1, "|", Ink.RULE)
    dots = np.zeros((4, 4), np.uint8)
    dots[0, 0], dots[3, 1] = Ink.OLDEST, Ink.OLDEST + 5
    canvas.plot(0, 0, dots)
    assert canvas.inks.tolist() == [[Ink.OLDEST + 5, Ink.RULE]]
    assert lines(canvas) == ["⢁|"]


@given(st.integers(2, 3000), st.integers(1, 400))
def test_a_trace_is_drawn_unbroken(samples: int, columns: int) -> None:
    uv = np.random.default_rng(samples).normal(0.0, 1.0, samples).astype(np.float32)
    low, high = envelope(uv, 0.0, samples - 1.0, columns)
    assert (low[1:] <= high[:-1]).all()
    assert (high[1:] >= low[:-1]).all()


def test_a_single_sharp_peak_survives_any_width() -> None:
    uv = np.zeros(2200, np.float32)
    uv[1234] = 100.0
    assert all(envelope(uv, 0.0, 2199.0, columns)[1].max() > 45.0 for columns in range(60, 500, 7))


def test_nothing_is_drawn_where_there_are_no_samples() -> None:
    low, high = envelope(np.ones(10, np.float32), -10.0, 19.0, 29)
    dots = spans(low, high, 4)
    assert not dots[:, :9].any()
    assert not dots[:, 20:].any()
    assert dots[1, 10:19].all()


def test_what_lies_outside_a_canvas_is_cut_off() -> None:
    canvas = Canvas(4, 1)
    canvas.write(0, -2, "abcdefgh", Ink.TEXT)
    canvas.write(1, 0, "below", Ink.TEXT)
    assert lines(canvas) == ["cdef"]


def test_wide_characters_keep_the_line_in_step() -> None:
    canvas = Canvas(8, 1)
    assert canvas.write(0, 0, "正中x", Ink.TEXT) == 5
    canvas.write(0, 7, "中", Ink.TEXT)
    assert lines(canvas) == ["正中x   "]
    assert cell_len(lines(canvas)[0]) == 8


@given(st.integers(1, 200), st.integers(1, 30))
def test_large_text_fits_where_it_claims_to(width: int, height: int) -> None:
    size = bigtext.largest("0000", width, height)
    if size is None:
        assert width < 12 or height < 4
        return
    canvas = Canvas(width + 5, height + 5)
    bigtext.draw(canvas, 0, 0, "8888", size, Ink.TEXT)
    drawn = np.argwhere(canvas.codes != ord(" "))
    assert (drawn.max(axis=0) < (height, width)).all()


def test_large_digits_at_the_smallest_size() -> None:
    canvas = Canvas(6, 4)
    bigtext.draw(canvas, 0, 0, "70", (1, 1), Ink.TEXT)
    assert lines(canvas) == ["▀▀▌▞▀▖", " ▞ ▌ ▌", "▗▘ ▌ ▌", "▝  ▝▀ "]


INSIDE_AND_OUT = st.integers(-9, 9)


@given(INSIDE_AND_OUT, INSIDE_AND_OUT, st.integers(0, 4), st.integers(0, 4), st.integers(0, 6), st.integers(0, 6))
def test_whatever_lies_outside_the_canvas_is_cut_off(
    row: int, column: int, width: int, height: int, rows: int, columns: int
) -> None:
    canvas = Canvas(width, height)
    canvas.write(row, column, "wide 漢", Ink.TRACE, Ground.CHIP)
    canvas.fill(slice(row, row + rows), slice(column, column + columns), "x", Ink.TRACE)
    canvas.shade(Ground.HIGH, slice(row, row + rows), slice(column, column + columns), Ink.LOUD)
    canvas.stamp(row, column, np.full((rows, columns), ord("x"), np.uint32), Ink.TRACE)
    canvas.plot(row, column, np.full((4 * rows, 2 * columns), int(Ink.TRACE), np.uint8))
    assert [strip.cell_length for strip in canvas.strips()] == [width] * height
    inside = {
        (at, beside)
        for at in range(row, row + rows)
        for beside in range(column, column + columns)
        if 0 <= at < height and 0 <= beside < width
    }
    assert set(map(tuple, np.argwhere(canvas.grounds == Ground.HIGH).tolist())) == inside


def test_the_part_of_a_picture_that_lies_inside_is_the_one_that_is_drawn() -> None:
    canvas = Canvas(2, 2)
    canvas.stamp(-1, -1, np.array([[97, 98, 99], [100, 101, 102], [103, 104, 105]], np.uint32), Ink.TRACE)
    assert lines(canvas) == ["ef", "hi"]


@pytest.mark.parametrize("cells", ["codes", "inks", "grounds"])
def test_nothing_is_written_past_the_methods_that_cut_off(cells: str) -> None:
    with pytest.raises(ValueError, match="read-only"):
        getattr(Canvas(3, 1), cells)[0] = 1
