#!/usr/bin/env bash
# Writes requirements/*.txt, and what Windows' image records with: exact versions with the hashes of all their files, for
# Python 3.11 and newer on any platform, resolved from pyproject.toml by uv in a throw-away environment. Run it as
# `make lock`.
# Versions already locked stay as they are; with --upgrade the newest are taken.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT

"$(scripts/find_python.sh)" -m venv "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
    -r requirements/lock.txt

compile() { # compile OUTPUT SOURCE-ARGUMENT...
    local output=$1
    shift
    echo "$output"
    "$environment/bin/uv" pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
        --no-annotate --custom-compile-command 'make lock' --output-file "$output" "$@"
}

compile requirements/dev.txt "$@" --group pyproject.toml:dev --extra aws pyproject.toml
# what the server runs on is what the tests ran on
compile requirements/runtime.txt "$@" --constraint requirements/dev.txt pyproject.toml
compile requirements/aws.txt "$@" --constraint requirements/dev.txt --extra aws pyproject.toml
compile requirements/functions-events.txt "$@" --constraint requirements/dev.txt --group pyproject.toml:functions-events
compile requirements/functions-http.txt "$@" --constraint requirements/dev.txt --group pyproject.toml:functions-http
compile requirements/build.txt "$@" --constraint requirements/dev.txt --group pyproject.toml:build
compile requirements/audit.txt "$@" --group pyproject.toml:audit
compile requirements/lock.txt "$@" --group pyproject.toml:lock
compile infra/image/windows/files/recorder.txt "$@" --group pyproject.toml:desktop-windows
