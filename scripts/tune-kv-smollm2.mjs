// Holds the table of a held-out check to its bounds. Called by tune-kv-smollm2.sh; ends with 1 where one is broken.
import { readFileSync } from "node:fs";

const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
const table = report.held_out;
let failed = false;

function check(holds, text) {
  failed ||= !holds;
  console.log(`${holds ? "ok  " : "FAIL"}  ${text}`);
}

// Perplexity above the dense cache's that a budget may cost.
const allowed = { 4.25: 0.04, 5: 0.006 };

for (const row of table.rows) {
  const cost = row.perplexity / table.dense_perplexity - 1;
  const name = `${row.budget} bits`;
  check(row.effective_bits <= row.budget + 1e-9, `${name}: the profile has ${row.effective_bits.toFixed(3)}`);
  check(row.perplexity < row.uniform_perplexity, `${name}: ${row.perplexity.toFixed(4)}, best uniform ${row.uniform} ${row.uniform_perplexity.toFixed(4)}`);
  check(
    row.perplexity_on_those < row.random_median_perplexity,
    `${name}: ${row.perplexity_on_those.toFixed(4)}, median of ${table.random_count} random profiles ${row.random_median_perplexity.toFixed(4)}`);
  if (row.budget in allowed) {
    check(cost <= allowed[row.budget], `${name}: ${(100 * cost).toFixed(2)} % above the dense cache, at most ${100 * allowed[row.budget]} %`);
  }
}

process.exit(failed ? 1 : 0);
