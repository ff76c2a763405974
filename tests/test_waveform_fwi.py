"""Waveform inversion with any operator: models come back, batches are fair, bounds and held cells hold, runs resume."""

import itertools
from pathlib import Path

import pytest
import torch
from torch import Tensor
from waveform_toys import DOMAIN, FREQUENCIES, SHAPE, SOURCES, RaySpectra, RayTraces, blob, homogeneous

from seisgrad.errors import InputError, WorkError
from seisgrad.inversion.waveform import Stage, course, cumulative, fwi, held_around, run
from seisgrad.inversion.waveform.batches import Batches
from seisgrad.inversion.waveform.misfits import misfit_named
from seisgrad.inversion.waveform.objective import Objective
from seisgrad.operator import Function, Operator, Space

OP = RaySpectra()
DATA = OP(blob())
ADAM = Stage(optimiser="adam", epochs=3, source_batch=2, frequency_batch=2, rate=0.01)
LBFGS = Stage(iterations=12)


def error(model: Tensor) -> float:
    """Relative to that of the start, where rays pass."""
    seen = OP.lengths.sum((0, 1)) > 0.5
    return float((model - blob())[seen].norm() / (homogeneous() - blob())[seen].norm())


@pytest.mark.parametrize(
    ("stages", "largest"),
    [
        (cumulative(FREQUENCIES, 2, iterations=10, smoothing=0.5), 0.35),
        ([Stage(optimiser="adam", epochs=10, source_batch=3, frequency_batch=2, smoothing=0.5)], 0.7),
    ],
    ids=["lbfgs", "adam"],
)
def test_a_model_comes_back(stages: list[Stage], largest: float) -> None:
    result = fwi(OP, DATA, homogeneous(), stages=stages)
    assert result.history[-1].misfit < 2e-2 * result.history[0].misfit
    assert error(result.model) < largest
    assert len(result.models) == len(stages)
    assert result.status in result.message()


def test_traces_are_inverted_whole() -> None:
    op = RayTraces()
    result = fwi(op, op(blob()), homogeneous(), stages=[Stage(iterations=30)])
    assert result.history[-1].misfit < 1e-3 * result.history[0].misfit
    with pytest.raises(InputError, match=r"source_batch is 2.*no select"):
        fwi(op, op(blob()), homogeneous(), stages=[Stage(optimiser="adam", epochs=1, source_batch=2)])


def objective(stage: Stage, at_once: int = 8, data: Tensor = DATA) -> tuple[Objective, Batches]:
    batches = Batches(OP, stage)
    misfit = misfit_named("relative_l2", OP.codomain)
    return Objective(OP, data, None, misfit, batches, None, None, {"source": at_once}), batches


def test_batches_are_fair() -> None:
    """The blocks of an epoch hold every shot at every frequency once, and their gradients average to that of all."""
    stage = Stage(optimiser="adam", epochs=1, source_batch=4, frequency_batch=3)
    data = DATA.clone()
    data[2, 1], data[4, :, 3:] = torch.nan, torch.nan
    whole, batches = objective(stage, data=data)
    everything = whole(homogeneous(), batches.whole)
    blocks = [batches.block(step, seed=3, stage=1) for step in range(batches.per_epoch)]
    values = [whole(homogeneous(), block) for block in blocks]
    seen = sorted((s, f) for b in blocks for s in b.indices["source"] for f in b.indices["frequency"])
    assert seen == [(s, f) for s in range(len(SOURCES)) for f in range(len(FREQUENCIES))]
    mean = torch.stack([value.gradient for value in values]).mean(0)
    torch.testing.assert_close(mean, everything.gradient)
    assert sum(value.misfit for value in values) / len(values) == pytest.approx(everything.misfit)
    again = [batches.block(step, seed=3, stage=1) for step in range(batches.per_epoch)]
    later = [batches.block(batches.per_epoch + step, seed=3, stage=1) for step in range(batches.per_epoch)]
    assert blocks == again
    assert blocks != later


