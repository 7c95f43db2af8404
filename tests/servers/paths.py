"""Makes what starts programs (tests/integration) and what writes figures (tests/fleet/proof.py) importable."""

import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(TESTS / "integration"), str(TESTS / "fleet")]
