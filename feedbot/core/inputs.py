"""What the bytes of a file depend on, as one hash: where it is as it was, the file need not be made again."""

import hashlib

import msgspec


def hash_of(inputs: object) -> str:
    """The SHA-256 of values that JSON can say, in 64 hex digits."""
    return hashlib.sha256(msgspec.json.encode(inputs)).hexdigest()