def test_groups_of_sources_add_up_and_the_gradient_is_right() -> None:
    stage = Stage(iterations=1)
    one, batches = objective(stage, at_once=1)
    at = homogeneous() + 0.02 * torch.randn(SHAPE, generator=torch.Generator().manual_seed(1)).double()
    by_one, at_once = one(at, batches.whole), objective(stage)[0](at, batches.whole)
    torch.testing.assert_close(by_one.gradient, at_once.gradient)
    step = 1e-5 * torch.randn(SHAPE, generator=torch.Generator().manual_seed(2)).double()
    change = one(at + step, batches.whole).misfit - one(at - step, batches.whole).misfit
    assert change == pytest.approx(2 * float((by_one.gradient * step).sum()), rel=1e-5)


def test_solves_count_forward_and_adjoint_per_source() -> None:
    result = fwi(OP, DATA, homogeneous(), stages=[ADAM])
    assert len(result.history) == 3 * 3 * 2
    assert result.solves == 2 * 2 * len(result.history)
    full = fwi(OP, DATA, homogeneous(), stages=[Stage(iterations=1, rate=1e-3)])
    assert full.solves == 2 * 2 * len(SOURCES)  # where it begins, and one step
    assert [row.solves for row in full.history] == [2 * len(SOURCES), 4 * len(SOURCES)]


@pytest.mark.parametrize("stage", [ADAM, LBFGS], ids=["adam", "lbfgs"])
def test_bounds_and_held_cells_hold(stage: Stage) -> None:
    free = held_around(DOMAIN, SOURCES, 0.6)
    assert float(free[:, 0].sum()) == 0.0
    assert float(free[:, 2:].min()) == 1.0
    bounds = (2.95, 3.001)
    result = fwi(OP, DATA, homogeneous(), stages=[stage], bounds=bounds, free=free)
    assert float(result.model.min()) == 2.95
    assert float(result.model.max()) <= 3.001
    held = free == 0
    assert torch.equal(result.model[held], homogeneous()[held])
    smooth = Stage(iterations=4, smoothing=0.5)
    result = fwi(OP, DATA, homogeneous(), stages=[smooth], free=free)
    assert torch.equal(result.model[held], homogeneous()[held])


def test_a_cell_leaves_its_bound_when_its_gradient_points_inwards() -> None:
    start = torch.full(SHAPE, 2.6, dtype=torch.float64)
    result = fwi(OP, DATA, start, stages=[Stage(iterations=30, highest=0.6)], bounds=(2.6, 3.4))
    assert float(result.model.mean()) > 2.8
    assert result.history[-1].misfit < 1e-3 * result.history[0].misfit


def test_smoothing_makes_smooth_updates() -> None:
    def rough(model: Tensor) -> float:
        change = model - homogeneous()
        return float(change.diff(dim=0).norm() / change.norm())

    plain, smooth = (
        fwi(OP, DATA, homogeneous(), stages=[Stage(iterations=3, smoothing=width)]).model
        for width in (0.0, 0.8)
    )
    assert rough(smooth) < 0.6 * rough(plain)


def test_a_parameterisation_ties_the_unknowns() -> None:
    """Slowness as the unknown, of which the ray operator sees the inverse; scale makes steps comparable."""
    slowness = Space("slowness", DOMAIN.axes, DOMAIN.shape, "s/km", DOMAIN.coords)
    tie = Function(lambda s: 1 / s, slowness, DOMAIN)
    start = 1 / homogeneous()
    result = fwi(OP, DATA, start, stages=[LBFGS], parameterisation=tie, scale=0.1)
    torch.testing.assert_close(result.model, 1 / result.unknowns)
    assert result.history[-1].misfit < 1e-2 * result.history[0].misfit


def test_a_second_operator_finishes_what_the_first_began() -> None:
    """The first is 2 % late at every receiver, so its model cannot be right; the second one's is."""
    late = Late()
    first = fwi(late, DATA, homogeneous(), stages=[LBFGS])
    both = fwi(late, DATA, homogeneous(), stages=[LBFGS], then=(OP, [Stage(iterations=25)]))
    assert torch.equal(both.models[0], first.model)
    assert both.history[-1].misfit < 0.1 * both.of_stage(2)[0].misfit
    assert error(both.model) < 0.6 * error(first.model)
    assert [row.operator for row in both.history] == sorted(row.operator for row in both.history)


