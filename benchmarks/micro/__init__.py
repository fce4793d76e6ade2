"""Micro benchmarks: single structures and stages of the desk, against naive twins and the usual libraries."""
