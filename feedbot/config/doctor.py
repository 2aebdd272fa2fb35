"""`doctor`: looking for what is wrong with the installation."""

from pydantic import Field

from feedbot.config.section import Section


class DoctorConfig(Section):
    """Looking for what is wrong with the installation: `feedbot doctor`."""

    daily: bool = Field(True, description="`feedbot run` does it once a day too, and logs what has changed.")
