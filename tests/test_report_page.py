"""The page and the figures: nothing is fetched, everything is escaped, and lines show the numbers given to them."""

import html.parser
import math

import pytest
import torch
from matplotlib.figure import Figure

from seisgrad.plot.fit import fit, residuals
from seisgrad.plot.kernels import kernel_image, kernel_lines, per_kilometre
from seisgrad.plot.profile import profile, profile_band, staircase, uncertainty_ratio
from seisgrad.report.figures import STYLE, new_figure, plain_depths, png, styled
from seisgrad.report.page import Page

DEPTH = torch.tensor([0.0, 1.0, 3.0, 7.0], dtype=torch.float64)
VALUE = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64)


@pytest.fixture
def axes():
    return Figure().add_subplot()


class Tags(html.parser.HTMLParser):
    """Collects open tags and checks that each is closed in order."""

    VOID = ("meta", "img", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.seen.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_page_is_well_formed_and_escapes_what_it_is_given() -> None:
    evil = '<script>alert("x")</script> & more'
    page = Page(evil, evil)
    page.heading(evil)
    page.text(evil, "")
    page.points(evil, "")
    page.cards((evil, evil, "good"))
    page.table((evil, "n"), [(evil, "1.5"), (evil, "−2")], fold=evil)
    page.image(png(Figure(figsize=(1, 1)), dpi=20), evil)
    text = page.html(evil)
    tags = Tags(text)
    assert "script" not in tags.seen
    assert text.count("&lt;script&gt;") == 15
    assert tags.seen.count("li") == 1
    assert text.count('src="data:image/png;base64,') == 1


def test_columns_of_numbers_stand_right() -> None:
    page = Page("x")
    page.table(("word", "number"), [("a", "1.5"), ("b", "−2 ± 3 %"), ("c", "—")])
    assert page.html().count('class="number"') == 4


def test_a_staircase_has_two_corners_per_layer() -> None:
    z, v = staircase(DEPTH, VALUE, 10.0)
    assert z.tolist() == [0, 1, 1, 3, 3, 7, 7, 10]
    assert v.tolist() == [1, 1, 2, 2, 3, 3, 4, 4]
    z, v = staircase(DEPTH, VALUE, 2.0)  # cut within the second layer
    assert z.tolist() == [0, 1, 1, 2]
    assert v.tolist() == [1, 1, 2, 2]


def test_a_profile_and_its_band_are_drawn_depth_downwards(axes) -> None:
    (line,) = profile(axes, DEPTH, VALUE, bottom=10.0, label="vs")
    (band,) = profile_band(axes, DEPTH, VALUE, 0.1 * VALUE, bottom=10.0, number=2.0)
    assert axes.get_ylim() == (10.0, 0.0)
    assert line.get_xdata().tolist() == [1, 1, 2, 2, 3, 3, 4, 4]
    box = band.get_datalim(axes.transData)
    assert (box.x0, box.x1) == pytest.approx((0.8, 4.8))


def test_the_ratio_is_marked_where_the_prior_speaks(axes) -> None:
    ratio = torch.tensor([0.2, 0.5, 0.8, 0.9], dtype=torch.float64)
    *_, line, limit = uncertainty_ratio(axes, DEPTH, ratio, bottom=10.0, threshold=0.7)
    assert line.get_xdata().max() == 0.9
    assert list(limit.get_xdata()) == [0.7, 0.7]


def test_kernels_per_kilometre_integrate_to_the_layer_kernels() -> None:
    kernel = torch.tensor([[2.0, 6.0, -4.0, 5.0]], dtype=torch.float64)
    thickness = torch.tensor([1.0, 2.0, 4.0, 0.0], dtype=torch.float64)
    density = per_kilometre(kernel, thickness)
    assert density.tolist() == [[2.0, 3.0, -1.0, 0.0]]
    torch.testing.assert_close((density * thickness).sum(), kernel[:, :-1].sum())


def test_a_kernel_image_is_symmetric_about_zero_and_lines_are_the_nearest_periods(axes) -> None:
    periods = torch.tensor([10.0, 20.0, 40.0], dtype=torch.float64)
    kernel = torch.arange(12.0, dtype=torch.float64).reshape(3, 4) - 3
    kernel[2, 0] = math.nan
    (image,) = kernel_image(axes, periods, DEPTH, kernel, bottom=10.0)
    low, high = image.get_clim()
    assert low == -high
    assert image.get_array().shape == (4, 3)
    edges = image.get_coordinates()[0, :, 0]
    assert edges[1] == pytest.approx(200**0.5)  # halfway on the logarithmic axis
    zero, first, second = kernel_lines(axes, periods, DEPTH, kernel, bottom=10.0, wanted=(11.0, 39.0))
    assert [line.get_label() for line in (first, second)] == ["10 s", "40 s"]
    assert first.get_xdata()[0] == -3
    assert list(zero.get_xdata()) == [0, 0]


def test_a_fit_leaves_out_what_was_not_observed(axes) -> None:
    periods = torch.tensor([10.0, 20.0, 40.0], dtype=torch.float64)
    observed = torch.tensor([3.0, math.nan, 4.0], dtype=torch.float64)
    bars, line, prior = fit(axes, periods, observed, 0.1 * observed, observed + 1, prior=observed, label="R")
    assert bars.lines[0].get_xdata().tolist() == [10, 40]
    assert line.get_ydata()[0] == 4
    assert prior.get_ydata()[0] == 3
    assert axes.get_legend_handles_labels()[1] == ["R"]
    *_, points = residuals(axes, periods, observed)
    assert points.get_ydata().tolist() == [3, 4]


def test_shallow_depths_are_written_in_metres(axes) -> None:
    axes.set_ylabel("depth (km)")
    axes.set_xlabel("Vs (km/s)")
    plain_depths(axes, 0.05)
    assert axes.get_ylabel() == "depth (m)"
    assert axes.yaxis.get_major_formatter()(0.0125, 0) == "12.5"
    assert axes.get_xlabel() == "Vs (km/s)"


def test_a_style_ends_with_its_figure() -> None:
    from matplotlib import rcParams

    before = dict(rcParams)
    seen = {}

    @styled
    def draw() -> Figure:
        seen.update(rcParams)
        return new_figure(1.0, 1.0)

    draw()
    assert seen["axes.titleweight"] == STYLE["axes.titleweight"] != before["axes.titleweight"]
    assert dict(rcParams) == before
