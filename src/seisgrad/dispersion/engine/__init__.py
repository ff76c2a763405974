"""The compiled engine of the dispersion operator: sweeps through the layers, the mode search, the derivatives."""
