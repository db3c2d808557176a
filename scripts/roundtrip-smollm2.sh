#!/usr/bin/env bash
# Converts SmolLM2 from GGUF to a folder in f32 and back to GGUF, and compares the perplexity of the three; exits 1 when they differ.
# Usage: scripts/roundtrip-smollm2.sh SHARED [WINDOWS]     SHARED: the optional folder of reference data; 1 window of 2,048 tokens by default
# Settings: SPARROW (the executable), MODEL (the checkpoint), SCRATCH (a folder with room for 1.2 GB), TOLERANCE (1e-4).
set -euo pipefail

if [[ $# -lt 1 || ! -f "$1/data/wikitext2/wiki.test.raw" ]]; then
  sed -n '2,4s/^# //p' "$0" >&2
  exit 2
fi

source "$(dirname "$0")/smollm2.sh" "$1"
windows="${2:-1}"
tolerance="${TOLERANCE:-1e-4}"

perplexity() {
  "$SPARROW" evaluate --model "$1" --activations float --kv kv32 --perplexity "$shared/data/wikitext2/wiki.test.raw" \
    --convention gptq --window 2048 --max-windows "$windows" --json |
    node -e 'process.stdin.on("data", d => (global.t = (global.t ?? "") + d)).on("end", () => console.log(JSON.parse(global.t).perplexity.value))'
}

"$SPARROW" convert --model "$model" --output "$work/folder" --type f32
"$SPARROW" convert --model "$work/folder" --output "$work/back.gguf" --type f32
"$SPARROW" convert --model "$work/back.gguf" --output "$work/again" --type f32

first="$(perplexity "$model")"
folder="$(perplexity "$work/folder")"
back="$(perplexity "$work/back.gguf")"
echo "perplexity of $windows windows: $first as stored, $folder as a folder in f32, $back as GGUF in f32"

status=0
node -e '
  const [tolerance, first, ...others] = process.argv.slice(1).map(Number);
  const worst = Math.max(...others.map(other => Math.abs(other - first)));
  console.log(`largest difference ${worst.toExponential(2)}, allowed ${tolerance}`);
  process.exit(worst <= tolerance ? 0 : 1);
' "$tolerance" "$first" "$folder" "$back" || status=1

# What came back holds the same bits as what went in.
if cmp -s "$work/folder/model.safetensors" "$work/again/model.safetensors"; then
  echo "weights after folder, GGUF, folder: bit-equal"
else
  echo "weights after folder, GGUF, folder: they differ" >&2
  status=1
fi
exit "$status"
