"""The compiled engine of the dispersion operator: sweeps through the layers, the search for modes, their derivatives."""
