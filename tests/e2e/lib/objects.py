# SPDX-License-Identifier: ISC
"""What hailto prints with --json: its lines as Python has them, held against the schema."""
import functools
import json
import pathlib

from lib.hostile import is_harmless

try:
    import jsonschema
except ImportError:
    jsonschema = None


@functools.cache
def schema():
    """doc/hailto.schema.json of the source tree."""
    root = pathlib.Path(__file__).resolve().parents[3]
    return json.loads((root / "doc/hailto.schema.json").read_text())


def read_objects(test, stdout):
    """Reads the objects that hailto has printed, one a line, each of which must be as the schema wants it."""
    test.assertTrue(is_harmless(stdout), stdout)
    test.assertTrue(stdout == b"" or stdout.endswith(b"\n"), stdout)
    objects = [json.loads(line, parse_constant=test.fail, parse_float=test.fail) for line in stdout.splitlines()]
    for found in objects:
        _check_members(test, found, schema()["$defs"][found["type"]])
        if jsonschema:
            jsonschema.Draft202012Validator(schema()).validate(found)
    return objects


def _check_members(test, value, rule):
    """Without jsonschema at least all members must be there, and none that the schema does not know."""
    if "$ref" in rule:
        rule = schema()["$defs"][rule["$ref"].rpartition("/")[2]]
    if isinstance(value, dict):
        test.assertEqual(list(value), rule["required"], value)
        test.assertEqual(list(value), list(rule["properties"]), value)
        for key, member in value.items():
            _check_members(test, member, rule["properties"][key])
    elif isinstance(value, list):
        for item in value:
            _check_members(test, item, rule["items"])
