"""The learned acoustic operator: the laws of every operator, the waves it must keep, and what it refuses.

No data have taught the networks here: they are the convergent Born series, begun from the outgoing wave.
"""

import json
from collections.abc import Callable
from pathlib import Path

import acoustic_toys as toys
import pytest
import torch
from acoustic_toys import relative
from operator_suite import OperatorSuite
from torch import Tensor
from torch.testing import assert_close

from seisgrad import checks
from seisgrad.acoustic import Grid, Physics, Survey
from seisgrad.acoustic.surrogate import AcousticNet, card_of, load
from seisgrad.errors import InputError
from seisgrad.operator import Operator, vjp
from seisgrad.waves.places import as_complex

TINY = Grid((5, 6), 0.3)
GRID = Grid((16, 20), 0.2)
SOURCES = torch.tensor([[1.13, 1.47], [2.05, 0.93]], dtype=torch.float64)
SURVEY = Survey(SOURCES, GRID.nodes, torch.tensor([2.0, 5.0]))
FAR = torch.cdist(SURVEY.sources, SURVEY.receivers) > 0.5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toys.save(tmp_path_factory.mktemp("series") / "net")


def net(folder: Path, survey: Survey = SURVEY, grid: Grid = GRID, **settings) -> AcousticNet:
    return load(folder, grid, survey, **{"dtype": torch.float64, **settings})


def far_error(found: Tensor, expected: Tensor) -> list[float]:
    """Relative errors beyond half a kilometre from the source, by frequency."""
    a, b = as_complex(found), as_complex(expected)
    return [relative(a[:, i][FAR], b[:, i][FAR]) for i in range(a.shape[1])]


class TestAcousticNet(OperatorSuite):
    """With random weights, so that every part of the network has its say."""

    folder: Path

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        TestAcousticNet.folder = toys.save(tmp_path / "net", layers=2, noise=0.05)

    def operator(self) -> Operator:
        sources, receivers = torch.tensor([[0.7, 0.81]]), torch.tensor([[0.2, 0.2], [1.1, 1.37]])
        return net(self.folder, Survey(sources, receivers, torch.tensor([3.0, 5.0])), TINY)

    def point(self, generator: torch.Generator) -> Tensor:
        return toys.bumpy(TINY, int(torch.randint(1000, (1,), generator=generator)))


class TestWaves:
    """What is kept of the physics without any training."""

    def test_a_homogeneous_earth_has_the_analytic_greens_function(self, tmp_path: Path) -> None:
        survey = Survey(SOURCES, GRID.nodes, torch.tensor([5.0, 8.0]))
        one = net(toys.save(tmp_path / "one", layers=1), survey)
        found, expected = as_complex(one(toys.uniform(GRID))), toys.greens(survey)
        far = torch.cdist(survey.sources, survey.receivers) > 1.2  # two wavelengths of 5 Hz
        for i in range(2):
            assert relative(found[:, i][far], expected[:, i][far]) < 6e-3

    def test_the_series_converges_to_the_physics(self, tmp_path: Path, exact: Tensor) -> None:
        errors = []
        for layers in (1, 4, 12):
            op = net(toys.save(tmp_path / str(layers), layers=layers))
            errors.append(far_error(op(toys.bumpy(GRID, 1)), exact))
        for first, second, last in zip(*errors, strict=True):
            assert first > last
            assert second < 0.8 * first
            assert (
                last < 0.03
            )  # 1.5 % come back from the border, where the untrained series absorbs too little

    def test_scattering_from_density_alone(self, tmp_path: Path) -> None:
        """A first-order test: what a faint body of density adds to the wave is what it adds to the exact one."""
        faint = toys.uniform(GRID)
        faint[1, 7:9, 10:13] *= 1.02
        survey = Survey(SOURCES[:1], GRID.nodes, torch.tensor([4.0]))
        op, physics = net(toys.save(tmp_path / "net", layers=10), survey), physics_of(survey)
        ours, theirs = (as_complex(f(faint) - f(toys.uniform(GRID)))[0, 0] for f in (op, physics))
        middle = torch.tensor([[1.5, 2.2]], dtype=torch.float64)
        outside = (torch.cdist(middle, GRID.nodes)[0] > 0.6) & FAR[0]
        assert relative(ours[outside], theirs[outside]) < 0.1

    def test_reciprocity_is_kept_as_well_as_the_series_converges(self, tmp_path: Path) -> None:
        """It is not built in: the outgoing wave belongs to its source. Scattering restores it."""
        earth = toys.bumpy(GRID, 1, share=0.08)

        def error(layers: int) -> float:
            op = net(toys.save(tmp_path / str(layers), layers=layers))

            def response(source: Tensor, receiver: Tensor) -> Tensor:
                return net_at(op, source, receiver)(earth)

            return checks.reciprocity(response, SOURCES[:1], SOURCES[1:], tolerance=1.0).error

        assert error(12) < 0.01
        assert error(12) < error(1)

    def test_the_gradient_points_where_that_of_the_physics_does(self, tmp_path: Path, exact: Tensor) -> None:
        start = toys.uniform(GRID)
        op, physics = net(toys.save(tmp_path / "net", layers=10)), physics_of(SURVEY)
        weight = FAR[:, None, :, None]
        theirs = vjp(physics, start, (physics(start) - exact) * weight)
        ours = vjp(op, start, (op(start) - exact) * weight)
        for parameter in range(2):
            assert float(torch.cosine_similarity(*(g[parameter].flatten() for g in (ours, theirs)), 0)) > 0.95


