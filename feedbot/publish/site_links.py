"""The data file for a publication's own pages: canonical URL -> what to show instead of that link."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from feedbot.core.site_links import SiteLink
from feedbot.errors import PublishError
from feedbot.publish.files import Published, Unchanged, publish_file


def publish_site_links(path: Path, links: Mapping[str, SiteLink]) -> Published | Unchanged:
    """Write the data file, sorted by URL, where its bytes change; its folder is made where missing.

    Raises PublishError where it cannot be written, or where another file lies there: only one of feedbot's own is
    replaced.
    """
    _require_own(path)
    return publish_file(path.parent, path.name, site_links_bytes(links))


def site_links_bytes(links: Mapping[str, SiteLink]) -> bytes:
    """Pretty JSON; the same links give the same bytes, in any order."""
    return msgspec.json.format(msgspec.json.encode(dict(sorted(links.items()))), indent=2) + b"\n"


def _require_own(path: Path) -> None:
    try:
        msgspec.json.decode(path.read_bytes(), type=dict[str, SiteLink])
    except FileNotFoundError:
        return
    except OSError as error:
        raise PublishError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise PublishError(
            f"{path}: is not a data file of feedbot's, so it is not replaced; name another one under feeds.site_data,"
            " or remove it"
        ) from None
