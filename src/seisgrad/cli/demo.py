"""``seisgrad demo``: the main job on a real record, from the seismogram to the report."""

from pathlib import Path
from typing import TYPE_CHECKING

from seisgrad.cli.choices import OutFolder
from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.outputs import check_folder, whole_folder

if TYPE_CHECKING:
    pass

EXAMPLE = "Example: seisgrad demo --out demo, then open demo/report.html"


def demo(out: OutFolder = Path("demo"), quiet: Quiet = False, as_json: AsJson = False) -> None:
    """Turn a real earthquake record into shear velocity against depth, with a report."""
    check_folder(out)
