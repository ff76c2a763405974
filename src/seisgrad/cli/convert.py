"""``seisgrad convert``: from any format that is read to any that is written, for models, curves and sections."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import typer

from seisgrad.cli.choices import number
from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.contents import Contents, look
from seisgrad.cli.outputs import check_file
from seisgrad.errors import InputError

EXAMPLE = "Example: seisgrad convert ak135 ak135.model96"

Unit = Literal["km", "m"]


class Said(NamedTuple):
    """What a person says of numbers that do not say it themselves."""

    unit: Unit = "km"
    spacing: float | None = None
    shape: tuple[int, int] | None = None
    transposed: bool = False


class Kind(NamedTuple):
    """One kind of thing that several formats hold.

    Attributes:
        name: in words.
        recognise: whether a file holds one.
        read, write: it.
        suffixes: of the formats that are written.
        words: what there is, after it was read.
    """

    name: str
    recognise: Callable[[Contents], bool]
    read: Callable[[Path | str, Said], Any]
    write: Callable[[Any, Path], object]
    suffixes: tuple[str, ...]
    words: Callable[[Any], str]


def convert(
    source: Annotated[
        str,
        typer.Argument(
            help="A model (CSV, model96, .nd, .tvel, or prem, ak135), curves (CSV, surf96, NetCDF), or a section on z "
            "and x (.nc, .csv, .npz, .npy, .bin).",
            metavar="IN",
            show_default=False,
        ),
    ],
    target: Annotated[
        Path, typer.Argument(help="Its suffix tells the format.", metavar="OUT", show_default=False)
    ],
    unit: Annotated[
        Unit, typer.Option(help="Of a section that does not say it: km with km/s, or m with m/s and kg/m³.")
    ] = "km",
    spacing: Annotated[
        float | None,
        typer.Option(
            help="Of the nodes of .npy and .bin, in this unit.",
            parser=number,
            metavar="STEP",
            show_default=False,
        ),
    ] = None,
    shape: Annotated[
        str, typer.Option(help="Nodes of .bin along z and x.", metavar="NZ,NX", show_default=False)
    ] = "",
    transposed: Annotated[
        bool, typer.Option("--transposed", help="Arrays run down one column after the other, [x, z].")
    ] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Convert a layered model, dispersion curves or a section; what it is, is told from what it holds."""
    said = Said(unit, spacing, _shape(shape) if shape else None, transposed)
    kind = _kind_of(source, said)
    check_file(target, kind.suffixes, option="OUT")
    if Path(source).exists() and target.exists() and target.samefile(source):
        raise InputError(f"{target} is the file to convert itself; give OUT another name")
    with Console(1, quiet=quiet, as_json=as_json) as console:
        with console.step(f"Convert the {kind.name}"):
            found = kind.read(source, said)
            kind.write(found, target)
        summary = {"kind": kind.name, "content": kind.words(found), "files": {"converted": target}}
        console.finish(summary, f"{kind.name}: {kind.words(found)}", f"wrote {target}")


def _kind_of(source: str, said: Said) -> Kind:
    """The kind of what is to be converted.

    Raises:
        InputError: nothing there, or something that no format of a model, of curves or of a section is like.
    """
    from seisgrad.earth.reference import REFERENCES

    if source.strip().lower() in REFERENCES:
        return MODEL
    contents = look(Path(source))
    for kind in KINDS:
        if kind.recognise(contents):
            if kind not in (SECTION, SOLID) and said != Said():
                raise InputError(
                    f"--unit, --spacing, --shape and --transposed are for sections, and {source} is a {kind.name}: "
                    "leave them out"
                )
            return kind
    raise InputError(
        f"{source} is none of what can be converted, expected a layered model (CSV with thickness,vp,vs,rho, model96, "
        ".nd, .tvel), dispersion curves (CSV with wave,kind,mode,period,velocity,sigma, surf96 lines, NetCDF) or a "
        "section (velocity or vs on z and x: .nc, .csv, .npz, .npy, .bin)"
    )


