"""The report of a source inversion: the mechanism, how well and how surely it fits, and what was left out."""

import math
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.report.figures import png
from seisgrad.report.files import table
from seisgrad.report.page import Page
from seisgrad.report.source_figures import mechanism_figure, waveform_figure
from seisgrad.source.axes import axes, decompose, nodal_planes
from seisgrad.source.event import Event
from seisgrad.source.event_files import Remark
from seisgrad.source.gather import PHASES
from seisgrad.source.kagan import kagan_angle
from seisgrad.source.picker import Picks
from seisgrad.source.refine import Refinement
from seisgrad.source.surrogate import FARTHEST, Estimate

CAPTIONS = {
    "mechanism": "Left: lower half of the focal sphere, with nodal lines of solutions for resampled stations. Middle: "
    "fit of the best mechanism at every depth; band: the middle 68 % of the depths of resampled stations; dashed: the "
    "depth of the origin. Right: stations seen from the epicentre, brighter where they fit better.",
    "waveforms": "Displacement: records (dark), each moved by the seconds beside its name, and what the solution "
    "predicts (orange), in the band of the fit and over the largest amplitude of the station. Right: variance "
    "reduction.",
}
"""What each figure shows, by the name of its file."""
DOUBTS = ("the fit", "the mechanism", "the depth", "the shifts", "the origin", "network")
"""Of what a remark must be read before an answer is believed; the others are about single stations."""


def source_figures(found: Refinement, learned: Estimate | None = None) -> dict[str, bytes]:
    """The figures by name, as PNG."""
    return {
        "mechanism": png(mechanism_figure(found, None if learned is None else learned.moment)),
        "waveforms": png(waveform_figure(found)),
    }


def source_page(
    found: Refinement,
    drawn: Mapping[str, bytes],
    model: str,
    band: tuple[float, float],
    remarks: Sequence[Remark],
    learned: Estimate | None = None,
    name: str = "",
) -> Page:
    """The page.

    Args:
        found: the least squares.
        drawn: the figures of :func:`source_figures`.
        model: name of the velocity model.
        band: of the fit, Hz.
        remarks: what was left out or is doubtful.
        learned: what a network said of the same event, and
        name: which one.
    """
    origin = found.event.origin
    page = Page(
        "The mechanism of an earthquake",
        f"{origin.time} UTC, {_place(origin.latitude, 'NS')} {_place(origin.longitude, 'EW')}, Green's functions of "
        f"{model}, {band[0]:g} to {band[1]:g} Hz.",
    )
    spread, reduction = found.mechanism_spread, 100.0 * found.variance_reduction
    page.cards(
        (f"{found.mw:.2f} ± {found.mw_sigma:.2f}", "moment magnitude", ""),
        (source_depth(found), "depth", ""),
        (f"{spread:.0f}°", "median Kagan angle of resampled stations", "good" if spread < 15 else "warn"),
        (f"{reduction:.0f} %", "variance reduction", "good" if reduction > 50 else "warn"),
    )
    page.heading("Mechanism")
    page.image(drawn["mechanism"], CAPTIONS["mechanism"])
    page.table(("nodal plane", "strike", "dip", "rake"), _planes(found.moment))
    page.table(("axis", "azimuth", "plunge"), _axes(found.moment))
    parts = decompose(found.moment)
    page.text(
        f"{parts.double_couple:.0f} % double couple, {parts.clvd:.0f} % CLVD, {parts.isotropic:.0f} % isotropic "
        "(Knopoff & Randall 1970, Vavryčuk 2015). Records of a point source do not tell which of the planes slipped.",
        "The spread comes from stations drawn with replacement. What all stations share, such as wrong velocities, is "
        "not in it.",
    )
    if learned is not None:
        _add_learned(page, found, learned, name)
    page.heading("Waveforms")
    page.image(drawn["waveforms"], CAPTIONS["waveforms"])
    page.heading("What was left out or is doubtful")
    if remarks:
        page.table(("what", "why"), [(remark.what, remark.reason) for remark in remarks])
    else:
        page.text("Nothing.")
    return page


