#!/usr/bin/env bash
# Times decoding of a random model of 1.1 billion weights in dense and sparse layouts, in turns, and prints ratios with their bounds; exits 1 when one is missed.
# Usage: scripts/sparse-speed.sh [ROUNDS]     3 rounds by default; about eight minutes on two quiet cores
# Settings: SPARROW (the executable), SCRATCH (a folder with room for 7 GB), LAYERS (22), THREADS, KERNELS, GENERATE (32 tokens).
set -euo pipefail

root="$(dirname "$(cd "$(dirname "$0")" && pwd)")"
rounds="${1:-3}"
if [[ ! "$rounds" =~ ^[1-9][0-9]*$ ]]; then
  sed -n '2,4s/^# //p' "$0" >&2
  exit 2
fi

if [[ -z "${SPARROW:-}" ]]; then
  dotnet build -c Release -v q "$root/src/Server/Server.csproj" >/dev/null
  SPARROW="$root/artifacts/bin/Server/release/sparrow"
fi

work="$(TMPDIR="${SCRATCH:-${TMPDIR:-}}" mktemp -d)"
trap 'rm -rf "$work"' EXIT

# 1. The models: name, type, share of zeros.
models=("bf16 bf16 0" "bf16-70 bf16 0.7" "int8 int8 0" "int8-50 int8 0.5" "int8-60 int8 0.6" "int8-70 int8 0.7")
for model in "${models[@]}"; do
  read -r name type sparsity <<<"$model"
  "$SPARROW" convert --random llama --hidden 2048 --layers "${LAYERS:-22}" --heads 32 --kv-heads 4 --intermediate 5632 --vocabulary 32000 \
    --type "$type" --sparsity "$sparsity" --output "$work/$name" >&2
done

# 2. Every model once a round, so that what else the machine does falls on all of them.
for ((round = 1; round <= rounds; round++)); do
  for model in "${models[@]}"; do
    name="${model%% *}"
    "$SPARROW" bench --model "$work/$name" --prompt 8 --generate "${GENERATE:-32}" --repeat 2 --json \
      ${THREADS:+--threads "$THREADS"} ${KERNELS:+--kernels "$KERNELS"} >"$work/report.json"
    node -e '
      const report = JSON.parse(require("fs").readFileSync(process.argv[3], "utf8"));
      const gigabytes = report.weight_bytes / 1e9;
      console.log([process.argv[1], process.argv[2], report.decode_tokens_per_second.toFixed(2), gigabytes.toFixed(3), report.kernels, report.activations].join(" "));
    ' "$round" "$name" "$work/report.json" | tee -a "$work/times"
  done
done

# 3. Ratios of a round, and their median.
node -e '
  const speeds = {};
  for (const line of require("fs").readFileSync(process.argv[1], "utf8").trim().split("\n")) {
    const [round, name, speed] = line.split(" ");
    (speeds[name] ??= [])[round - 1] = Number(speed);
  }

  const median = values => [...values].sort((a, b) => a - b)[values.length >> 1];
  let missed = 0;
  for (const [one, other, bound] of [["int8-50", "int8", 1.2], ["int8-60", "int8", 1.4], ["int8-70", "int8", 1.6], ["bf16-70", "bf16", 1.5], ["int8-70", "bf16", 2.6]]) {
    const ratios = speeds[one].map((speed, i) => speed / speeds[other][i]);
    const ratio = median(ratios);
    missed += ratio < bound;
    console.log(`${one} to ${other}: ${ratio.toFixed(2)} (${ratios.map(r => r.toFixed(2)).join(", ")}), at least ${bound.toFixed(1)}: ${ratio < bound ? "missed" : "held"}`);
  }

  process.exit(missed ? 1 : 0);
' "$work/times"
