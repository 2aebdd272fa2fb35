"""Reasons as the rows of links, looks and changes keep them: shorter where another column of the row says the same.

An address that the row has beside the reason is one sign in it, and of a look whose reason is "200 on GET" it is left
out. In SQL a reason in full is `replace(reason, char(26), coalesce(moved_to, ''))`; the views show it so.
"""

_ADDRESS = "\x1a"
"""Stands for the address; a server that says it in a failure has the sign of what cannot be shown there."""


def shortened(reason: str, address: str | None) -> str:
    """A reason beside an address: `in_full` gives it back."""
    if _ADDRESS in reason:
        reason = reason.replace(_ADDRESS, "\ufffd")
    return reason.replace(address, _ADDRESS) if address else reason


def in_full(reason: str, address: str | None) -> str:
    """The reason as it was."""
    return reason.replace(_ADDRESS, address or "") if _ADDRESS in reason else reason


def shortened_of_look(reason: str, address: str | None, http_status: int | None) -> str | None:
    """The reason of a look, beside where it ended and its status; None where it says that status, on GET."""
    says_status = http_status is not None and reason == f"{http_status} on GET"
    return None if says_status else shortened(reason, address)


def of_look_in_full(reason: str | None, address: str | None, http_status: int | None) -> str:
    """The reason of a look as it was."""
    return f"{http_status} on GET" if reason is None else in_full(reason, address)
