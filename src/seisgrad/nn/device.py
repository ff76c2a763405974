"""Where a network and what it is given lie."""

from torch import Tensor, nn

from seisgrad.errors import InputError


def require_same_device(network: nn.Module, earth: Tensor) -> None:
    """InputError where an earth lies on another device than the network of a surrogate."""
    here = next(network.parameters()).device
    if earth.device != here:
        raise InputError(
            f"the earth is on {earth.device} and the surrogate on {here}; move one of them with .to(…)"
        )
