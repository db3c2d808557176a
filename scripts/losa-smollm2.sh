#!/usr/bin/env bash
# Prunes and adapts SmolLM2 row by row and prints the table of docs/methods/losa.md from what is there.
# Usage: scripts/losa-smollm2.sh SHARED RESULTS [ROW...]     SHARED: the optional folder of reference data; RESULTS is kept, finished rows stay
# ROW "list" prints the rows, "table" only the table. By default the rows of the 70 % table are run.
# Settings: SPARROW (the executable), MODEL, SEEDS ("0"), WINDOWS (10), ITEMS (0: no zero-shot tasks), TASKS, THREADS (all cores), KEEP=1 (models stay).
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd)"
root="$(dirname "$here")"
rows="$here/losa-smollm2.mjs"
if [[ $# -lt 2 || ! -d "$1/golden/compression" ]]; then
  sed -n '2,5s/^# //p' "$0" >&2
  exit 2
fi

shared="$(realpath "$1")"
mkdir -p "$2"
results="$(realpath "$2")"
shift 2
model="${MODEL:-$shared/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf}"
tasks="${TASKS:-hellaswag,winogrande,boolq,openbookqa,piqa,arc_easy,arc_challenge}"
if [[ "${1:-}" == "list" ]]; then
  node "$rows" list
  exit
fi

if [[ "${1:-}" != "table" && -z "${SPARROW:-}" ]]; then
  dotnet build -c Release -v q "$root/src/Server/Server.csproj" >/dev/null
  SPARROW="$root/artifacts/bin/Server/release/sparrow"
fi

wanted=("$@")
[[ ${#wanted[@]} -gt 0 ]] || mapfile -t wanted < <(node "$rows" default)
threads=(${THREADS:+--threads "$THREADS"})
for row in "${wanted[@]}"; do
  [[ "$row" == "table" ]] && continue
  for seed in ${SEEDS:-0}; do
    folder="$results/$row-s$seed"
    made="$folder/model"
    mkdir -p "$folder"
    if [[ ! -f "$folder/seconds" ]]; then
      node "$rows" recipe "$row" "$seed" "$shared" > "$folder/recipe.json"
      if [[ "$row" == "dense" ]]; then
        echo 0 > "$folder/seconds"
      else
        # A run that was stopped goes on; its time is then what the report says, of all runs together.
        "$SPARROW" compress --model "$model" --recipe "$folder/recipe.json" --out "$made" --resume --report "$folder/report.json" "${threads[@]}" \
          >> "$folder/log" 2>&1 || { tail -n 5 "$folder/log" >&2; echo "$row, seed $seed: compress failed" >&2; continue; }
        [[ -f "$made/adaptation.json" ]] && cp "$made/adaptation.json" "$folder/"
        node "$rows" seconds "$folder/report.json" > "$folder/seconds"
      fi
    fi

    [[ "$row" == "dense" ]] && made="$model"
    evaluate=("$SPARROW" evaluate --model "$made" --kv kv32 --json "${threads[@]}")
    if [[ ! -f "$folder/evaluation.json" ]]; then
      "${evaluate[@]}" --activations "$(node "$rows" activations "$row")" --perplexity "$shared/data/wikitext2/wiki.test.raw" --convention gptq --window 2048 \
        --max-windows "${WINDOWS:-10}" > "$folder/evaluation.tmp"
      mv "$folder/evaluation.tmp" "$folder/evaluation.json"
    fi

    if [[ "${ITEMS:-0}" -gt 0 && ! -f "$folder/tasks.json" ]]; then
      "${evaluate[@]}" --activations float --tasks "$tasks" --data "$shared/data/eval" --limit "$ITEMS" > "$folder/tasks.tmp"
      mv "$folder/tasks.tmp" "$folder/tasks.json"
    fi

    if [[ "$row" != "dense" && -z "${KEEP:-}" ]]; then
      rm -rf "$made"
    fi
  done
done

node "$rows" table "$results"
