"""Expressions of GitHub's workflows, as far as ours use them."""

import re
from collections.abc import Mapping
from typing import Any

TOKEN = "the-token-of-the-job"
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_TOKENS = re.compile(r"'[^']*'|&&|\|\||[=!]=|!|[()]|[A-Za-z_][\w.-]*|\s+")
_AS_PYTHON = {"&&": " and ", "||": " or ", "!": " not ", "==": "==", "!=": "!=", "(": "(", ")": ")"}
_STATUS_FUNCTIONS = ("success", "failure", "cancelled", "always")


def holds(condition: str, context: Mapping[str, Any], *, is_well: bool) -> bool:
    """What an `if` says; one that asks for no status asks for success."""
    inner = _EXPRESSION.fullmatch(condition.strip())
    expression = (inner[1] if inner else condition).strip()
    if not any(f"{name}(" in expression for name in _STATUS_FUNCTIONS) and not is_well:
        return False
    return not expression or bool(_value(expression, context, is_well=is_well))


def text_of(value: object, context: Mapping[str, Any]) -> str:
    """A value of a workflow with its expressions worked out."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return _EXPRESSION.sub(lambda found: str(_value(found[1].strip(), context)), text)


def _value(expression: str, context: Mapping[str, Any], *, is_well: bool = True) -> object:
    """An expression of GitHub's: names, texts in quotes, comparisons, and, or, not."""
    assert "".join(_TOKENS.findall(expression)) == expression, f"cannot be read: {expression}"
    python = "".join(_AS_PYTHON.get(token) or _name_or_text(token) for token in _TOKENS.findall(expression))
    functions = {"cancelled": lambda: False, "success": lambda: is_well, "always": lambda: True}
    return eval(python, {"__builtins__": {}}, {**functions, "look": lambda name: _look(name, context)})


def _name_or_text(token: str) -> str:
    if token in _STATUS_FUNCTIONS or token.isspace():
        return token
    return repr(token[1:-1]) if token.startswith("'") else f"look({token!r})"


def _look(name: str, context: Mapping[str, Any]) -> object:
    """What a name stands for; nothing where there is none, as with GitHub."""
    if name == "github.token":
        return TOKEN
    value: Any = context
    for word in name.split("."):
        value = value.get(word, "") if isinstance(value, Mapping) else ""
    return value
