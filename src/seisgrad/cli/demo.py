"""``seisgrad demo``: the main job on a real record, from the seismogram to the report."""

from pathlib import Path
from typing import TYPE_CHECKING

from seisgrad.cli.choices import OutFolder
from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.outputs import check_folder, whole_folder, write_page

if TYPE_CHECKING:
    from seisgrad.report.kono import Demonstration

EXAMPLE = "Example: seisgrad demo --out demo, then open demo/report.html"


def demo(out: OutFolder = Path("demo"), quiet: Quiet = False, as_json: AsJson = False) -> None:
    """Turn a real earthquake record into shear velocity against depth, with a report.

    The record is part of ObsPy: El Salvador, 13 January 2001, Mw 7.7, at KONO in Norway.
    """
    check_folder(out)
    with Console(7, quiet=quiet, as_json=as_json) as console:
        result = _work(console)
        with console.step("Draw the figures"):
            drawn = _figures(result)
        with console.step("Write the results and the report"), whole_folder(out) as folder:
            _write(result, drawn, folder)
        from seisgrad.cli.results import summary
        from seisgrad.report.demo import in_short

        lines = [*in_short(result), f"wrote {out / 'report.html'}"]
        console.finish(summary(result.joint, out) | {"findings": in_short(result)}, *lines)


def _work(console: Console) -> "Demonstration":
    with console.step("Read the record and the library"):
        from seisgrad.dispersion.engine import warm
        from seisgrad.report import kono

        kono.record_path()
        compiling = warm.start()
    measured = {}
    for wave in ("rayleigh", "love"):
        with console.step(f"Measure the {wave.capitalize()} wave") as step:
            measured[wave] = kono.measure_wave(wave)
            step.say(f"{int(measured[wave].good.sum())} of {len(measured[wave].period)} periods are good")
    with console.step("Compile the wave engine") as step:
        step.say("takes its time once, then comes from disk")
        warm.finish(compiling)
    with console.step("Invert both together and each alone, and examine it") as step:
        result = kono.demonstrate(measured["rayleigh"], measured["love"])
        step.say(f"χ² per datum {float(result.joint.posterior.chi2):.2f}")
    return result


def _figures(result: "Demonstration") -> dict[str, bytes]:
    from seisgrad.cli.results import kernels_to_vs
    from seisgrad.report.figures import apart_figure, png
    from seisgrad.report.headline import headline_figure
    from seisgrad.report.inversion import inversion_figures, shown_depth
    from seisgrad.report.kono import low_velocity_zone
    from seisgrad.report.trust_figure import trust_figure

    bottom, weights = shown_depth(result.joint), low_velocity_zone(result.joint.starting.rock_depth)
    asked = "A low-velocity zone?", "Vs of the lid minus Vs of the zone (km/s)"
    return {
        "demo": png(headline_figure(result, bottom)),
        **inversion_figures(result.joint, *kernels_to_vs(result.joint)),
        "trust": png(trust_figure(result.trust, bottom, weights, *asked)),
        "apart": png(apart_figure(result.apart["rayleigh"], result.apart["love"], bottom)),
    }


def _write(result: "Demonstration", drawn: dict[str, bytes], folder: Path) -> None:
    from seisgrad.cli.results import kernels_by_branch
    from seisgrad.dispersion import write_curves
    from seisgrad.report.demo import demo_page
    from seisgrad.report.inversion import write_results

    write_curves(result.curves, folder / "curves.csv")
    write_results(result.joint, folder)
    kernels_by_branch(result.joint).to_netcdf(folder / "kernels.nc", engine="h5netcdf")
    write_page(folder, demo_page(result, drawn), drawn)
