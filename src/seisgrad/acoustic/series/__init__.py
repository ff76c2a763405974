"""Waves of one frequency as a series of scatterings that is learned, begun from the wave that never turns back."""
