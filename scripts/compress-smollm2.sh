#!/usr/bin/env bash
# Compresses SmolLM2 with every configuration of the reference runs and compares: losses, masks, layer errors. Ends with 1 where a bound is broken.
# Usage: scripts/compress-smollm2.sh SHARED [CONFIG...]     SHARED: the optional folder of reference data; all configurations by default
# Settings: SPARROW (the executable), MODEL, WINDOWS (10), THREADS (all cores), RESULTS (a folder that is kept: finished configurations are not run again).
set -euo pipefail

if [[ $# -lt 1 || ! -d "$1/golden/compression" ]]; then
  sed -n '2,4s/^# //p' "$0" >&2
  exit 2
fi

here="$(cd "$(dirname "$0")" && pwd)"
root="$(dirname "$here")"
shared="$(realpath "$1")"
shift
model="${MODEL:-$shared/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf}"
windows="${WINDOWS:-10}"
compare="$here/compress-smollm2.mjs"

if [[ -z "${SPARROW:-}" ]]; then
  dotnet build -c Release -v q "$root/src/Server/Server.csproj" >/dev/null
  SPARROW="$root/artifacts/bin/Server/release/sparrow"
fi

if [[ -n "${RESULTS:-}" ]]; then
  results="$RESULTS"
  mkdir -p "$results"
else
  results="$(mktemp -d)"
  trap 'rm -rf "$results"' EXIT
fi

configs=("$@")
[[ ${#configs[@]} -gt 0 ]] || mapfile -t configs < <(node "$compare" list)
for config in "${configs[@]}"; do
  folder="$results/$config"
  [[ -f "$folder/evaluation.json" ]] && continue
  rm -rf "$folder"
  mkdir -p "$folder"
  node "$compare" recipe "$config" "$shared" > "$folder/recipe.json"
  start=$SECONDS
  "$SPARROW" compress --model "$model" --recipe "$folder/recipe.json" --out "$folder/model" ${THREADS:+--threads "$THREADS"} > "$folder/log" 2>&1 \
    || { tail -n 20 "$folder/log" >&2; echo "$config: compress failed" >&2; continue; }
  echo $((SECONDS - start)) > "$folder/seconds"
  "$SPARROW" evaluate --model "$folder/model" --activations float --kv kv32 --perplexity "$shared/data/wikitext2/wiki.test.raw" --convention gptq \
    --window 2048 --max-windows "$windows" ${THREADS:+--threads "$THREADS"} --json > "$folder/evaluation.tmp"
  cp "$folder/model/sparrow.json" "$folder/report.json"
  node "$compare" masks "$config" "$shared" "$folder/model" > "$folder/masks.json"
  rm -rf "$folder/model"
  mv "$folder/evaluation.tmp" "$folder/evaluation.json"
done

node "$compare" table "$shared" "$results" "${configs[@]}"
