"""Makes docs/results.md from the tables that are kept in experiments/ and benchmarks/."""
