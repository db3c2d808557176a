#!/usr/bin/env node
// SmolLM2 through the whole service while it answers: uploaded in 8 MiB parts by the official Node and .NET clients, compressed (SparseGPT 50 % and 8 bits, or
// a preset) in the background, judged by a gate and swapped in, under an open-loop load at half of what the server can do.
//
//   node service-smollm2.mjs --url http://127.0.0.1:8080 --model smollm2 --gguf FILE --text EVALUATION [--calibration TEXT] [--seconds 60] [--rate R]
//     [--preset small]
//     [--uploader service-upload.cs]: uploads the file as well, by the official .NET client
//
// Checks: no failed and no mixed answer; each prompt has one answer a fingerprint; the fingerprint changes once; the job ends; p99 of the time between
// tokens with the job at most max(1.25 ×, + 10 ms) of that without, in the same run. Prints the figures; exits 1 if a check failed.
import { parseArgs, promisify } from "node:util";
import { createReadStream, statSync, readFileSync, openSync, readSync, closeSync } from "node:fs";
import { createHash } from "node:crypto";
import { execFile } from "node:child_process";
import http from "node:http";
import OpenAI from "openai";

const { values: options } = parseArgs({
  options: {
    url: { type: "string", default: "http://127.0.0.1:8080" },
    model: { type: "string", default: "smollm2" },
    gguf: { type: "string" },
    text: { type: "string" },
    calibration: { type: "string" },
    seconds: { type: "string", default: "60" },
    rate: { type: "string" },
    uploader: { type: "string" },
    preset: { type: "string" },
    gate: { type: "string", default: "2" },
    tokens: { type: "string", default: "32" },
    samples: { type: "string", default: "16" },
    length: { type: "string", default: "512" },
    windows: { type: "string", default: "2" },
  },
});
const base = new URL(options.url);
const client = new OpenAI({ baseURL: new URL("/v1", base).href, apiKey: process.env.KEY ?? "none", maxRetries: 0, timeout: 3600_000 });
const partBytes = 8 << 20;
const seconds = Number(options.seconds);
const maxTokens = Number(options.tokens);
const agent = new http.Agent({ keepAlive: true, maxSockets: 4096 });
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let failed = 0;
const check = (name, ok, detail = "") => {
  if (!ok) failed++;
  console.log(`${ok ? "ok    " : "FAIL  "}${name}${detail ? `   ${detail}` : ""}`);
};

let state = 20261122;
const random = () => {
  // Mulberry32: a small seeded generator, so that a run can be repeated.
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};

const words = readFileSync(options.calibration ?? options.text, "utf8").split(/\s+/);
const prompts = Array.from({ length: 24 }, (_, i) => words.slice(2000 + i * 700, 2000 + i * 700 + 20 + (i % 4) * 15).join(" "));

/** One streamed answer: gaps between its tokens in ms, its text, its fingerprints, who answered. Plain HTTP, as a client's own work is not what is measured. */
const stream = (prompt) =>
  new Promise((resolve) => {
    const body = JSON.stringify({ model: options.model, prompt: prompts[prompt], max_tokens: maxTokens, temperature: 0, stream: true, ignore_eos: true });
    const answer = { prompt, gaps: [], times: [], text: "", fingerprints: new Set(), ok: false, at: performance.now() };
    const request = http.request(
      { agent, host: base.hostname, port: base.port, path: "/v1/completions", method: "POST", headers: { "content-type": "application/json", authorization: `Bearer ${process.env.KEY ?? "none"}` } },
      (response) => {
        answer.served = response.headers["x-sparrow-model"];
        answer.status = response.statusCode;
        let rest = "";
        let last = 0;
        response.setEncoding("utf8");
        response.on("data", (chunk) => {
          const now = performance.now();
          rest += chunk;
          const frames = rest.split("\n\n");
          rest = frames.pop();
          for (const frame of frames) {
            if (frame === "data: [DONE]") {
              answer.ok = answer.finish === "length";
            } else if (frame.startsWith("data: ")) {
              const json = JSON.parse(frame.slice(6));
              if (json.error) answer.error = json.error;
              if (json.system_fingerprint) answer.fingerprints.add(json.system_fingerprint);
              const choice = json.choices?.[0];
              if (!choice) continue;
              answer.text += choice.text ?? "";
              answer.finish = choice.finish_reason ?? answer.finish;
              if (last) {
                answer.gaps.push(now - last);
                answer.times.push(now);
              }
              last = now;
            }
          }
        });
        response.on("end", () => resolve(answer));
        response.on("error", () => resolve(answer));
      },
    );
    request.on("error", (error) => {
      answer.error = String(error);
      resolve(answer);
    });
    request.end(body);
  });

