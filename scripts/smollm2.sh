# What the scripts on SmolLM2 begin with; sourced with the reference data's folder as its argument. Sets shared, model, SPARROW and work, a folder that goes
# when the script ends.
root="$(dirname "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)")"
shared="$(realpath "$1")"
model="${MODEL:-$shared/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf}"
if [[ -z "${SPARROW:-}" ]]; then
  dotnet build -c Release -v q "$root/src/Server/Server.csproj" >/dev/null
  SPARROW="$root/artifacts/bin/Server/release/sparrow"
fi

work="$(TMPDIR="${SCRATCH:-${TMPDIR:-}}" mktemp -d)"
trap 'rm -rf "$work"' EXIT
