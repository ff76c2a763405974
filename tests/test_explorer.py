"""The explorer in a real browser: it is dragged, touched and typed at, and its numbers are those of Python."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from devtools import Browser
from marionette import Firefox
from numpy.typing import NDArray
from typer.testing import CliRunner

import seisgrad as sg
from seisgrad.cli.app import app
from seisgrad.dispersion import surrogate
from seisgrad.dispersion.modal.network import ModeNetwork
from seisgrad.dispersion.survey import Kind, Wave
from seisgrad.explorer import build, rounding
from seisgrad.explorer.settings import PRESETS, SETTINGS

READY = "document.documentElement && document.documentElement.dataset.ready"
PERIODS = [2.0, 6.0, 18.0, 55.0]
WAVES: tuple[Wave, ...] = ("rayleigh", "love")
KINDS: tuple[Kind, ...] = ("phase", "group")
RESULTS = Path(__file__).parent.parent / "experiments" / "kernels" / "results" / "audits.csv"
Numbers = NDArray[np.float64]
Profile = tuple[list[float], list[float], float]
"""Tops (km), vs (km/s) and vp/vs."""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "explorer.html"
    done = CliRunner().invoke(app, ["explorer", "--out", str(path), "--quiet"])
    assert done.exit_code == 0, done.output
    return path


@pytest.fixture(scope="module")
def desk(page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(page, tmp_path_factory.mktemp("desk")) as browser:
        browser.wait(READY)
        yield browser


@pytest.fixture(scope="module")
def phone(page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(page, tmp_path_factory.mktemp("phone"), width=390, height=1500, scheme="dark") as browser:
        browser.wait(READY)
        yield browser


@pytest.fixture(scope="module")
def firefox(page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    with Firefox(page, tmp_path_factory.mktemp("firefox")) as browser:
        browser.wait(READY)
        yield browser


def settle(browser: Browser | Firefox, do: Any) -> None:
    """Act, and wait until the page has the whole answer to the last change."""
    before = browser.ask(READY)
    do()
    browser.wait(f"{READY} && {READY} !== {before!r}")


def handle(browser: Browser | Firefox, layer: int) -> tuple[float, float]:
    """Where on the screen the handle of a layer is."""
    box = f"document.querySelector('[data-layer=\"{layer}\"] .dot').getBoundingClientRect()"
    x, y = browser.ask(f"[{box}.x + {box}.width / 2, {box}.y + {box}.height / 2]")
    return x, y


def drawn(browser: Browser | Firefox, name: str) -> str:
    """The path of a drawn line."""
    return browser.ask(f"document.querySelector('{name}').getAttribute('d')")


def model_of(tops: list[float], vs: list[float], ratio: float) -> sg.LayeredModel:
    """What the page makes of a profile, by Python's own relations."""
    shear = torch.tensor(vs, dtype=torch.float64)
    vp = ratio * shear
    rho = sg.earth.scaling.density_from_vp(vp.clamp(1.5, 8.5))
    top = torch.tensor(tops, dtype=torch.float64)
    return sg.LayeredModel(torch.cat([top.diff(), top.new_zeros(1)]), vp, shear, rho)


BRANCHES = tuple(sg.dispersion.Branch(wave, kind) for wave in WAVES for kind in KINDS)


def net_of(model: sg.LayeredModel, branches: tuple[sg.dispersion.Branch, ...]) -> sg.dispersion.DispersionNet:
    """The shipped surrogate on the layers of a model, at the periods of these tests."""
    survey = sg.dispersion.Survey(branches, torch.tensor(PERIODS, dtype=torch.float64))
    return sg.dispersion.load("default", survey, model.depth)


def array(values: Any) -> Numbers:
    """Numbers of the page; what does not exist comes as None."""
    return np.array(values, dtype=np.float64)


def farthest(found: Numbers, expected: Numbers) -> float:
    """Largest difference over the largest number expected of each row."""
    size = np.abs(expected).max(-1, keepdims=True)
    return float((np.abs(found - expected) / np.where(size > 0, size, 1.0)).max())


