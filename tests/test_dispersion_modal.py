"""Mode shapes and the stationary principle on scaled nodes: exact eigenfunctions in, exact velocity and kernels out."""

import math

import pytest
import torch
from torch import Tensor

import seisgrad as sg
from seisgrad.dispersion.modal.network import Lesson, ModeNetwork
from seisgrad.dispersion.modal.nodes import Nodes
from seisgrad.dispersion.modal.stationary import FORMS, OMEGA, Form
from seisgrad.dispersion.modal.window import slowest_stretch
from seisgrad.dispersion.prior import DEPTH, prior
from seisgrad.errors import InputError

WAVES = ("rayleigh", "love")
PERIODS = (4.0, 15.0, 40.0)


def random(*shape: int, seed: int = 1) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def earths(number: int, seed: int = 8) -> Tensor:
    return prior("weak").draw(number, seed=seed).model.stack()


class TestNodes:
    nodes = Nodes(40, 0.03, 3.0)

    def test_intervals_grow_to_the_last_node(self) -> None:
        step = self.nodes.z.diff()
        assert float(step[0]) == pytest.approx(0.03, rel=0.05)
        assert (step.diff() > 0.0).all()
        assert float(self.nodes.z[-1]) == 3.0

    def test_integrals_of_a_homogeneous_earth_are_the_weights(self) -> None:
        p = torch.full((2, 1, len(DEPTH)), 3.0, dtype=torch.float64)
        scale, top = torch.tensor([[4.0], [90.0]]).double(), torch.tensor([[7.0], [0.0]]).double()
        found = self.nodes.integrals(DEPTH, p, scale, top)
        assert torch.allclose(found, 3.0 * self.nodes.weight.expand_as(found), rtol=1e-9)

    @pytest.mark.parametrize("top", [0.0, 3.3, 60.0])
    def test_spreading_over_layers_is_the_adjoint(self, top: float) -> None:
        p = random(3, 2, len(DEPTH))
        f = random(3, 4, 2, len(self.nodes), seed=2)
        scale, tops = 5.0 + 60.0 * random(3, 4, seed=3), torch.full((3, 4), top, dtype=torch.float64)
        left = (f * self.nodes.integrals(DEPTH, p, scale, tops)).sum((-2, -1))
        right = (self.nodes.per_layer(f, DEPTH, scale, tops) * p[:, None]).sum((-2, -1))
        assert torch.allclose(left, right, rtol=1e-9)

    def test_nodes_that_would_not_grow_are_refused(self) -> None:
        with pytest.raises(InputError, match="do not grow"):
            Nodes(200, 0.02, 3.0)


@pytest.mark.parametrize("wave", WAVES)
class TestForms:
    def test_rows_by_layer_are_the_derivative_of_the_parts(self, wave: str) -> None:
        form = FORMS[wave]
        layers = [2.0 + random(5, 9, seed=s) + extra for s, extra in ((1, 2.0), (2, 0.0), (3, 0.5))]
        by_part = random(5, len(form.dimensions), 9, seed=4)
        layers = [q.requires_grad_() for q in layers]
        exact = torch.autograd.grad((form.parts(*layers) * by_part).sum(), layers, allow_unused=True)
        found = form.by_layer(by_part, *(q.detach() for q in layers)).unbind(-2)
        for a, b in zip(found, exact, strict=True):
            assert torch.allclose(a, torch.zeros_like(a) if b is None else b)

    def test_units_make_the_parts_dimensionless(self, wave: str) -> None:
        form = FORMS[wave]
        vp, vs, rho = 4.0 + random(1, 6), 2.0 + random(1, 6, seed=2), 2.0 + random(1, 6, seed=3)
        density, velocity = torch.tensor([2.5]).double(), torch.tensor([3.1]).double()
        raw = form.parts(vp, vs, rho) * form.units(density, velocity)[..., None]
        assert torch.allclose(raw, form.parts(vp / 3.1, vs / 3.1, rho / 2.5))

    def test_half_space_derivative_in_k(self, wave: str) -> None:
        form = FORMS[wave]
        end = random(4, 2 * form.displacements)
        below = (torch.full((4,), 4.1).double(), torch.full((4,), 1.4).double(), torch.ones(4).double())
        k = (OMEGA * (1.0 + 0.1 * random(4, seed=5))).requires_grad_()
        value, slope = form.below(end, below, k)
        (exact,) = torch.autograd.grad(value.sum(), k)
        assert torch.allclose(slope, exact)

    def test_solve_finds_the_zero(self, wave: str) -> None:
        case = Case(wave, 21)
        k = case.form.solve(case.trial, case.pencil, case.half_space, 1.03 * case.k)
        assert case.form.error(case.trial, case.pencil, case.half_space, k)[0].abs().max() < 1e-10


