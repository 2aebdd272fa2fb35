"""Real peers from PyPI that some tests talk to, in a virtual environment of their own beside the tests' one."""

import sys
from pathlib import Path

_PEERS = Path(sys.prefix).parent / ".venv-peers"


def find_peer(distribution: str) -> Path | None:
    """The Python that has this distribution; None where tests/peers.txt is not installed (the Makefile does it)."""
    name = distribution.lower().replace("-", "_")
    installed = _PEERS.glob("lib/python3*/site-packages/*.dist-info")
    is_there = any(path.name.lower().startswith(f"{name}-") for path in installed)
    return _PEERS / "bin" / "python" if is_there else None