ALL = """(() => {
  const earth = Earth.layered(%s, %s, %s), periods = %s, out = {};
  for (const wave of ["rayleigh", "love"]) {
    const network = Network.of(App.tensors, App.facts.arguments, wave);
    const plain = (one) => ["phase", "group"].map((kind) => one[kind].map((row) => Array.from(row)));
    out[wave] = {
      exact: Exact.curves(earth, wave, periods),
      learned: Learned.curves(network, earth, periods, App.facts.doubt_factor),
      exactKernels: periods.map((period) => plain(Exact.kernels(earth, wave, period))),
      learnedKernels: periods.map((period) => plain(Learned.kernels(network, earth, period))),
    };
  }
  return out;
})()"""


def earths() -> Iterator[tuple[str, Profile]]:
    """Those that the page begins with, and some that were dragged, whose half-space traps every mode."""
    for preset in PRESETS:
        yield preset["name"], (preset["tops"], preset["vs"], preset["ratio"])
    for number, (tops, x) in enumerate(rounding.dragged(seed=10, depths=1, earths=1)):
        vp, vs, _ = x[0]
        if vs[-1] == vs.max():
            yield f"dragged {number}", (tops.tolist(), vs.tolist(), float(vp[0] / vs[0]))


def check_numbers(browser: Browser | Firefox, earth: Profile) -> None:
    """What the page calculates is what Python does, velocities and kernels of both operators."""
    found = browser.ask(ALL % (*earth, PERIODS))
    model = model_of(*earth)
    net, x = net_of(model, BRANCHES), model.stack()
    values, rows = net(x).numpy(), sg.jacobian(net, x).numpy()
    for i, branch in enumerate(BRANCHES):
        here, kind, k = found[branch.wave], branch.kind, KINDS.index(branch.kind)
        exact = sg.dispersion.kernels(model, PERIODS, wave=branch.wave, kind=kind)
        truth = torch.stack([exact.vp, exact.vs, exact.rho], 1).numpy()
        np.testing.assert_allclose(array(here["exact"][kind]), exact.velocity.numpy(), rtol=1e-9)
        assert farthest(array([at[k] for at in here["exactKernels"]]), truth) < 1e-7
        np.testing.assert_allclose(array(here["learned"][kind]), values[i], rtol=1e-5)
        assert farthest(array([at[k] for at in here["learnedKernels"]]), rows[i]) < 1e-4
    expected = net_of(model, BRANCHES[::2]).uncertainty(x).numpy()
    for i, wave in enumerate(WAVES):
        np.testing.assert_allclose(array(found[wave]["learned"]["expected"]), expected[i], rtol=1e-3)


@pytest.mark.parametrize("earth", [pytest.param(earth, id=name) for name, earth in earths()])
def test_the_numbers_are_those_of_python(desk: Browser, earth: Profile) -> None:
    check_numbers(desk, earth)


COUNTS = """[%s, %s * (1 - 1e-12)].map((c) => %s.map((period) =>
  Love.secular({ h: [%s, 0], ib2: [%s, %s], mu: [36.3, 66.8] }, 2 * Math.PI / period, c).count))"""


@pytest.mark.parametrize(("shear", "thickness"), [((3.6, 4.5), 30.0), ((2.4, 3.0), 10.0)])
def test_love_modes_are_counted_where_round_numbers_put_a_node_on_an_interface(
    desk: Browser, shear: tuple[float, float], thickness: float
) -> None:
    # at the half-space's velocity the phase in the layer is a multiple of pi, and its sine rounds to zero
    slow, fast = shear
    periods = [0.25 * number for number in range(1, 41)]
    at, below = desk.ask(COUNTS % (fast, fast, periods, thickness, slow**-2, fast**-2))
    assert at == below
    assert max(at) > 3


def test_firefox_calculates_and_drags_too(firefox: Firefox) -> None:
    check_numbers(firefox, next(earths())[1])
    for kind in ("mouse", "touch"):
        before = firefox.ask("App.model.vs[3]"), drawn(firefox, '[data-curve="love phase"]')
        x, y = handle(firefox, 3)
        settle(firefox, lambda x=x, y=y, kind=kind: firefox.drag((x, y), (x - 30.0, y + 9.0), kind=kind))
        assert firefox.ask("App.model.vs[3]") < before[0] - 0.5
        assert drawn(firefox, '[data-curve="love phase"]') != before[1]
    assert not firefox.complaints


