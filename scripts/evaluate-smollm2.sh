#!/usr/bin/env bash
# Evaluates a SmolLM2 checkpoint against the optional folder of reference data and prints the differences.
# Usage: scripts/evaluate-smollm2.sh SHARED [WINDOWS] [ITEMS]     SHARED: the folder; 10 windows and 100 items by default
# Settings: SPARROW (the executable), MODEL (the checkpoint), CONFIGS (a subset of "float-kv32 float-kv16 int8-kv16"), TASKS.
set -euo pipefail

if [[ $# -lt 1 || ! -d "$1/golden/smollm2" ]]; then
  sed -n '2,4s/^# //p' "$0" >&2
  exit 2
fi

here="$(cd "$(dirname "$0")" && pwd)"
root="$(dirname "$here")"
shared="$(realpath "$1")"
windows="${2:-10}"
items="${3:-100}"
model="${MODEL:-$shared/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf}"
configs="${CONFIGS:-float-kv32 float-kv16 int8-kv16}"
tasks="${TASKS:-hellaswag,piqa,arc_easy,arc_challenge,openbookqa,boolq,lambada}"

if [[ -z "${SPARROW:-}" ]]; then
  dotnet build -c Release -v q "$root/src/Server/Server.csproj" >/dev/null
  SPARROW="$root/artifacts/bin/Server/release/sparrow"
fi

results="$(mktemp -d)"
trap 'rm -rf "$results"' EXIT
status=0
for config in $configs; do
  "$SPARROW" evaluate --model "$model" --activations "${config%-*}" --kv "${config#*-}" \
    --perplexity "$shared/data/wikitext2/wiki.test.raw" --convention gptq --window 2048 --max-windows "$windows" \
    --json > "$results/perplexity.json"
  node "$here/evaluate-smollm2.mjs" perplexity "$config" "$results/perplexity.json" "$shared/golden/smollm2/perplexity.json" || status=1
done

if [[ "$items" -gt 0 ]]; then
  "$SPARROW" evaluate --model "$model" --activations float --kv kv32 --tasks "$tasks" --data "$shared/data/eval" --limit "$items" \
    --json > "$results/tasks.json"
  node "$here/evaluate-smollm2.mjs" tasks float-kv32 "$results/tasks.json" "$shared/golden/smollm2/zero_shot.jsonl" || status=1
fi

exit $status
