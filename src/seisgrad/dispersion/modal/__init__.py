"""Mode shapes from a network, velocity and kernels from physics: the stationary principle on scaled depth nodes."""
