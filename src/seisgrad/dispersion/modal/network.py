"""The network behind the surrogate: a scout that finds the mode, and shapes that are its eigenfunctions.

Both see the earth at a multiple of the wavelength and in units of the wave's own velocity, so that the scaling laws of
surface waves hold exactly: scaled velocities, depths and periods are the same numbers to them, and metres of soil under
a geophone array are the same problem as the mantle. Every period of every earth is a sample of one task.

1. The scout sees slowness, velocity and vp/vs down to ten wavelengths of a first estimate, and says the phase
   velocity to a few percent and how deep the mode begins.
2. The shapes network sees the averages of the parts of the functional (:mod:`.stationary`) at the nodes below that
   depth and says the eigenfunctions there.
3. The stationary principle gives velocity and kernels. Nothing learned is left between eigenfunctions and answers.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seisgrad.dispersion.modal.nodes import Nodes
from seisgrad.dispersion.modal.stationary import FORMS, OMEGA, Form, Layers, Pencil
from seisgrad.dispersion.modal.window import slowest_stretch
from seisgrad.nn.residual import ResidualNetwork

Earth = Float[Tensor, "model 3 layer"]
"""vp, vs (km/s) and density (g/cm³), float64."""
PerPeriod = Float[Tensor, "model period"]

#: The mode is looked for from this far, in wavelengths, above where the scout sees it begin.
MARGIN = 1.0
#: Inputs may lie outside what training showed by this share of its range.
_LEEWAY = 0.25
#: Scale of the scout's answer for ln(c / first estimate).
_LOG_SCALE = 0.2
#: Where the logarithm of the expected error begins: at one percent.
_DOUBT = math.log(0.01)
#: Displacements far below the surface are allowed this share of those at it per unit of the network's output.
_FLOOR, _ENVELOPE = 0.15, 0.8


class Standard(nn.Module):
    """Inputs of zero mean and unit spread, and the range that they had in training."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.mean = nn.Buffer(torch.zeros(number))
        self.spread = nn.Buffer(torch.ones(number))
        self.lowest = nn.Buffer(torch.full((number,), -math.inf))
        self.highest = nn.Buffer(torch.full((number,), math.inf))

    def adapt(self, x: Float[Tensor, "sample feature"]) -> None:
        """Take mean, spread and range from training inputs."""
        self.mean.copy_(x.mean(0))
        self.spread.copy_(x.std(0) + 0.05)
        low, high = x.amin(0), x.amax(0)
        leeway = _LEEWAY * (high - low) + 1e-3
        self.lowest.copy_(low - leeway)
        self.highest.copy_(high + leeway)

    def forward(self, x: Float[Tensor, "*batch feature"]) -> Float[Tensor, "*batch feature"]:
        """Standardised inputs."""
        return (x - self.mean) / self.spread

    def excess(self, x: Float[Tensor, "*batch feature"]) -> Float[Tensor, "*batch feature"]:
        """How far, in spreads, an input lies outside the range of training, with some leeway; 0 inside."""
        beyond = torch.maximum(self.lowest - x, x - self.highest).clamp_min(0.0)
        return beyond / self.spread


class Scouting(NamedTuple):
    """What the scout says: phase velocity (km/s), and depth (km) from which the mode is looked for."""

    velocity: PerPeriod
    top: PerPeriod


class View(NamedTuple):
    """An earth in the units of one wave and period: what the shapes network and the functional need."""

    features: Float[Tensor, "model period feature"]
    integrals: Float[Tensor, "model period part node"]
    half_space: Layers
    units: Float[Tensor, "model period part"]
    scale: PerPeriod
    top: PerPeriod