def source_depth(found: Refinement) -> str:
    """The depth with its standard deviation, where it was searched."""
    if math.isnan(found.depth_sigma):
        return f"{found.depth:g} km (given)"
    return f"{found.depth:g} ± {found.depth_sigma:.1f} km"


def remarks_of(found: Refinement, learned: Estimate | None = None) -> list[Remark]:
    """All that was left out or is doubtful, in reading, in fitting and by the network."""
    warned = [] if learned is None else [Remark("network", warning) for warning in learned.warnings]
    return [*found.event.remarks, *found.remarks, *warned]


def stations_csv(found: Refinement, learned: Estimate | None = None) -> str:
    """``station,distance,azimuth,shift,variance_reduction,attention`` by station; empty where there is no number."""
    event, fitted = found.event, {name: k for k, name in enumerate(found.stations)}
    nothing = torch.tensor(torch.nan)
    rows = [fitted.get(name) for name in event.stations]
    return table(
        ("station", "distance", "azimuth", "shift", "variance_reduction", "attention"),
        event.stations,
        event.distance,
        event.azimuth,
        [float(nothing if k is None else found.shifts[k]) for k in rows],
        [float(nothing if k is None else found.station_reduction[k]) for k in rows],
        nothing.expand(len(rows)) if learned is None else learned.attention,
    )


def picks_csv(event: Event, picks: Picks) -> str:
    """``network,station,phase,time,by,quality`` of all that was read or measured, as ``EVENT_DIR/picks.csv``."""
    rows = []
    for k, name in enumerate(event.stations):
        network, _, station = name.partition(".")
        for j, phase in enumerate(PHASES):
            if event.picked[k, j] or picks.measured[k, j]:
                quality = f"{float(picks.quality[k, j]):.3g}" if picks.measured[k, j] else ""
                by = "measured" if picks.measured[k, j] else "read"
                rows.append(
                    (network, station, phase, str(event.origin.utc + float(picks.times[k, j])), by, quality)
                )
    names = ("network", "station", "phase", "time", "by", "quality")
    return table(names, *(list(zip(*rows, strict=True)) or [()] * len(names)))


def depths_csv(found: Refinement) -> str:
    """``depth,variance_reduction,kagan``: the fit at every depth, and how far its mechanism is from the best."""
    angles = kagan_angle(found.depth_moments, found.moment)
    return table(("depth", "variance_reduction", "kagan"), found.depths, found.depth_reductions, angles)


def remarks_csv(said: Sequence[Remark]) -> str:
    """``what,reason``."""
    return table(("what", "reason"), [remark.what for remark in said], [remark.reason for remark in said])


def _place(degrees: float, sides: str) -> str:
    return f"{abs(degrees):.3f}° {sides[degrees < 0]}"


def _planes(moment: Float[Tensor, " 6"]) -> list[tuple[str, ...]]:
    return [
        (str(k + 1), *(f"{x:.0f}" for x in plane)) for k, plane in enumerate(nodal_planes(moment).tolist())
    ]


def _axes(moment: Float[Tensor, " 6"]) -> list[tuple[str, ...]]:
    return [
        (name, *(f"{x:.0f}" for x in row)) for name, row in zip("TBP", axes(moment).tolist(), strict=True)
    ]


def _add_learned(page: Page, found: Refinement, learned: Estimate, name: str) -> None:
    """What the network said before anything was fitted."""
    page.heading(f"The network {name} alone")
    angle = kagan_angle(learned.moment.double(), found.moment).item()
    page.text(
        f"From windows of 5 s around P and S, 0.1 to 2 Hz: Mw {learned.magnitude:.2f}, a mechanism {angle:.0f}° from "
        "that of the fit (Kagan angle).",
        "It is unlike the events of its calibration, so that it claims nothing: the warnings stand below."
        if learned.radius >= FARTHEST
        else f"By its calibration on synthetic events, nine of ten true mechanisms lie within {learned.radius:.0f}° of "
        "it.",
    )
    page.table(("nodal plane", "strike", "dip", "rake"), _planes(learned.moment.double()))
