#!/usr/bin/env bash
# Runs Sparrow and llama.cpp (as node-llama-cpp) over the same GGUF file in turns, A B A B, and prints medians and ratios of decode and prefill.
# Usage: scripts/compare-llama-cpp.sh MODEL.gguf [ROUNDS]
# Needs node, npm and a registry that answers. Settings: SPARROW (the executable), THREADS, PROMPT, GENERATE, SCRATCH.
set -euo pipefail

if [[ $# -lt 1 || ! -f "$1" ]]; then
  sed -n '2,4s/^# //p' "$0" >&2
  exit 2
fi

here="$(cd "$(dirname "$0")" && pwd)"
root="$(dirname "$here")"
model="$(realpath "$1")"
rounds="${2:-3}"
threads="${THREADS:-$(nproc)}"
prompt="${PROMPT:-512}"
generate="${GENERATE:-64}"
scratch="${SCRATCH:-$(mktemp -d)}"
version=3.22.1

if [[ -z "${SPARROW:-}" ]]; then
  dotnet build -c Release -v q "$root/src/Server/Server.csproj" >/dev/null
  SPARROW="$root/artifacts/bin/Server/release/sparrow"
fi

# The scripts of the package would download or build a binary; the platform's own package brings one.
mkdir -p "$scratch"
cp "$here/compare-llama-cpp.mjs" "$scratch/"
if [[ ! -d "$scratch/node_modules/node-llama-cpp" ]]; then
  case "$(uname -m)" in
    aarch64|arm64) platform=linux-arm64 ;;
    *) platform=linux-x64 ;;
  esac
  (cd "$scratch" && NODE_LLAMA_CPP_SKIP_DOWNLOAD=true npm install --ignore-scripts --no-audit --no-fund --silent \
    "node-llama-cpp@$version" "@node-llama-cpp/$platform@$version")
fi

cd "$scratch"
exec node compare-llama-cpp.mjs "$SPARROW" "$model" "$rounds" "$threads" "$prompt" "$generate"
