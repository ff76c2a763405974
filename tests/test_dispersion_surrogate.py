"""The learned operator: the laws of every operator, the physics it must keep, and what it refuses."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import surrogate_toys as toys
import torch
from operator_suite import OperatorSuite
from torch import Tensor

import seisgrad as sg
from seisgrad.dispersion import Branch, DispersionNet, Physics, Survey
from seisgrad.dispersion.prior import DEPTH, prior
from seisgrad.errors import InputError
from seisgrad.operator import Operator

BOTH = (Branch("rayleigh"), Branch("love"))
FOUR = torch.tensor([3.0, 8.0, 20.5, 55.0], dtype=torch.float64)


def smooth_earth(generator: torch.Generator) -> Tensor:
    """A crust over a mantle on six layers, a few percent random."""
    change = 1.0 + 0.03 * torch.randn(3, 6, generator=generator, dtype=torch.float64)
    vs = torch.tensor([2.6, 3.3, 3.6, 3.9, 4.4, 4.7], dtype=torch.float64)
    return torch.stack([1.76 * vs, vs, 1.7 * (1.76 * vs) ** 0.25]) * change


COARSE = torch.tensor([0.0, 2.0, 8.0, 20.0, 35.0, 110.0], dtype=torch.float64)


def earths(number: int, seed: int = 77) -> Tensor:
    return prior("tectonic").draw(number, seed=seed, split="test").model.stack()


class TestDefault(OperatorSuite):
    """The shipped surrogate on a grid of somebody's own."""

    tolerance = 1e-4  # single precision inside

    def operator(self) -> Operator:
        return sg.dispersion.load("default", Survey((*BOTH, Branch("rayleigh", "group")), FOUR), COARSE)

    def point(self, generator: torch.Generator) -> Tensor:
        return smooth_earth(generator)

    def test_taylor(self, op: Operator, points: Tensor) -> None:
        """The derivative is the physics' at the network's eigenfunctions: close to that of the value, not the same."""
        x = points[0, 0]
        for i in range(3):
            dx = torch.randn(x.shape, generator=torch.Generator().manual_seed(i), dtype=x.dtype) * x * 0.01
            quotient = 0.5 * (op(x + dx) - op(x - dx))[:2]
            derivative = sg.jvp(op, x, dx)[:2]
            assert float((quotient - derivative).norm() / quotient.norm()) < 0.1


class TestCurves(OperatorSuite):
    """A network of curves, untrained: its derivative is that of its value."""

    tolerance = 2e-4
    accuracy = 1e-6
    step = 3e-2
    folder: Path

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        TestCurves.folder = toys.plain(tmp_path / "plain")

    def operator(self) -> Operator:
        return sg.dispersion.load(self.folder, Survey(BOTH, torch.tensor([3.0, 20.5]).double()), DEPTH[::8])

    def point(self, generator: torch.Generator) -> Tensor:
        vs = torch.linspace(1.8, 4.7, 32, dtype=torch.float64)
        change = 1.0 + 0.03 * torch.randn(3, 32, generator=generator, dtype=torch.float64)
        return torch.stack([1.76 * vs, vs, 1.7 * (1.76 * vs) ** 0.25]) * change


@pytest.fixture(scope="module")
def default() -> DispersionNet:
    return sg.dispersion.load("default")


