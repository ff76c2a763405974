"""The page of ``seisgrad demo``: what was measured, what fits, what is resolved and what is not."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

from seisgrad.dispersion.measure import Measurement
from seisgrad.report import kono
from seisgrad.report.anisotropy import Contrast, contrast, say_contrast
from seisgrad.report.findings import extreme, say_intervals, intervals, resolved
from seisgrad.report.inversion import add_fit, add_profile_table, add_resolution, cards
from seisgrad.report.kono import Demonstration
from seisgrad.report.page import Page

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def demo_page(demo: Demonstration, drawn: "Mapping[str, Figure]") -> Page:
    """The report of the demonstration; ``drawn`` holds its figures by name."""
    distance = demo.rayleigh.distance_km
    page = Page(
        "From one seismogram to the upper mantle",
        f"Rayleigh and Love waves of the El Salvador earthquake of 13 January 2001 (Mw 7.7), recorded at KONO, Norway, "
        f"{distance:.0f} km away; group velocities measured, and inverted together for shear velocity with uncertainty.",
    )
    page.figure(drawn["demo"], "The whole way at a glance: record, time-frequency images with picks, fit, earth.")
    page.cards(*cards(demo.joint))
    page.points(*_in_short(demo))
    _add_measurement(page, demo, drawn)
    add_fit(page, demo.joint, drawn)
    page.heading("One isotropic earth for both waves?")
    page.text(*say_contrast(contrast(demo), demo))
    page.figure(drawn["apart"], "Each wave inverted on its own with the same prior; bands are two standard deviations.")
    add_resolution(page, demo.joint, drawn)
    _add_assumptions(page, demo)
    add_profile_table(page, demo.joint)
    return page


def _in_short(demo: Demonstration) -> list[str]:
    return []