class Scout(nn.Module):
    """Finds the mode of one wave."""

    def __init__(self, width: int, blocks: int) -> None:
        super().__init__()
        self.nodes = Nodes(80, 0.04, 10.0)
        self.standard = Standard(3 * len(self.nodes))
        self.core = ResidualNetwork(3 * len(self.nodes), 3, width, blocks)

    def look(
        self, tops: Float[Tensor, " layer"], earth: Earth, period: PerPeriod
    ) -> tuple[Float[Tensor, "model period feature"], PerPeriod]:
        """The network's inputs, and the first estimate (km/s) whose units they are in."""
        vp, vs, _ = earth.unbind(1)
        first = slowest_stretch(tops, vs, period)
        seen = torch.stack([1.0 / vs, vs, (vs / vp) ** 2], 1)
        scale = first * period
        means = self.nodes.integrals(tops, seen, scale, torch.zeros_like(scale)) / self.nodes.weight
        slow, fast, ratio = means.unbind(-2)
        features = [(slow * first[..., None]).log(), (fast / first[..., None]).log(), 4.0 * ratio - 1.3]
        return torch.cat(features, -1).float(), first

    def forward(self, features: Float[Tensor, "*batch feature"]) -> tuple[Tensor, Tensor, Tensor]:
        """What it makes of the earth, ``[*batch]`` each.

        ln(c / first estimate); the depth at which the mode begins, in wavelengths of that estimate; and the logarithm
        of the mean relative error to be expected of the final velocity.
        """
        ratio, begin, doubt = self.core(self.standard(features)).unbind(-1)
        return _LOG_SCALE * ratio, begin, (doubt + _DOUBT).clamp(-12.0, 0.0)


class Shapes(nn.Module):
    """Eigenfunctions of one wave at the nodes."""

    def __init__(self, form: Form, nodes: Nodes, width: int, blocks: int) -> None:
        super().__init__()
        self.form, self.nodes = form, nodes
        functions, parts = 2 * form.displacements, len(form.dimensions)
        inputs = parts * len(nodes) + 2
        self.standard = Standard(inputs)
        self.core = ResidualNetwork(inputs, functions * len(nodes), width, blocks)
        nn.init.normal_(self.core.out.weight, std=1e-3)
        nn.init.zeros_(self.core.out.bias)
        z = nodes.z.float()
        self.start = nn.Buffer(form.half_space_mode(z), persistent=False)
        self.envelope = nn.Buffer(_FLOOR + torch.exp(-_ENVELOPE * z), persistent=False)
        self.smoothing = nn.Buffer(nodes.smoothing().float(), persistent=False)

    def view(
        self,
        tops: Float[Tensor, " layer"],
        earth: Earth,
        period: PerPeriod,
        velocity: PerPeriod,
        top: PerPeriod,
    ) -> View:
        """The earth below ``top`` (km) in units of ``velocity`` (km/s) and its wavelength."""
        vp, vs, rho = earth.unbind(1)
        scale, reference = velocity * period, rho[:, :1]
        units = self.form.units(reference, velocity)
        raw = self.nodes.integrals(tops, self.form.parts(vp, vs, rho), scale, top)
        integrals = raw * units[..., None]
        features = self.form.features(integrals / self.nodes.weight).flatten(-2)
        inside = torch.stack([torch.tanh(top / scale), (top > 0.0).to(top.dtype)], -1)
        last = (torch.searchsorted(tops, top + self.nodes.z[-1] * scale) - 1).clamp(0, len(tops) - 1)
        alpha, beta, density = (q.gather(1, last) for q in (vp, vs, rho))
        half_space = ((alpha / velocity) ** 2, (beta / velocity) ** 2, density / reference)
        return View(
            torch.cat([features, inside], -1).float(),
            integrals.float(),
            tuple(q.float() for q in half_space),  # type: ignore[arg-type]
            units,
            scale,
            top,
        )

    def forward(self, view: View) -> Float[Tensor, "model period function node"]:
        """The trial: the starting mode and what the network adds, tractions in units of a smooth ωμ/c."""
        form = self.form
        added = self.core(self.standard(view.features)).unflatten(-1, self.start.shape)
        trial = self.start + self.envelope * added
        displacements, tractions = trial.split(form.displacements, -2)
        # nothing pulls at the surface; inside the earth the mode has not begun there
        tractions = torch.cat([torch.zeros_like(tractions[..., :1]), tractions[..., 1:]], -1)
        compliance = view.integrals[..., form.shear_compliance, :] / self.nodes.weight.float()
        stiffness = OMEGA * torch.exp(-compliance.log() @ self.smoothing.T)
        return torch.cat([displacements, tractions * stiffness[..., None, :]], -2)

    def pencil(self, trial: Tensor, view: View) -> Pencil:
        """The functional of a trial ``[model, period, function, node]``."""
        return self.form.pencil(trial, view.integrals, self.nodes.weight.float())

    def rows(
        self,
        trial: Float[Tensor, "model period function node"],
        view: View,
        k: PerPeriod,
        S_k: PerPeriod,
        tops: Float[Tensor, " layer"],
        earth: Earth,
    ) -> Float[Tensor, "model period 3 layer"]:
        """d ln c / d(vp, vs, rho) of every layer, at a fixed trial that has the wavenumber ``k``."""
        spread = self.form.densities(trial, k) / (S_k * k)[..., None, None]
        by_part = self.nodes.per_layer(spread, tops, view.scale, view.top)
        by_part = by_part * view.units.to(by_part.dtype)[..., None]
        vp, vs, rho = earth.to(by_part.dtype).unsqueeze(1).unbind(2)
        return self.form.by_layer(by_part, vp, vs, rho)


