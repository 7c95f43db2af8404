"""A table of docs/benchmarks each: what is measured, of whom, in paired rounds."""
