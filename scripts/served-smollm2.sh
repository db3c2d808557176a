#!/usr/bin/env bash
# Compresses SmolLM2 three ways and compares each artifact in its own layout with its own weights as plain numbers: in floats, and as it is served.
# Usage: scripts/served-smollm2.sh SHARED [WINDOWS]     SHARED: the optional folder of reference data; 1 window of 2,048 tokens by default
# Settings: SPARROW (the executable), MODEL (the checkpoint), SCRATCH (a folder with room for 2 GB), CONFIGS (names below), WINDOW (2048).
set -euo pipefail

if [[ $# -lt 1 || ! -d "$1/golden/compression" ]]; then
  sed -n '2,4s/^# //p' "$0" >&2
  exit 2
fi

source "$(dirname "$0")/smollm2.sh" "$1"
windows="${2:-1}"

recipe() {
  local calibration="\"calibration\": {\"tokens\": \"$shared/golden/compression/calibration_ids.json\", \"samples\": 4}"
  case "$1" in
    wanda-60-int8)
      echo "{\"version\": 1, $calibration, \"steps\": [{\"type\": \"prune\", \"method\": \"wanda\", \"sparsity\": 0.6},
        {\"type\": \"quantize\", \"method\": \"rtn\", \"bits\": 8, \"group_size\": 64, \"symmetric\": true}]}" ;;
    w4-g64) echo '{"version": 1, "steps": [{"type": "quantize", "method": "rtn", "bits": 4, "group_size": 64}]}' ;;
    w8) echo '{"version": 1, "steps": [{"type": "quantize", "method": "rtn", "bits": 8, "group_size": 64}]}' ;;
    *) echo "no configuration '$1'" >&2; return 2 ;;
  esac
}

evaluate() {
  "$SPARROW" evaluate --model "$1" --against "$2" --activations "$3" --kv kv32 --perplexity "$shared/data/wikitext2/wiki.test.raw" \
    --convention gptq --window "${WINDOW:-2048}" --max-windows "$windows" --kl --json
}

status=0
for config in ${CONFIGS:-wanda-60-int8 w4-g64 w8}; do
  recipe "$config" >"$work/recipe.json"
  "$SPARROW" compress --model "$model" --recipe "$work/recipe.json" --out "$work/artifact" >&2
  "$SPARROW" convert --model "$work/artifact" --format plain --output "$work/plain" >&2
  evaluate "$work/artifact" "$work/plain" float >"$work/float.json"
  evaluate "$work/artifact" "$work/plain" auto >"$work/auto.json"
  "$SPARROW" inspect "$work/artifact" --json >"$work/inspect.json"
  node -e '
    const [config, folder] = process.argv.slice(1);
    const read = name => JSON.parse(require("fs").readFileSync(`${folder}/${name}.json`, "utf8"));
    const about = read("inspect");
    console.log(`${config}: ${about.bits_per_weight} bits a weight, sparsity ${about.sparsity}, ${about.bytes} bytes stored, ${about.loaded_bytes} in memory`);

    // Floats: the same weights in sums of another order. Bytes: what rounding activations costs, small beside the method.
    let missed = 0;
    for (const [name, bound] of [["float", 1e-6], ["auto", 2e-2]]) {
      const { agreement, perplexity, against } = read(name);
      missed += !(agreement.mean_kl <= bound);
      console.log(`  ${name}: divergence ${agreement.mean_kl.toExponential(2)} nats (at most ${bound}), same token first ${agreement.top1_agreement}, `
        + `perplexity ${perplexity.value.toFixed(4)}, of the plain numbers ${against.perplexity.value.toFixed(4)}`);
    }

    process.exit(missed ? 1 : 0);
  ' "$config" "$work" || status=1
  rm -rf "$work/artifact" "$work/plain"
done
exit "$status"
