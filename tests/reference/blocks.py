"""2x2 matrices as tuples (m00, m01, m10, m11): all the algebra of the secular functions and the count."""

from .compiled import compiled

IDENTITY = (1.0, 0.0, 0.0, 1.0)


@compiled
def add(a, b):
    """a + b."""
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3])


@compiled
def scale(s, a):
    """s a."""
    return (s * a[0], s * a[1], s * a[2], s * a[3])


@compiled
def shift(a, s):
    """a + s times the identity."""
    return (a[0] + s, a[1], a[2], a[3] + s)


@compiled
def dot(a, b):
    """a b."""
    return (
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
    )


@compiled
def transpose(a):
    """a transposed."""
    return (a[0], a[2], a[1], a[3])


@compiled
def inverse(a):
    """Inverse of a."""
    d = a[0] * a[3] - a[1] * a[2]
    return (a[3] / d, -a[1] / d, -a[2] / d, a[0] / d)


@compiled
def symmetric(a):
    """(a + a^T)/2."""
    off = 0.5 * (a[1] + a[2])
    return (a[0], off, off, a[3])


@compiled
def mixed(a, b):
    """The [0, 1] entry of a J b^T + b J a^T with J = [[0, 1], [-1, 0]]; mixed(a, a) = 2 det a."""
    return a[0] * b[3] + b[0] * a[3] - a[1] * b[2] - b[1] * a[2]


@compiled
def skew(a):
    """The [0, 1] entry of a - a^T."""
    return a[1] - a[2]


@compiled
def turn(a):
    """a J with J = [[0, 1], [-1, 0]]."""
    return (-a[1], a[0], -a[3], a[2])


@compiled
def negatives(a):
    """Number of negative eigenvalues of a symmetric matrix."""
    if a[0] * a[3] - a[1] * a[2] < 0.0:
        return 1
    return 2 if a[0] + a[3] < 0.0 else 0
