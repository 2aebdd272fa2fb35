"""feedbot publishes topic feeds from article files and never sends a reader to a dead page."""

__version__ = "0.1.0"
