"""The page of ``seisgrad demo``: what was measured, what fits, what is resolved and what is not."""

from collections.abc import Mapping

from seisgrad.dispersion.invert import Inversion
from seisgrad.dispersion.measure import Measurement
from seisgrad.inversion.average import ODDS
from seisgrad.report import kono
from seisgrad.report.anisotropy import say_contrast
from seisgrad.report.findings import intervals, resolved, say_intervals
from seisgrad.report.inversion import add_fit, add_profile_table, add_resolution, cards
from seisgrad.report.kono import Demonstration
from seisgrad.report.page import Page
from seisgrad.report.trust import MEMBERS, say_trust

GLANCE = (
    "At a glance. Left: the record (15 to 250 s, with group velocity along the top), the time-frequency "
    "images with their "
    "picks, and the fit of the joint inversion. Right: shear velocity with two standard deviations, and how "
    "much of the "
    "prior uncertainty the data have removed."
)
APART = (
    "Each wave inverted on its own, with the same prior; bands are two standard deviations. Where they "
    "differ by more "
    "than their bands, one isotropic earth cannot serve both."
)
TRUST = (
    "Left: the importance of every datum, the share of its own prediction that it decides alone; they add up to "
    "what the data determine. Middle: the Gaussian of the report, and most probable models for "
    f"{MEMBERS} redrawn data and priors. Right: vs of the lid minus vs of the zone below it; to the right of the line, "
    "a low-velocity zone."
)


def demo_page(demo: Demonstration, drawn: Mapping[str, bytes]) -> Page:
    """The report of the demonstration; ``drawn`` holds its figures by name."""
    page = Page(
        "From one seismogram to the upper mantle",
        "Rayleigh and Love waves of the El Salvador earthquake of 13 January 2001 (Mw 7.7) at KONO, Norway, "
        f"{demo.rayleigh.distance_km:.0f} km away: group velocities measured, and inverted together for "
        f"shear velocity "
        "with its uncertainty.",
    )
    page.cards(*cards(demo.joint))
    page.image(drawn["demo"], GLANCE)
    page.points(*in_short(demo))
    _add_measurement(page, demo)
    add_fit(page, demo.joint, drawn)
    page.heading("One isotropic earth for both waves?")
    page.text(*say_contrast(demo.joint, demo.apart["rayleigh"], demo.apart["love"]))
    page.image(drawn["apart"], APART)
    add_resolution(page, demo.joint, drawn)
    page.heading("Can one bet on it?")
    page.image(drawn["trust"], TRUST)
    page.points(*say_trust(demo.trust))
    _add_assumptions(page, demo)
    add_profile_table(page, demo.joint)
    return page


def in_short(demo: Demonstration) -> list[str]:
    """The findings in a few lines, each from numbers."""
    clear = intervals(demo.joint, resolved(demo.joint))
    points = [f"{_picked(m)}." for m in demo.measurements]
    points.append(demo.joint.posterior.message())
    points.append(f"The data speak at {say_intervals(clear)}; elsewhere the profile repeats the prior.")
    points.append(_say_low_velocity(demo.joint))
    return points


def _picked(measurement: Measurement) -> str:
    period = measurement.period[measurement.good]
    flagged = int((~measurement.good).sum())
    return (
        f"{measurement.wave.capitalize()}: {len(period)} group velocities from {float(period.min()):.3g} to "
        f"{float(period.max()):.3g} s, {flagged} of {len(measurement.period)} periods flagged and left out"
    )


def _say_low_velocity(joint: Inversion) -> str:
    """Whether vs falls below the lid, between depths that were fixed before the profile was seen."""
    weights = kono.low_velocity_zone(joint.starting.rock_depth)
    mean = joint.posterior.average(weights)
    required = bool(joint.posterior.requires(weights))
    lid, zone = (f"{top:g} to {bottom:g} km" for top, bottom in (kono.LID, kono.ZONE))
    return (
        f"A low-velocity zone is {'required' if required else 'allowed and not required'} by the data: at {zone}, "
        f"PREM's zone, vs is on average {float(mean.value):.2f} ± {float(mean.sigma):.2f} km/s below that of its lid, "
        f"{lid}, and the data are {float(mean.log_ratio(0.0).exp()):.2g} times as probable where this difference is "
        f"free as where it is none ({ODDS:g} would be strong evidence)."
    )


