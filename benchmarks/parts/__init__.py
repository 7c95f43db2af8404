"""What benchmarks are made of: programs and keys, load, measurements, and the page that says what came of them."""