class Late(Operator):
    """The toy with delays 2 % too long."""

    def __init__(self, op: RaySpectra = OP) -> None:
        self.op, self.domain, self.codomain = op, op.domain, op.codomain

    def select(self, **some: list[int]) -> "Late":
        return Late(self.op.select(**some))

    def apply(self, x: Tensor) -> Tensor:
        return self.op(x / 1.02)


class Stopping:
    """A watcher that interrupts after some steps."""

    def __init__(self, after: int) -> None:
        self.left = after

    def __call__(self, at: object) -> None:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize("after", [1, 4, 20])
def test_an_interrupted_run_resumes_to_the_last_bit(after: int, tmp_path: Path) -> None:
    plan = {
        "stages": [ADAM, Stage(iterations=6, smoothing=0.4, total_variation=1e-3)],
        "then": (Late(), [Stage(iterations=3)]),
        "seed": 5,
    }
    whole = fwi(OP, DATA, homogeneous(), **plan)
    with pytest.raises(KeyboardInterrupt):
        fwi(OP, DATA, homogeneous(), folder=tmp_path, progress=Stopping(after), **plan)
    resumed = fwi(OP, DATA, homogeneous(), folder=tmp_path, **plan)
    assert torch.equal(whole.model, resumed.model)
    assert whole.history == resumed.history
    assert whole.endings == resumed.endings
    again = fwi(OP, DATA, homogeneous(), folder=tmp_path, progress=Stopping(1), **plan)
    assert again.was_finished
    assert torch.equal(again.model, whole.model)
    with pytest.raises(InputError, match="other data, seed"):
        fwi(OP, 2 * DATA, homogeneous(), folder=tmp_path, **(plan | {"seed": 6}))


