// Called by compare-llama-cpp.sh from a folder with node-llama-cpp installed.
// Both sides read the same number of tokens into an empty cache, then generate greedily; llama.cpp is warmed up as `sparrow bench` warms itself.
import { execFileSync } from "node:child_process";
import { getLlama, LlamaLogLevel } from "node-llama-cpp";

const [sparrow, modelPath, rounds, threads, prompt, generate] = process.argv.slice(2).map((value, i) => (i < 2 ? value : Number(value)));

const llama = await getLlama({ gpu: false, build: "never", maxThreads: threads, logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({ contextSize: prompt + generate + 64, batchSize: 512, threads, flashAttention: false });
const sequence = context.getSequence();

function promptTokens() {
  const words = "the quick brown fox jumps over the lazy dog while seven wizards brew potions in old towers and count stars ";
  let tokens = [];
  while (tokens.length < prompt) {
    tokens = tokens.concat(model.tokenize(words));
  }
  return tokens.slice(0, prompt);
}

async function runLlama() {
  await sequence.clearHistory();
  const tokens = promptTokens();
  let start = performance.now();
  // Reads everything, so that the first sampled token ends the prefill.
  const stream = sequence.evaluate(tokens, { temperature: 0, yieldEogToken: true });
  await stream.next();
  const prefill = prompt / ((performance.now() - start) / 1000);
  start = performance.now();
  let count = 0;
  while (count < generate && !(await stream.next()).done) {
    count++;
  }
  const decode = count / ((performance.now() - start) / 1000);
  await stream.return?.();
  return { prefill, decode };
}

function runSparrow() {
  const output = execFileSync(sparrow, [
    "bench", "--model", modelPath, "--prompt", prompt, "--generate", generate, "--threads", threads, "--repeat", 1, "--json",
  ].map(String), { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  const report = JSON.parse(output);
  return { prefill: report.prefill_tokens_per_second, decode: report.decode_tokens_per_second, report };
}

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

await runLlama();
const ours = [];
const theirs = [];
for (let i = 0; i < rounds; i++) {
  ours.push(runSparrow());
  theirs.push(await runLlama());
  console.error(`round ${i + 1}: sparrow ${ours[i].prefill.toFixed(1)} / ${ours[i].decode.toFixed(1)}, llama.cpp ${theirs[i].prefill.toFixed(1)} / ${theirs[i].decode.toFixed(1)} tokens/s (prefill / decode)`);
}

const summary = {};
for (const phase of ["prefill", "decode"]) {
  const a = median(ours.map((run) => run[phase]));
  const b = median(theirs.map((run) => run[phase]));
  summary[phase] = { sparrow: a, llama_cpp: b, ratio: a / b };
}
const { kernels, activations, kv_profile } = ours[0].report;
console.log(JSON.stringify({ prompt, generate, threads, rounds, kernels, activations, kv_profile, ...summary }, null, 2));
await context.dispose();
await model.dispose();
process.exit(0);
