"""From spectra along a line to a section: ties, bounds, penalty, masks, files; a basin found by the exact operator."""

import dataclasses
import math
from pathlib import Path

import pytest
import torch
from elastic_line_toys import GRID, SURVEY, Line, layered, with_basin
from xarray import open_dataset

from seisgrad.checks import dot_test
from seisgrad.earth import BrocherTie, LayeredModel, SolidSection, read_solid, write_model, write_solid
from seisgrad.elastic import Grid, Harmonic, Survey
from seisgrad.elastic.data import Spectra, read_spectra, write_spectra
from seisgrad.elastic.inversion import invert
from seisgrad.elastic.masks import mask
from seisgrad.elastic.parameters import Allowed, BrocherPenalty, VelocityTie, VsTie
from seisgrad.elastic.settings import Settings, default_stages, plan
from seisgrad.elastic.spread import spread
from seisgrad.elastic.start import read_start
from seisgrad.elastic.uncertainty import _hats, laplace
from seisgrad.errors import InputError
from seisgrad.inversion.waveform import Stage
from seisgrad.inversion.waveform.plan import Plan

FREQUENCIES = [k / 40.1 for k in range(5, 21)]


def make(grid: Grid, survey: Survey, speeds: tuple[float, float]) -> Line:
    return Line(grid, survey)


def spectra(section: SolidSection | None = None) -> Spectra:
    return Spectra(SURVEY, Line(GRID, SURVEY)((section or with_basin()).earth))


def error(section: SolidSection, rows: int = 4) -> float:
    return float((section.vs - with_basin().vs)[:rows].square().mean().sqrt())


def test_a_basin_is_found_by_the_exact_operator() -> None:
    grid = Grid((10, 22), 0.5)
    truth, start = with_basin(grid), layered(grid)
    places = torch.linspace(0.5, 10.0, 8).double()
    survey = Survey(places, places, torch.tensor([0.25, 0.35, 0.45]).double())

    def exact(grid: Grid, survey: Survey, speeds: tuple[float, float]) -> Harmonic:
        return Harmonic(grid, survey, slowest=speeds[0], dtype=torch.float64)

    data = Spectra(survey, exact(grid, survey, (1.2, 9.0))(truth.earth))
    asked = Plan(Settings(), (Stage(iterations=5, rate=0.3, smoothing=0.6),), ())
    found = invert(data, start, asked, exact)
    errors = [float((s.vs - truth.vs)[:6].square().mean().sqrt()) for s in (found.section, start)]
    assert errors[0] < 0.6 * errors[1]
    assert found.mask.left_out == {"gaps": 0, "a node to itself": 8 * 3 * 2}
    torch.testing.assert_close(found.section.earth, VsTie(grid)(found.section.vs))


def test_the_workflow_of_the_paper() -> None:
    stages = default_stages(FREQUENCIES, 0.3165)
    assert [round(stage.highest or 0, 4) for stage in stages] == [0.1995, 0.2993, 0.3990, 0.4988]
    assert [stage.rate for stage in stages] == [0.05, 0.025, 0.0125, 0.00625]
    assert {(s.epochs, s.optimiser, s.frequency_batch, s.source_batch) for s in stages} == {
        (5, "adam", 1, None)
    }
    assert stages[0].smoothing == pytest.approx(3 * 0.3165)
    in_time = default_stages(FREQUENCIES, 0.3165, in_time=True)
    assert [stage.source_batch for stage in in_time] == [16, 8, 5, 4]
    asked = plan(None, SURVEY.frequencies.tolist(), 0.5)
    found = invert(spectra(), layered(), asked, make)
    assert error(found.section) < 0.75 * error(layered())
    assert len(found.result.endings) == 4


