// Compares what `sparrow evaluate --json` wrote with reference values. Called by evaluate-smollm2.sh; ends with 1 where a bound is broken.
import { readFileSync } from "node:fs";

const [kind, config, measuredPath, referencePath] = process.argv.slice(2);
const measured = JSON.parse(readFileSync(measuredPath, "utf8"));
let failed = false;

function report(name, value, bound, note = "") {
  const holds = value <= bound;
  failed ||= !holds;
  console.log(`${holds ? "ok  " : "FAIL"}  ${config}  ${name}: ${value.toExponential(2)} (bound ${bound}) ${note}`);
}

if (kind === "perplexity") {
  const expected = JSON.parse(readFileSync(referencePath, "utf8")).gptq_2048_first20.window_nll;
  const nll = measured.perplexity.window_nll;
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const reference = Math.exp(mean(expected.slice(0, nll.length)));
  const note = `perplexity ${measured.perplexity.value.toFixed(4)}, reference ${reference.toFixed(4)}, ${nll.length} windows`;
  if (config.startsWith("float")) {
    const worst = Math.max(...nll.map((value, i) => Math.abs(value - expected[i])));
    report("largest difference of a window's NLL", worst, config.endsWith("kv32") ? 1e-3 : 5e-3, note);
  } else {
    report("relative difference of perplexity", Math.abs(measured.perplexity.value / reference - 1), 5e-3, note);
  }
} else {
  for (const line of readFileSync(referencePath, "utf8").split("\n").filter((text) => text.length > 0)) {
    const reference = JSON.parse(line);
    const name = reference.task.replace("_openai", "");
    const task = measured.tasks[name];
    if (!task) {
      continue;
    }
    const sums = reference.logprob_sums ?? reference.rows.map((row) => [row[0]]);
    const count = Math.min(sums.length, task.logprob_sums.length);
    let worst = 0;
    for (let i = 0; i < count; i++) {
      sums[i].forEach((sum, j) => { worst = Math.max(worst, Math.abs(sum - task.logprob_sums[i][j])); });
    }
    const norm = reference.acc_norm === undefined ? "" : `, acc_norm ${task.acc_norm} (reference ${reference.acc_norm})`;
    const scope = count === task.n && count === reference.n ? "" : `, first ${count} compared`;
    report(`${name}: largest difference of a sum`, worst, 0.02, `acc ${task.acc} (reference ${reference.acc})${norm}${scope}`);
  }
}

process.exit(failed ? 1 : 0);
