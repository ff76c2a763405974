"""The page of an audit in a real browser: what a reader chooses is what is drawn and told, and nothing is fetched."""

import json
import re
from pathlib import Path

import audit_report_toys as toys
import numpy as np
import pytest
import torch
from browser import Seen, look

from seisgrad import audit
from seisgrad.report.audit.figures import figures
from seisgrad.report.audit.pack import STEPS, in_steps, pack
from seisgrad.report.audit.page import audit_page
from seisgrad.report.audit.words import DISPERSION


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sets = {"weak": toys.report()}
    path = tmp_path_factory.mktemp("page") / "audit.html"
    path.write_text(
        audit_page("net", sets, figures(sets, DISPERSION), DISPERSION).html("made by a test"),
        encoding="utf-8",
    )
    return path


def cells(seen: Seen) -> dict[str, list[str]]:
    """The numbers of the chosen kernel, by metric."""
    table = re.search(r'id="explorer-numbers".*?<tbody>(.*?)</tbody>', seen.dom, re.DOTALL)
    assert table is not None
    rows = re.findall(r"<tr><th>(.*?)</th>(.*?)</tr>", table[1])
    return {name: re.findall(r"<td[^>]*>(.*?)</td>", row) for name, row in rows}


def reach(seen: Seen, parameter: int, kind: str) -> float:
    """How far the drawn kernel reaches from the zero line, pixels; positive to the right."""
    panel = re.search(rf'id="explorer-kernel-{parameter}">(.*?)</svg>', seen.dom, re.DOTALL)
    assert panel is not None
    zero = float(re.search(r'<line x1="([\d.]+)"[^>]*class="zero"', panel[1])[1])  # type: ignore[index]
    path = re.search(rf'<path d="M([^"]*)" class="{kind}"', panel[1])
    assert path is not None
    x = np.array([float(point.split(",")[0]) for point in path[1].rstrip("Z").split("L")])
    return float(x[np.abs(x - zero).argmax()] - zero)


