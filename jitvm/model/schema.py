"""The JSON Schema of logs, made from the data classes and what is said about their fields.

    python -m jitvm.model.schema > jitvm/model/trace-log-1.schema.json
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

from jitvm.model import objects
from jitvm.model.codec import KIND, members
from jitvm.model.jsonform import FORMAT, VERSION

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SIMPLE = {str: "string", int: "integer", bool: "boolean", type(None): "null"}
_COMMENTED = re.compile(r"((?:^    #: .*\n)+)    (\w+):", re.MULTILINE)


def schema() -> dict[str, Any]:
    """The whole schema."""
    definitions: dict[str, Any] = {}
    whole = _definition(objects.Log, definitions)
    head = {"format": {"const": FORMAT}, "version": {"const": VERSION}}
    return {
        "$schema": DIALECT,
        "$id": f"urn:{FORMAT}:{VERSION}",
        "title": "A log of the traces of a run",
        **whole,
        "properties": {**head, **whole["properties"]},
        "required": [*head, *whole["required"]],
        "$defs": dict(sorted(definitions.items())),
    }


def _schema_of(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if hint in _SIMPLE:
        return {"type": _SIMPLE[hint]}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _schema_of(get_args(hint)[0], definitions)}
    if len(members(hint)) > 1:
        return {"anyOf": [_schema_of(member, definitions) for member in members(hint)]}
    assert is_dataclass(hint), hint
    name = hint.__name__  # type: ignore[union-attr]
    if name not in definitions:
        definitions[name] = {}  # Types may mention each other.
        definitions[name] = _definition(hint, definitions)
    return {"$ref": f"#/$defs/{name}"}


def _definition(cls: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    hints, said = get_type_hints(cls), _comments(cls)
    description = (cls.__doc__ or "").strip()
    bare = getattr(cls, "bare", None)
    if bare is not None:
        return {"description": description, **_schema_of(hints[bare], definitions)}
    properties: dict[str, Any] = {}
    needed = []
    if getattr(cls, "tag", None) is not None:
        properties[KIND] = {"const": cls.tag}
        needed.append(KIND)
    for field in fields(cls):
        made = _schema_of(hints[field.name], definitions)
        if field.name in said:
            made = {"description": said[field.name], **made}
        properties[field.name] = made
        if field.default is MISSING and field.default_factory is MISSING:
            needed.append(field.name)
    return {
        "description": description,
        "type": "object",
        "properties": properties,
        "required": needed,
        "additionalProperties": False,
    }


def _comments(cls: Any) -> dict[str, str]:
    """What the comments before fields say."""
    found = _COMMENTED.findall(inspect.getsource(cls))
    return {name: " ".join(line.strip()[3:] for line in text.splitlines()) for text, name in found}


def schema_text() -> str:
    return json.dumps(schema(), indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
