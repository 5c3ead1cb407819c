#!/usr/bin/env bash
# Prints the Python that .venv is made with: $PYTHON, else the first of the usual names that is new enough.
# Exits 1 with one line on standard error if there is none.
set -euo pipefail

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

if [ -n "${PYTHON:-}" ]; then
    if ! command -v "$PYTHON" >/dev/null; then
        echo "PYTHON=$PYTHON: there is no such program" >&2
        exit 1
    fi
    if ! is_new_enough "$PYTHON"; then
        echo "PYTHON=$PYTHON is not a working Python 3.11 or newer" >&2
        exit 1
    fi
    command -v "$PYTHON"
    exit 0
fi

for name in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
    if command -v "$name" >/dev/null && is_new_enough "$name"; then
        command -v "$name"
        exit 0
    fi
done
echo "Elephant needs Python 3.11 or newer, and there is none here: install one, or name one with PYTHON=/path/to/python3" >&2
exit 1
