"""The slow, readable reference for layered surface waves, written from the equations, apart from the engine.

It is the judge of `seisgrad.dispersion`: nothing here imports the package, and nothing in the package imports
this. `secular` holds secular functions without poles, `counting` the Wittrick-Williams mode count, `scan` the
dense scan for every real root, `integrals` eigenfunctions and energy integrals, `families` the seeded random
models and the named hard cases.
"""