def test_exact_velocities_of_random_earths_are_those_of_python(desk: Browser) -> None:
    generator = np.random.default_rng(10)
    for _ in range(15):
        tops = np.r_[0.0, np.sort(generator.uniform(0.0, 1.0, 7)) ** 2 * 110.0 + 0.2 * np.arange(1, 8)]
        vs = np.clip(generator.uniform(0.3, 3.2, 8) + 2.4 * np.arange(8) / 7, *SETTINGS["vs"])
        earth = tops.tolist(), vs.tolist(), float(generator.uniform(1.6, 2.1))
        text = "Earth.layered({}, {}, {})".format(*earth)
        for wave in WAVES:
            found = desk.ask(f"Exact.curves({text}, '{wave}', {PERIODS})")
            for kind in KINDS:
                truth = sg.dispersion.velocity(model_of(*earth), PERIODS, wave=wave, kind=kind).numpy()
                np.testing.assert_allclose(array(found[kind]), truth, rtol=1e-8)


def test_a_browser_that_cannot_unpack_shows_the_exact_answer(page: Path, tmp_path: Path) -> None:
    copy = tmp_path / "old.html"
    text = page.read_text(encoding="utf-8")
    copy.write_text(
        text.replace("<body>", "<body><script>delete globalThis.DecompressionStream;</script>"), "utf-8"
    )
    with Browser(copy, tmp_path) as browser:
        browser.wait("document.querySelector('[data-curve=\"love phase\"]') !== null")
        assert not browser.ask("document.getElementById('old').hidden")
        assert browser.ask("document.querySelectorAll('[data-signs]').length") == 0
        assert not browser.complaints


def test_nothing_is_fetched_and_nothing_complains(page: Path, desk: Browser) -> None:
    assert [place for place in desk.requests if not place.startswith("blob:null/")] == [page.as_uri()]
    assert not desk.complaints
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"@import|url\(|\bfetch\(|XMLHttpRequest|import\(|<iframe|<img|src=", text)
    assert set(re.findall(r"https?://[^\s\"'<)]+", text)) == {"http://www.w3.org/2000/svg"}
    assert page.stat().st_size < 8.6e6


def test_a_drag_moves_earth_curves_and_kernels(desk: Browser) -> None:
    names = [f'[data-curve="{wave} {kind}"]' for wave in WAVES for kind in KINDS]
    names += [f'[data-signs="{wave} {kind}"]' for wave in WAVES for kind in KINDS]
    names += [f'[data-kernel="{wave} {look}"]' for wave in WAVES for look in ("line", "sign")]
    before = {name: drawn(desk, name) for name in names}
    model = desk.ask("App.model")
    x, y = handle(desk, 3)

    def held() -> None:  # with the button still down
        changed = " && ".join(
            f"document.querySelector('{name}').getAttribute('d') !== {before[name]!r}" for name in names
        )
        desk.wait(changed)

    settle(desk, lambda: desk.drag((x, y), (x - 30.0, y + 18.0), meanwhile=held))
    now = desk.ask("App.model")
    assert now["vs"][3] < model["vs"][3] - 0.3
    assert now["tops"][3] > model["tops"][3] + 1.0
    assert now["tops"][:3] + now["tops"][4:] == model["tops"][:3] + model["tops"][4:]
    assert handle(desk, 3) == pytest.approx((x - 30.0, y + 18.0), abs=0.6)
    # what is shown belongs to the earth as it is now
    dragged = model_of(now["tops"], now["vs"], now["ratio"])
    for wave in WAVES:
        shown = desk.ask(
            f"[App.exact.{wave}, App.learned.{wave}].map((one) => [one.periods, one.curves.phase])"
        )
        for periods, phase in shown:
            truth = sg.dispersion.velocity(dragged, periods, wave=wave).numpy()
            np.testing.assert_allclose(array(phase), truth, rtol=5e-3)
        np.testing.assert_allclose(
            array(shown[0][1]), sg.dispersion.velocity(dragged, shown[0][0], wave=wave), rtol=1e-9
        )


def test_a_handle_stops_at_its_neighbours(desk: Browser) -> None:
    x, y = handle(desk, 2)
    settle(desk, lambda: desk.drag((x, y), (x, y - 200.0)))
    tops = desk.ask("App.model.tops")
    assert tops[2] == pytest.approx(tops[1] + SETTINGS["gap"][0] + SETTINGS["gap"][1] * tops[1])
    x, y = handle(desk, 0)
    settle(desk, lambda: desk.drag((x, y), (x - 900.0, y + 50.0)))
    assert desk.ask("[App.model.vs[0], App.model.tops[0]]") == [SETTINGS["vs"][0], 0.0]


