#!/usr/bin/env bash
# Installs the feedbot that this file belongs to, and puts its command, and nothing else, on the PATH of the job.
#   PYTHON  the Python to install it with
set -euo pipefail

source=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
home=$RUNNER_TEMP/feedbot
if [ -e "$home/bin/feedbot" ]; then
  exit 0 # by an earlier step of this job
fi

# In an environment of its own, so that the packages of the job stay what they are.
"$PYTHON" -m venv "$home/venv"
"$home/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  --constraint "$source/constraints.txt" "${source}[fast]"
mkdir -p "$home/bin"
ln -s "$home/venv/bin/feedbot" "$home/bin/feedbot"
echo "$home/bin" >>"$GITHUB_PATH"
"$home/bin/feedbot" --version
