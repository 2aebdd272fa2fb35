"""What commands write, kept in tests/cli/golden; FEEDBOT_WRITE_GOLDEN=1 writes it anew, to be read before it stays."""

import os
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"


def expected(name: str, text: str) -> str:
    """What `text` should be."""
    path = GOLDEN / name
    if os.environ.get("FEEDBOT_WRITE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8", newline="")
    return path.read_bytes().decode()