def test_the_keyboard_does_what_a_drag_does(desk: Browser) -> None:
    settle(desk, lambda: desk.ask("document.getElementById('reset').click()"))
    desk.ask("document.getElementById('period').focus()")
    desk.key("Tab")
    active = "document.activeElement"
    assert desk.ask(f"{active}.getAttribute('role')") == "slider"
    desk.key("Tab")
    assert desk.ask(f"{active}.dataset.layer") == "1"
    told = desk.ask("document.getElementById('live').textContent")
    top = desk.ask("App.model.tops[1]")
    settle(desk, lambda: [desk.key("ArrowRight"), desk.key("ArrowLeft", shift=True), desk.key("ArrowDown")])
    vs = PRESETS[0]["vs"][1] + 0.02 - 0.1
    assert desk.ask("App.model.vs[1]") == pytest.approx(vs)
    assert desk.ask("App.model.tops[1]") > top
    assert desk.ask(f"{active}.getAttribute('aria-valuetext')").startswith(
        f"Layer 2, vs {vs:.2f} km/s, top at 1.0"
    )
    now = desk.ask("document.getElementById('live').textContent")
    assert now != told
    assert re.fullmatch(
        r"phase velocity at 20.0 s. Rayleigh: exact 3.\d{3}, surrogate 3.\d{3} km/s. Love: exact .*", now
    )
    assert desk.ask(f"{active}.dataset.layer") == "1"


def test_a_press_in_the_plot_chooses_a_period(desk: Browser) -> None:
    x, y = desk.ask("(() => { const b = document.getElementById('curves').getBoundingClientRect();"
                    " return [b.x + 0.4 * b.width, b.y + 0.5 * b.height]; })()")  # fmt: skip
    settle(desk, lambda: desk.drag((x, y), (x + 5.0, y)))
    period = desk.ask("App.chosen.period")
    assert 5.0 < period < 10.0
    assert desk.ask("document.getElementById('period-value').textContent") == f"{period:.1f} s"
    assert desk.ask("document.getElementById('others').textContent").startswith("Rayleigh, 5–10 s")


def test_what_the_audit_found_is_told(desk: Browser) -> None:
    settle(desk, lambda: desk.ask("document.getElementById('reset').click()"))
    card = surrogate.card_of("default")
    for preset, kind in ((0, "tectonic"), (2, "lvz"), (3, "weak")):
        box = "document.getElementById('preset')"
        choose = f"{box}.value = '{preset}'; {box}.dispatchEvent(new Event('change'))"
        settle(desk, lambda choose=choose: desk.ask(choose))
        assert f"“{kind}”" in desk.ask("document.getElementById('kind').textContent")
        bands = next(one for one in card["errors"] if one["prior"] == kind)["bands"]
        band = next(one for one in bands if one["band"] == "rayleigh 5-10")
        row = desk.ask("document.querySelector('#others tr').textContent")
        assert row.endswith(
            f"{band['mape_percent']:.3f} %{band['raw_cosine_vs']:.4f}{100 * band['relative_l2_vs']:.1f} %"
        )
    words = desk.ask("document.getElementById('words').textContent")
    assert "The physics is in the kernels of vs." in words
    assert "An inversion can take its steps from the learned derivative." in words


def test_an_earth_outside_training_is_refused_as_in_python(desk: Browser) -> None:
    earth = [0.0, 1.0, 4.0, 10.0, 20.0, 36.0, 60.0, 95.0], [5.5, 0.3, 5.5, 0.5, 5.5, 0.6, 5.5, 5.5], 1.6
    model = model_of(*earth)
    with pytest.raises(sg.errors.InputError, match="standard deviations outside"):
        net_of(model, BRANCHES)(model.stack())
    assert desk.ask("document.getElementById('refusal').hidden")
    tops, vs, ratio = earth
    change = f"Object.assign(App.model, {{tops: {tops}, vs: {vs}, ratio: {ratio}}});"
    nudge = "document.getElementById('ratio').dispatchEvent(new Event('input'))"
    settle(desk, lambda: desk.ask(f"{change} document.getElementById('ratio').value = '1.6'; {nudge}"))
    assert not desk.ask("document.getElementById('refusal').hidden")
    assert "Outside what the surrogate was trained on" in desk.ask(
        "document.getElementById('refusal').textContent"
    )
    assert "NaN" not in desk.ask("document.body.innerText")
    assert not desk.complaints


