"""The exact operator as others use it: shapes, order, status, every kind of gradient, kernels and refusals."""

import subprocess
import sys

import pytest
import torch
from operator_suite import OperatorSuite
from torch import Tensor
from torch.testing import assert_close

from seisgrad import checks
from seisgrad.dispersion import physics
from seisgrad.dispersion.physics import Physics, Status
from seisgrad.dispersion.survey import Branch, Survey
from seisgrad.earth import LayeredModel
from seisgrad.errors import InputError

DEPTH = (0.0, 1.5, 5.0, 14.0, 30.0)
VS = torch.tensor([1.6, 2.9, 3.4, 3.8, 4.5], dtype=torch.float64)
STACK = torch.stack([1.78 * VS, VS, 1.5 + 0.38 * VS])
THICKNESS = torch.tensor([1.5, 3.5, 9.0, 16.0, 0.0], dtype=torch.float64)
PERIODS = (1.5, 2.5, 6.0)
CURVES = (
    ("rayleigh", "phase"),
    ("rayleigh", "group"),
    ("rayleigh", "ellipticity"),
    ("love", "phase"),
    ("love", "group"),
)
FIELDS = ("thickness", "vp", "vs", "rho")


def earth(*shape: int, seed: int = 1) -> LayeredModel:
    """A batch of crusts, each value a few percent off the mean."""
    generator = torch.Generator().manual_seed(seed)
    factor = 1 + 0.05 * (2 * torch.rand(*shape, 4, 5, generator=generator, dtype=torch.float64) - 1)
    return LayeredModel(*(torch.cat([THICKNESS[None], STACK]) * factor).unbind(-2))


def survey(shape: str = "flat", periods: tuple[float, ...] = PERIODS) -> Survey:
    """Two modes of one kind, out of order, among other curves."""
    branches = (
        Branch("love", "group", 0),
        Branch("rayleigh", "phase", 1),
        Branch("rayleigh", "ellipticity", 0),
        Branch("rayleigh", "phase", 0),
        Branch("love", "phase", 1),
        Branch("rayleigh", "group", 1),
    )
    return Survey(branches, torch.tensor(periods, dtype=torch.float64), shape)  # type: ignore[arg-type]


class TestFlat(OperatorSuite):
    """The inherited laws; every mode of the survey exists at every period."""

    shape = "flat"

    def operator(self) -> Physics:
        return Physics(survey(self.shape), DEPTH)

    def point(self, generator: torch.Generator) -> Tensor:
        return STACK * (1 + 0.02 * torch.randn(3, 5, generator=generator, dtype=torch.float64))

    def point_with_missing(self, generator: torch.Generator) -> Tensor:
        # so fast and dense with depth as to be nearly a half-space: higher modes are below their cutoff
        slow = STACK.clone()
        slow[:2] = slow[:2, -1:] * torch.linspace(0.93, 1.0, 5, dtype=torch.float64)
        return slow


class TestSpherical(TestFlat):
    """The same on a sphere."""

    shape = "spherical"


class TestSinglePrecision(OperatorSuite):
    """float32 in, float32 out; the work itself is in double precision."""

    dtype = torch.float32
    tolerance = 3e-6
    step = 4e-2
    accuracy = 1e-6

    def operator(self) -> Physics:
        branches = (Branch("rayleigh", "phase", 0), Branch("love", "group", 0))
        return Physics(Survey(branches, torch.tensor(PERIODS, dtype=torch.float64)), DEPTH)

    def point(self, generator: torch.Generator) -> Tensor:
        return STACK * (1 + 0.02 * torch.randn(3, 5, generator=generator, dtype=torch.float64))


