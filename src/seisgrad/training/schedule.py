"""The step size as a function of the used share of the budget, without memory: a resumed run cannot be out of step."""

import math


def step_factor(share: float, warm_up: float) -> float:
    """Step size over its maximum: linear from 0 to 1 while ``share < warm_up``, then a cosine back to 0.

    Args:
        share: used share of the budget, 0 to 1.
        warm_up: share in which the step size rises.
    """
    if share < warm_up:
        return share / warm_up
    done = min(1.0, (share - warm_up) / (1.0 - warm_up))
    return 0.5 * (1.0 + math.cos(math.pi * done))
