#!/bin/sh
# Makes the virtual environment in the folder named, with the first Python of 3.11 or newer found.
# Leaves an environment that already works as it is.
set -eu
venv=$1
check='import sys, pip; sys.exit(sys.version_info < (3, 11))'

if "$venv/bin/python" -c "$check" 2>/dev/null; then
    exit 0
fi

for python in python3.11 python3 python3.14 python3.13 python3.12 python; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        "$python" -m venv --clear "$venv"
        exit 0
    fi
done

found=$(python3 --version 2>/dev/null || echo "no python3 at all")
echo "Headlight needs Python 3.11 or newer, but found $found." >&2
echo "Install one (Debian and Ubuntu: apt-get install python3 python3-venv) and run make again." >&2
exit 1
