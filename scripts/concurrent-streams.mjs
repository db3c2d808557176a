#!/usr/bin/env node
// Load check of a running server: many streams of mixed length over all its models at once, a third of them cut off by the client.
//
//   node scripts/concurrent-streams.mjs --url http://127.0.0.1:8080 [--streams 32] [--seed 1]
//
// Checks: no error; blocks in use return to 0; the joined deltas of an undisturbed stream equal the plain answer to the same request;
// /healthz/live keeps answering. Prints the figures, then 'N passed, N failed'; exits 1 if any check failed.
import { parseArgs } from "node:util";
import http from "node:http";

const { values: options } = parseArgs({
  options: {
    url: { type: "string", default: "http://127.0.0.1:8080" },
    streams: { type: "string", default: "32" },
    seed: { type: "string", default: "1" },
    "health-limit-ms": { type: "string", default: "50" },
  },
});
const base = new URL(options.url);
const streamCount = Number(options.streams);
const healthLimit = Number(options["health-limit-ms"]);

let state = Number(options.seed) >>> 0;
const random = () => {
  // Mulberry32: a small seeded generator, so that a run can be repeated.
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const between = (low, high) => low + Math.floor(random() * (high - low + 1));

let passed = 0;
let failed = 0;
const check = (name, ok, detail = "") => {
  ok ? passed++ : failed++;
  console.log(`${ok ? "ok    " : "FAIL  "}${name}${detail ? `   ${detail}` : ""}`);
};

const agent = new http.Agent({ keepAlive: false, maxSockets: Infinity });
const request = (method, path, body, onChunk) =>
  new Promise((resolve, reject) => {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const call = http.request(
      { agent, hostname: base.hostname, port: base.port, path, method, headers: payload ? { "content-type": "application/json" } : {} },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk) => {
          text += chunk;
          if (onChunk?.(text) === false) {
            call.destroy();
            resolve({ status: response.statusCode, text, cut: true });
          }
        });
        response.on("end", () => resolve({ status: response.statusCode, text, cut: false }));
        response.on("error", reject);
      });
    call.on("error", reject);
    call.end(payload);
  });
const getJson = async (path) => JSON.parse((await request("GET", path)).text);
const events = (text) =>
  text.split("\n").filter((line) => line.startsWith("data: ") && line !== "data: [DONE]").map((line) => JSON.parse(line.slice(6)));
const joined = (text) => events(text).map((event) => event.choices[0]?.text ?? "").join("");

const models = (await getJson("/v1/models")).data.map((model) => model.id);
const words = "the old keeper of the light walked down to the shore and counted every boat that came home before the storm".split(" ");
const jobs = Array.from({ length: streamCount }, (_, index) => ({
  cutAfter: index % 3 === 2 ? between(0, 6) : null,
  body: {
    model: models[index % models.length],
    prompt: Array.from({ length: index % 8 === 0 ? between(400, 900) : between(3, 120) }, () => words[between(0, words.length - 1)]).join(" "),
    max_tokens: between(8, 96),
    temperature: 0,
    ignore_eos: true,
  },
}));
// Models of short context get prompts they can hold.
const contexts = Object.fromEntries((await getJson("/v1/models")).data.map((model) => [model.id, model.max_model_len]));
for (const job of jobs) {
  job.body.prompt = job.body.prompt.split(" ").slice(0, Math.max(1, Math.floor((contexts[job.body.model] - job.body.max_tokens) / 8))).join(" ");
}

const health = [];
let watching = true;
const watch = (async () => {
  while (watching) {
    const start = performance.now();
    const answer = await request("GET", "/healthz/live");
    health.push(performance.now() - start);
    if (answer.status !== 200) {
      check("live probe answers 200", false, String(answer.status));
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
})();

const started = performance.now();
const results = await Promise.all(
  jobs.map((job) =>
    request("POST", "/v1/completions", { ...job.body, stream: true }, (text) =>
      job.cutAfter === null || events(text.slice(0, text.lastIndexOf("\n\n") + 1)).length <= job.cutAfter).catch((error) => ({ status: 0, text: String(error), cut: false }))));
const seconds = (performance.now() - started) / 1000;
watching = false;
await watch;

const whole = results.map((result, index) => ({ result, job: jobs[index] })).filter((pair) => pair.job.cutAfter === null);
const errors = results.filter((result) => result.status !== 200 || result.text.includes('"error"'));
check(`${streamCount} streams over ${models.length} models end without an error`, errors.length === 0, errors[0]?.text.slice(0, 200) ?? "");
check("every undisturbed stream ends with [DONE]", whole.every((pair) => pair.result.text.endsWith("data: [DONE]\n\n")));
check("the client cut a third of the streams", results.filter((result) => result.cut).length > 0, `${results.filter((result) => result.cut).length} cut`);

let inUse = -1;
for (let attempt = 0; attempt < 50 && inUse !== 0; attempt++) {
  await new Promise((resolve) => setTimeout(resolve, 100));
  const pool = await getJson("/v1/pool");
  inUse = pool.models.reduce((sum, model) => sum + model.cache.blocks_in_use + model.running + model.queued, 0);
}
check("blocks in use, running and queued return to 0", inUse === 0, `in use: ${inUse}`);

let different = 0;
for (const pair of whole) {
  const plain = JSON.parse((await request("POST", "/v1/completions", pair.job.body)).text);
  different += plain.choices[0].text === joined(pair.result.text) ? 0 : 1;
}
check(`joined deltas equal plain answers (${whole.length} streams)`, different === 0, `${different} differ`);

health.sort((a, b) => a - b);
const at = (share) => health[Math.min(health.length - 1, Math.floor(share * health.length))];
const figures = `${health.length} probes: median ${at(0.5).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms, largest ${at(1).toFixed(1)} ms`;
check(`/healthz/live answers in under ${healthLimit} ms throughout`, at(1) < healthLimit, figures);
const tokens = results.reduce((sum, result) => sum + events(result.text.slice(0, result.text.lastIndexOf("\n\n") + 1)).length, 0);
console.log(`${figures}; ${tokens} chunks in ${seconds.toFixed(1)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed || !passed ? 1 : 0);
