"""``seisgrad audit dispersion``: kernels of a learned operator against exact ones."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seisgrad.cli.choices import check_operator, load_operator
from seisgrad.cli.console import Console, Step
from seisgrad.cli.outputs import whole_folder
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

    from seisgrad.audit.report import Report

NUMBER = 1000
"""Models, where no number is given."""
PRIOR = "weak"
"""The prior of an operator that does not say which is its own."""
FEW = 10
"""Of how many models one is audited in each of the shifted sets; and inversions in each of these."""
STEPS = 9
"""Of the progress."""


def check(operator: str, number: int, models: Path | None) -> None:
    """InputError for what cannot be audited; before the work begins."""
    if number < 2:
        raise InputError(f"--number {number} is too few, expected at least 2 models")
    check_operator(operator)


def run(
    operator: str, prior: str | None, models: Path | None, number: int, out: Path, console: Console
) -> tuple[dict[str, Any], list[str]]:
    """All of it; the result for scripts, and in lines for people."""
    work = _Work(operator, prior, console)
    work.draw(models, number)
    reports = work.reports()
    work.write(reports, out)
    own = next(iter(reports.values()))
    summary = {
        "models": {name: report.models for name, report in reports.items()},
        "verdict": own.verdict,
        "faults": [fault.name for fault in own.faults],
        "artefacts": [a.position for a in own.artefacts],
        "files": {
            "page": out / "audit.html",
            "summary": out / "summary.csv",
            "numbers": out / "audit.nc",
        },
    }
    return summary, _in_short(own)


class _Work:
    """The operator, its prior and the sets of models on which it is audited."""

    def __init__(self, name: str, prior: str | None, console: Console) -> None:
        from seisgrad.dispersion.prior import DEPTH
        from seisgrad.dispersion.prior import prior as prior_of
        from seisgrad.report.audit.dispersion import audited, settings_of
        from seisgrad.report.reproduce.kernels import SURVEY

        self.name, self.console = name, console
        with console.step("Load the operator"):
            found = load_operator(name, SURVEY, DEPTH, outside="nan")
            settings = settings_of(found) or {}
            self.operator = audited(found)
            self.prior, self.seed = prior or settings.get("prior", PRIOR), settings.get("seed", 0)
            prior_of(self.prior)  # refuses one that does not exist
        self.sets: dict[str, Tensor] = {}

    def draw(self, stored: Path | None, number: int) -> None:
        """The earths: those of the operator's own prior or of a dataset first, then the shifted ones."""
        from seisgrad.report.audit import dispersion

        with self.console.step("Draw the earths") as step:
            self.ensemble = dispersion.training_ensemble(self.prior, self.seed)
            if stored is None:
                own, earths = self.prior, dispersion.unseen_earths(self.prior, number)
            else:
                own, earths = stored.stem, _stored(stored, number)
            few = max(2, number // FEW)
            self.sets = {own: earths} | dispersion.shifted_sets(self.prior, earths, self.ensemble, few)
            step.say(", ".join(f"{len(x)} {name}" for name, x in self.sets.items()))

    def reports(self) -> "dict[str, Report]":
        """What the audit finds on each set."""
        from seisgrad import audit
        from seisgrad.audit.consequences import NUMBER
        from seisgrad.report.audit import dispersion
        from seisgrad.report.reproduce.kernels import ROWS

        found = {}
        for name, earths in self.sets.items():
            inversions = FEW if found else NUMBER
            with self.console.step(f"Audit on {name}") as step:
                found[name] = audit.compare(
                    dispersion.reference(),
                    self.operator,
                    earths,
                    ensemble=self.ensemble,
                    layout=dispersion.layout(),
                    rows=ROWS,
                    inversions=inversions,
                    tell=partial(_tell, step, len(earths)),
                )
        return found

    def write(self, reports: "dict[str, Report]", out: Path) -> None:
        """Tables, ``audit.nc``, figures and ``audit.html``."""
        from seisgrad.report.audit.dataset import dataset
        from seisgrad.report.audit.figures import figures
        from seisgrad.report.audit.page import audit_page
        from seisgrad.report.audit.tables import tables
        from seisgrad.report.audit.words import DISPERSION

        with self.console.step("Draw the figures"):
            drawn = figures(reports, DISPERSION)
        with self.console.step("Write the results and the page"), whole_folder(out) as folder:
            for name, text in tables(reports).items():
                (folder / name).write_text(text, encoding="utf-8")
            for name, picture in drawn.items():
                (folder / f"{name}.png").write_bytes(picture)
            dataset(reports, DISPERSION).to_netcdf(folder / "audit.nc", engine="h5netcdf")
            page = audit_page(self.name, reports, drawn, DISPERSION)
            (folder / "audit.html").write_text(page.html(), encoding="utf-8")


def _stored(path: Path, number: int) -> "Tensor":
    """The first earths of the validation split of a dataset; InputError where it is on another grid."""
    import torch

    from seisgrad.dataset import open_dataset
    from seisgrad.dispersion.prior import DEPTH
    from seisgrad.dispersion.survey import earth_space

    data = open_dataset(path, "validation")
    space, wanted = data.fields["earth"].space, earth_space(DEPTH)
    if reason := space.mismatch(wanted):
        raise InputError(f"the earths of {path} are {space}, expected {wanted}: {reason}")
    return torch.from_numpy(data["earth"][:number]).double()


def _tell(step: Step, models: int, done: int) -> None:
    step.at(f"{done} of {models} models")


def _in_short(report: "Report") -> list[str]:
    """The verdicts, and what an inversion makes of it."""
    from seisgrad.audit.verdict import inversion

    lines = [f"{group}: {text}" for group, text in report.verdict.items()]
    return lines if report.consequences is None else [*lines, inversion(report.consequences)]
