"""Reading files of dispersion picks: CSV, CPS surf96 lines and NetCDF, each by a plain function from file to rows.

Nothing is guessed: a value that cannot be is refused with the file, the line, the value and what was expected.
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from seisgrad.dispersion.picks import FASTEST, Pick, complaint
from seisgrad.errors import InputError

HEADER = ("wave", "kind", "mode", "period", "velocity", "sigma")
PLACE = ("site", "latitude", "longitude")
SIGMA_HINT = "add a column 'sigma' (one standard deviation, km/s), or pass read_curves(path, sigma=…)"

WAVES = {"R": "rayleigh", "L": "love"}
KINDS = {"C": "phase", "U": "group"}
_SURF96 = "SURF96 R|L C|U X MODE PERIOD VELOCITY SIGMA"


def read_picks(path: Path, sigma: float | None) -> list[Pick]:
    """The picks of a file, its format told from its first bytes; see :func:`seisgrad.dispersion.read_curves`."""
    if sigma is not None and not 0 < sigma < math.inf:
        raise InputError(f"sigma is {sigma!r}, expected a positive number of km/s for picks that give none")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot read curves from {path}: {error.strerror or error}; check the path"
        ) from error
    if content.startswith(b"\x89HDF"):
        return _read_netcdf(path)
    if content.startswith(b"CDF"):
        raise InputError(
            f"{path} is NetCDF of the classic format, expected NetCDF-4: convert it (nccopy -k nc4)"
        )
    lines = _lines(path, content)
    first = next((line for _, line in lines), None)
    if first is None:
        raise InputError(f"{path} holds no dispersion pick: expected CSV with the header {','.join(HEADER)}")
    if first.split()[0].upper() == "SURF96":
        return [_surf96_pick(f"{path}, line {number}", line, sigma) for number, line in lines]
    return _read_csv(path, lines, sigma)


def _lines(path: Path, content: bytes) -> list[tuple[int, str]]:
    """The lines that say something, numbered from one: blank ones and ``#`` comments are left out."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8 text (byte {error.start + 1} is 0x{content[error.start]:02x}): expected CSV, CPS "
            "surf96 lines or NetCDF, so save it as one of these"
        ) from error
    if "\0" in text:
        raise InputError(
            f"{path} holds binary data: expected CSV, CPS surf96 lines or NetCDF, so check the path"
        )
    numbered = enumerate(text.splitlines(), start=1)
    return [(number, line) for number, line in numbered if line.strip() and not line.lstrip().startswith("#")]


@dataclass(frozen=True)
class _Columns:
    """Where the columns of a CSV stand, and which of the two ways to give a period and a velocity it uses."""

    index: dict[str, int]
    width: int

    @classmethod
    def of(cls, place: str, header: Sequence[str], sigma_given: bool) -> "_Columns":
        names = [name.strip().lower() for name in header]
        found = f"found {', '.join(repr(name[:30]) for name in names[:12])}"
        for twice in (name for name in HEADER + PLACE if names.count(name) > 1):
            raise InputError(
                f"{place}: the column {twice!r} stands twice in the header, expected once: rename one"
            )
        for one, other in (("period", "frequency"), ("velocity", "slowness")):
            if (one in names) == (other in names):
                problem = "both {!r} and {!r}" if one in names else "neither {!r} nor {!r}"
                raise InputError(
                    f"{place}: the header has {problem.format(one, other)}, expected one of the two, {found}"
                )
        for name in ("wave", "kind", "mode", "sigma"):
            if name not in names and not (name == "sigma" and sigma_given):
                hint = SIGMA_HINT if name == "sigma" else f"the header must name {','.join(HEADER)}"
                raise InputError(f"{place}: the header has no column {name!r}, {found}: {hint}")
        return cls({name: names.index(name) for name in names}, len(names))

    def __contains__(self, name: str) -> bool:
        return name in self.index


def _read_csv(path: Path, lines: list[tuple[int, str]], sigma: float | None) -> list[Pick]:
    number, header = lines[0]
    delimiter = max(",;\t", key=header.count)  # the first of equals: a comma
    columns = _Columns.of(
        f"{path}, line {number}", _cells(path, number, header, delimiter), sigma is not None
    )
    picks = []
    for number, line in lines[1:]:
        place = f"{path}, line {number}"
        cells = _cells(path, number, line, delimiter)
        if len(cells) != columns.width:
            raise InputError(
                f"{place} has {len(cells)} values, expected {columns.width} as in the header: "
                "complete the line or remove it"
            )
        picks.append(_csv_pick(place, columns, cells, sigma))
    if not picks:
        raise InputError(f"{path} holds a header and no dispersion pick: add one line per pick")
    return picks