class Lesson(NamedTuple):
    """Earths, and what is known of one wave in each, ``[model, period]``.

    Attributes:
        tops: km.
        earth: the earths.
        period: s.
        exact: phase velocity, km/s.
        velocity: one near it, km/s, that sets the scale.
        top: km, from where the mode is looked for.
    """

    tops: Float[Tensor, " layer"]
    earth: Earth
    period: PerPeriod
    exact: PerPeriod
    velocity: PerPeriod
    top: PerPeriod


class Reply(NamedTuple):
    """What a network makes of a lesson, ``[model, period]``.

    Attributes:
        ratio: the scout's ln(c / first estimate).
        begin: depth at which it sees the mode begin, in wavelengths of the first estimate.
        doubt: logarithm of the relative error that it expects of the velocity.
        first: that estimate, km/s.
        error: (k - k of the trial)/k, which is (c of the trial - c)/c.
        rows: of the trial, ``[model, period, 3, layer]``.
    """

    ratio: PerPeriod
    begin: PerPeriod
    doubt: PerPeriod
    first: PerPeriod
    error: PerPeriod
    rows: Tensor


class Answer(NamedTuple):
    """Of one wave, ``[model, period]``.

    Attributes:
        velocity: km/s.
        rows: d velocity / d(vp, vs, rho) ``[model, period, 3, layer]``, where asked for.
        doubt: mean error to be expected of the velocity, km/s.
        excess: how far outside its training the network was asked, in standard deviations of its inputs; 0 inside.
    """

    velocity: PerPeriod
    rows: Tensor | None
    doubt: PerPeriod
    excess: PerPeriod


