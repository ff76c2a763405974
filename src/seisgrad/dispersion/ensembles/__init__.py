"""The ensembles behind :mod:`seisgrad.dispersion.prior`: one file per family, each a function of a random generator."""
