"""pywb on a loopback port, which it prints; started by test_archiving_pywb.py with the Python of the peers.

Its arguments are a folder to work in and a file of the copies to hold: JSON, each with `url`, `taken_at` (ISO 8601),
`status`, `location` and `body`.
"""

# ruff: noqa: E402 - gevent's patches come before what they patch
from gevent.monkey import patch_all

patch_all()

import io
import json
import os
import sys
from pathlib import Path

from gevent.pywsgi import WSGIServer
from pywb.apps.frontendapp import FrontEndApp
from pywb.indexer.cdxindexer import main as index
from pywb.utils.geventserver import RequestURIWSGIHandler
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter


def write_warc(path: Path, copies: list[dict[str, str]]) -> None:
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for copy in copies:
            headers = [("Content-Type", "text/html; charset=utf-8")]
            headers += [("Location", copy["location"])] if copy["location"] else []
            record = writer.create_warc_record(
                copy["url"],
                "response",
                payload=io.BytesIO(copy["body"].encode()),
                http_headers=StatusAndHeaders(copy["status"], headers, protocol="HTTP/1.1"),
                warc_headers_dict={"WARC-Date": copy["taken_at"]},
            )
            writer.write_record(record)


os.chdir(sys.argv[1])
write_warc(Path("copies.warc.gz"), json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")))
index(["-j", "-s", "-o", "index.cdxj", "copies.warc.gz"])
Path("config.yaml").write_text(
    "collections: {news: {index_paths: ./index.cdxj, archive_paths: ./}}\nframed_replay: false\n", encoding="utf-8"
)
server = WSGIServer(("127.0.0.1", 0), FrontEndApp(config_file="./config.yaml"), handler_class=RequestURIWSGIHandler)
server.start()
print(server.server_port, flush=True)  # noqa: T201
server.serve_forever()