def test_nothing_is_fetched(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    places = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert places
    assert all(place.startswith("data:image/png;base64,") for place in places)
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|import\(|<link|<iframe", text)
    assert set(re.findall(r"https?://[^\s\"'<)]+", text)) == {
        "http://www.w3.org/2000/svg"
    }  # a name, not a place


def test_what_the_report_says_is_escaped_everywhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "Between </script>" not in text
    facts = re.search(r'id="explorer-facts">(.*?)</script>', text, re.DOTALL)
    assert facts is not None
    assert json.loads(facts[1])["groups"][0]["verdict"] == toys.report().verdict["rayleigh 5-10"]


def test_the_address_chooses_a_kernel(page: Path, tmp_path: Path) -> None:
    seen = look(page, tmp_path, fragment="model=4&branch=1&output=20")
    assert not seen.console
    assert 'data-ready="4 1 20"' in seen.dom
    assert seen.text("explorer-sentence") == "Love, 20 s: exact 3.4000, learned 3.4340 km/s (+1.000 %)."
    assert seen.text("explorer-verdict") == "Love 20–40: " + toys.report().verdict["love 20-40"]
    both = [kernel[4, 1, 2, 1, :-1] for kernel in (toys.pair().learned, toys.pair().reference)]
    assert cells(seen)["cosine"] == ["—", f"{float(audit.cosine(*both)):.4f}", "1.0000"]
    assert cells(seen)["relative L2 error"] == ["—", f"{float(audit.relative_l2(*both)):.4f}", "0.1000"]
    smoothed = [audit.smooth_and_normalise(kernel) for kernel in both]
    assert cells(seen)["cosine, smoothed and normalised"][1] == f"{float(audit.cosine(*smoothed)):.4f}"
    assert "no such kernel" in seen.text("explorer-kernel-0")


def test_the_lines_are_the_kernels(page: Path, tmp_path: Path) -> None:
    seen = look(page, tmp_path, fragment="model=0&branch=0&output=10&whole=1")
    for parameter, sign in ((0, 1.0), (1, 1.0), (2, -1.0)):
        learned, exact = (reach(seen, parameter, kind) for kind in ("learned", "exact"))
        assert sign * exact > 50.0
        assert learned / exact == pytest.approx(1.1, abs=0.005)


def test_the_published_view_hides_the_amplitude(page: Path, tmp_path: Path) -> None:
    seen = look(page, tmp_path, fragment="model=0&branch=0&output=10&published=1")
    assert reach(seen, 1, "learned") / reach(seen, 1, "exact") == pytest.approx(1.0, abs=0.005)


CHOOSE = """
const set = (name, value, event) => {
  const box = document.getElementById("explorer-" + name); box.value = value; box.dispatchEvent(new Event(event));
};
set("model", "4", "change");
document.querySelectorAll("input[name=explorer-branch]")[1].click();
set("output", "3", "input");
document.getElementById("explorer-published").click();
document.body.dataset.address = location.hash;
"""


def test_a_reader_chooses_and_the_address_follows(page: Path, tmp_path: Path) -> None:
    seen = look(page, tmp_path, fragment="model=1", act=CHOOSE)
    assert not seen.console
    assert 'data-ready="4 1 40"' in seen.dom
    assert 'data-address="#model=4&amp;branch=1&amp;output=40&amp;published=1"' in seen.dom
    assert seen.text("explorer-output-value") == "40 s"


def test_a_value_that_does_not_exist_is_told(page: Path, tmp_path: Path) -> None:
    seen = look(page, tmp_path, fragment="model=0&branch=1&output=40")
    assert seen.text("explorer-sentence") == "Love, 40 s: one of the two operators gives no value here."
    assert cells(seen)["cosine"] == ["—"] * 3
    assert not seen.console


@pytest.mark.parametrize("fragment", ["", "model=99&branch=-3&output=1000", "model=x&output=y&nonsense"])
def test_any_address_shows_some_kernel(page: Path, tmp_path: Path, fragment: str) -> None:
    seen = look(page, tmp_path, fragment=fragment)
    assert not seen.console
    assert re.search(r'data-ready="[0-4] [01] (5|10|20|40)"', seen.dom)


@pytest.mark.parametrize("width", [500, 1200])
def test_the_page_is_no_wider_than_the_window(page: Path, tmp_path: Path, width: int) -> None:
    act = "document.body.dataset.room = innerWidth - document.documentElement.scrollWidth;"
    seen = look(page, tmp_path, act=act, width=width)
    room = re.search(r'data-room="(-?\d+)"', seen.dom)
    assert room is not None
    assert int(room[1]) >= 0


def test_packed_arrays_stand_where_they_are_said_to_stand() -> None:
    import base64
    import zlib

    arrays = {
        "small": np.arange(6, dtype=np.int16).reshape(2, 3),
        "large": np.array([1.5, np.nan], dtype=np.float32),
    }
    places, text = pack(arrays)
    data = zlib.decompress(base64.b64decode(text))
    for name, array in arrays.items():
        place = places[name]
        back = np.frombuffer(data, str(place["kind"]), array.size, int(str(place["offset"])))
        np.testing.assert_array_equal(back.reshape(array.shape), array)
        assert int(str(place["offset"])) % array.itemsize == 0


def test_kernels_in_steps_are_exact_to_half_a_step() -> None:
    rows = torch.randn(5, 40, generator=torch.Generator().manual_seed(1), dtype=torch.float64).numpy()
    rows[1] *= 1e-9
    rows[2] = 0.0
    rows[3, 7] = np.nan
    steps, scale = in_steps(rows)
    back = steps * scale
    largest = np.abs(rows).max(-1, keepdims=True)
    there = [0, 1, 2, 4]
    assert (np.abs(back - rows)[there] <= 0.5001 * largest[there] / STEPS).all()
    assert np.isnan(back[3]).all()