class TestPhysics:
    """What the shipped surrogate keeps of the physics."""

    def test_velocity_and_kernels_of_unseen_earths(self, default: DispersionNet) -> None:
        x = earths(4)
        exact = Physics(default.survey, DEPTH)
        velocity, rows = sg.operator.linearise(default, x)
        true, kernels = sg.operator.linearise(exact, x)
        there = true.isfinite() & velocity.isfinite()
        assert there.double().mean() > 0.95
        assert float(((velocity - true).abs() / true)[there].mean()) < 1e-3
        a, b = rows[..., 1, :220][there], kernels[..., 1, :220][there]
        assert float(torch.cosine_similarity(a, b, dim=-1).mean()) > 0.995

    def test_the_same_earth_on_another_grid(self) -> None:
        survey = Survey(BOTH, FOUR)
        coarse = smooth_earth(torch.Generator().manual_seed(1))
        which = torch.searchsorted(COARSE, DEPTH, right=True) - 1
        on_coarse = sg.dispersion.load("default", survey, COARSE)(coarse)
        on_fine = sg.dispersion.load("default", survey, DEPTH)(coarse[:, which])
        assert torch.allclose(on_coarse, on_fine, rtol=1e-4)

    def test_scaling_laws(self) -> None:
        periods, slower = FOUR[1:3], torch.tensor([0.25, 0.25, 1.1], dtype=torch.float64)[:, None]
        x = smooth_earth(torch.Generator().manual_seed(2))
        plain = sg.dispersion.load("default", Survey(BOTH, periods), COARSE)(x)
        scaled = sg.dispersion.load("default", Survey(BOTH, 2.0 * periods), 0.5 * COARSE)(x * slower)
        assert torch.allclose(4.0 * scaled, plain, rtol=1e-4)

    def test_group_velocity_and_spherical_earth(self) -> None:
        branches = (*BOTH, Branch("rayleigh", "group"), Branch("love", "group"))
        survey = Survey(branches, torch.tensor([6.0, 20.0, 40.0]).double(), "spherical")
        x = earths(3, seed=5)
        found, true = sg.dispersion.load("default", survey)(x), Physics(survey, DEPTH)(x)
        off = ((found - true) / true).abs()
        assert float(off[:, :2].nanmean()) < 2e-3
        assert float(off[:, 2:].nanmean()) < 1e-2

    def test_a_mode_that_is_not_trapped_is_nan_with_a_silent_gradient(self, default: DispersionNet) -> None:
        x = earths(1)[0]
        x[:2, -1] *= 0.72  # a half-space slower than the lid: long Love waves leak
        x.requires_grad_()
        velocity = sg.dispersion.load("default", outside="nan")(x)
        exact = Physics(default.survey, DEPTH)(x.detach())
        assert velocity.isnan().any()
        assert (velocity.isnan() == exact.isnan()).double().mean() > 0.9
        (gradient,) = torch.autograd.grad(velocity.nansum(), x)
        assert gradient.isfinite().all()

    def test_a_missing_group_velocity_is_silent_too(self) -> None:
        depth = torch.tensor([0.0, 20.0, 40.0], dtype=torch.float64)
        x = torch.tensor([[6.0, 8.1, 5.95], [3.5, 4.6, 3.4], [2.7, 3.3, 2.9]], dtype=torch.float64)
        survey = Survey(
            (Branch("rayleigh"), Branch("rayleigh", "group")), torch.arange(2.0, 61.0, 6.0).double()
        )
        net = sg.dispersion.load("default", survey, depth, outside="nan")
        velocity, rows = sg.operator.linearise(net, x)
        assert velocity.isnan().any(-1).all()
        assert torch.equal(rows.isfinite().all(-1).all(-1), velocity.isfinite())
        assert sg.vjp(net, x, torch.ones_like(velocity)).isfinite().all()

    def test_an_empty_batch_gives_an_empty_answer(self, default: DispersionNet, tmp_path: Path) -> None:
        for net in (default, sg.dispersion.load(toys.plain(tmp_path / "plain"))):
            assert net(earths(1)[:0]).shape == (0, 2, 59)
            assert sg.jacobian(net, earths(1)[:0]).shape == (0, 2, 59, 3, 256)
        assert default.uncertainty(earths(1)[:0]).shape == (0, 2, 59)

    def test_the_expected_error_is_missing_where_the_velocity_is(self, default: DispersionNet) -> None:
        x = earths(1)
        x[:, :2, -1] *= 0.72
        net = sg.dispersion.load("default", outside="nan")
        assert net(x).isnan().any()
        assert torch.equal(net(x).isnan(), net.uncertainty(x).isnan())
        x[:, 1, 3] *= -1.0
        with pytest.raises(InputError, match="vs"):
            default.uncertainty(x)

    def test_the_expected_error_is_of_the_right_size(self, default: DispersionNet) -> None:
        x = earths(8, seed=9)
        error = (default(x) - Physics(default.survey, DEPTH)(x)).abs()
        expected = default.uncertainty(x) / math.sqrt(2.0)
        there = error.isfinite() & expected.isfinite()
        assert expected.shape == error.shape
        assert 0.3 < float(error[there].mean() / expected[there].mean()) < 3.0