def _shape(text: str) -> tuple[int, int]:
    try:
        nz, nx = (int(word) for word in text.split(","))
    except ValueError:
        raise InputError(f"--shape {text} is no shape, expected two whole numbers such as 101,201") from None
    return nz, nx


def is_model(contents: Contents) -> bool:
    """Whether a file holds a layered model."""
    if contents.form == "table":
        return contents.has("vp", "vs", "rho") and not contents.has("z")
    suffixes = (".nd", ".tvel", ".mod", ".model96")
    is_text = contents.form == "text"
    return is_text and (
        contents.first.upper().startswith("MODEL") or contents.path.suffix.lower() in suffixes
    )


def is_curves(contents: Contents) -> bool:
    """Whether a file holds dispersion curves, as ``measure`` writes them and ``invert`` takes them."""
    if contents.form == "text":
        return contents.first.upper().startswith("SURF96")
    if contents.form == "netcdf":
        return "pick" in contents.axes.get("period", ())
    measured = contents.has("velocity") or contents.has("slowness")
    return contents.form == "table" and contents.has("wave", "kind", "mode") and measured


def is_section(contents: Contents) -> bool:
    """Whether a file holds one velocity on z and x."""
    if contents.form in ("array", "raw"):
        return contents.path.suffix.lower() in (".npy", ".bin")
    return _on_nodes(contents, "velocity")


def is_solid(contents: Contents) -> bool:
    """Whether a file holds vs on z and x."""
    return _on_nodes(contents, "vs")


def _on_nodes(contents: Contents, name: str) -> bool:
    if contents.form == "netcdf":
        return set(contents.axes.get(name, ())) == {"z", "x"}
    return contents.has(name, "z", "x") if contents.form == "table" else contents.has(name, "spacing")


def _read_model(source: Path | str, _: Said) -> Any:
    from seisgrad.earth import read_model

    return read_model(source)


def _write_model(model: Any, path: Path) -> None:
    from seisgrad.earth import write_model

    write_model(model, path)


def _read_curves(source: Path | str, _: Said) -> Any:
    from seisgrad.dispersion import read_curves

    return read_curves(source)


def _write_curves(found: Any, path: Path) -> None:
    from seisgrad.dispersion import write_curves

    write_curves(found, path)


def _read_section(source: Path | str, said: Said) -> Any:
    from seisgrad.earth import read_section

    return read_section(source, **said._asdict())


def _read_solid(source: Path | str, said: Said) -> Any:
    from seisgrad.earth import read_solid

    if said.spacing is not None or said.shape is not None or said.transposed:
        raise InputError(
            f"{source} says its own spacing and shape: leave --spacing, --shape and --transposed out"
        )
    return read_solid(source, unit=said.unit)


def _write_section(found: Any, path: Path) -> None:
    from seisgrad.earth import write_section

    write_section(found, path)


def _write_solid(found: Any, path: Path) -> None:
    from seisgrad.earth import write_solid

    write_solid(found, path)


def _nodes(found: Any) -> str:
    return "{} x {} nodes at {:g} and {:g} km".format(*found.shape, *found.spacing)


_MODELS, _CURVES = (".csv", ".model96", ".mod", ".nd", ".tvel"), (".csv", ".dsp", ".disp", ".surf96", ".nc")
_SECTIONS = (".nc", ".csv", ".npz")
CURVES = Kind(
    "dispersion curves", is_curves, _read_curves, _write_curves, _CURVES, lambda c: f"{len(c)} picks"
)
SOLID = Kind("section of vp, vs and rho", is_solid, _read_solid, _write_solid, _SECTIONS, _nodes)
SECTION = Kind(
    "section of velocity and density", is_section, _read_section, _write_section, _SECTIONS, _nodes
)
MODEL = Kind("layered model", is_model, _read_model, _write_model, _MODELS, lambda m: f"{m.layers} layers")
KINDS = (CURVES, SOLID, SECTION, MODEL)