class Case:
    """A rough earth, and its exact eigenfunctions at the nodes; scale and top a little off, as a scout's would be."""

    def __init__(self, wave: str, seed: int, number: int = 72, first: float = 0.02) -> None:
        self.form: Form = FORMS[wave]
        self.nodes = Nodes(number, first)
        self.earth = earths(1, seed)
        vp, vs, rho = self.earth.unbind(1)
        model = sg.LayeredModel(torch.cat([DEPTH.diff(), torch.zeros(1).double()]), vp[0], vs[0], rho[0])
        self.kernels = sg.dispersion.kernels(model, PERIODS, wave)
        exact = self.kernels.velocity[None]
        velocity, period = 1.02 * exact, torch.tensor(PERIODS, dtype=torch.float64)[None]
        self.scale, self.top = velocity * period, torch.zeros_like(velocity)
        self.units = self.form.units(rho[:, :1], velocity)
        raw = self.nodes.integrals(DEPTH, self.form.parts(vp, vs, rho), self.scale, self.top)
        self.integrals = raw * self.units[..., None]
        last = (torch.searchsorted(DEPTH, self.nodes.z[-1] * self.scale[0]) - 1).clamp(0, len(DEPTH) - 1)
        self.half_space = (
            vp[:, last] ** 2 / velocity**2,
            vs[:, last] ** 2 / velocity**2,
            rho[:, last] / rho[:, :1],
        )
        found = []
        for i, one in enumerate(PERIODS):
            shapes = sg.dispersion.eigenfunctions(model, [one], wave, depth=self.nodes.z * self.scale[0, i])
            stress = self.scale[0, i] / (rho[0, 0] * velocity[0, i] ** 2)
            found.append(torch.cat([shapes.displacement[:, 0], shapes.traction[:, 0] * stress]))
        self.trial = torch.stack(found)[None]
        self.k = OMEGA * velocity / exact
        self.pencil = self.form.pencil(self.trial, self.integrals, self.nodes.weight)

    def error(self, trial: Tensor) -> Tensor:
        pencil = self.form.pencil(trial, self.integrals, self.nodes.weight)
        return self.form.error(trial, pencil, self.half_space, self.k)[0]


