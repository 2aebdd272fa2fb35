"""Everything that can be wrong with an article file, by a short name that never changes its meaning."""

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """A kind of problem."""

    FILE_NAME = "file-name"
    FILE_UNREADABLE = "file-unreadable"
    FILE_NOT_REGULAR = "file-not-regular"
    FILE_TOO_LARGE = "file-too-large"
    FILE_EMPTY = "file-empty"
    SYMLINK_LEADS_OUT = "symlink-leads-out"
    NOT_UTF8 = "not-utf8"
    NOT_TEXT = "not-text"
    FRONT_MATTER_MISSING = "front-matter-missing"
    FRONT_MATTER_TOML = "front-matter-toml"
    FRONT_MATTER_UNCLOSED = "front-matter-unclosed"
    FRONT_MATTER_TOO_LARGE = "front-matter-too-large"
    FRONT_MATTER_TOO_DEEP = "front-matter-too-deep"
    FRONT_MATTER_NO_FIELDS = "front-matter-no-fields"
    YAML_SYNTAX = "yaml-syntax"
    YAML_ALIAS = "yaml-alias"
    YAML_DOCUMENTS = "yaml-documents"
    KEY_NOT_TEXT = "key-not-text"
    DUPLICATE_KEY = "duplicate-key"
    TITLE_MISSING = "title-missing"
    DATE_MISSING = "date-missing"
    DATE_INVALID = "date-invalid"
    URL_INVALID = "url-invalid"
    URL_MISSING = "url-missing"
    URL_NOT_HTTP = "url-not-http"
    SOURCE_NOT_HTTP = "source-not-http"
    URL_TOO_LONG = "url-too-long"
    URL_CREDENTIALS = "url-credentials"
    TEMPLATE_MARKS = "template-marks"
    WRONG_TYPE = "wrong-type"
    NUMBER_INVALID = "number-invalid"
    FLAG_UNCLEAR = "flag-unclear"
    DOMAIN_INVALID = "domain-invalid"
    TEXT_TOO_LONG = "text-too-long"
    HIDDEN_CHARACTERS = "hidden-characters"
    CONTROL_CHARACTERS = "control-characters"
    RELATED_DRAFT = "related-draft"
    RELATED_EMPTY = "related-empty"
    BODY_TOO_LARGE = "body-too-large"
    BODY_TOO_MANY_LINKS = "body-too-many-links"
    MORE_REMARKS = "more-remarks"
    DUPLICATE_SOURCE = "duplicate-source"
    DUPLICATE_ID = "duplicate-id"


@dataclass(frozen=True, slots=True)
class Explained:
    """What a problem is, and what to do about it, each in a sentence.

    `rejects` tells that it always or mostly costs the whole file; else the file is used without what is wrong.
    """

    title: str
    hint: str
    rejects: bool


