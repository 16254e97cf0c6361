"""`python symbolic_lookup.py SCRIPT MAP < positions`: what PyPI's `symbolic` says of each position.

Positions are `[line from 1, column from 0]`; answers `[path, line from 1, column from 1, name, function]`, or null.
"""

import json
import sys

from symbolic.sourcemapcache import SourceMapCache


def main() -> None:
    with open(sys.argv[1], "rb") as script, open(sys.argv[2], "rb") as source_map:
        cache = SourceMapCache.from_bytes(script.read(), source_map.read())
    answers = []
    for line, column in json.load(sys.stdin):
        found = cache.lookup(line, column + 1, 0)
        answers.append(found and [found.src, found.line, found.col, found.name, found.function_name])
    json.dump(answers, sys.stdout)


main()
