#!/usr/bin/env bash
# Decode and prefill speed of a model over a long cache, by profile, in turns: sparrow bench at each context, one JSON line a run.
# usage: bench-long-context.sh MODEL [CONTEXTS] [PROFILES] [ROUNDS]      e.g. model.gguf "2048 8000" "kv16 kv8 kv4" 2
# A random model of the 1.1 B shape: sparrow convert --random llama --hidden 2048 --layers 22 --heads 32 --kv-heads 4 --intermediate 5632 --output DIR
# SPARROW names another executable.
set -euo pipefail
model=${1:?model file or folder}
contexts=${2:-"2048 8000"}
profiles=${3:-"kv16 kv8 k8v4 kv4 k4v2"}
rounds=${4:-1}
root=$(cd "$(dirname "$0")/.." && pwd)
sparrow=${SPARROW:-$root/artifacts/bin/Server/release/sparrow}
[ -x "$sparrow" ] || dotnet build "$root/src/Server/Server.csproj" -c Release -v q --nologo >&2

for context in $contexts; do
  for ((round = 0; round < rounds; round++)); do
    for profile in $profiles; do
      printf '{"context":%d,"run":%s}\n' "$context" \
        "$("$sparrow" bench --model "$model" --context "$context" --prompt 64 --generate 32 --repeat 1 --kv "$profile" --json)"
    done
  done
done
