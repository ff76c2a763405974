"""``seisgrad explorer``: a page on which a profile is dragged and its curves and kernels follow."""

from pathlib import Path
from typing import Annotated

import typer

from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.outputs import check_file, whole_file

EXAMPLE = "Example: seisgrad explorer --out explorer.html"


def explorer(
    out: Annotated[
        Path, typer.Option("--out", help="The page to write.", metavar="FILE.html", show_default=False)
    ],
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Write the explorer, one page that opens from disk: drag a profile and see its curves and kernels move.

    The shipped surrogate and the exact operator both run in the browser. Nothing is fetched: the page can be sent and
    opened offline.
    """
    check_file(out, (".html",))
    with Console(1, quiet=quiet, as_json=as_json) as console, console.step("Putting the page together"):
        from seisgrad.explorer import page

        text = page()
        with whole_file(out) as path:
            path.write_text(text, encoding="utf-8")
    size = out.stat().st_size
    console.finish({"page": str(out), "bytes": size}, f"{out}: {size / 1e6:.1f} MB; open it in a browser")