def test_a_finger_on_a_phone(phone: Browser) -> None:
    assert phone.ask("document.documentElement.scrollWidth") == 390
    reach = phone.ask("document.querySelector('[data-layer=\"4\"] .reach').getBoundingClientRect().width")
    assert reach >= 44
    assert phone.ask("getComputedStyle(document.querySelector('.handle')).touchAction") == "none"
    x, y = handle(phone, 4)
    before = phone.ask("App.model.vs[4]"), drawn(phone, '[data-curve="love phase"]')
    settle(phone, lambda: phone.touch([(x, y), (x - 8, y), (x - 16, y + 2), (x - 24, y + 4)]))
    assert phone.ask("App.model.vs[4]") < before[0] - 0.5
    assert drawn(phone, '[data-curve="love phase"]') != before[1]
    assert not phone.complaints


def test_the_narrowest_phone_need_not_scroll_sideways(page: Path, tmp_path: Path) -> None:
    with Browser(page, tmp_path, width=320, height=700) as browser:
        browser.wait(READY)
        assert browser.ask("document.documentElement.scrollWidth") == 320


def test_lines_differ_in_more_than_colour(desk: Browser, phone: Browser) -> None:
    style = "getComputedStyle(document.querySelector('[data-curve=\"%s %s\"]')).%s"
    dashes = {desk.ask(style % (wave, kind, "strokeDasharray")) for wave in WAVES for kind in KINDS}
    assert len(dashes) == 4
    for wave in WAVES:
        light, dark = (browser.ask(style % (wave, "phase", "stroke")) for browser in (desk, phone))
        assert light != dark
        # readable on their ground: W3C's contrast of at least 3 for graphics
        assert contrast(light, desk.ask("getComputedStyle(document.body).backgroundColor")) > 4.0
        assert contrast(dark, phone.ask("getComputedStyle(document.body).backgroundColor")) > 4.0


def contrast(one: str, other: str) -> float:
    """Ratio of relative luminances of two colours, as WCAG 2 defines it."""
    shades = []
    for colour in (one, other):
        part = np.array([int(v) for v in re.findall(r"\d+", colour)[:3]]) / 255.0
        linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
        shades.append(float(linear @ [0.2126, 0.7152, 0.0722]) + 0.05)
    return max(shades) / min(shades)


def test_the_figures_of_the_audit_are_the_committed_ones() -> None:
    if not RESULTS.is_file():
        pytest.skip("the experiments are not part of this distribution")
    with open(RESULTS, newline="") as file:
        committed = [row for row in csv.DictReader(file) if row["operator"] == "default"]
    carried = build.audited("default")
    assert len(carried) == len(committed)
    for mine, theirs in zip(carried, committed, strict=True):
        assert all(mine[key] == theirs[key] for key in ("models", "quantity", "parameter", "group"))
        assert mine["mean"] == (float(theirs["mean"]) if theirs["mean"] else None)


def test_rounded_weights_make_up_for_each_other() -> None:
    network = surrogate.load("default").network
    assert isinstance(network, ModeNetwork)
    layers = dict(network.named_modules())
    known, fresh = (rounding.input_moments(network, (2.0, 60.0), seed) for seed in (0, 1))
    for name in ("shapes.love.core.into", "scouts.rayleigh.core.blocks.0.back", "shapes.rayleigh.core.out"):
        matrix = layers[name].get_parameter("weight").double()
        folded, step = rounding.rounded(matrix, known[name], rounding.STEP)
        whole = (folded >> 1).astype(np.int64) ^ -(folded & 1).astype(np.int64)
        size = matrix.square().mean(1, keepdim=True).sqrt()
        np.testing.assert_allclose(step[:, None], rounding.STEP * size, rtol=1e-5)
        width = torch.tensor(step)[:, None].double()
        plain = torch.round(matrix / width) * width - matrix
        mindful = torch.tensor(whole) * width - matrix
        # mean square of what a layer's answers are off by, on earths that were not looked at
        costs = [float(torch.einsum("oi,ij,oj->", off, fresh[name], off)) for off in (plain, mindful)]
        assert costs[1] < 0.2 * costs[0]