def test_the_time_is_foretold_from_one_part_of_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a clock by which every gradient takes two seconds the parts of all steps are counted; nothing else changes."""
    monkeypatch.setattr(course.time, "perf_counter", itertools.count(0.0, 2.0).__next__)
    plan = {"stages": [ADAM, Stage(iterations=6)], "then": (Late(), [Stage(iterations=3)]), "at_once": 4}
    whole, told = fwi(OP, DATA, homogeneous(), **plan), []
    with pytest.raises(KeyboardInterrupt):
        fwi(OP, DATA, homogeneous(), folder=tmp_path, **plan, progress=Stopping(4), foretell=told.append)
    adam = 3 * 3 * 2  # epochs, batches of two of six shots and of two of four frequencies
    lbfgs = 2 * (6 + 1 + 3 + 1)  # four shots and then two; it also evaluates where it begins
    assert told == [2.0 * (adam + lbfgs)]
    resumed = fwi(OP, DATA, homogeneous(), folder=tmp_path, **plan, foretell=told.append)
    assert told[1] == 2.0 * (adam + lbfgs - 4)
    assert torch.equal(whole.model, resumed.model)
    assert whole.history == resumed.history
    fwi(OP, DATA, homogeneous(), folder=tmp_path, **plan, foretell=told.append)
    assert len(told) == 2  # nothing was left to do


def test_a_kill_leaves_the_last_state_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_EVERY", 0.0)
    plan = {"stages": [Stage(iterations=8)]}
    whole = fwi(OP, DATA, homogeneous(), **plan)
    states = []

    def watch(at) -> None:
        if at.iteration == 5:
            states.append((tmp_path / "state.npz").read_bytes())  # what a kill at this moment leaves

    fwi(OP, DATA, homogeneous(), folder=tmp_path, progress=watch, **plan)
    (tmp_path / "state.npz").write_bytes(states[0])
    resumed = fwi(OP, DATA, homogeneous(), folder=tmp_path, **plan)
    assert torch.equal(whole.model, resumed.model)
    assert whole.history == resumed.history


def test_a_shot_that_cannot_be_predicted_is_named() -> None:
    op = RaySpectra(slowest=2.5)
    start = homogeneous()
    start[5, 6] = 2.0
    data = op(homogeneous())
    data[:3] = torch.nan  # shots without data are not asked for
    with pytest.raises(WorkError, match=r"the prediction for shot 4 is not finite.*give bounds"):
        fwi(op, data, start, stages=[Stage(iterations=2)])
    found = fwi(op, DATA, homogeneous(), stages=[Stage(iterations=10, rate=0.9)])
    assert float(found.model.min()) > 2.5  # a trial step that is too long is shortened


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="no stages"):
        fwi(OP, DATA, homogeneous(), stages=[])
    with pytest.raises(InputError, match=r"data has shape \(2,\)"):
        fwi(OP, torch.zeros(2), homogeneous(), stages=[LBFGS])
    with pytest.raises(InputError, match=r"none of the data's frequencies, 0.5 to 2 Hz"):
        fwi(OP, DATA, homogeneous(), stages=[Stage(iterations=1, lowest=5.0)])
    with pytest.raises(InputError, match="no data in the band"):
        fwi(OP, torch.full_like(DATA, torch.nan), homogeneous(), stages=[LBFGS])
    with pytest.raises(InputError, match=r"start is 3 at \(0, 0\), outside the bounds 1 to 2"):
        fwi(OP, DATA, homogeneous(), stages=[LBFGS], bounds=(1, 2))
    with pytest.raises(InputError, match="expected traces"):
        fwi(OP, DATA, homogeneous(), stages=[Stage(iterations=1, misfit="transport")])


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({}, "exactly one"),
        ({"iterations": 1, "epochs": 1}, "exactly one"),
        ({"iterations": 0}, "iterations is 0"),
        ({"iterations": 3, "optimiser": "sgd"}, "'sgd', expected adam or lbfgs"),
        ({"iterations": 3, "source_batch": 2}, "takes all data in every step"),
        ({"epochs": 3}, "takes all data in every step"),
        ({"iterations": 3, "lowest": 3.0, "highest": 2.0}, "from 3 to 2 Hz"),
        ({"iterations": 3, "rate": -1.0}, "rate is -1.0"),
        ({"iterations": 3, "damping": float("nan")}, "damping is nan"),
    ],
)
def test_a_stage_that_makes_no_sense_is_refused(settings: dict, match: str) -> None:
    with pytest.raises(InputError, match=match):
        Stage(**settings)


def test_cumulative_bands_end_at_the_highest_frequency() -> None:
    stages = cumulative([3.0, 1.0, 2.0, 4.0, 5.0], 3, iterations=2)
    assert [stage.highest for stage in stages] == [2.0, 4.0, 5.0]
    assert stages[0].within([1.0, 2.0, 3.0, 4.0, 5.0]) == [0, 1]
    assert len(cumulative([1.0, 2.0], 4, iterations=2)) == 2


@pytest.mark.parametrize("stage", [Stage(iterations=8), Stage(optimiser="adam", epochs=8, rate=0.05)])
def test_models_stay_among_the_allowed(stage: Stage) -> None:
    """Here: columns 0 to 3 no faster than their neighbours on the right."""

    def allowed(x: Tensor) -> Tensor:
        return torch.cat([torch.minimum(x[:, :4], x[:, 4:]), x[:, 4:]], 1)

    result = fwi(OP, DATA, homogeneous(), stages=[stage], allowed=allowed)
    for model in result.models:
        assert torch.equal(allowed(model), model)
    assert result.history[-1].misfit < 0.5 * result.history[0].misfit
    with pytest.raises(InputError, match="12 of 48 values of the start are not allowed"):
        fwi(OP, DATA, homogeneous() + torch.tensor([0.1, 0.1] + 6 * [0]), stages=[stage], allowed=allowed)


def test_frequencies_at_once_change_nothing() -> None:
    """One frequency after the other is the same misfit and gradient."""
    stages = [Stage(iterations=2)]
    one, all_ = (
        fwi(OP, DATA, homogeneous(), stages=stages, at_once=4, frequencies_at_once=k).model for k in (1, None)
    )
    torch.testing.assert_close(one, all_)
    with pytest.raises(InputError, match="frequencies_at_once is 0"):
        fwi(OP, DATA, homogeneous(), stages=stages, frequencies_at_once=0)
