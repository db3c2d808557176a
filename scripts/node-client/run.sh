#!/usr/bin/env bash
# Installs the official client in a scratch folder and runs check.mjs against a server.
# Usage: scripts/node-client/run.sh [BASE_URL] [MODEL]
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd)"
scratch="${SCRATCH:-$(mktemp -d)}"
mkdir -p "$scratch"
cp "$here/package.json" "$here/check.mjs" "$scratch/"
cd "$scratch"
if [[ ! -d node_modules/openai ]]; then
  npm install --ignore-scripts --no-audit --no-fund --silent
fi

exec node check.mjs "$@"
