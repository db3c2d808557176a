#!/usr/bin/env bash
# Kills a server with signal 9 at random moments of uploads, compression jobs and swaps; see job-kills.mjs for what is checked.
# Usage: scripts/job-kills.sh [KILLS] [SEED]
# SPARROW names the executable; by default it is built.
set -euo pipefail
cd "$(dirname "$0")/.."
if [[ -z "${SPARROW:-}" ]]; then
    dotnet build -c Release -v q src/Server/Server.csproj > /dev/null
    SPARROW=artifacts/bin/Server/release/sparrow
fi

exec node scripts/job-kills.mjs --sparrow "$(realpath "$SPARROW")" --kills "${1:-40}" --seed "${2:-1}"
