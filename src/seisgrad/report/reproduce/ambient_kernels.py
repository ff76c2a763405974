"""Where the misfit asks a layered start for a change, by a learned operator and by the adjoint (Figure 3)."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.elastic.parameters import VsTie
from seisgrad.elastic.settings import default_stages
from seisgrad.inversion.waveform import Preconditioner, misfit_named
from seisgrad.report.reproduce.ambient import Maker, Setting, Tell, Truth
from seisgrad.report.reproduce.ambient_fwi import start_of
from seisgrad.report.reproduce.table import Line

PARAMETERS = ("vp", "vs")
MISFIT = "unit_amplitude"


@dataclass(frozen=True, eq=False)
class Kernels:
    """Gradients of the misfit at the lateral average, summed over all pairs of nodes.

    Attributes:
        truth: whose records are to be explained.
        setting: of the experiment.
        gradient: per km/s, by operator, smoothed as before a step of the inversion; the last one is that of the
            adjoint.
        seconds: of one pass of all pairs and frequencies, forward and with the gradient, by operator.
    """

    truth: Truth
    setting: Setting
    gradient: dict[str, Float[Tensor, "frequency 2 z x"]]
    seconds: dict[str, tuple[float, float]]

    def by_depth(self, name: str, band: str) -> Float[Tensor, "2 z"]:
        """The average along the line of the gradient in a band."""
        return self.gradient[name][self.setting.bands[band]].sum(0).mean(-1)


def kernels(
    truth: Truth, makers: Mapping[str, Maker], setting: Setting, tell: Tell = lambda done: None
) -> Kernels:
    """Gradients with respect to vp and to vs, the others held, frequency by frequency.

    Args:
        truth: whose records are to be explained.
        makers: operators by name, the adjoint of the exact one the last.
        setting: of the experiment.
        tell: called with words as the work goes on.
    """
    survey, records = truth.survey, truth.records
    start = start_of("average", truth).earth
    misfit = misfit_named(MISFIT, survey.space)
    apart = (survey.receivers - survey.sources[:, None]).abs() > 1e-6
    weight = apart[:, None, None, :, None].double().expand(*records.shape[:-1], 1)
    smooth = Preconditioner(
        VsTie(truth.grid).domain, default_stages(setting.frequencies, truth.grid.spacing)[0].smoothing
    )
    gradient, seconds = {}, {}
    for name, make in makers.items():
        op, slopes, forward, both = make(truth.grid, survey), [], 0.0, 0.0
        for k in range(len(setting.frequencies)):
            tell(f"{name}, {setting.frequencies[k]:.2f} Hz")
            x = start.clone().requires_grad_()
            part, one = op.select(frequency=[k]), slice(k, k + 1)  # type: ignore[attr-defined]
            begin = time.perf_counter()
            predicted = part(x)
            forward += time.perf_counter() - begin
            value = misfit(predicted, records[:, one], weight[:, one])
            slopes.append(torch.autograd.grad(value, x)[0][:2])
            both += time.perf_counter() - begin
        gradient[name], seconds[name] = smooth(torch.stack(slopes)), (forward, both)
    return Kernels(truth, setting, gradient, seconds)


def kernel_lines(found: Kernels) -> list[Line]:
    """Cosine and relative L2 of the gradients, and of their averages by depth, to those of the adjoint; and seconds."""
    *learned, exact = found.gradient
    lines = []
    for name in learned:
        for band, inside in found.setting.bands.items():
            mine, true = (found.gradient[n][inside].sum(0) for n in (name, exact))
            for k, parameter in enumerate(PARAMETERS):
                for kind, a, b in (
                    ("", mine[k], true[k]),
                    ("_by_depth", mine[k].mean(-1), true[k].mean(-1)),
                ):
                    cosine = float((a * b).sum() / (a.norm() * b.norm()))
                    error = float((a - b).norm() / b.norm())
                    case = f"{found.truth.case.name} {band}"
                    lines += [
                        Line(name, case, f"gradient_cosine_{parameter}{kind}", cosine, 1, 0),
                        Line(name, case, f"gradient_relative_l2_{parameter}{kind}", error, 1, 0),
                    ]
    for name, (forward, both) in found.seconds.items():
        lines += [
            Line(name, "all pairs", "seconds_forward", forward, 1, 0),
            Line(name, "all pairs", "seconds_per_iteration", both, 1, 0),
        ]
    return lines
