"""How the documentation is built: ``make docs``."""

import logging
import re
import sys
from pathlib import Path

import seisgrad

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "docs"))

import architecture_drawing  # noqa: E402

architecture_drawing.write()
logging.getLogger("seisgrad").setLevel(
    logging.WARNING
)  # a package that tutorials load shows all that is logged

project = "seisgrad"
author = "seisgrad developers"
copyright = "2026, seisgrad developers"
release = version = seisgrad.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx-mathjax-offline",  # formulas without a network
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = [
    "_build",
    "gallery/*.ipynb",
    "gallery/*.py",
    "**/sg_execution_times.rst",
    "sg_execution_times.rst",
]

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
maximum_signature_line_length = 88
napoleon_attr_annotations = False  # shapes such as "*batch" would be read as emphasis
napoleon_numpy_docstring = False

sphinx_gallery_conf = {
    "examples_dirs": str(ROOT / "examples" / "tutorials"),
    "gallery_dirs": "gallery",
    "filename_pattern": r"plot_.*\.py",
    "within_subsection_order": "gallery_order.place",
    "abort_on_example_error": True,
    "capture_repr": (),
    "remove_config_comments": True,
    "download_all_examples": False,
    "show_memory": False,
    "write_computation_times": False,
    "copyfile_regex": "",
}

html_theme = "furo"
html_title = "seisgrad"
html_static_path = ["_static"]
html_theme_options = {"source_directory": "docs/"}


def _plain_equations(_app, _what, _name, _object, _options, lines: list[str]) -> None:
    """Bars and stars of an equation or a shape, |r| or [*batch, depth], are themselves and no markup."""
    for i, line in enumerate(lines):
        parts = re.split(r"(``.*?``)", line)
        parts[::2] = [part.replace("|", r"\|").replace("[*", r"[\*") for part in parts[::2]]
        lines[i] = "".join(parts)


def _no_fields(_app, _what, _name, member, _skip, _options) -> bool | None:
    """Fields of a named tuple are described among its attributes, and not once more as "alias for field number 0"."""
    return True if type(member).__name__ == "_tuplegetter" else None


def _write_explorer(app, error) -> None:
    """The page that docs/explorer.md opens, beside it."""
    if error is None and app.builder.format == "html":
        from seisgrad.explorer import page

        (Path(app.outdir) / "seisgrad-explorer.html").write_text(page(), encoding="utf-8")


def setup(app) -> None:
    """Called by Sphinx."""
    app.connect("build-finished", _write_explorer)
    app.connect("autodoc-skip-member", _no_fields)
    app.connect("autodoc-process-docstring", _plain_equations, priority=100)  # before napoleon