class TestRefusals:
    """Errors that name what is wrong."""

    def refused(self, match: str, what: Callable[[], object]) -> None:
        with pytest.raises(InputError, match=match):
            what()

    def test_names_and_surveys(self, tmp_path: Path) -> None:
        load = sg.dispersion.load
        self.refused("no surrogate 'nobody', expected one of .*default", lambda: load("nobody"))
        self.refused("period 1 s is outside the band of the surrogate, 2 to 60 s", lambda: load(
            "default", Survey(BOTH, torch.tensor([1.0, 5.0]).double())))  # fmt: skip
        self.refused(
            "does not know rayleigh phase 1", lambda: load("default", Survey((Branch(mode=1),), FOUR))
        )
        self.refused("depth starts at 5 km", lambda: load("default", depth=[5.0, 10.0, 20.0]))
        self.refused(
            "layers end at 20 km", lambda: load(toys.plain(tmp_path / "plain"), depth=[0.0, 10.0, 20.0])
        )

    def test_earths(self, default: DispersionNet) -> None:
        x = earths(2)
        self.refused("expected \\(\\.\\.\\., 3, 256\\)", lambda: default(x[..., :200]))
        broken = x.clone()
        broken[1, 1, 7] = math.nan
        self.refused("nan", lambda: default(broken))
        wet = x.clone()
        wet[0, 1, :3] = 0.0
        wet[0, 0, :3] = 1.5
        self.refused(r"model \[0\], layer 1 is water", lambda: default(wet))

    def test_an_earth_outside_the_range_is_said_or_left_out(self) -> None:
        x = earths(2)
        x[1, 0] *= 2.0  # vp/vs above 3: no prior has that
        self.refused(
            r"model \[1\] .* outside what the surrogate was trained on",
            lambda: sg.dispersion.load("default")(x),
        )
        left_out = sg.dispersion.load("default", outside="nan")(x)
        assert left_out[1].isnan().any()
        assert left_out[0].isfinite().double().mean() > 0.9

    def test_curves_outside_the_range(self, tmp_path: Path) -> None:
        folder = toys.plain(tmp_path / "plain")
        x = earths(2)
        x[1, 2] *= 2.5
        self.refused(r"model \[1\] is .* standard deviations", lambda: sg.dispersion.load(folder)(x))
        assert sg.dispersion.load(folder, outside="nan")(x)[1].isnan().all()

    def test_weights_that_cannot_be_honoured(self, tmp_path: Path) -> None:
        folder = toys.save(tmp_path / "modes", toys.SMALL)
        assert sg.dispersion.load(folder, outside="nan")(earths(1)).shape == (1, 2, 59)
        card = json.loads((folder / "card.json").read_text())
        (folder / "card.json").write_text(
            json.dumps(card | {"arguments": {**card["arguments"], "width": 32}})
        )
        self.refused("shapes.*expected", lambda: sg.dispersion.load(folder))
        (folder / "card.json").write_text(json.dumps(card | {"network": "oracle"}))
        self.refused("no network 'oracle'", lambda: sg.dispersion.load(folder))
        layout = {name: values for name, values in card["layout"].items() if name != "depth"}
        (folder / "card.json").write_text(json.dumps(card | {"layout": layout}))
        self.refused("the layout's depth is None", lambda: sg.dispersion.load(folder))
        (folder / "card.json").write_text(json.dumps(card | {"arguments": {"width": -1}}))
        self.refused("width is -1, expected a positive number", lambda: sg.dispersion.load(folder))
        (folder / "card.json").write_text(json.dumps(card))
        whole = (folder / "weights.safetensors").read_bytes()
        (folder / "weights.safetensors").write_bytes(whole[:-100])
        self.refused("weights.safetensors", lambda: sg.dispersion.load(folder))
        edited = bytearray(whole)
        edited[-9] ^= 1
        (folder / "weights.safetensors").write_bytes(bytes(edited))
        self.refused("weights.safetensors", lambda: sg.dispersion.load(folder))

    def test_expected_errors_are_not_there_for_every_network(self, tmp_path: Path) -> None:
        net = sg.dispersion.load(toys.plain(tmp_path / "plain"))
        self.refused("networks of modes", lambda: net.uncertainty(earths(1)))
