"""The same waves in time, as the paper has them: traces made of an operator's spectra against those of the physics."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from seisgrad.acoustic import Grid, Physics, Survey, Traces, as_complex, prior
from seisgrad.acoustic.learning import clear_of
from seisgrad.report.reproduce.acoustic import (
    SEED,
    VALIDATION,
    Maker,
    Record,
    Setting,
    Tell,
    line,
    one_source,
)
from seisgrad.report.reproduce.table import Line

CASE, PAPER = "time-domain", 0.273
"""Name of the case, and the paper's mean relative L2 on its validation models."""
MOST = 8
"""Models that this costly case takes at most."""
RECEIVERS = 8
"""Traces that are kept of each model for the figure."""


@dataclass(frozen=True, eq=False)
class Waveforms:
    """What the case gave.

    Attributes:
        grid: of the models.
        times: of the record, from the peak of the wavelet on, s.
        errors: by operator, ‖û − u‖/‖u‖ over all nodes more than half a kilometre from the source and all times.
        earths: velocity and density.
        sources: z, x, km.
        receivers: of the kept traces.
        traces: by operator, ``exact`` first.
    """

    grid: Grid
    times: Float[Tensor, " time"]
    errors: dict[str, Float[Tensor, " model"]]
    earths: Float[Tensor, "model 2 z x"]
    sources: Float[Tensor, "model 2"]
    receivers: Float[Tensor, "receiver 2"]
    traces: dict[str, Float[Tensor, "model receiver time"]]


def frequencies(record: Record) -> Float[Tensor, " frequency"]:
    """Those that the wavelet holds, evenly spaced, Hz: from where it has a hundredth of its largest amplitude."""
    first = math.ceil(record.peak / 16.0 * record.repeat)
    return torch.arange(first, math.ceil(record.gone * record.repeat), dtype=torch.float64) / record.repeat


def wavelet_spectrum(record: Record) -> Complex[Tensor, " frequency"]:
    """The spectrum of the wavelet, whose peak (of the whole Ricker, 1) comes at ``lead + before``, s."""
    frequency = frequencies(record)
    ratio = frequency / record.peak
    ricker = 2.0 / math.sqrt(math.pi) * ratio.square() * torch.exp(-ratio.square()) / record.peak
    beyond = ((frequency - record.full) / (record.gone - record.full)).clamp(0.0, 1.0)
    fade = torch.cos(0.5 * math.pi * beyond).square()
    return ricker * fade * torch.exp(-2j * math.pi * frequency * (record.lead + record.before))


def synthesis(record: Record, times: Float[Tensor, " time"]) -> Complex[Tensor, "frequency time"]:
    """From spectra of the response at :func:`frequencies` to traces at ``times``; the real part is meant."""
    turn = torch.exp(2j * math.pi * frequencies(record)[:, None] * times)
    return (2.0 / record.repeat) * wavelet_spectrum(record)[:, None] * turn


def record_times(record: Record) -> Float[Tensor, " time"]:
    """Times of the record's samples in the simulation, s."""
    return record.lead + record.step * torch.arange(
        round(record.duration / record.step) + 1, dtype=torch.float64
    )


def traces_survey(
    record: Record, source: Float[Tensor, "1 2"], receivers: Float[Tensor, "receiver 2"]
) -> Traces:
    """Traces at twice the samples of the record, which hold the wavelet with room to spare."""
    half = 0.5 * record.step
    number = round((record.lead + record.duration) / half) + 1
    times = half * torch.arange(number, dtype=torch.float64)
    return Traces(source, receivers, times, synthesis(record, times).real.sum(0))


def recorded(record: Record, traces: Float[Tensor, "*batch time"]) -> Float[Tensor, "*batch sample"]:
    """The record's samples of traces of :func:`traces_survey`."""
    return traces[..., round(2.0 * record.lead / record.step) :: 2]


def in_time(
    makers: Mapping[str, Maker], models: int, setting: Setting | None = None, tell: Tell = lambda done: None
) -> Waveforms:
    """Judge operators in time on the first models of the validation case.

    Args:
        makers: operators by name; they are asked for all frequencies of the wavelet.
        models: how many.
        setting: grid and record; those of the paper by default.
        tell: called with words as the work goes on.
    """
    setting = setting or Setting()
    grid, record = setting.grid, setting.record
    draw = prior(VALIDATION.prior).draw(models, SEED, split="test", grid=grid)
    earths, sources = draw.earth.float(), draw.source.float().double()
    operators = {
        name: make(grid, Survey(sources, grid.nodes, frequencies(record))) for name, make in makers.items()
    }
    shown = _spread(grid.shape)
    times = record_times(record)
    matrix = synthesis(record, times).to(torch.complex64)
    errors = {name: torch.empty(models) for name in makers}
    traces = {name: torch.empty(models, RECEIVERS, len(times)) for name in ("exact", *makers)}
    for i in range(models):
        survey = traces_survey(record, sources[i : i + 1], grid.nodes)
        physics = Physics(grid, survey, velocity=prior(VALIDATION.prior).velocity)
        with torch.no_grad():
            truth = recorded(record, physics(earths[i])[0])
        traces["exact"][i] = truth[shown]
        away = clear_of(grid, sources[i : i + 1])[0].flatten()
        for name, op in operators.items():
            tell(f"{i + 1} of {models} models, {name}")
            with torch.no_grad():
                spectra = as_complex(one_source(op, i)(earths[i])[0])
            found = (spectra.T.to(matrix.dtype) @ matrix).real
            errors[name][i] = (found - truth)[away].norm() / truth[away].norm()
            traces[name][i] = found[shown]
    return Waveforms(
        grid, times - record.lead - record.before, errors, earths, sources, grid.nodes[shown], traces
    )


def time_lines(found: Waveforms) -> list[Line]:
    """The case ``time-domain``, with the paper's number beside the learned operators'."""
    return [
        line(name, CASE, "relative_l2", errors, math.nan if name in ("background", "outgoing") else PAPER)
        for name, errors in found.errors.items()
    ]


def _spread(shape: tuple[int, int]) -> Tensor:
    """Indices of nodes on a line across the grid, a quarter down it."""
    nz, nx = shape
    columns = torch.linspace(0.0, nx - 1.0, RECEIVERS).round().long()
    return (nz // 4) * nx + columns
