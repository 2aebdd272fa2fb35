"""Folders that are no place for what a site is made from: generators write to them, and clear them."""

CLEARED = frozenset({"_site", "public", ".jekyll-cache", "resources"})
"""Those of Jekyll and Hugo."""

WIPED = (*sorted(CLEARED), "_dist", "dist")
"""Those, and what others are commonly told to write to."""