/** Arrivals at random times of a given mean rate, whatever becomes of those before, until told to stop. */
const openLoop = (rate) => {
  const answers = [];
  const pending = new Set();
  let running = true;
  const done = (async () => {
    let due = performance.now();
    while (running) {
      due += (-Math.log(1 - random()) / rate) * 1000;
      const wait = due - performance.now();
      if (wait > 0) await sleep(wait);
      const one = stream(Math.floor(random() * prompts.length)).then((answer) => {
        answers.push(answer);
        pending.delete(one);
      });
      pending.add(one);
    }
    await Promise.all(pending);
  })();
  return { answers, stop: () => ((running = false), done) };
};

const quantile = (values, q) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? NaN : sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
};
const gapsOf = (answers) => answers.flatMap((answer) => answer.gaps);
const show = (name, answers) => {
  const gaps = gapsOf(answers);
  console.log(`${name}: ${answers.length} answers, ms between tokens p50 ${quantile(gaps, 0.5).toFixed(1)}, p95 ${quantile(gaps, 0.95).toFixed(1)}, p99 ${quantile(gaps, 0.99).toFixed(1)}`);
  return quantile(gaps, 0.99);
};

const upload = async (file) => {
  const size = statSync(file).size;
  const created = await client.uploads.create({ filename: file.split("/").at(-1), purpose: "user_data", bytes: size, mime_type: "application/octet-stream" });
  const descriptor = openSync(file, "r");
  const ids = [];
  const hash = createHash("md5");
  for (let at = 0; at < size; at += partBytes) {
    const piece = Buffer.alloc(Math.min(partBytes, size - at));
    readSync(descriptor, piece, 0, piece.length, at);
    hash.update(piece);
    ids.push((await client.uploads.parts.create(created.id, { data: new File([piece], "part") })).id);
  }
  closeSync(descriptor);
  const done = await client.uploads.complete(created.id, { part_ids: ids, md5: hash.digest("hex") });
  return { id: done.file.id, bytes: size, parts: ids.length };
};

