"""Elastic waves of one frequency by spectral elements, all surface sources at once."""
