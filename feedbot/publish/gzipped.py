"""The .gz beside a file, for web servers that send it in its place (nginx: gzip_static, Caddy: precompressed)."""

import gzip
import io

GZIP_SUFFIX = ".gz"

# 9 takes 5 % longer over a feed of 150 kB, and saves 20 bytes.
_LEVEL = 6


def gzipped(data: bytes) -> bytes:
    """The bytes in gzip's format (RFC 1952), with no time and no name in it: one zlib packs them the same each time."""
    packed = io.BytesIO()
    # gzip.compress would write the operating system into the header in some versions of Python and not in others.
    with gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=packed, mtime=0) as file:
        file.write(data)
    return packed.getvalue()
