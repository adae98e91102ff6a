# SPDX-License-Identifier: GPL-2.0-only
"""Values for parameters, from a TOML file and from the command line, which has the last word."""

import tomllib
from argparse import ArgumentParser, Namespace
from typing import Any

from scxdsl import objects
from scxdsl.objects.params import encode_all

from .faults import BadSetting
from .files import read_source
from .toml_places import line_of


def setting_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--params", action="append", default=[], metavar="FILE.toml", help="parameters' values, a key for each; may be repeated")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter's value, as slice=5ms; may be repeated")


def settings(args: Namespace, obj: objects.Object) -> dict[str, bytes]:
    """Bytes by parameter. A later file changes what an earlier one says, --set what a file says. Raises BadSetting, FileFault, NotText."""
    known = objects.parameters(obj)
    out: dict[str, bytes] = {}
    for path in args.params:
        text = read_source(path).text
        try:
            values: dict[str, Any] = tomllib.loads(text)
            out.update(encode_all(known, values))
        except tomllib.TOMLDecodeError as error:
            raise BadSetting(f"this is no TOML: {error}", path) from error
        except objects.ObjectError as error:
            line = line_of(text, getattr(error, "path", ()))
            raise BadSetting(str(error), path if line is None else f"{path}:{line}") from error
    given = {}
    for setting in args.set:
        name, equals, value = setting.partition("=")
        if not equals or not name.strip():
            raise BadSetting(f"`{setting}` is not NAME=VALUE, such as slice=5ms")
        given[name.strip()] = value
    try:
        return {**out, **encode_all(known, given)}
    except objects.ObjectError as error:
        raise BadSetting(str(error)) from error