PROBLEMS = {
    code: Explained(title, hint, rejects)
    for code, rejects, title, hint in (
        (Code.FILE_NAME, True, "The name of the file is not UTF-8.", "Rename the file."),
        (
            Code.FILE_UNREADABLE,
            True,
            "The file cannot be read.",
            "Give the user who runs feedbot the right to read it; of a symbolic link, see where it leads.",
        ),
        (
            Code.FILE_NOT_REGULAR,
            True,
            "What has the file's name is a pipe, a socket or a device.",
            "Remove it, or leave it out with articles.exclude.",
        ),
        (Code.FILE_TOO_LARGE, True, "The file is larger than 1 MiB.", "Split the article."),
        (
            Code.FILE_EMPTY,
            True,
            "The file is empty.",
            "Write it, remove it, or leave it out with articles.exclude.",
        ),
        (
            Code.SYMLINK_LEADS_OUT,
            True,
            "A symbolic link leads out of the folder of the articles.",
            "Put the file itself there, or name its folder in articles.paths.",
        ),
        (Code.NOT_UTF8, True, "The file is not UTF-8 text.", "Save it as UTF-8."),
        (Code.NOT_TEXT, True, "The file holds a NUL byte.", "Save it as UTF-8, or leave it out with articles.exclude."),
        (
            Code.FRONT_MATTER_MISSING,
            True,
            "The file does not begin with front matter.",
            "Begin it with a line ---, fields such as `title: ...`, and another line ---.",
        ),
        (
            Code.FRONT_MATTER_TOML,
            True,
            "The front matter is TOML.",
            "Write it as YAML between lines ---; `hugo convert toYAML` does so.",
        ),
        (
            Code.FRONT_MATTER_UNCLOSED,
            True,
            "The front matter has no end.",
            "Put a line --- below the last field.",
        ),
        (
            Code.FRONT_MATTER_TOO_LARGE,
            True,
            "The front matter is larger than 256 KiB or holds more than 20,000 YAML events.",
            "Move what is no field of the article into the body or another file.",
        ),
        (
            Code.FRONT_MATTER_TOO_DEEP,
            True,
            "The front matter is nested more than 20 levels deep.",
            "Write it flatter.",
        ),
        (
            Code.FRONT_MATTER_NO_FIELDS,
            True,
            "The front matter is a list or a text.",
            "Write fields such as `title: ...`.",
        ),
        (
            Code.YAML_SYNTAX,
            True,
            "The front matter is not YAML.",
            "Look at the line and the one before it; put texts with : # or quotes in them between quotes.",
        ),
        (
            Code.YAML_ALIAS,
            True,
            "The front matter holds an anchor (&name) or an alias (*name).",
            "Put text that begins with & or * between quotes; write out what is repeated.",
        ),
        (
            Code.YAML_DOCUMENTS,
            True,
            "The front matter holds more than one YAML document.",
            "Remove the line --- between them.",
        ),
        (Code.KEY_NOT_TEXT, True, "A field's name is not text.", "Give the field a name."),
        (Code.DUPLICATE_KEY, False, "A field is given twice; the last one counts.", "Remove one of the two."),
        (
            Code.TITLE_MISSING,
            True,
            "The article has no title, and its body no heading.",
            "Add `title: ...`, or a heading to the body.",
        ),
        (
            Code.DATE_MISSING,
            True,
            "The article has no date.",
            "Add a date such as 2020-01-24T14:57:00Z, or begin the file's name with 2020-01-24-.",
        ),
        (
            Code.DATE_INVALID,
            False,
            "A date is none that is understood.",
            "Write it like 2020-01-24, 2020-01-24T14:57:00Z or Fri, 24 Jan 2020 14:57:00 GMT.",
        ),
        (
            Code.URL_INVALID,
            False,
            "A URL is none.",
            "Write it whole, like https://example.org/page; a path on the site begins with / or a dot.",
        ),
        (Code.URL_MISSING, False, "A URL is missing.", "Add it, or remove the field."),
        (
            Code.URL_NOT_HTTP,
            False,
            "A URL has a scheme that feeds do not carry.",
            "Use http or https.",
        ),
        (
            Code.SOURCE_NOT_HTTP,
            True,
            "The source has a scheme that feeds do not carry, so no feed has the article.",
            "Use http or https.",
        ),
        (Code.URL_TOO_LONG, False, "A URL is longer than 8,192 characters.", "Shorten it, or remove the field."),
        (
            Code.URL_CREDENTIALS,
            False,
            "A URL holds a user name or a password.",
            "Remove them, and change the password: whoever had the file has it.",
        ),
        (
            Code.TEMPLATE_MARKS,
            False,
            "A URL holds marks of Liquid or Go templates.",
            "Write the URL out: feedbot fills in no templates.",
        ),
        (Code.WRONG_TYPE, False, "A field has a value of another type.", "Write what is expected."),
        (Code.NUMBER_INVALID, False, "A number is none, or no number of pixels.", "Write digits, such as 0.8 or 1050."),
        (
            Code.FLAG_UNCLEAR,
            False,
            "A field is neither true nor false, so that the article is taken for a draft.",
            "Write true or false.",
        ),
        (Code.DOMAIN_INVALID, False, "A domain is none.", "Write the bare host name, such as example.org."),
        (Code.TEXT_TOO_LONG, False, "A name or an id is too long.", "Shorten it."),
        (
            Code.HIDDEN_CHARACTERS,
            False,
            "A text holds characters that reorder what stands beside them, or that XML forbids.",
            "Remove them; they come from copying, most often.",
        ),
        (
            Code.CONTROL_CHARACTERS,
            False,
            "The file holds control characters.",
            "Remove them; an editor can show them.",
        ),
        (
            Code.RELATED_DRAFT,
            False,
            "A related article is a draft.",
            "Nothing, if that is meant.",
        ),
        (
            Code.RELATED_EMPTY,
            False,
            "A related article has neither a title nor a URL.",
            "Give it one of them, or remove it.",
        ),
        (
            Code.BODY_TOO_LARGE,
            False,
            "The body is larger than 256 Ki characters or holds more than 20,000 tags.",
            "Shorten it; the feeds have the article without its body.",
        ),
        (
            Code.BODY_TOO_MANY_LINKS,
            False,
            "The body holds more than 1,000 links.",
            "Nothing, if the others need not be in feeds.",
        ),
        (
            Code.MORE_REMARKS,
            False,
            "There is more to say of the file than is kept.",
            "`feedbot lint` says all of it.",
        ),
        (
            Code.DUPLICATE_SOURCE,
            True,
            "Another article has the same source.",
            "Remove one of the two, or correct the source.",
        ),
        (
            Code.DUPLICATE_ID,
            True,
            "Another article has the same id.",
            "Remove one of the two, or give it an id of its own.",
        ),
    )
}
"""By code, in the order in which a file is read."""
