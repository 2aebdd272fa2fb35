import gzip
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbot.publish.gzipped import gzipped


@given(st.binary())
def test_what_is_packed_is_what_is_unpacked(data: bytes) -> None:
    packed = gzipped(data)
    assert gzip.decompress(packed) == data
    assert gzipped(data) == packed


def test_no_time_no_name_and_no_system_is_in_it() -> None:
    # RFC 1952, 2.3: magic, deflate, no flags, no time, no extra flags, system 255 = unknown.
    assert gzipped(b"x" * 100)[:10] == bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255])


@pytest.mark.parametrize("size", [0, 1, 200_000])
def test_another_program_unpacks_it(size: int) -> None:
    ran = subprocess.run(["gzip", "-dc"], input=gzipped(b"x" * size), capture_output=True, check=True)
    assert ran.stdout == b"x" * size


def test_another_process_gives_the_same_bytes() -> None:
    script = "import sys; from feedbot.publish.gzipped import gzipped; sys.stdout.buffer.write(gzipped(b'ab' * 999))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert ran.stdout == gzipped(b"ab" * 999)