def test_ties_are_those_of_columns_and_obey_the_dot_test() -> None:
    vs = with_basin().vs
    column = BrocherTie(GRID.z.tolist())(vs[:, 3])
    torch.testing.assert_close(VsTie(GRID)(vs)[..., 3], column)
    velocities = layered().earth[:2]
    torch.testing.assert_close(VelocityTie(GRID)(velocities), layered().earth)
    for tie, at in ((VsTie(GRID), vs), (VelocityTie(GRID), velocities)):
        checked = dot_test(tie, at)
        assert checked.passed, checked.message


def test_the_penalty_is_nothing_on_the_relation_and_has_its_gradient() -> None:
    velocities = layered().earth[:2].clone()
    penalty = BrocherPenalty(0.6)
    assert float(penalty(velocities)) == pytest.approx(0.0, abs=1e-20)
    velocities[0] += 0.1
    assert float(penalty(velocities)) == pytest.approx(0.6 * 0.01)
    assert torch.autograd.gradcheck(penalty, velocities[:, :2, :3].clone().requires_grad_())
    with pytest.raises(InputError, match="weight of Brocher's relation is -1"):
        BrocherPenalty(-1)


def test_allowed_velocities_stay_and_others_go_to_the_nearest() -> None:
    allowed = Allowed(vp=(2.0, 7.0), vs=(1.0, 3.5), ratio=(1.6, 2.2))
    generator = torch.Generator().manual_seed(1)
    wild = 10 * torch.rand(2, 30, 40, generator=generator, dtype=torch.float64) - 1
    vp, vs = found = allowed(wild)
    assert torch.equal(allowed(found), found)
    assert bool(((vs >= 1.0) & (vs <= 3.5) & (vp >= 2.0) & (vp <= 7.0)).all())
    assert bool(((vp / vs > 1.6 - 1e-12) & (vp / vs < 2.2 + 1e-12)).all())
    inside = torch.stack([torch.full((2, 2), 4.0), torch.full((2, 2), 2.0)]).double()
    assert torch.equal(allowed(inside), inside)
    assert allowed.held(inside) == {}
    assert set(allowed.held(found)) >= {"lowest vs", "highest vs", "lowest vp/vs", "highest vp/vs"}
    with pytest.raises(InputError, match=r"beside vs 3\.5 km/s no vp is left"):
        Allowed(vp=(2.0, 5.0), vs=(1.0, 3.5), ratio=(1.6, 2.2))
    with pytest.raises(InputError, match="as in any solid"):
        Allowed(ratio=(1.0, 2.0))


@pytest.mark.parametrize("stage", [Stage(iterations=12), Stage(optimiser="adam", epochs=12, rate=0.1)])
def test_bounds_hold_on_the_way_and_are_told(stage: Stage) -> None:
    settings = Settings(unknowns="vp and vs", vs=(1.45, 3.6), ratio=(1.85, 2.3), vp=(3.0, 8.0), brocher=0.0)
    start = SolidSection(layered().vs, 2.0 * layered().vs, spacing=(0.5, 0.5))
    found = invert(spectra(), start, Plan(settings, (stage,), ()), make)
    vp, vs = found.result.model[:2]
    assert float(vs.min()) >= 1.45
    assert bool(((vp / vs > 1.85 - 1e-9) & (vp / vs < 2.3 + 1e-9)).all())
    assert found.held["lowest vs"] > 0
    assert error(found.section) < error(start)
    with pytest.raises(
        InputError, match=r"start has vs 1.6 .* at z = 0, x = 0 km, expected vs within \(2.0, 3.6\)"
    ):
        invert(spectra(), start, Plan(Settings(vs=(2.0, 3.6)), (stage,), ()), make)


def test_the_penalty_keeps_vp_by_vs() -> None:
    """These waves see no vp: it stays where it was without the penalty, and follows vs with it."""
    stages = (Stage(iterations=15, rate=0.3),)
    apart = []
    for weight in (0.0, 30.0):
        settings = Settings(unknowns="vp and vs", brocher=weight)
        found = invert(spectra(), layered(), Plan(settings, stages, ()), make)
        apart.append(float(BrocherPenalty(1.0)(found.result.model[:2])))
    assert apart[1] < 0.1 * apart[0]