def _add_measurement(page: Page, demo: Demonstration) -> None:
    page.heading("What was measured")
    page.text(
        "Multiple-filter analysis: the envelope behind each of a set of Gaussian filters peaks when the wave "
        "group of that "
        "period arrives, and distance over that time is its group velocity. Rayleigh waves were taken from "
        "the vertical, "
        f"Love waves from the transverse component; the path is {demo.rayleigh.distance_km:.0f} km long, "
        f"azimuth "
        f"{demo.rayleigh.azimuth:.1f}°, back-azimuth {demo.rayleigh.back_azimuth:.1f}°. A sigma holds the "
        f"noise, the "
        "width of the ridge and the variation with filter width.",
    )
    for measurement in demo.measurements:
        rows = _pick_rows(measurement)
        header = ("period (s)", "U (km/s)", "σ (km/s)", "signal/noise", "used", "flags")
        page.text(f"{_picked(measurement)}. {_why(measurement)}")
        page.table(header, rows, fold=f"All {len(rows)} periods of the {measurement.wave.capitalize()} wave")
        page.text(f"Its record: {'; '.join(measurement.notes)}.")


def _why(measurement: Measurement) -> str:
    """The flagged periods with their reasons."""
    flagged = [
        f"{period:g} s ({reason.replace('_', ' ')})"
        for period, reason, good in zip(
            measurement.period.tolist(), measurement.reasons, measurement.good.tolist(), strict=True
        )
        if not good
    ]
    return f"Left out: {'; '.join(flagged)}." if flagged else ""


def _add_assumptions(page: Page, demo: Demonstration) -> None:
    page.heading("What was assumed")
    sizes = _say_path_error(demo)
    page.points(
        demo.joint.starting.words,
        "Why PREM: about half of the path is deep Atlantic, the other half shelf and land, which is what the "
        "averaged crust "
        "of PREM stands for.",
        "What one column cannot explain was added to the errors: the root-mean-square difference between the "
        "velocity of "
        "a path over oceanic and continental crust in shares of "
        f"{', '.join(f'{share:g}' for share in kono.OCEAN_SHARES)} ocean (times add) and that of PREM's "
        f"crust: {sizes}. "
        "So short periods were measured well and still say little about the crust.",
        f"The source: times count from the origin time plus {kono.HALF_DURATION:g} s, the half duration "
        f"expected of "
        f"Mw 7.7; {kono.TIME_SIGMA:g} s of doubt about it move all velocities together, and the inversion "
        f"knows that.",
        f"The sensor: the file holds no response; it was taken as flat in velocity to {kono.CORNER:g} s "
        f"(STS-1). Its delay "
        f"grows as the period squared, to {0.225 * 200.0**2 / kono.CORNER:.0f} s at 200 s, and "
        f"{100 * kono.CORNER_SHARE:g} % of it was taken as uncertain, for all data together.",
        "Spherical earth by flattening: exact for Love waves, the usual power of density for Rayleigh waves. "
        "Gravity and "
        "the change of velocity with period between 20 and 200 s (about 1 % in the low-velocity zone) are "
        "left out.",
        "The earth is isotropic and does not vary along the path below the crust; the fundamental mode is "
        "alone at each "
        "pick. Love overtones travel almost as fast as the fundamental mode under oceans, and no single "
        "record can tell "
        "them apart.",
        "The posterior is a Gaussian around the most probable model; vp/vs and density are PREM's.",
    )


def _say_path_error(demo: Demonstration) -> str:
    """The path error of each branch at the shortest, the middle and the longest period."""
    survey = demo.joint.survey
    errors = 100.0 * kono.path_error(survey, demo.joint.starting)
    shown = (0, len(survey.periods) // 2, len(survey.periods) - 1)
    parts = []
    for branch, row in zip(survey.branches, errors.tolist(), strict=True):
        sizes = ", ".join(f"{row[j]:.1f} % at {float(survey.periods[j]):g} s" for j in shown)
        parts.append(f"{branch.wave.capitalize()} {sizes}")
    return "; ".join(parts)


def _pick_rows(measurement: Measurement) -> list[tuple[str, ...]]:
    columns = (measurement.period, measurement.velocity, measurement.sigma, measurement.snr, measurement.good)
    rows = []
    for reason, period, velocity, sigma, snr, good in zip(
        measurement.reasons, *(column.tolist() for column in columns), strict=True
    ):
        numbers = (f"{velocity:.3f}", f"{sigma:.3f}", f"{snr:.0f}")
        shown = ("—" if text == "nan" else text for text in numbers)
        rows.append((f"{period:g}", *shown, "yes" if good else "no", reason.replace("_", " ")))
    return rows
