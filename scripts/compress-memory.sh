#!/usr/bin/env bash
# Compresses a random model of 1.1 billion weights and reports the most memory that was not the mapped source.
# Usage: scripts/compress-memory.sh [STEPS-JSON] [SCRATCH]
# SPARROW names the executable; by default it is built. Ends with 1 where more than LIMIT_MIB (2048) were needed. LAYERS (22) makes it shorter:
# memory does not depend on depth. Takes 5 GB of disk in SCRATCH.
set -euo pipefail
cd "$(dirname "$0")/.."
if [[ -z "${SPARROW:-}" ]]; then
    dotnet build -c Release -v q src/Server/Server.csproj > /dev/null
    SPARROW=artifacts/bin/Server/release/sparrow
fi

sparrow=$SPARROW
steps=${1:-'{"type":"prune","method":"wanda","sparsity":0.6}'}
limit=${LIMIT_MIB:-2048}
scratch=${2:-$(mktemp -d)}
model=$scratch/random-1b
mkdir -p "$scratch"
if [ ! -f "$model/config.json" ]; then
    "$sparrow" convert --random llama --hidden 2048 --layers "${LAYERS:-22}" --heads 32 --kv-heads 4 --intermediate 5632 --type bf16 --output "$model"
fi

awk 'BEGIN { srand(7); printf "["; for (s = 0; s < 8; s++) { printf s ? ",[" : "["; for (t = 0; t < 2048; t++) printf (t ? ",%d" : "%d"), int(rand() * 300); printf "]" } printf "]" }' \
    > "$scratch/ids.json"
printf '{"version":1,"calibration":{"tokens":"ids.json"},"steps":[%s]}' "$steps" > "$scratch/recipe.json"
rm -rf "$scratch/out" "$scratch/out.partial"

"$sparrow" compress --model "$model" --recipe "$scratch/recipe.json" --out "$scratch/out" > "$scratch/log" 2>&1 &
job=$!
peak=0
start=$(date +%s)
while kill -0 "$job" 2> /dev/null; do
    # Anonymous memory: pages of the mapped source are the system's to take back.
    now=$(awk '/RssAnon/ { print int($2 / 1024) }' "/proc/$job/status" 2> /dev/null || true)
    if [ "${now:-0}" -gt "$peak" ]; then
        peak=$now
    fi

    sleep 0.2
done

if ! wait "$job"; then
    cat "$scratch/log" >&2
    exit 1
fi

echo "steps: $steps"
echo "seconds: $(($(date +%s) - start)), peak beyond the mapped source: $peak MiB (limit $limit)"
rm -rf "$scratch/out"
[ "$peak" -le "$limit" ]