@pytest.fixture(scope="module", params=[(w, s) for w in WAVES for s in (5, 8)], ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(*request.param)


class TestStationaryPrinciple:
    @pytest.mark.parametrize("wave", WAVES)
    @pytest.mark.parametrize("seed", [5, 8])
    def test_exact_eigenfunctions_give_the_exact_velocity(self, wave: str, seed: int) -> None:
        # what is left is the curvature of the eigenfunctions between nodes: of second order in their distance
        coarse, fine = (Case(wave, seed, *nodes) for nodes in ((72, 0.02), (143, 0.01)))
        errors = [one.error(one.trial).abs().max() for one in (coarse, fine)]
        assert errors[0] < 1e-2
        assert errors[1] < 0.3 * errors[0]

    def test_the_velocity_is_wrong_to_second_order_only(self, case: Case) -> None:
        smooth = case.nodes.smoothing(0.2, 0.1)
        bend = (random(*case.trial.shape, seed=3) - 0.5) @ smooth.T * case.trial
        best = case.error(case.trial)
        changes = [
            0.5 * (case.error(case.trial + s * bend) + case.error(case.trial - s * bend)) - best
            for s in (0.2, 0.1)
        ]
        slopes = [case.error(case.trial + s * bend) - case.error(case.trial - s * bend) for s in (0.2, 0.1)]
        assert float((changes[0] / changes[1]).median()) == pytest.approx(4.0, rel=0.15)
        assert (slopes[1].abs() < 0.3 * bend.norm(dim=(-2, -1)) / case.trial.norm(dim=(-2, -1)) * 0.1).all()

    def test_kernels_at_a_fixed_trial_are_the_exact_ones(self, case: Case) -> None:
        _, S_k = case.form.error(case.trial, case.pencil, case.half_space, case.k)
        spread = case.form.densities(case.trial, case.k) / (S_k * case.k)[..., None, None]
        by_part = case.nodes.per_layer(spread, DEPTH, case.scale, case.top) * case.units[..., None]
        rows = (
            case.form.by_layer(by_part, *case.earth.unsqueeze(1).unbind(2))
            * case.kernels.velocity[:, None, None]
        )
        for i, name in enumerate(("vp", "vs", "rho")):
            kernel = getattr(case.kernels, name)[:, :-1]
            if kernel.abs().max() > 0.0:
                off = torch.linalg.norm(rows[0, :, i, :-1] - kernel, dim=-1) / torch.linalg.norm(
                    kernel, dim=-1
                )
                assert off.max() < 0.05, name


class TestNetwork:
    network = ModeNetwork(width=32, blocks=1, scout_width=32, scout_blocks=1)
    period = torch.tensor([[5.0, 30.0]]).double()

    @pytest.mark.parametrize("wave", WAVES)
    def test_the_scaling_laws_hold_whatever_the_weights(self, wave: str) -> None:
        earth = earths(3)
        period = self.period.expand(3, -1)
        plain = self.network.answer(wave, DEPTH, earth, period, rows=True)
        faster, deeper, heavier = 1.7, 0.01, 1.3
        scaled = earth * torch.tensor([faster, faster, heavier]).double()[:, None]
        other = self.network.answer(wave, deeper * DEPTH, scaled, period * deeper / faster, rows=True)
        assert torch.allclose(other.velocity, faster * plain.velocity, rtol=1e-5)
        assert plain.rows is not None
        assert other.rows is not None
        size = plain.rows.abs().amax(-1, keepdim=True)
        ratio = torch.tensor([1.0, 1.0, faster / heavier])[:, None]
        assert ((other.rows - ratio * plain.rows).abs() <= 1e-4 * ratio * size + 1e-12).all()

    def test_training_replies_and_answers_agree(self) -> None:
        earth, period = earths(2), self.period.expand(2, -1)
        answer = self.network.answer("love", DEPTH, earth, period, rows=True)
        vs = earth[:, 1]
        first = slowest_stretch(DEPTH, vs, period)
        scout, _ = self.network.of("love")
        ratio, begin, _ = scout(scout.look(DEPTH, earth, period)[0])
        seen = self.network.scouting(ratio.double(), begin.double(), first, period)
        lesson = Lesson(DEPTH, earth, period, answer.velocity, seen.velocity, seen.top)
        reply = self.network({"love": lesson})["love"]
        assert reply.error.abs().max() < 1e-5
        assert answer.rows is not None
        assert torch.allclose(reply.rows.double(), answer.rows, rtol=1e-3, atol=1e-6)

    def test_the_slowest_stretch_is_where_a_channel_is(self) -> None:
        vs = torch.full((1, len(DEPTH)), 3.5, dtype=torch.float64)
        vs[:, 30:50] = 2.0  # 15 to 25 km
        found = slowest_stretch(DEPTH, vs, torch.tensor([[2.0, 60.0]]).double())
        assert float(found[0, 0]) == pytest.approx(2.0, rel=1e-3)
        assert 2.8 < float(found[0, 1]) < 3.5
        assert math.isfinite(float(found[0, 1]))
