"""What all sections of the config have in common."""

from typing import Annotated, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

_NUMBERS = (int, float, int | None, float | None)


class Section(BaseModel):
    """Frozen, and without a key that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, str_strip_whitespace=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, value: object, info: ValidationInfo) -> object:
        # To the library, true is 1.
        annotation = cls.model_fields[info.field_name or ""].annotation
        if annotation in _NUMBERS and isinstance(value, bool):
            raise ValueError(not_this("must be a number", value))
        if _is_list_of_numbers(annotation) and isinstance(value, list) and any(isinstance(one, bool) for one in value):
            raise ValueError(not_this("must be numbers", value))
        return value


def _is_list_of_numbers(annotation: object) -> bool:
    if get_origin(annotation) is not tuple:
        return False
    item = get_args(annotation)[0]
    return (get_args(item)[0] if get_origin(item) is Annotated else item) in _NUMBERS


def not_this(sentence: str, value: object) -> str:
    """The sentence with what was given instead; nothing given is nothing to repeat."""
    return sentence if value is None else f"{sentence}, not {value!r}"