const main = async () => {
  // 1. What the server can do: eight streams at once, one after the other.
  await Promise.all(Array.from({ length: 4 }, (_, i) => stream(i)));
  let rate = Number(options.rate ?? 0);
  if (!rate) {
    const until = performance.now() + Math.min(30, seconds) * 1000;
    const start = performance.now();
    let count = 0;
    await Promise.all(
      Array.from({ length: 8 }, async (_, i) => {
        for (let n = i; performance.now() < until; n++) {
          await stream(n % prompts.length);
          count++;
        }
      }),
    );
    const capacity = (count / (performance.now() - start)) * 1000;
    rate = capacity / 2;
    console.log(`capacity: ${capacity.toFixed(2)} requests of ${maxTokens} tokens a second; load: ${rate.toFixed(2)}`);
  }

  // 2. The load without a job.
  const before = openLoop(rate);
  await sleep(seconds * 1000);
  await before.stop();
  const quiet = show("without a job", before.answers);

  // 3. The same load with all of it: upload, job, gate, swap.
  const load = openLoop(rate);
  let start = performance.now();
  const file = await upload(options.gguf);
  console.log(`upload: ${file.bytes} bytes in ${file.parts} parts by the official client in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  if (options.uploader) {
    start = performance.now();
    const { stdout } = await promisify(execFile)("dotnet", ["run", "--no-build", "-c", "Release", options.uploader, "--", base.href, options.gguf]);
    console.log(`upload by the official .NET client: ${((performance.now() - start) / 1000).toFixed(1)} s with its start`);
    const [one, two] = await Promise.all([file.id, stdout.trim()].map((id) => client.files.retrieve(id)));
    check("both clients' uploads are the same file", one.sha256 === two.sha256 && one.bytes === two.bytes, one.sha256);
  }

  const put = async (path, purpose) => (await client.files.create({ file: createReadStream(path), purpose })).id;
  const evaluation = await put(options.text, "evals");
  const calibration = await put(options.calibration ?? options.text, "fine-tune");
  const jobStart = performance.now();
  let job = await client.fineTuning.jobs.create({
    model: options.model,
    training_file: calibration,
    seed: 7,
    source: { files: [{ file_id: file.id, path: "smollm2.gguf" }] },
    method: options.preset ? { type: "preset", preset: options.preset } : {
      type: "recipe",
      recipe: {
        calibration: { samples: Number(options.samples), length: Number(options.length) },
        steps: [
          { type: "prune", method: "sparsegpt", sparsity: 0.5 },
          { type: "quantize", method: "rtn", bits: 8, group_size: 64, symmetric: true },
        ],
      },
    },
    evaluation: { file: evaluation, max_perplexity_increase: Number(options.gate), window: 512, max_windows: Number(options.windows) },
    deploy: { mode: "swap" },
  });
  const counters = async () => {
    const text = await (await fetch(new URL("/metrics", base))).text();
    const sum = (name) => text.split("\n").filter((line) => line.startsWith(name)).reduce((total, line) => total + Number(line.split(" ").at(-1)), 0);
    return { pauses: sum("dotnet_gc_pause_time"), collections: sum("dotnet_gc_collections"), waited: sum("sparrow_compression_yield_seconds_total") };
  };
  const first = await counters();
  let shown = "";
  const steps = [];
  while (!["succeeded", "failed", "cancelled"].includes(job.status)) {
    await sleep(500);
    job = await client.fineTuning.jobs.retrieve(job.id);
    const where = `${job.status} ${job.progress?.step ?? ""}`;
    if (where !== shown) {
      shown = where;
      steps.push({ name: where, at: performance.now() });
      console.log(`  ${((performance.now() - jobStart) / 1000).toFixed(0)} s: ${where}`);
    }
  }
  const jobEnd = performance.now();
  const last = await counters();
  await sleep(5000);
  await load.stop();

  // 4. The load after it.
  const after = openLoop(rate);
  await sleep(Math.min(30, seconds) * 1000);
  await after.stop();
  const during = load.answers.filter((answer) => answer.at >= jobStart && answer.at < jobEnd);
  const busy = show(`with the job (${((jobEnd - jobStart) / 1000).toFixed(0)} s)`, during);
  const byStep = new Map();
  for (const answer of during) {
    answer.gaps.forEach((gap, i) => {
      const name = steps.findLast((step) => step.at <= answer.times[i])?.name ?? "before";
      if (!byStep.has(name)) byStep.set(name, []);
      byStep.get(name).push(gap);
    });
  }
  for (const [name, gaps] of byStep) console.log(`  ${name}: ${gaps.length} gaps, p50 ${quantile(gaps, 0.5).toFixed(1)}, p95 ${quantile(gaps, 0.95).toFixed(1)}, p99 ${quantile(gaps, 0.99).toFixed(1)}`);
  console.log(`  collector: ${last.collections - first.collections} collections, ${(last.pauses - first.pauses).toFixed(2)} s of pauses; the job waited ${(last.waited - first.waited).toFixed(1)} s for requests`);
  const swap = (await (await fetch(new URL("/v1/swaps?limit=1", base))).json()).data[0];
  console.log(`  swap: ${JSON.stringify(swap?.timings)}`);
  show("after the swap", after.answers);

  const all = [...before.answers, ...load.answers, ...after.answers].sort((a, b) => a.at - b.at);
  const broken = all.filter((answer) => !answer.ok);
  check("no answer failed", broken.length === 0, `${broken.length} of ${all.length} ${broken.length ? JSON.stringify(broken[0].error ?? broken[0].status) : ""}`);
  const texts = new Map();
  let mixed = 0;
  for (const answer of all.filter((one) => one.ok)) {
    const fingerprint = [...answer.fingerprints].join("+");
    const key = `${fingerprint} ${answer.prompt}`;
    if (answer.fingerprints.size !== 1 || (texts.has(key) && texts.get(key) !== answer.text)) mixed++;
    texts.set(key, answer.text);
  }
  check("no answer mixed two revisions", mixed === 0, `${mixed} of ${all.length}`);
  const order = all.filter((one) => one.ok).map((answer) => [...answer.fingerprints][0]);
  const kinds = new Set(order);
  const served = new Set(all.map((answer) => answer.served));
  check("the fingerprint changed once", kinds.size === 2 && [...after.answers].every((answer) => answer.fingerprints.has(order.at(-1))), `${kinds.size} fingerprints, ${[...served].join(", ")}`);
  check("the job ended", job.status === "succeeded", job.status === "succeeded" ? "" : JSON.stringify(job.error));
  const report = job.report;
  if (report) {
    console.log(
      `report: ${(report.bytes_before / 1e6).toFixed(1)} → ${(report.bytes_after / 1e6).toFixed(1)} MB, ${report.bits_per_weight} bits a weight, sparsity ${report.sparsity}, ` +
        `perplexity ${report.perplexity_before} → ${report.perplexity_after}, tokens/s ${report.tokens_per_second_before} → ${report.tokens_per_second_after}, ${report.wall_seconds} s`,
    );
    for (const note of report.notes) console.log(`  note: ${note}`);
  }
  const bound = Math.max(1.25 * quiet, quiet + 10);
  check("p99 between tokens holds beside the job", busy <= bound, `${busy.toFixed(1)} ms, bound ${bound.toFixed(1)} ms`);
  console.log(failed === 0 ? "PASS" : `${failed} failed`);
};

main().then(
  () => process.exit(failed === 0 ? 0 : 1),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
