"""Complete synthetic seismograms of a layered half-space by the sum over wavenumbers (Kennett 1983; Bouchon 1981).

:mod:`.ground` has the column and its attenuation, :mod:`.psv` and :mod:`.sh` carry waves of one wavenumber, and
:mod:`.solver` sums them.
"""

from seisgrad.source.layered.ground import Column
from seisgrad.source.layered.solver import Band, Sum, elementary

__all__ = ["Band", "Column", "Sum", "elementary"]
