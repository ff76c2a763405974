"""Models to begin an inversion with: sections of solid ground, or layered models laid along the line."""

import dataclasses
import math
from pathlib import Path

import torch

from seisgrad.earth import LayeredModel, SolidSection, read_model, read_solid, resample
from seisgrad.earth.reference import REFERENCES
from seisgrad.elastic.rayleigh import local_phase_velocity
from seisgrad.elastic.survey import Survey
from seisgrad.errors import InputError

#: Nodes per wavelength of the slowest wave at the highest frequency, and how deep a grid reaches below a line, in
#: wavelengths at the lowest frequency: about those of the grid of Zou et al. (2025).
_NODES, _DEPTH = 6.0, 1.5
#: Fewest nodes along an axis.
_FEWEST = 8


def read_start(
    name: str,
    survey: Survey,
    spacing: float | None = None,
    depth: float | None = None,
    like: SolidSection | None = None,
) -> SolidSection:
    """A section that holds the line, from a file.

    Args:
        name: a section as :func:`seisgrad.earth.read_solid` takes it, or a layered model as
            :func:`seisgrad.earth.read_model` does, its name or its file, which is laid along the line.
        survey: sources and receivers; in the coordinates of the section.
        spacing: of the nodes, km; a section keeps its own by default, made square by the shorter side.
        depth: of the lowest nodes under a layered model, km; by default one and a half of the longest wavelengths.
        like: a section whose nodes this one is to have.

    Raises:
        InputError: a file that is neither, a section that does not begin at the surface, has other nodes than ``like``,
            or does not hold the line; the sentence names file and place.
    """
    if _is_section(name):
        section = read_solid(name)
        if abs(section.origin[0]) > 1e-6 * section.spacing[0]:
            raise InputError(
                f"{name}: the first nodes lie at z = {section.origin[0]:g} km, expected 0, the surface"
            )
        uneven = abs(section.spacing[0] - section.spacing[1]) > 1e-9 * section.spacing[0]
        if spacing is not None or uneven:
            section = section.to_grid(spacing or min(section.spacing))
        require_line(section, survey, name)
        if like is not None and (section.shape, section.origin) != (like.shape, like.origin):
            raise InputError(
                f"{name}: the section has {section.shape} nodes from {section.origin} km, expected {like.shape} from "
                f"{like.origin} as the first start; resample it"
            )
        return section
    if like is not None:
        return _laid(read_model(name), like.shape, like.spacing[0], like.origin[1])
    return along(read_model(name), survey, spacing, depth)


def along(
    model: LayeredModel, survey: Survey, spacing: float | None = None, depth: float | None = None
) -> SolidSection:
    """A layered model laid along a line, the same in every column: each node has the mean of the cell around it.

    The section reaches two nodes beyond the first and the last place. The other arguments are those of
    :func:`read_start`, in km.

    Raises:
        InputError: a spacing and a depth that make no grid.
    """
    frequencies = survey.frequencies
    if spacing is None:
        speed = _speed(model, float(frequencies.max()))
        spacing = speed / float(frequencies.max()) / _NODES
    if depth is None:
        depth = _DEPTH * _speed(model, float(frequencies.min())) / float(frequencies.min())
    if not 0 < spacing < math.inf or not spacing < depth < math.inf:
        raise InputError(f"spacing is {spacing:g} and depth {depth:g} km, expected a grid of several nodes")
    places = torch.cat([survey.sources, survey.receivers])
    first, last = float(places.min()) - 2 * spacing, float(places.max()) + 2 * spacing
    columns = max(_FEWEST, math.ceil((last - first) / spacing - 1e-9) + 1)
    rows = max(_FEWEST, math.ceil(depth / spacing - 1e-9) + 1)
    return _laid(model, (rows, columns), spacing, first)


def _laid(model: LayeredModel, shape: tuple[int, int], spacing: float, first: float) -> SolidSection:
    tops = spacing * (torch.arange(shape[0], dtype=torch.float64) - 0.5).clamp(min=0.0)
    column = resample(model, tops)
    vp, vs, rho = (values[:, None].expand(shape) for values in (column.vp, column.vs, column.rho))
    return SolidSection(vs, vp, rho, (spacing, spacing), (0.0, first))


def require_line(section: SolidSection, survey: Survey, name: str) -> None:
    """InputError that names the first source or receiver beyond the ends of the section."""
    first = section.origin[1]
    last = first + (section.shape[1] - 1) * section.spacing[1]
    slack = 1e-6 * section.spacing[1]
    for what, places in (("source", survey.sources), ("receiver", survey.receivers)):
        beyond = (places < first - slack) | (places > last + slack)
        if bool(beyond.any()):
            k = int(beyond.nonzero()[0, 0])
            raise InputError(
                f"{name}: {what} {k + 1} of the data lies at x = {float(places[k]):g} km, expected on the line of the "
                f"section, {first:g} to {last:g} km; use coordinates of the same line, or a longer section"
            )


def slowest_wave(section: SolidSection, frequency: float) -> float:
    """Phase velocity of the slowest Rayleigh wave of any column, km/s."""
    speed = local_phase_velocity(section.earth, section.spacing[0], frequency)
    return float(speed[speed.isfinite()].min()) if bool(speed.isfinite().any()) else float("nan")


def at_origin(survey: Survey, section: SolidSection) -> Survey:
    """The survey with distances from the first node of a section."""
    first = section.origin[1]
    return dataclasses.replace(survey, sources=survey.sources - first, receivers=survey.receivers - first)


def _is_section(name: str) -> bool:
    """Whether a file holds a section; a table does where its first line begins with z and x."""
    path = Path(name)
    if name.strip().lower() in REFERENCES or not path.is_file():
        return path.suffix.lower() in (".nc", ".npz")
    if path.suffix.lower() != ".csv":
        return path.suffix.lower() in (".nc", ".npz")
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        words = file.readline().lower().split(",")
    return [word.strip() for word in words[:2]] == ["z", "x"]


def _speed(model: LayeredModel, frequency: float) -> float:
    """Phase velocity of the fundamental Rayleigh wave; vs of the half-space where there is none."""
    from seisgrad.dispersion import velocity

    speed = float(velocity(model, [1.0 / frequency])[0])
    return speed if math.isfinite(speed) else float(model.vs[-1])
