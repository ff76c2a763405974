"""The weights of a network as others get them: ``weights.safetensors`` beside a readable ``card.json`` in one folder.

The card says what the network is, how to build it, what it was trained on and which version wrote it. Loading refuses
what it cannot honour: a file that is missing, cut short or edited, a format from the future, a package that is
too old, weights that are not finite, weights of another network.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

import seisgrad
from seisgrad.errors import InputError, WorkError
from seisgrad.nn.tensor_files import TensorFiles

FORMAT = 1
"""Version of the card's layout: raised when an older reader would misunderstand a newer card."""
MINIMUM_VERSION = "0.1.0"
"""The first release that reads what this one writes."""


def files(folder: Path) -> TensorFiles:
    """The two files of the weights in a folder."""
    return TensorFiles(folder / "card.json", folder / "weights.safetensors")


def save(folder: Path, module: nn.Module, card: Mapping[str, Any]) -> None:
    """Write the parameters and buffers of a network and its card into a folder, made where it is missing.

    Args:
        folder: replaced as one: a kill leaves the old pair or the new one.
        module: the network.
        card: JSON-able; gains ``format``, ``version``, ``minimum_version`` and ``sha256``.

    Raises:
        WorkError: weights that are not finite.
    """
    tensors = module.state_dict()
    broken = _not_finite(tensors)
    if broken:
        raise WorkError(
            f"weights {', '.join(broken)} are not finite and were not saved; train with a smaller step"
        )
    folder.mkdir(parents=True, exist_ok=True)
    made = {"format": FORMAT, "version": seisgrad.__version__, "minimum_version": MINIMUM_VERSION}
    files(folder).write(tensors, {**card, **made})


def load(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the card of a folder.

    Raises:
        InputError: what cannot be honoured, see above.
    """
    pair = files(Path(folder))
    check(pair.read_record(), pair.record)
    tensors, card = pair.read()
    broken = _not_finite(tensors)
    if broken:
        raise InputError(
            f"{pair.tensors} holds values that are not finite in {', '.join(broken)}; train it again"
        )
    return tensors, card


def check(card: Mapping[str, Any], path: Path) -> None:
    """InputError where this version of the package cannot read a card; ``path`` is where it came from."""
    form = card.get("format")
    if type(form) is not int or not 1 <= form <= FORMAT:
        raise InputError(f"{path} has format {form!r}, this version reads 1 to {FORMAT}; upgrade seisgrad")
    minimum = card.get("minimum_version")
    if not isinstance(minimum, str) or not re.match(r"\d+(\.\d+)*", minimum):
        raise InputError(f"{path} states minimum_version {minimum!r}, expected one like {MINIMUM_VERSION!r}")
    if _parts(minimum) > _parts(seisgrad.__version__):
        raise InputError(
            f"{path} needs seisgrad {minimum} or later and this is {seisgrad.__version__}; upgrade seisgrad"
        )


def put(tensors: Mapping[str, Tensor], module: nn.Module, source: Path) -> None:
    """Fill a network with loaded tensors.

    Args:
        tensors: by name, as from :func:`load`.
        module: the network, built as its card says.
        source: where they came from, for the complaint.

    Raises:
        InputError: names, shapes or types that are not the network's; the first few are named.
    """
    own = module.state_dict()
    wrong = [f"{name} is missing" for name in own.keys() - tensors.keys()]
    wrong += [f"{name} is unknown" for name in tensors.keys() - own.keys()]
    for name in own.keys() & tensors.keys():
        there, here = tensors[name], own[name]
        if there.shape != here.shape or there.dtype != here.dtype:
            wrong.append(
                f"{name} is {tuple(there.shape)} {there.dtype}, expected {tuple(here.shape)} {here.dtype}"
            )
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        raise InputError(
            f"the tensors of {source} do not fit {type(module).__name__}: {'; '.join(sorted(wrong)[:3])}{more}; "
            "its card describes another network"
        )
    module.load_state_dict(dict(tensors))


def _not_finite(tensors: Mapping[str, Tensor]) -> list[str]:
    return [name for name, t in tensors.items() if t.is_floating_point() and not t.isfinite().all()]


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
