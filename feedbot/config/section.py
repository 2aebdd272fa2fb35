"""What all sections of the config have in common."""

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

_NUMBERS = (int, float, int | None, float | None)


class Section(BaseModel):
    """Frozen, and without a key that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, str_strip_whitespace=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, value: object, info: ValidationInfo) -> object:
        # To the library, true is 1.
        is_number = cls.model_fields[info.field_name or ""].annotation in _NUMBERS
        if is_number and isinstance(value, bool):
            raise ValueError(not_this("must be a number", value))
        return value


def not_this(sentence: str, value: object) -> str:
    """The sentence with what was given instead; nothing given is nothing to repeat."""
    return sentence if value is None else f"{sentence}, not {value!r}"