class ModeNetwork(nn.Module):
    """Scouts and shapes of both waves; see the head of this file.

    Args:
        width: features per block of the shapes networks.
        blocks: how many blocks they have.
        scout_width: features per block of the scouts.
        scout_blocks: how many blocks they have.
        nodes: depths at which eigenfunctions are given.
        first: the first of their intervals, and
        last: the deepest of them, in wavelengths.
    """

    def __init__(
        self,
        width: int = 448,
        blocks: int = 3,
        scout_width: int = 192,
        scout_blocks: int = 2,
        nodes: int = 72,
        first: float = 0.02,
        last: float = 4.0,
    ) -> None:
        super().__init__()
        places = Nodes(nodes, first, last)
        self.scouts = nn.ModuleDict({wave: Scout(scout_width, scout_blocks) for wave in FORMS})
        self.shapes = nn.ModuleDict(
            {wave: Shapes(form, places, width, blocks) for wave, form in FORMS.items()}
        )

    def forward(self, lessons: Mapping[str, Lesson]) -> dict[str, Reply]:
        """What training needs of each wave: all answers at the exact velocity, from a scale near it."""
        return {wave: self._reply(wave, lesson) for wave, lesson in lessons.items()}

    def _reply(self, wave: str, lesson: Lesson) -> Reply:
        tops, earth, period = lesson.tops, lesson.earth, lesson.period
        scout, shapes = self.of(wave)
        looked, first = scout.look(tops, earth, period)
        ratio, begin, doubt = scout(looked)
        view = shapes.view(tops, earth, period, lesson.velocity, lesson.top)
        trial = shapes(view)
        k = (OMEGA * lesson.velocity / lesson.exact).to(trial.dtype)
        error, S_k = shapes.form.error(trial, shapes.pencil(trial, view), view.half_space, k)
        rows = shapes.rows(trial, view, k, S_k, tops, earth)
        return Reply(ratio, begin, doubt, first, error, rows * lesson.exact.to(rows.dtype)[..., None, None])

    def answer(
        self, wave: str, tops: Float[Tensor, " layer"], earth: Earth, period: PerPeriod, rows: bool = False
    ) -> Answer:
        """Velocity, and rows where asked for, of one wave (``"rayleigh"``, ``"love"``) at all periods (s)."""
        scout, shapes = self.of(wave)
        looked, first = scout.look(tops, earth, period)
        ratio, begin, doubt = (a.to(first.dtype) for a in scout(looked))
        seen = self.scouting(ratio, begin, first, period)
        view = shapes.view(tops, earth, period, seen.velocity, seen.top)
        # double: the kernels of density and those of group velocity are small differences of what follows from it
        trial = shapes(view).double()
        pencil = shapes.pencil(trial, view)
        k = shapes.form.solve(trial, pencil, view.half_space, torch.full_like(pencil.rest, OMEGA))
        velocity = seen.velocity * (OMEGA / k)
        excess = torch.maximum(
            scout.standard.excess(looked).amax(-1), shapes.standard.excess(view.features).amax(-1)
        )
        if not rows:
            return Answer(velocity, None, velocity * doubt.exp(), excess)
        _, S_k = shapes.form.error(trial, pencil, view.half_space, k)
        relative = shapes.rows(trial, view, k, S_k, tops, earth)
        return Answer(
            velocity, relative * velocity.to(relative.dtype)[..., None, None], velocity * doubt.exp(), excess
        )

    def of(self, wave: str) -> tuple[Scout, Shapes]:
        """The networks of one wave."""
        scout, shapes = self.scouts[wave], self.shapes[wave]
        assert isinstance(scout, Scout)
        assert isinstance(shapes, Shapes)
        return scout, shapes

    def adapt(self, lessons: Mapping[str, Lesson]) -> None:
        """Take means, spreads and ranges of all inputs from training samples."""
        for wave, lesson in lessons.items():
            scout, shapes = self.of(wave)
            scout.standard.adapt(scout.look(lesson.tops, lesson.earth, lesson.period)[0].flatten(0, -2))
            view = shapes.view(lesson.tops, lesson.earth, lesson.period, lesson.velocity, lesson.top)
            shapes.standard.adapt(view.features.flatten(0, -2))

    @staticmethod
    def scouting(ratio: PerPeriod, begin: PerPeriod, first: PerPeriod, period: PerPeriod) -> Scouting:
        """The scout's answer in km/s and km."""
        velocity = first * torch.exp(ratio.clamp(-1.0, 1.0))
        return Scouting(velocity, top_of(begin * first * period, velocity * period))


def top_of(begin: PerPeriod, wavelength: PerPeriod) -> PerPeriod:
    """Depth (km) from which a mode that begins at ``begin`` (km) is looked for: a wavelength above, or the surface."""
    return (begin - MARGIN * wavelength).clamp_min(0.0)