def test_masks_leave_out_and_count() -> None:
    values = spectra().values.clone()
    values[0, 1, :, 2] = torch.nan
    deviation = torch.full(values.shape[:-1], 0.1).double()
    deviation[1, 0, 0] = 2.0
    deviation[1, 0, 1, 0] = torch.nan
    data = Spectra(SURVEY, values, deviation)
    assert data.gaps == 2
    plain = mask(data)
    assert plain.left_out == {
        "gaps": 2,
        "a node to itself": 8,
    }  # the first source stands at the first receiver
    assert plain.used == 3 * 4 * 2 * 8 - 10
    near = mask(data, offsets=(2.0, 5.0), components="vertical", signal_to_noise=3.0)
    distance = (SURVEY.sources[:, None] - SURVEY.receivers).abs()
    right = (distance >= 2.0) & (distance <= 5.0)
    assert near.weight[:, 3, 0, :, 0].bool().equal(right)
    assert not bool(near.weight[:, :, 1].any())
    assert not bool(near.weight[1, 0].any())
    assert near.left_out["signal over noise"] == 9 + 2  # gaps have no signal
    with pytest.raises(InputError, match="no variable deviation"):
        mask(spectra(), signal_to_noise=2.0)
    with pytest.raises(InputError, match=r"no record is left of 192 \(left out by gaps 2, .*offset"):
        mask(data, offsets=(50.0, 60.0))
    with pytest.raises(InputError, match="components is 'radial'"):
        mask(data, components="radial")


def test_gaps_change_nothing_else() -> None:
    """What is masked may hold anything."""
    asked = Plan(Settings(offsets=(2.0, 9.0)), (Stage(iterations=3),), ())
    data = spectra()
    near = ((SURVEY.sources[:, None] - SURVEY.receivers).abs() < 2.0)[:, None, None, :, None]
    spoilt = Spectra(SURVEY, torch.where(near, torch.nan, data.values))
    one, other = (invert(d, layered(), asked, make).section.vs for d in (data, spoilt))
    assert torch.equal(one, other)


def test_spectra_come_back_from_their_file(tmp_path: Path) -> None:
    values = spectra().values.clone()
    values[0, 1, 0, 2] = torch.nan
    survey = Survey(SURVEY.sources, SURVEY.receivers, SURVEY.frequencies, "horizontal", "displacement")
    deviation = torch.rand(values.shape[:-1], generator=torch.Generator().manual_seed(2)).double()
    write_spectra(Spectra(survey, values, deviation), tmp_path / "a.nc")
    found = read_spectra(tmp_path / "a.nc")
    torch.testing.assert_close(found.values, values, equal_nan=True, rtol=0, atol=0)
    assert found.deviation is not None
    assert torch.equal(found.deviation, deviation)
    assert (found.survey.force, found.survey.quantity) == ("horizontal", "displacement")
    content = open_dataset(tmp_path / "a.nc").load().transpose("part", "receiver", ...)
    content = content.isel(part=[1, 0], component=[1, 0])
    content["source_x"] = content.source_x * 1000
    content["source_x"].attrs["units"] = "m"
    content["deviation"] = content.deviation.isel(receiver=0, source=0)
    content.to_netcdf(tmp_path / "b.nc", engine="h5netcdf")
    other = read_spectra(tmp_path / "b.nc")
    torch.testing.assert_close(other.values, values, equal_nan=True)
    torch.testing.assert_close(other.survey.sources, SURVEY.sources)
    assert other.deviation is not None
    assert torch.equal(other.deviation, deviation[:1, :, :, :1].expand_as(deviation))
    content.isel(component=[0]).to_netcdf(tmp_path / "c.nc", engine="h5netcdf")
    single = read_spectra(tmp_path / "c.nc").values
    torch.testing.assert_close(single[:, :, 1], values[:, :, 1])
    assert bool(single[:, :, 0].isnan().all())