@pytest.mark.parametrize("shape", ["flat", "spherical"])
def test_a_survey_keeps_its_order(shape: str) -> None:
    asked = survey(shape)
    op = Physics(asked, DEPTH)
    values = op(STACK)
    model = LayeredModel.on_grid(torch.tensor(DEPTH, dtype=torch.float64), *STACK)
    for row, branch in zip(values, asked.branches, strict=True):
        alone = physics.velocity(model, asked.periods, branch.wave, branch.kind, branch.mode, asked.earth)
        assert_close(row, alone, rtol=1e-12, atol=0, equal_nan=True, msg=lambda m, b=branch: f"{b}: {m}")
    assert op.codomain.coords["branch"] == tuple(str(b) for b in asked.branches)
    assert op.codomain.unit == ("km/s", "km/s", "1", "km/s", "km/s", "km/s")
    reordered = Survey(asked.branches[::-1], asked.periods, asked.earth)
    assert_close(Physics(reordered, DEPTH)(STACK), values.flip(0), rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize(("wave", "kind"), CURVES)
@pytest.mark.parametrize("shape", ["flat", "spherical"])
def test_backward_is_the_kernels(shape: str, wave: str, kind: str) -> None:
    model = earth(2)
    leaves = [getattr(model, f).clone().requires_grad_() for f in FIELDS]
    values = physics.velocity(LayeredModel(*leaves), PERIODS, wave, kind, 1, shape)
    k = physics.kernels(model, PERIODS, wave, kind, 1, shape)
    assert torch.equal(values, k.velocity)
    assert values.isfinite().all()
    for p in range(len(PERIODS)):
        gradients = torch.autograd.grad(values[:, p].sum(), leaves, retain_graph=True)
        for name, gradient in zip(FIELDS, gradients, strict=True):
            assert_close(gradient, getattr(k, name)[:, p], rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize(("wave", "kind"), CURVES)
def test_every_transform_gives_the_kernels(wave: str, kind: str) -> None:
    model = earth()

    def curve(*fields: Tensor) -> Tensor:
        return physics.velocity(LayeredModel(*fields), PERIODS, wave, kind)  # type: ignore[arg-type]

    fields = tuple(getattr(model, f) for f in FIELDS)
    k = physics.kernels(model, PERIODS, wave, kind)  # type: ignore[arg-type]
    every = (0, 1, 2, 3)
    tangents = tuple(0.1 * (n + 1) * f for n, f in enumerate(fields))
    along = sum((getattr(k, name) @ t for name, t in zip(FIELDS, tangents, strict=True)), torch.zeros(3))
    for matrices in (torch.func.jacrev(curve, every)(*fields), torch.func.jacfwd(curve, every)(*fields)):
        for name, matrix in zip(FIELDS, matrices, strict=True):
            assert_close(matrix, getattr(k, name), rtol=1e-12, atol=1e-14)
    value, slope = torch.func.jvp(curve, fields, tangents)
    assert torch.equal(value, k.velocity)
    assert_close(slope, along, rtol=1e-12, atol=1e-14)
    many = earth(3, seed=4)
    batch = tuple(getattr(many, f) for f in FIELDS)
    assert torch.equal(torch.func.vmap(curve)(*batch), curve(*batch))


@pytest.mark.parametrize(("wave", "kind"), CURVES)
@pytest.mark.parametrize("shape", ["flat", "spherical"])
def test_dot_and_taylor(shape: str, wave: str, kind: str) -> None:
    def curve(x: Tensor) -> Tensor:
        return physics.velocity(LayeredModel(*x.unbind(-2)), PERIODS, wave, kind, [0, 1], shape)  # type: ignore

    model = earth()
    x = torch.stack([getattr(model, f) for f in FIELDS])
    x[0, -1] = 0.0
    direction = 0.3 * x * torch.randn(x.shape, generator=torch.Generator().manual_seed(3), dtype=x.dtype)
    for result in (checks.dot_test(curve, x), checks.taylor_test(curve, x, direction=direction)):
        assert result.passed, result.message


def test_status_tells_why_a_value_is_missing() -> None:
    model = earth()
    periods = (0.8, 2.0, 10.0, 60.0)
    for wave in ("rayleigh", "love"):
        for kind in ("phase", "group"):
            found = physics.solve(model, periods, wave, kind, [0, 1, 2, 3])
            assert found.velocity.shape == found.status.shape == (4, 4)
            assert torch.equal(found.velocity.isnan(), found.status == Status.BELOW_CUTOFF)
            assert torch.equal(found.velocity.isfinite(), found.status == Status.OK)
            assert found.status[0].tolist() == [Status.OK] * 4
            assert found.status[:, -1].tolist() == [Status.OK] + [Status.BELOW_CUTOFF] * 3
            # once a mode is cut off, so are all above it
            assert bool((found.status.int().diff(dim=0) >= 0).all())


def test_an_earth_without_contrast_has_no_love_wave() -> None:
    model = LayeredModel([2.0, 5.0, 0.0], [6.0] * 3, [3.4] * 3, [2.7] * 3)
    found = physics.solve(model, PERIODS, "love")
    assert found.status.tolist() == [Status.BELOW_CUTOFF] * 3
    assert found.velocity.isnan().all()
    assert physics.kernels(model, PERIODS, "love").vs.isnan().all()


def test_shapes_are_fixed_and_batches_keep_theirs() -> None:
    for shape in ((), (1,), (2, 3), (0,), (2, 1, 2)):
        model = earth(*shape)
        one = physics.solve(model, PERIODS, mode=2)
        several = physics.solve(model, PERIODS, mode=[2, 0])
        assert one.velocity.shape == one.status.shape == (*shape, 3)
        assert several.velocity.shape == several.status.shape == (*shape, 2, 3)
        assert_close(several.velocity[..., 0, :], one.velocity, rtol=1e-12, atol=0, equal_nan=True)
        k = physics.kernels(model, PERIODS)
        assert k.velocity.shape == (*shape, 3)
        assert all(getattr(k, f).shape == (*shape, 3, 5) for f in FIELDS)


def test_modes_come_in_the_order_asked() -> None:
    model = earth()
    up = physics.velocity(model, PERIODS, mode=[0, 1, 2])
    assert_close(physics.velocity(model, PERIODS, mode=[2, 0, 1]), up[[2, 0, 1]], equal_nan=True)
    assert (up[:2].diff(dim=0) > 0).all()


def test_models_with_different_water_layers_share_a_batch() -> None:
    wet = [[1.5] * 2, [0.0] * 2, [1.0, 1.03]]
    fields = torch.cat([THICKNESS[None], STACK]).expand(3, -1, -1).clone()
    fields[1, 1:, :1] = torch.tensor(wet, dtype=torch.float64)[:, :1]
    fields[2, 1:, :2] = torch.tensor(wet, dtype=torch.float64)
    model = LayeredModel(*fields.unbind(-2))
    for wave, kind in CURVES:
        values = physics.solve(model, PERIODS, wave, kind, [0, 1])  # type: ignore[arg-type]
        k = physics.kernels(model, PERIODS, wave, kind)  # type: ignore[arg-type]
        for i in range(3):
            alone = physics.solve(model[i], PERIODS, wave, kind, [0, 1])  # type: ignore[arg-type]
            assert_close(values.velocity[i], alone.velocity, rtol=1e-12, atol=0, equal_nan=True)
            assert torch.equal(values.status[i], alone.status)
            single = physics.kernels(model[i], PERIODS, wave, kind)  # type: ignore[arg-type]
            for f in FIELDS:
                assert_close(getattr(k, f)[i], getattr(single, f), rtol=0, atol=0, equal_nan=True)
    assert values.velocity.isfinite().any(-1).all()


@pytest.mark.parametrize(("wave", "kind"), CURVES)
def test_threads_change_no_bit(wave: str, kind: str) -> None:
    model = earth(40)
    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            found.append(physics.kernels(model, PERIODS, wave, kind, 1))  # type: ignore[arg-type]
    finally:
        torch.set_num_threads(before)
    for name in (*FIELDS, "velocity", "status"):
        assert torch.equal(getattr(found[0], name).nan_to_num(), getattr(found[1], name).nan_to_num()), name


@pytest.mark.parametrize("wave", ["rayleigh", "love"])
def test_forms_of_the_kernels(wave: str) -> None:
    model = earth(2)
    k = physics.kernels(model, PERIODS, wave)  # type: ignore[arg-type]
    per_km, logarithmic = k.per_km(), k.logarithmic()
    assert (k.form, per_km.form, logarithmic.form) == ("layer", "per km", "logarithmic")
    width = model.thickness.unsqueeze(-2)
    for f in ("vp", "vs", "rho"):
        assert_close((getattr(per_km, f) * width)[..., :-1], getattr(k, f)[..., :-1])
        assert getattr(per_km, f)[..., -1].isnan().all()
        wanted = getattr(k, f) * getattr(model, f).unsqueeze(-2) / k.velocity.unsqueeze(-1)
        assert_close(getattr(logarithmic, f), wanted)
    # velocities times s: c(T) becomes s c(sT); thicknesses times s: c(T/s). Together: the sum is 1
    total = (logarithmic.vp + logarithmic.vs + logarithmic.thickness).sum(-1)
    assert_close(total, torch.ones_like(total), rtol=1e-9, atol=0)
    assert logarithmic.rho.sum(-1).abs().max() < 1e-9
    for converted in (per_km, logarithmic):
        for again in (converted.per_km, converted.logarithmic):
            with pytest.raises(InputError, match=converted.form):
                again()


def test_what_the_operator_refuses() -> None:
    op = Physics(survey(), DEPTH)
    broken = STACK.clone()
    broken[1, 2] = torch.nan
    with pytest.raises(InputError, match=r"vs.*nan"):
        op(broken)
    metres = STACK.clone()
    metres[1] *= 1000
    with pytest.raises(InputError, match="vs"):
        op(metres)
    for depth in ((1.0, 2.0), (0.0, 3.0, 2.0)):
        with pytest.raises(InputError, match=r"depth|top"):
            Physics(survey(), depth)
    with pytest.raises(InputError, match=r"centre|radius"):
        Physics(survey("spherical"), (0.0, 6371.0))


def test_what_a_curve_refuses() -> None:
    model = earth()
    for periods, named in (
        ([2.0, 1.0], "1 s"),
        ([1.0, 1.0], "1 s"),
        ([-1.0], "-1"),
        ([0.0], "0 s"),
        ([], "shape"),
    ):
        for function in (physics.solve, physics.kernels):
            with pytest.raises(InputError, match=named):
                function(model, periods)
    with pytest.raises(InputError, match="6400"):
        physics.velocity(
            LayeredModel([6400.0, 0.0], [6.0, 8.0], [3.4, 4.5], [2.7, 3.3]), [20.0], earth="spherical"
        )
    with pytest.raises(InputError, match="vs"):
        LayeredModel([2.0, 0.0], [6.0, 8.0], [3400.0, 4500.0], [2.7, 3.3])
    for function in (physics.solve, physics.kernels):
        with pytest.raises(InputError, match="mode is -1"):
            function(model, [5.0], mode=-1)
        with pytest.raises(InputError, match="ellipticity"):
            function(model, [5.0], "love", "ellipticity")


def test_unknown_words_are_named() -> None:
    # in a process of its own: here the types are checked before the words
    script = """
from seisgrad.dispersion import eigenfunctions, kernels, solve
from seisgrad.earth import LayeredModel
from seisgrad.errors import InputError
model = LayeredModel([2.0, 0.0], [6.0, 8.0], [3.4, 4.5], [2.7, 3.3])
cases = [(f, k) for f in (solve, kernels) for k in ({"wave": "stoneley"}, {"kind": "speed"}, {"earth": "round"})]
cases += [(eigenfunctions, {"wave": "stoneley"}), (eigenfunctions, {"mode": -1})]
for function, wrong in cases:
    try:
        function(model, [5.0], **wrong)
    except InputError as error:
        [(name, value)] = wrong.items()
        assert f"{name} is {value!r}" in str(error), error
        continue
    raise SystemExit(f"{function.__name__} accepted {wrong}")
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