class TestSymmetries:
    def test_scaling_velocity_and_frequency_together_changes_nothing(self, folder: Path) -> None:
        earth = toys.bumpy(GRID, 2)
        faster = earth * torch.tensor([1.7, 1.0], dtype=torch.float64)[:, None, None]
        scaled = Survey(SOURCES, GRID.nodes, 1.7 * SURVEY.frequencies)
        found = net(folder, scaled, reference=1.7 * toys.VELOCITY)(faster)
        assert relative(found, net(folder)(earth)) < 1e-10

    def test_scaling_lengths_and_frequency_changes_nothing(self, folder: Path) -> None:
        """In a field without rings closer than a wavelength asks: those have their least distance in km."""
        survey, small = (Survey(a * SOURCES, a * GRID.nodes, SURVEY.frequencies[1:] / a) for a in (1.0, 0.9))
        earth = toys.bumpy(GRID, 2)
        ours = net(folder, survey)(earth)
        theirs = net(folder, small, Grid(GRID.shape, 0.9 * GRID.spacing))(earth)
        assert relative(ours, theirs) < 5e-3

    def test_denser_everywhere_is_louder_everywhere(self, folder: Path) -> None:
        earth = toys.bumpy(GRID, 2)
        denser = earth * torch.tensor([1.0, 1.3], dtype=torch.float64)[:, None, None]
        assert relative(net(folder)(denser), 1.3 * net(folder)(earth)) < 1e-10

    @pytest.mark.parametrize("noise", [0.0, 0.05])
    def test_a_mirror_image_has_mirrored_waves(self, tmp_path: Path, noise: float) -> None:
        folder, earth = toys.save(tmp_path / "net", layers=3, noise=noise), toys.bumpy(GRID, 2)
        plain = as_complex(net(folder)(earth)).unflatten(-1, GRID.shape)
        for axis in (0, 1):
            places = SOURCES.clone()
            places[:, axis] = GRID.extent[axis] - places[:, axis]
            mirrored = net(folder, Survey(places, GRID.nodes, SURVEY.frequencies))(earth.flip(axis + 1))
            found = as_complex(mirrored).unflatten(-1, GRID.shape).flip(axis + 2)
            far = FAR.unflatten(-1, GRID.shape)[:, None].expand_as(found)
            assert relative(found[far], plain[far]) < 1e-7

    def test_a_turned_earth_has_turned_waves(self, folder: Path) -> None:
        earth = toys.bumpy(GRID, 2)
        turned = Grid(GRID.shape[::-1], GRID.spacing)
        found = net(folder, Survey(SOURCES.flip(1), turned.nodes, SURVEY.frequencies), turned)(earth.mT)
        plain = as_complex(net(folder)(earth)).unflatten(-1, GRID.shape)
        assert relative(as_complex(found).unflatten(-1, turned.shape).mT, plain) < 2e-3

    def test_a_moved_body_has_moved_waves(self, folder: Path) -> None:
        """By one node, which is no whole number of points of the lattice."""
        still, moved = toys.uniform(GRID), toys.uniform(GRID)
        still[0, 6:9, 8:11] *= 0.9
        moved[0, 6:9, 9:12] *= 0.9
        by = torch.tensor([0.0, GRID.spacing], dtype=torch.float64)
        spots = torch.cartesian_prod(torch.arange(0.4, 2.7, 0.3), torch.arange(0.3, 3.4, 0.3)).double()
        spots = spots[torch.cdist(spots, SOURCES[:1])[:, 0] > 0.5]
        one = net(folder, Survey(SOURCES[:1], spots, SURVEY.frequencies))(still)
        two = net(folder, Survey(SOURCES[:1] + by, spots + by, SURVEY.frequencies))(moved)
        assert relative(two, one) < 0.03