def _cells(path: Path, number: int, line: str, delimiter: str) -> list[str]:
    try:
        rows = list(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise InputError(f"{path}, line {number} is not CSV ({error}): correct its quotes") from error
    return [cell.strip() for cell in rows[0]]


def _csv_pick(place: str, columns: _Columns, cells: Sequence[str], sigma: float | None) -> Pick:
    def number(name: str, expected: str) -> float:
        return _number(place, name, cells[columns.index[name]], expected)

    def optional(name: str) -> str:
        return cells[columns.index[name]] if name in columns else ""

    wave, kind = optional("wave").lower(), optional("kind").lower()
    if "period" in columns:
        period = number("period", "a positive number of seconds")
    else:
        period = _inverse(place, "frequency", number("frequency", "a positive number of Hz"), "Hz")
    given_sigma = optional("sigma")
    if not given_sigma and sigma is None:
        raise InputError(f"{place}: sigma is empty, expected the one-sigma error of the pick: {SIGMA_HINT}")
    error = number("sigma", "a positive number") if given_sigma else math.nan
    if "velocity" in columns:
        velocity = number("velocity", "a positive number of km/s")
    else:
        velocity, error = _from_slowness(place, kind, number("slowness", "a positive number of s/km"), error)
    return _checked(
        place,
        Pick(
            wave=wave,
            kind=kind,
            mode=_mode(place, optional("mode")),
            period=period,
            velocity=velocity,
            sigma=error if given_sigma else cast(float, sigma),
            site=optional("site"),
            latitude=number("latitude", "degrees north") if optional("latitude") else math.nan,
            longitude=number("longitude", "degrees east") if optional("longitude") else math.nan,
        ),
    )


def _from_slowness(place: str, kind: str, slowness: float, sigma: float) -> tuple[float, float]:
    """Velocity and its sigma from slowness in s/km: σ_v = v² σ_s, the linear propagation of error."""
    if kind == "ellipticity":
        raise InputError(
            f"{place}: an ellipticity stands in a column 'slowness', expected a column 'velocity'"
        )
    velocity = _inverse(place, "slowness", slowness, "s/km")
    if velocity > FASTEST:
        raise InputError(
            f"{place}: slowness is {slowness:g}, which looks like s/m: expected s/km, so multiply slowness and sigma "
            "by 1000"
        )
    return velocity, sigma * velocity**2


def _inverse(place: str, name: str, value: float, unit: str) -> float:
    inverse = 1 / value if value > 0 else math.inf
    if not 0 < inverse < math.inf:
        raise InputError(f"{place}: {name} is {value:g}, expected a positive number of {unit}")
    return inverse


def _number(place: str, name: str, text: str, expected: str) -> float:
    try:
        value = float(text.replace("_", "?"))  # Python would read 1_000 as a number; a table does not
    except ValueError:
        problem = f"{place}: {name} is {text[:40]!r}, expected {expected}: write it with a decimal point"
        raise InputError(problem) from None
    if not math.isfinite(value):
        raise InputError(
            f"{place}: {name} is {text[:40]!r}, expected {expected}: leave out picks without a value"
        )
    return value


def _mode(place: str, text: str) -> int:
    value = _number(place, "mode", text, "0 (fundamental), 1, 2, …")
    if not value.is_integer():
        raise InputError(f"{place}: mode is {text[:40]!r}, expected 0 (fundamental), 1, 2, …")
    return int(value)


def _checked(place: str, pick: Pick) -> Pick:
    if problem := complaint(pick):
        raise InputError(f"{place}: {problem}")
    return pick


def _surf96_pick(place: str, line: str, sigma: float | None) -> Pick:
    words = line.split()
    if len(words) < 8 or words[0].upper() != "SURF96":
        raise InputError(
            f"{place} is {line.strip()[:60]!r}, expected {_SURF96}: complete the line or remove it"
        )
    wave, kind = words[1].upper(), words[2].upper()
    if wave not in WAVES:
        raise InputError(f"{place}: wave is {words[1][:20]!r}, expected R (Rayleigh) or L (Love)")
    if kind not in KINDS:
        raise InputError(
            f"{place}: type is {words[2][:20]!r}, expected C (phase velocity) or U (group velocity): remove other lines"
        )
    period = _number(place, "period", words[5], "a positive number of seconds")
    velocity = _number(place, "velocity", words[6], "a positive number of km/s")
    error = _number(place, "sigma", words[7], "a positive number of km/s")
    if error == 0 and sigma is not None:
        error = sigma
    return _checked(
        place,
        Pick(WAVES[wave], KINDS[kind], _mode(place, words[4]), period, velocity, error),
    )


def _read_netcdf(path: Path) -> list[Pick]:
    import xarray

    try:
        with xarray.open_dataset(path, engine="h5netcdf") as dataset:
            table = {str(name): np.asarray(dataset[name].values) for name in dataset.variables}
    # What HDF5 and the layers above it raise on a damaged file.
    except (
        OSError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RuntimeError,
        ArithmeticError,
    ) as error:
        raise InputError(f"{path} looks like NetCDF but cannot be read ({error}): write it anew") from error
    missing = [name for name in HEADER if name not in table]
    if missing:
        raise InputError(
            f"{path} has no variable {missing[0]!r}, found {', '.join(sorted(table)) or 'none'}: expected "
            f"{', '.join(HEADER)}, each [pick]"
        )
    length = table["period"].size
    for name in (name for name in HEADER + PLACE if name in table):
        if table[name].shape != (length,):
            raise InputError(
                f"{path}: {name} has shape {table[name].shape}, expected ({length},) as period has"
            )
    if not length:
        raise InputError(f"{path} holds no dispersion pick: write it anew from curves that do")
    return [
        _netcdf_pick(f"{path}, pick {i + 1}", {name: table[name][i] for name in table}) for i in range(length)
    ]


def _netcdf_pick(place: str, row: dict[str, Any]) -> Pick:
    def text(name: str) -> str:
        value = row.get(name, "")
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

    def number(name: str) -> float:
        try:
            return float(row.get(name, math.nan))
        except (TypeError, ValueError):
            raise InputError(f"{place}: {name} is {row[name]!r}, expected a number") from None

    pick = Pick(
        text("wave"),
        text("kind"),
        _mode(place, str(row["mode"])),
        number("period"),
        number("velocity"),
        number("sigma"),
        text("site"),
        number("latitude"),
        number("longitude"),
    )
    return _checked(place, pick)
