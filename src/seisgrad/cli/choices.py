"""The options that several commands share, and the operators that may be named."""

import importlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from seisgrad.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

    from seisgrad.dispersion.survey import Survey
    from seisgrad.operator import Operator

# The same words as in dispersion.survey, which is not imported here because it needs torch.
Wave = Literal["rayleigh", "love"]
Kind = Literal["phase", "group", "ellipticity"]
Shape = Literal["flat", "spherical"]

EarthShape = Annotated[Shape, typer.Option("--earth", help="Flat, or spherical by earth flattening.")]
OperatorName = Annotated[
    str,
    typer.Option(
        "--operator",
        help="exact, a surrogate by name (see seisgrad surrogates), a folder that seisgrad train has written, or "
        "module:attribute for a callable of your own.",
        metavar="NAME",
    ),
]
OutFolder = Annotated[
    Path, typer.Option("--out", help="Folder for the results; made where it is missing.", metavar="DIR")
]


def whole_number(text: str) -> int:
    """A word as a whole number; the complaint names the word."""
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is no whole number") from None


def number(text: str) -> float:
    """A word as a number; the complaint names the word."""
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no number") from None


WEIGHTS = Path(__file__).parent.parent / "dispersion" / "weights"


def shipped_operators() -> tuple[str, ...]:
    """The operators that come with the package: the exact one, then the surrogates; imports nothing heavy."""
    return ("exact", *sorted(card.parent.name for card in WEIGHTS.glob("*/card.json")))


def load_operator(
    name: str, survey: "Survey", depth: "Tensor", outside: Literal["raise", "nan"] = "raise"
) -> "Callable[[Tensor], Tensor]":
    """The forward operator called ``name``, from ``[3, depth]`` (vp, vs, rho) to ``[branch, period]``.

    A surrogate is named as shipped, or by the folder of its weights; ``outside`` says what it does with an earth
    outside the range of its training. ``module:attribute`` names an operator or a ``torch.nn.Module``, taken as it is,
    or a function or class that makes one from ``(survey, depth)``, as :class:`seisgrad.dispersion.Physics` does.

    Raises:
        InputError: nothing of this name is there.
    """
    if name == "exact":
        from seisgrad.dispersion import Physics

        return Physics(survey, depth)
    if name in shipped_operators() or _is_checkpoint(name):
        from seisgrad.dispersion import load

        return load(name, survey, depth, outside)
    return operator_at(name, survey, depth)


def operator_at(name: str, *arguments: object) -> "Callable[[Tensor], Tensor]":
    """What ``module:attribute`` names: an operator or a ``torch.nn.Module`` as it is, or what it makes of the
    arguments.

    Raises:
        InputError: it does not take these arguments, or makes of them nothing that can be called.
    """
    found = _attribute(name)
    import torch

    from seisgrad.operator import Operator

    if isinstance(found, Operator | torch.nn.Module):
        return found
    _check_takes(name, found, arguments)
    made = found(*arguments)
    if callable(made):
        return cast("Callable[[Tensor], Tensor]", made)
    raise InputError(f"--operator {name} made a {type(made).__name__}, expected something that can be called")


def _check_takes(name: str, function: "Callable[..., Any]", arguments: tuple[object, ...]) -> None:
    import torch

    if getattr(function, "__init__", None) is torch.nn.Module.__init__:
        signature = inspect.Signature()  # a module that says nothing of its arguments has none
    else:
        try:
            signature = inspect.signature(function)
        except ValueError:  # compiled code that does not say what it takes
            return
    try:
        signature.bind(*arguments)
    except TypeError as error:
        wanted = ", ".join(type(argument).__name__ for argument in arguments)
        raise InputError(
            f"--operator {name} takes {signature}, expected an operator, a torch.nn.Module, or a function or class "
            f"that makes one from ({wanted})"
        ) from error


def own_operator(name: str, grid: Any, survey: Any) -> "Operator":
    """The :class:`~seisgrad.operator.Operator` that ``module:attribute`` names, or makes from a grid and a survey.

    Raises:
        InputError: it is something else.
    """
    from seisgrad.operator import Operator

    found = operator_at(name, grid, survey)
    if not isinstance(found, Operator):
        raise InputError(
            f"--operator {name} is a {type(found).__name__}, expected a seisgrad.Operator from {grid.space} to "
            f"{survey.space}; wrap it in seisgrad.operator.Function"
        )
    return found


def check_operator(name: str) -> None:
    """InputError where ``name`` is no shipped operator, no folder of weights and not written as
    ``module:attribute``; imports nothing heavy."""
    module, colon, attribute = name.partition(":")
    known = shipped_operators()
    if name not in known and not _is_checkpoint(name) and not (colon and module and attribute):
        raise InputError(
            f"--operator {name} is not shipped with this version, expected {', '.join(known)}, a folder that seisgrad "
            "train has written, or module:attribute for a callable of your own"
        )


def check_scheduler(address: str) -> None:
    """InputError where ``address`` is given and is none."""
    if address and "://" not in address:
        raise InputError(f"--scheduler {address} is no address, expected one such as tcp://10.0.0.1:8786")


def _is_checkpoint(name: str) -> bool:
    return (Path(name) / "card.json").is_file()


def _attribute(name: str) -> Any:
    """What ``module:attribute`` names, looked up on the path of this process."""
    module_name, _, attribute = name.partition(":")
    try:
        found = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, TypeError, ValueError) as error:
        raise InputError(
            f"--operator {name}: module {module_name!r} cannot be imported ({error}); check its name and "
            f"PYTHONPATH"
        ) from error
    except AttributeError as error:
        raise InputError(
            f"--operator {name}: module {module_name!r} has no attribute {attribute!r}"
        ) from error
    if not callable(found):
        raise InputError(
            f"--operator {name} is a {type(found).__name__}, expected something that can be called"
        )
    return found
