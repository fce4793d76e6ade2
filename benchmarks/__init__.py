"""The benchmark suite: load on a whole desk, bare echo servers beside it, and micro benchmarks of the core.

Start with ``python -m benchmarks --help``; docs/benchmarks.md explains question, method and limits.
"""
