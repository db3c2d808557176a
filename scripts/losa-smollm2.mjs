// Recipes and the table of losa-smollm2.sh.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

// 73 steps of 4 × 512 tokens, as the trained control of the reference data; the preset takes batches of 2.
const tokens = 149504;
const batch = 4;
const wanda = (sparsity) => ({ type: "prune", method: "wanda", sparsity });
const lora = (sparsity, more = {}) => ({
  type: "adapt", method: "masked_lora", sparsity, tokens, batch, calibration_samples: 8, calibration_length: 2048, ...more,
});
const losa = (sparsity, more = {}) => ({ type: "adapt", method: "losa", preset: "losa-fast", sparsity, tokens, batch, ...more });
const int8 = { type: "quantize", method: "rtn", bits: 8, group_size: 64, symmetric: true };
const int4 = { bits: 4, group_size: 64 };
const steps = {
  "dense": [],
  "dense-lora": [lora(0)],
  ...Object.fromEntries([50, 60, 70].flatMap((s) => [
    [`wanda-${s}`, [wanda(s / 100)]],
    [`masked-lora-${s}`, [lora(s / 100)]],
    [`losa-${s}`, [losa(s / 100)]],
  ])),
  "losa-70-rmi-off": [losa(0.7, { allocation: "uniform" })],
  "losa-70-uniform-ranks": [losa(0.7, { ranks: "uniform" })],
  "losa-70-one-round": [losa(0.7, { rounds: 1 })],
  "losa-70-batch-2": [losa(0.7, { batch: 2 })],
  "losa-70-rora": [losa(0.7, { scaling: "rora" })],
  "losa-70-sparsegpt": [losa(0.7, { prune: "sparsegpt" })],
  "losa-70-dsnot": [losa(0.7, { dsnot: true })],
  "losa-70-rank-8": [losa(0.7, { allocated_rank: 8 })],
  "squarehead-70": [{ ...lora(0.7), method: "squarehead" }],
  "losa-70-n-of-8": [losa(0.7, { pattern: "n:8" })],
  "losa-70-int8": [losa(0.7), int8],
  "losa-70-int4-after": [losa(0.7), { type: "quantize", method: "rtn", ...int4 }],
  "losa-70-int4-trained": [losa(0.7, int4)],
};
const defaults = ["dense", "dense-lora", "wanda-70", "masked-lora-70", "losa-70", "losa-70-batch-2", "losa-70-rmi-off", "losa-70-uniform-ranks", "losa-70-one-round",
  "losa-70-rora", "squarehead-70"];

function recipe(row, seed, shared) {
  const floats = !row.includes("int");
  return {
    version: 1,
    seed: Number(seed),
    calibration: { tokens: join(shared, "golden/compression/calibration_ids.json"), samples: row.startsWith("losa") ? 16 : 8 },
    ...(row.startsWith("wanda") ? {} : { training: { text: join(shared, "data/wikitext2/wiki.valid.raw") } }),
    steps: steps[row],
    output: floats ? { type: "f32", format: "plain" } : { type: "bf16" },
  };
}

const read = (folder, file) => (existsSync(join(folder, file)) ? JSON.parse(readFileSync(join(folder, file), "utf8")) : null);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const cell = (value, digits) => (value === null || value === undefined ? "" : value.toFixed(digits));

function table(results) {
  const order = Object.keys(steps);
  const found = readdirSync(results)
    .map((name) => ({ name, row: name.replace(/-s\d+$/, ""), seed: Number(/-s(\d+)$/.exec(name)?.[1] ?? 0) }))
    .filter(({ name, row }) => steps[row] && existsSync(join(results, name, "evaluation.json")))
    .sort((a, b) => order.indexOf(a.row) - order.indexOf(b.row) || a.seed - b.seed);
  console.log("| row | seed | perplexity | share of the log gap won back | zero-shot mean | last loss | training tokens | minutes | peak memory, MiB |");
  console.log("|---|---|---|---|---|---|---|---|---|");
  const nll = (row, seed) => {
    const entry = found.find((item) => item.row === row && (item.seed === seed || row === "dense" || row.startsWith("wanda")));
    const evaluation = entry && read(join(results, entry.name), "evaluation.json");
    return evaluation ? mean(evaluation.perplexity.window_nll) : null;
  };
  for (const { name, row, seed } of found) {
    const folder = join(results, name);
    const own = mean(read(folder, "evaluation.json").perplexity.window_nll);
    const sparsity = /\d\d/.exec(row)?.[0];
    const [dense, pruned] = [nll("dense", 0), sparsity && nll(`wanda-${sparsity}`, seed)];
    const gap = dense !== null && pruned && !row.startsWith("wanda") ? (pruned - own) / (pruned - dense) : null;
    const adaptation = read(folder, "adaptation.json");
    const report = read(folder, "report.json");
    const tasks = Object.values(read(folder, "tasks.json")?.tasks ?? {});
    const error = Math.hypot(...tasks.map((task) => task.acc_stderr)) / tasks.length;
    const shot = tasks.length > 0 ? `${(100 * mean(tasks.map((task) => task.acc))).toFixed(1)} ± ${(100 * error).toFixed(1)}` : "";
    console.log(`| ${row} | ${seed} | ${Math.exp(own).toFixed(2)} | ${gap === null ? "" : (100 * gap).toFixed(0) + " %"} | ${shot} `
      + `| ${cell(adaptation?.rounds.at(-1).losses.at(-1), 3)} | ${adaptation?.training_tokens ?? ""} | ${cell(report && report.seconds / 60, 1)} `
      + `| ${cell(report?.peak_memory_bytes && report.peak_memory_bytes / 2 ** 20, 0)} |`);
  }
}

const [command, ...rest] = process.argv.slice(2);
if (command === "list") {
  console.log(Object.keys(steps).join("\n"));
} else if (command === "default") {
  console.log(defaults.join("\n"));
} else if (command === "seconds") {
  console.log(JSON.parse(readFileSync(rest[0], "utf8")).seconds);
} else if (command === "activations") {
  console.log(rest[0].includes("int") ? "auto" : "float");
} else if (command === "table") {
  table(rest[0]);
} else {
  if (!steps[rest[0]]) {
    console.error(`Unknown row '${rest[0]}'. Known: ${Object.keys(steps).join(", ")}.`);
    process.exit(2);
  }
  console.log(JSON.stringify(recipe(...rest), null, 2));
}