class TestResolution:
    def test_the_same_earth_on_a_finer_grid(self, folder: Path) -> None:
        earth = toys.bumpy(GRID, 3)
        places = GRID.nodes[::7]
        survey = Survey(SOURCES, places, SURVEY.frequencies)
        finer = net(folder, survey, GRID.finer(2))(toys.refined(earth, 2))
        assert relative(finer, net(folder, survey)(earth)) < 3e-3

    def test_receivers_between_nodes_read_the_same_field(self, folder: Path) -> None:
        earth = toys.bumpy(GRID, 3)
        nodes = net(folder)(earth)
        some = torch.tensor([5, 77, 230, 319])
        spots = GRID.nodes[some] + torch.tensor([1e-7, -1e-7], dtype=torch.float64) * (some < 319)[:, None]
        spots = spots.clamp(min=0.0)
        found = net(folder, Survey(SOURCES, spots, SURVEY.frequencies))(earth)
        assert relative(found, nodes[:, :, some]) < 1e-5
        fine = GRID.finer(2)
        halves = net(folder, Survey(SOURCES, fine.nodes, SURVEY.frequencies))(earth)
        on_nodes = halves.unflatten(2, fine.shape)[:, :, ::2, ::2].flatten(2, 3)
        assert relative(on_nodes, nodes) < 1e-10

    def test_single_precision_is_close_and_keeps_the_dtype_of_the_earth(self, folder: Path) -> None:
        earth, exact = toys.bumpy(GRID, 3), net(folder)(toys.bumpy(GRID, 3))
        fast = load(folder, GRID, SURVEY)
        assert fast(earth).dtype == torch.float64
        assert fast(earth.float()).dtype == torch.float32
        assert 0 < relative(fast(earth), exact) < 1e-4