@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        (lambda c: c.drop_vars("source_x"), "no variable 'source_x', expected spectrum"),
        (lambda c: c.isel(part=[0]), "two parts, real and imaginary"),
        (lambda c: c.assign_coords(component=["north", "east"]), "the coordinate component is"),
        (lambda c: c.assign(source_z=("source", [0.0, 1.0, 0.0])), "on the surface"),
        (lambda c: c.assign(deviation=("receiver", [-1.0] * 8)), "deviation holds -1"),
        (lambda c: c.assign(deviation=("station", [1.0])), "deviation has dimensions"),
        (
            lambda c: c.assign(spectrum=c.spectrum.assign_attrs(force="up")),
            "attribute force of spectrum is 'up'",
        ),
        (lambda c: c.assign(spectrum=c.spectrum * math.nan), "all NaN"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(tmp_path: Path, spoil, match: str) -> None:
    write_spectra(spectra(), tmp_path / "a.nc")
    spoil(open_dataset(tmp_path / "a.nc").load()).to_netcdf(tmp_path / "b.nc", engine="h5netcdf")
    with pytest.raises(InputError, match=rf"b\.nc: .*{match}"):
        read_spectra(tmp_path / "b.nc")


def test_a_layered_model_is_laid_along_the_line(tmp_path: Path) -> None:
    model = LayeredModel([1.0, 4.0, 0.0], [3.0, 5.0, 6.5], [1.5, 2.8, 3.7], [2.1, 2.5, 2.8])
    write_model(model, tmp_path / "layers.csv")
    section = read_start(str(tmp_path / "layers.csv"), SURVEY, spacing=0.5, depth=6.0)
    assert section.shape == (13, 18)
    assert section.origin == (0.0, -0.5)
    assert float(section.vs[0, 0]) == pytest.approx(1.5)
    assert float(section.vs[-1, 3]) == pytest.approx(3.7)
    # travel time down to the middle of a cell: half a cell at the surface, then whole ones
    thickness = torch.tensor([0.25, *[0.5] * 10]).double()
    assert float((thickness / section.vs[:11, 0]).sum()) == pytest.approx(1.0 / 1.5 + 4.0 / 2.8 + 0.25 / 3.7)
    like = read_start(str(tmp_path / "layers.csv"), SURVEY, like=layered())
    assert (like.shape, like.spacing, like.origin) == (GRID.shape, (0.5, 0.5), (0.0, 0.0))
    free = read_start(str(tmp_path / "layers.csv"), SURVEY)
    assert 0.3 < free.spacing[0] < 1.0
    assert min(free.shape) >= 8


def test_a_section_must_hold_the_line(tmp_path: Path) -> None:
    write_solid(layered(), tmp_path / "start.nc")
    assert read_start(str(tmp_path / "start.nc"), SURVEY).earth.equal(layered().earth)
    far = Survey(SURVEY.sources, SURVEY.receivers + 3, SURVEY.frequencies)
    with pytest.raises(InputError, match=r"start\.nc: receiver 6 .* x = 8\.14.* section, 0 to 7\.5 km"):
        read_start(str(tmp_path / "start.nc"), far)
    deep = SolidSection(layered().vs, spacing=(0.5, 0.5), origin=(1.0, 0.0))
    write_solid(deep, tmp_path / "deep.nc")
    with pytest.raises(InputError, match="z = 1 km, expected 0"):
        read_start(str(tmp_path / "deep.nc"), SURVEY)
    write_solid(layered(Grid((9, 20), 0.5)), tmp_path / "other.nc")
    with pytest.raises(InputError, match=r"expected \(8, 16\) from"):
        read_start(str(tmp_path / "other.nc"), SURVEY, like=layered())
    with pytest.raises(InputError, match="no such file"):
        read_start(str(tmp_path / "none.csv"), SURVEY)


def test_sections_of_solid_ground_come_back(tmp_path: Path) -> None:
    section = with_basin()
    write_solid(section, tmp_path / "a.nc")
    found = read_solid(tmp_path / "a.nc")
    assert found.earth.equal(section.earth)
    rows = ["z,x,vs"] + [
        f"{z:g},{x:g},{float(section.vs[i, j])!r}"
        for i, z in enumerate(GRID.z.tolist())
        for j, x in enumerate(GRID.x.tolist())
    ]
    (tmp_path / "a.csv").write_text("\n".join(rows))
    torch.testing.assert_close(read_solid(tmp_path / "a.csv").earth, section.earth)
    finer = section.to_grid(0.25)
    torch.testing.assert_close(finer.earth[..., ::2, ::2], section.earth)
    with pytest.raises(InputError, match=r"vp\[0, 0\] is 1\.6 and vs 1\.6"):
        SolidSection(section.vs, section.vs)
    (tmp_path / "b.csv").write_text("z,x,speed\n0,0,1")
    with pytest.raises(InputError, match="expected z,x,vs or z,x,vp,vs or z,x,vp,vs,rho"):
        read_solid(tmp_path / "b.csv")


def test_the_spread_of_several_starts(tmp_path: Path) -> None:
    one, two = layered(), SolidSection(layered().vs + 0.2, spacing=(0.5, 0.5))
    apart = spread([one, two])
    torch.testing.assert_close(apart.by_depth, torch.full((8,), 0.2 / math.sqrt(2)).double())
    torch.testing.assert_close(apart.mean, layered().vs + 0.1)
    apart.write(tmp_path / "spread.nc")
    assert set(open_dataset(tmp_path / "spread.nc").data_vars) == {"vs_mean", "vs_deviation"}
    with pytest.raises(InputError, match="at least 2"):
        spread([one])
    with pytest.raises(InputError, match="same nodes"):
        spread([one, layered(Grid((9, 16), 0.5))])


def test_the_posterior_is_that_of_the_linear_problem() -> None:
    """Against a dense Gauss-Newton Hessian of the phases of all records at once."""
    asked = Plan(Settings(), (Stage(iterations=4, rate=0.3, smoothing=0.5),), ())
    values = spectra().values
    deviation = torch.full(values.shape[:-1], 0.2, dtype=torch.float64)
    found = invert(Spectra(SURVEY, values, deviation), layered(), asked, make)
    unsure = laplace(found, (3, 4))
    hats = torch.einsum("iz,jx->ijzx", _hats(unsure.depth, GRID.z), _hats(unsure.distance, GRID.x)).flatten(
        0, 1
    )
    tie, op = VsTie(GRID), Line(GRID, SURVEY)

    def phases(change: torch.Tensor) -> torch.Tensor:
        parts = op(tie(found.result.unknowns + torch.einsum("n,nzx->zx", change, hats)))
        there = found.mask.weight[..., 0] > 0
        return torch.atan2(parts[..., 1], parts[..., 0])[there] / (0.2 / values.norm(dim=-1)[there])

    rows = torch.autograd.functional.jacobian(phases, torch.zeros(12, dtype=torch.float64))
    before = 0.2 * float(layered().vs.mean())
    expected = torch.linalg.inv(rows.T @ rows + torch.eye(12) / before**2)
    torch.testing.assert_close(unsure.covariance, expected)
    assert float(unsure.sigma[0].mean()) < 0.7 * before
    assert bool((unsure.sigma <= unsure.prior + 1e-12).all())
    assert float(unsure.sigma[-1].mean()) > float(unsure.sigma[0].mean())
    torch.testing.assert_close(unsure.prior[0, 0], torch.tensor(before).double())
    # without a deviation in the data, errors are as large as what does not fit
    exact = dataclasses.replace(found, spectra=spectra())
    assert laplace(exact, (2, 2)).noise.max() < 0.2
    with pytest.raises(InputError, match="at least 2 nodes"):
        laplace(found, (1, 3))
