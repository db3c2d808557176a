#!/usr/bin/env bash
# Kills a compression with signal 9 at random moments, resumes it each time, and compares the artifact with that of a run that nobody disturbed.
# Usage: scripts/compress-kill.sh [KILLS] [SEED]
# SPARROW names the executable; by default it is built. RECIPE_STEPS gives other steps than Wanda.
set -euo pipefail
cd "$(dirname "$0")/.."
if [[ -z "${SPARROW:-}" ]]; then
    dotnet build -c Release -v q src/Server/Server.csproj > /dev/null
    SPARROW=artifacts/bin/Server/release/sparrow
fi

sparrow=$SPARROW
kills=${1:-20}
RANDOM=${2:-1}
steps=${RECIPE_STEPS:-'{"type":"prune","method":"wanda","sparsity":0.5}'}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$sparrow" convert --random llama --hidden 256 --layers 12 --heads 8 --intermediate 640 --type bf16 --output "$scratch/model" > /dev/null
awk 'BEGIN { srand(7); printf "["; for (s = 0; s < 8; s++) { printf s ? ",[" : "["; for (t = 0; t < 512; t++) printf (t ? ",%d" : "%d"), int(rand() * 300); printf "]" } printf "]" }' \
    > "$scratch/ids.json"
printf '{"version":1,"calibration":{"tokens":"ids.json"},"steps":[%s]}' "$steps" > "$scratch/recipe.json"

compress() {
    "$sparrow" compress --model "$scratch/model" --recipe "$scratch/recipe.json" --out "$1" --threads 2 "${@:2}" > "$scratch/log" 2>&1
}

start=$(date +%s%N)
compress "$scratch/whole"
whole_ms=$((($(date +%s%N) - start) / 1000000))
echo "undisturbed: $whole_ms ms"

# Each life lasts up to two thirds of a whole run: early ones die while starting, later ones in any block, between files, and while publishing.
done_kills=0
lives=0
while [ "$done_kills" -lt "$kills" ]; do
    lives=$((lives + 1))
    if [ "$lives" -gt $((kills * 5)) ]; then
        echo "FAIL: the run ends before it can be killed" >&2
        exit 1
    fi

    setsid "$sparrow" compress --model "$scratch/model" --recipe "$scratch/recipe.json" --out "$scratch/killed" --threads 2 --resume > "$scratch/log" 2>&1 &
    life=$!
    wait_ms=$(((RANDOM * 32768 + RANDOM) % (whole_ms * 2 / 3) + 50))
    sleep "$(printf '%d.%03d' $((wait_ms / 1000)) $((wait_ms % 1000)))"
    if kill -9 "$life" 2> /dev/null; then
        done_kills=$((done_kills + 1))
        blocks=$(find "$scratch/killed.partial/artifact" -name '*.safetensors' 2> /dev/null | wc -l)
        echo "kill $done_kills after $wait_ms ms, $blocks files"
    fi

    wait "$life" 2> /dev/null || true
    if [ -d "$scratch/killed" ]; then
        # It came to its end: compared, and begun anew for the kills that are left.
        diff -r "$scratch/whole" "$scratch/killed"
        echo "equal after $done_kills kills"
        rm -rf "$scratch/killed" "$scratch/killed.partial"
    fi
done

compress "$scratch/killed" --resume || { cat "$scratch/log" >&2; exit 1; }
diff -r "$scratch/whole" "$scratch/killed"
echo "PASS: $kills kills, byte-identical"