class TestSurveys:
    def test_select_is_a_part_of_the_whole(self, folder: Path) -> None:
        whole, earth = net(folder), toys.bumpy(GRID, 4)
        part = whole.select(source=[1], frequency=[1])
        assert part.codomain.shape == (1, 1, 320, 2)
        assert_close(part(earth), whole(earth)[[1]][:, [1]], rtol=0.0, atol=1e-14)
        assert whole.codomain.shape == (2, 2, 320, 2)

    def test_sources_in_small_groups_are_the_same(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        earth, whole = toys.bumpy(GRID, 4), net(folder)(toys.bumpy(GRID, 4))
        monkeypatch.setattr("seisgrad.acoustic.surrogate._TOGETHER", 1)
        assert_close(net(folder)(earth), whole, rtol=0.0, atol=1e-14)

    def test_domain_and_codomain_are_those_of_the_physics(self, folder: Path) -> None:
        op, physics = net(folder), physics_of(SURVEY)
        assert op.domain.mismatch(physics.domain) is None
        assert op.codomain.mismatch(physics.codomain) is None


class TestRefusals:
    """Errors that name what is wrong."""

    def refused(self, match: str, what: Callable[[], object]) -> None:
        with pytest.raises(InputError, match=match):
            what()

    def test_earths(self, folder: Path) -> None:
        op, earth = net(folder), toys.uniform(GRID)
        for parameter, value, words in (
            (0, 0.0, r"velocity at node \(1, 2\) is 0 km/s, expected a positive value"),
            (0, -3.0, "velocity .* is -3 km/s"),
            (0, torch.nan, "velocity .* is nan"),
            (1, 0.0, r"density at node \(1, 2\) is 0 g/cm3"),
            (
                0,
                4.0,
                r"velocity over the reference .* is 1\.33333, expected 0\.742 to 1\.26, the range of training",
            ),
            (1, 4.0, "density over its mean .* outside='allow'"),
        ):
            broken = earth.clone()
            broken[parameter, 1, 2] = value
            self.refused(words, lambda x=broken: op(x))
            self.refused("of earth 2", lambda x=broken: op(torch.stack([earth, x])))

    def test_an_earth_outside_the_range_may_be_allowed(self, folder: Path) -> None:
        earth = toys.uniform(GRID)
        earth[0, 5:8, 5:8] = 4.0
        assert bool(net(folder, outside="allow")(earth).isfinite().all())
        earth[0, 5, 5] = 0.0
        self.refused("is 0 km/s", lambda: net(folder, outside="allow")(earth))

    def test_frequencies(self, folder: Path) -> None:
        high = Survey(SOURCES, GRID.nodes, torch.tensor([2.0, 40.0]))
        self.refused(
            r"40 Hz puts 45\.\d wavelengths across the grid, expected 1 to 20", lambda: net(folder, high)
        )
        low = Survey(SOURCES, GRID.nodes, torch.tensor([0.5]))
        self.refused(r"0\.5 Hz puts 0\.571 wavelengths", lambda: net(folder, low))
        assert net(folder, low, outside="allow")(toys.uniform(GRID)).isfinite().all()

    def test_places_and_surveys(self, folder: Path) -> None:
        outside, good, frequencies = (
            torch.tensor([[3.2, 0.4]]),
            torch.tensor([[1.0, 1.0]]),
            torch.tensor([4.0]),
        )
        self.refused("source 1 lies at z = 3.2", lambda: net(folder, Survey(outside, good, frequencies)))
        self.refused("receiver 1 lies at", lambda: net(folder, Survey(good, outside, frequencies)))
        self.refused("reference is 0", lambda: net(folder, reference=0.0))

    def test_another_device(self, folder: Path) -> None:
        earth = toys.uniform(GRID).to("meta")
        self.refused(
            "earth is on meta and the surrogate on cpu; move one of them", lambda: net(folder)(earth)
        )

    def test_names_and_weights_that_cannot_be_honoured(self, folder: Path, tmp_path: Path) -> None:
        self.refused("no surrogate 'nobody', expected one of", lambda: net("nobody"))  # type: ignore[arg-type]
        assert card_of(folder)["network"] == "series"
        copy = tmp_path / "copy"
        copy.mkdir()
        for file in folder.iterdir():
            (copy / file.name).write_bytes(file.read_bytes())
        card = json.loads((copy / "card.json").read_text())
        for change, words in (
            ({"system": "dispersion"}, "of system 'dispersion', expected 'series' of 'acoustic'"),
            ({"network": "oracle"}, "network 'oracle'"),
            ({"arguments": {"layers": 9, "knots": 4}}, "do not fit SeriesNet.*expected"),
        ):
            (copy / "card.json").write_text(json.dumps(card | change))
            self.refused(words, lambda: net(copy))


@pytest.fixture(scope="module")
def exact() -> Tensor:
    """Spectra of one random earth by the physics."""
    return physics_of(SURVEY)(toys.bumpy(GRID, 1))


def physics_of(survey: Survey) -> Physics:
    return Physics(GRID, survey, velocity=(2.4, 3.6), dtype=torch.float64)


def net_at(op: AcousticNet, source: Tensor, receiver: Tensor) -> AcousticNet:
    """The same network asked from one place to another."""
    other = op.select()
    other._ask(Survey(source, receiver, op.survey.frequencies))
    return other
