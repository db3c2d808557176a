#!/usr/bin/env bash
# Runs the code of docs/clients/node.md with the official package against a server. The other pages are run by the tests.
# Usage: scripts/client-pages.sh [BASE_URL]     (default http://127.0.0.1:8080; KEY for a key; SCRATCH for a folder that holds node_modules already)
set -euo pipefail

page="$(cd "$(dirname "$0")/.." && pwd)/docs/clients/node.md"
package="$(cd "$(dirname "$0")" && pwd)/node-client/package.json"
scratch="${SCRATCH:-$(mktemp -d)}"
mkdir -p "$scratch"
cp "$package" "$scratch/"
cd "$scratch"
if [[ ! -d node_modules/openai ]]; then
  npm install --ignore-scripts --no-audit --no-fund --silent
fi

sed -n '/^```js$/,/^```$/p' "$page" | grep -v '^```' > page.mjs
BASE="${1:-http://127.0.0.1:8080}" node page.mjs
echo "ok    docs/clients/node.md"
