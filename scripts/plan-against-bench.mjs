// Compares what `sparrow plan` expects with what `sparrow bench` measures, in turns, and prints the ratio of each phase.
// Usage: node scripts/plan-against-bench.mjs MODEL [ROUNDS]     Settings: SPARROW (the executable), THREADS, ACTIVATIONS.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import path from "node:path";

const [model, rounds = "3"] = process.argv.slice(2);
if (!model) {
  console.error("Usage: node scripts/plan-against-bench.mjs MODEL [ROUNDS]");
  process.exit(2);
}

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const sparrow = process.env.SPARROW ?? path.join(root, "artifacts/bin/Server/release/sparrow");
const common = ["--model", model, "--json"];
if (process.env.THREADS) {
  common.push("--threads", process.env.THREADS);
}
if (process.env.ACTIVATIONS) {
  common.push("--activations", process.env.ACTIVATIONS);
}

const run = (...words) => JSON.parse(execFileSync(sparrow, [...words, ...common], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }));
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

// Generated tokens lie behind the prompt, so a decode at a context of 512 begins with a prompt that long. A machine that slows down from one
// minute to the next slows the plan's measurement as well as the bench's: both are taken in every round.
const cases = [
  { name: "prefill 512", phase: "prefill", sequences: 1, tokens: 512, words: ["--prompt", "512", "--generate", "0"] },
  { name: "decode 1 at 512", phase: "decode", sequences: 1, context: 512, words: ["--prompt", "480", "--generate", "64"] },
  { name: "decode 8 at 512", phase: "decode", sequences: 8, context: 512, words: ["--prompt", "480", "--generate", "64", "--parallel", "8"] },
  { name: "decode 32 at 0", phase: "decode", sequences: 32, context: 0, words: ["--prompt", "1", "--generate", "32", "--parallel", "32"] },
];
const results = new Map(cases.map((item) => [item.name, { planned: [], measured: [] }]));
let machine;
for (let round = 0; round < Number(rounds); round++) {
  const plan = run("plan", "--probe");
  machine = plan.machine;
  for (const item of cases) {
    const phase = plan.current.phases.find((candidate) => candidate.phase === item.phase && candidate.sequences === item.sequences
      && (item.phase === "prefill" ? candidate.tokens === item.tokens : candidate.context === item.context));
    const bench = run("bench", "--repeat", "1", ...item.words);
    results.get(item.name).planned.push(phase.tokens_per_second);
    results.get(item.name).measured.push(item.phase === "prefill" ? bench.prefill_tokens_per_second : bench.decode_tokens_per_second);
  }
}

console.log(`${machine.processor}, ${machine.kernels}, ${machine.threads} threads, reads ${(machine.read_bytes_per_second / 1e9).toFixed(1)} GB/s`);
console.log("phase              planned   measured   planned / measured");
for (const [name, { planned, measured }] of results) {
  const [left, right] = [median(planned), median(measured)];
  console.log(`${name.padEnd(16)} ${left.toFixed(1).padStart(9)} ${right.toFixed(1).padStart(10)} ${(left / right).toFixed(2).padStart(12)}`);
}
