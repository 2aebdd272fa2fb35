"""The process that sends one message by apprise; started by wire/messenger.py."""

import os
import sys

import msgspec

from feedbot.core.alerts import Kind, Message


def main(variable: str) -> None:
    """Send the message on standard input to the URL in an environment variable.

    Ends with 1 and a line on standard error that does not repeat the URL, which is a secret.
    """
    import apprise  # noqa: PLC0415 - whoever imports this module may have none

    message = msgspec.json.decode(sys.stdin.buffer.read(), type=Message)
    kinds = {
        Kind.TROUBLE: apprise.NotifyType.WARNING,
        Kind.OVER: apprise.NotifyType.SUCCESS,
        Kind.DIGEST: apprise.NotifyType.INFO,
        Kind.TEST: apprise.NotifyType.INFO,
    }
    receiver = apprise.Apprise()
    if not receiver.add(os.environ[variable].strip()):
        sys.exit(f"{variable} holds no URL that apprise knows")
    is_sent = receiver.notify(
        body=message.text,
        title=message.subject,
        notify_type=kinds[message.kind],
        body_format=apprise.NotifyFormat.TEXT,
        # Words such as \n in a URL or a reason stay as they are.
        interpret_escapes=False,
    )
    if not is_sent:
        sys.exit(f"apprise could not send it to what {variable} names")
