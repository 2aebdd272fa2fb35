import pytest

from feedbot.core.page_body import media_type

JPEG, PNG = b"\xff\xd8\xff\xe0\x00\x10JFIF", b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("said", "body", "media"),
    [
        ("text/html; charset=utf-8", b"<!doctype html>", "text/html"),
        ("Image/JPEG", JPEG, "image/jpeg"),
        ("text/html", JPEG, "image/jpeg"),
        ("text/html", PNG, "image/png"),
        # A coding that is not undone yet.
        ("text/html", b"\x1f\x8b\x08\x00", "text/html"),
        ("image/jpeg", b"<!doctype html><title>x</title>", "image/jpeg"),
        ("*/*", PNG, "image/png"),
        ("", b"<html>", "text/html"),
        ("", b"words", ""),
    ],
)
def test_the_media_type_is_what_was_said_unless_the_bytes_are_a_picture(said, body, media):
    assert media_type({"content-type": said}, body) == media
