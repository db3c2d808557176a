#!/usr/bin/env bash
# Tunes the cache of SmolLM2 and checks the result on text that tuning has not seen: better than uniform and than random profiles of equal bits.
# Usage: scripts/tune-kv-smollm2.sh SHARED OUT     SHARED: the folder of reference data; OUT: a folder for profile, front, report and journals
# Settings: SPARROW (the executable), MODEL (the checkpoint), WINDOWS, WINDOW and EVALUATIONS (of tuning: 3, 1024, 80),
#           CHECK_WINDOWS, CHECK_WINDOW, RANDOM_PROFILES and RANDOM_WINDOWS (of the check: 4, 2048, 20, 1), ACTIVATIONS (float).
# Run again with the same OUT it goes on where it was stopped.
set -euo pipefail

if [[ $# -ne 2 || ! -d "$1/data/wikitext2" ]]; then
  sed -n '2,6s/^# //p' "$0" >&2
  exit 2
fi

here="$(cd "$(dirname "$0")" && pwd)"
root="$(dirname "$here")"
shared="$(realpath "$1")"
mkdir -p "$2"
out="$(realpath "$2")"
model="${MODEL:-$shared/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf}"

if [[ -z "${SPARROW:-}" ]]; then
  dotnet build -c Release -v q "$root/src/Server/Server.csproj" >/dev/null
  SPARROW="$root/artifacts/bin/Server/release/sparrow"
fi

"$SPARROW" tune-kv --model "$model" --activations "${ACTIVATIONS:-float}" --text "$shared/data/wikitext2/wiki.valid.raw" \
  --windows "${WINDOWS:-3}" --window "${WINDOW:-1024}" --evaluations "${EVALUATIONS:-80}" \
  --out "$out/kv.json" --front "$out/front.svg" --report "$out/report.json" --resume \
  --check "$shared/data/wikitext2/wiki.test.raw" --budgets 3.75 4.25 5 \
  --check-windows "${CHECK_WINDOWS:-4}" --check-window "${CHECK_WINDOW:-2048}" \
  --random "${RANDOM_PROFILES:-20}" --random-windows "${RANDOM_WINDOWS:-1}"
node "$here/tune-kv-smollm2.mjs" "$out/report.json"
