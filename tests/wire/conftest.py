"""What tests of the network share."""

import pytest
import trustme

from tests.wire.contract.kits import Authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that the wire is told to trust."""
    ca = trustme.CA()
    bundle = tmp_path_factory.mktemp("authority") / "authority.pem"
    ca.cert_pem.write_to_path(str(bundle))
    return Authority(ca, bundle)
