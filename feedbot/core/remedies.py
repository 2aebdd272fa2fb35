"""Which line to change where a feed is not served as readers need it, for the server that answered.

The lines of nginx and Caddy are those of docs/serving.md (tested), with the folder of the feeds in them.
"""

from collections.abc import Mapping
from enum import StrEnum

from feedbot.core.feed_answers import Fault

FOLDER = "/srv/news/feeds"
"""The folder of the feeds in the snippets of docs/serving.md."""


class Server(StrEnum):
    """Who answered, as far as the headers tell."""

    NGINX = "nginx"
    CADDY = "Caddy"
    CLOUDFLARE = "Cloudflare"
    OTHER = ""


def server_of(headers: Mapping[str, str]) -> Server:
    """The server by its own words; headers by lower-case name. What stands behind Cloudflare is not told."""
    said = headers.get("server", "").lower()
    if "cf-ray" in headers or said.startswith("cloudflare"):
        return Server.CLOUDFLARE
    if said.startswith(("nginx", "openresty")):
        return Server.NGINX
    # Behind another server Caddy names itself in Via.
    return Server.CADDY if said.startswith("caddy") or "caddy" in headers.get("via", "").lower() else Server.OTHER


Lines = tuple[str, ...]

LINES: Mapping[Fault, Mapping[Server, Lines]] = {
    Fault.STATUS: {
        Server.NGINX: ("location ^~ /feeds/ {", "alias /srv/news/feeds/;"),
        Server.CADDY: ("handle_path /feeds/* {", "root * /srv/news/feeds"),
    },
    Fault.BYTES: {
        Server.NGINX: ("alias /srv/news/feeds/;",),
        Server.CADDY: ("root * /srv/news/feeds",),
    },
    Fault.GZIP_NONE: {
        Server.NGINX: ("gzip_static on;", "gzip_proxied any;", "gzip_vary on;"),
        Server.CADDY: ("precompressed gzip",),
    },
    Fault.CORS: {
        Server.NGINX: ('add_header Access-Control-Allow-Origin "*";',),
        Server.CADDY: ('header Access-Control-Allow-Origin "*"',),
    },
    Fault.CACHE: {
        Server.NGINX: ('add_header Cache-Control "max-age=3600";',),
        Server.CADDY: ('header Cache-Control "max-age=3600"',),
    },
}
"""What belongs in the site's configuration, by fault and server."""

TYPE_LINES: Mapping[str, Mapping[Server, Lines]] = {
    "application/rss+xml": {
        Server.NGINX: ("application/rss+xml rss;", "charset utf-8;"),
        Server.CADDY: ('header @rss Content-Type "application/rss+xml; charset=utf-8"',),
    },
    "application/atom+xml": {
        Server.NGINX: ("application/atom+xml atom;", "charset utf-8;"),
        Server.CADDY: ('header @atom Content-Type "application/atom+xml; charset=utf-8"',),
    },
    "application/feed+json": {
        Server.NGINX: ("application/feed+json json;",),
        Server.CADDY: ('header @json Content-Type "application/feed+json"',),
    },
}

# What is the same whoever serves.
_WORDS: Mapping[Fault, str] = {
    Fault.SILENT: "see that the server runs, that the name of feeds.url leads to it, and that its certificate is valid",
    Fault.REFUSED: "where the address is your own and not public, name its network in checker.allow_addresses",
    Fault.STATUS: "the user of the web server must be able to read the folder and to enter those above it",
    Fault.CHALLENGE: "except the feeds folder from bot protection and browser checks (docs/serving.md tells how)",
    Fault.GZIP_OTHER: "feedbot writes each .gz anew with its feed: serve both from feeds.directory, not from a copy",
    Fault.NOT_MODIFIED: "servers do this for files by themselves: look for what takes ETag or Last-Modified away",
    Fault.MOVED: "name the address where it ends in feeds.url: it is in the feeds themselves",
    Fault.UNSAFE: "take that redirect out: behind a proxy that speaks TLS, servers redirect to http: by themselves",
}
_MORE: Mapping[tuple[Fault, Server], str] = {
    (Fault.NOT_MODIFIED, Server.NGINX): "take out `etag off;`, `if_modified_since off;`, `add_header Last-Modified`",
    (Fault.NOT_MODIFIED, Server.CADDY): "take out `header -ETag` and `header -Last-Modified`",
    (Fault.UNSAFE, Server.NGINX): "put in `absolute_redirect off;`",
    (Fault.CHALLENGE, Server.CLOUDFLARE): (
        'a custom rule `starts_with(http.request.uri.path, "{path}")`, action Skip; Bot Fight Mode heeds no such rule'
        " and must be off"
    ),
    (Fault.BYTES, Server.CLOUDFLARE): "purge the cache, and have its Cache Rule keep to the server's Cache-Control",
    (Fault.GZIP_OTHER, Server.CLOUDFLARE): "purge the cache of the feeds folder",
    (Fault.CACHE, Server.CLOUDFLARE): "Browser Cache TTL: Respect Existing Headers",
}


_TO_HTTPS: Mapping[Server, str] = {
    Server.NGINX: "a server block for port 80 with `return 301 https://$host$request_uri;`",
    Server.CADDY: "name the site without `http://` in the Caddyfile: Caddy then redirects by itself",
    Server.CLOUDFLARE: "SSL/TLS, Edge Certificates: Always Use HTTPS",
}


def led_to_https(headers: Mapping[str, str]) -> str:
    """How readers who ask with http: are led to https:, a line for each server that it may be."""
    who = server_of(headers)
    if who in _TO_HTTPS:
        return f"{who}: {_TO_HTTPS[who]}"
    return "\n".join(f"{server}: {_TO_HTTPS[server]}" for server in (Server.NGINX, Server.CADDY))


def mend(fault: Fault, headers: Mapping[str, str], *, media_type: str, folder: str, path: str, max_age: float) -> str:
    """What to change, a line for each server that it may be.

    `headers` are of an answer, none where there was none; `path` is that of feeds.url. A line of the snippets comes
    with the folder, the path and feeds.ttl (`max_age`, in seconds) of this installation.
    """
    who = server_of(headers)
    said = [_MORE.get((fault, who), ""), _WORDS.get(fault, "")]
    lines = TYPE_LINES.get(media_type, {}) if fault is Fault.TYPE else LINES.get(fault, {})
    for server in (Server.NGINX, Server.CADDY):
        if who not in {server, Server.CLOUDFLARE, Server.OTHER} or server not in lines:
            continue
        put_in = " ".join(f"`{_here(line, folder, path, max_age)}`" for line in lines[server])
        said.append(f"{server}: put in {put_in}")
    if who is Server.CLOUDFLARE and lines:
        said.append("at the server behind Cloudflare, which passes on what that says")
    return "\n".join(one.replace("{path}", path) for one in said if one)


def _here(line: str, folder: str, path: str, max_age: float) -> str:
    line = line.replace(FOLDER, folder).replace("max-age=3600", f"max-age={max_age:.0f}")
    return line.replace("/feeds/ {", f"{path} {{").replace("/feeds/* {", f"{path}* {{")
