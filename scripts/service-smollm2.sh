#!/usr/bin/env bash
# SmolLM2 uploaded, compressed, judged and swapped while the server answers an open-loop load; see service-smollm2.mjs for what is checked.
# Usage: scripts/service-smollm2.sh SHARED [OPTIONS OF THE .mjs...]     SHARED: the optional folder of reference data
# Settings: SPARROW (the executable; by default it is built), SCRATCH (a folder that holds the official client already).
set -euo pipefail
if [[ $# -lt 1 || ! -d "$1/models" ]]; then
  sed -n '2,4s/^# //p' "$0" >&2
  exit 2
fi

here="$(cd "$(dirname "$0")" && pwd)"
root="$(dirname "$here")"
shared="$(realpath "$1")"
shift
gguf="$shared/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf"
if [[ -z "${SPARROW:-}" ]]; then
  dotnet build -c Release -v q "$root/src/Server/Server.csproj" >/dev/null
  SPARROW="$root/artifacts/bin/Server/release/sparrow"
fi

dotnet build -c Release -v q "$here/service-upload.cs" >/dev/null

scratch="${SCRATCH:-$(mktemp -d)}"
mkdir -p "$scratch"
cp "$here/node-client/package.json" "$here/service-smollm2.mjs" "$scratch/"
cd "$scratch"
if [[ ! -d node_modules/openai ]]; then
  npm install --ignore-scripts --no-audit --no-fund --silent
fi

rm -rf "$scratch/data"
Server__Url=http://127.0.0.1:0 Storage__Root="$scratch/data" Logging__Format=json "$SPARROW" serve --model "smollm2=$gguf" >"$scratch/server.log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
for _ in $(seq 600); do
  url="$(grep -o '"message":"Ready at http://[^",]*' "$scratch/server.log" | head -1 | sed 's/.*Ready at //')" || true
  [[ -n "$url" ]] && break
  kill -0 "$server" 2>/dev/null || { cat "$scratch/server.log" >&2; exit 1; }
  sleep 0.2
done

node service-smollm2.mjs --url "$url" --gguf "$gguf" --text "$shared/data/wikitext2/wiki.test.raw" --calibration "$shared/data/text/sherlock-holmes.txt" \
  --uploader "$here/service-upload.cs" "$@"
