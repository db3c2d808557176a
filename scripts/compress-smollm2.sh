#!/usr/bin/env bash
# Compresses SmolLM2 with every configuration of the reference runs and compares: losses, masks, layer errors. Ends with 1 where a bound is broken.
# Usage: scripts/compress-smollm2.sh SHARED [CONFIG...]     SHARED: the optional folder of reference data; all configurations by default
# Settings: SPARROW (the executable), MODEL, WINDOWS (10), THREADS (all cores), RESULTS (a folder that is kept: finished configurations are not run again),
# NOISE and SEED: norms are multiplied by 1 ± at most NOISE first, which shows how far a result is its calibration's and how far rounding's.
set -euo pipefail

if [[ $# -lt 1 || ! -d "$1/golden/compression" ]]; then
  sed -n '2,5s/^# //p' "$0" >&2
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

if [[ -n "${NOISE:-}" ]]; then
  results="$results/noise-$NOISE-${SEED:-1}"
  mkdir -p "$results"
  rm -rf "$results/source"
  "$SPARROW" convert --model "$model" --type f32 --output "$results/source" >/dev/null
  node "$compare" disturb "$results/source" "$NOISE" "${SEED:-1}"
  model="$results/source"
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
  node "$compare" sums "$config" "$shared" "$folder/model" > "$folder/sums.json"
  rm -rf "$folder/model"
  mv "$folder/evaluation.tmp" "$folder/evaluation.json"
done

[[ -z "${NOISE:-}" ]] || rm -rf "$results/source"
node "$compare" table "$shared" "$results" "${configs[@]}"
