#!/usr/bin/env node
// Kills a server with signal 9 at random moments while a model is uploaded, compressed and swapped in, over and over, and checks after every start:
// no part, job, event or revision was lost or doubled, what had answered before still answers, and each artifact has the bytes of an undisturbed one.
//
//   node scripts/job-kills.mjs --sparrow artifacts/bin/Server/release/sparrow [--kills 40] [--seed 1]
//
// Prints a line a kill, then 'PASS' or 'FAIL'; exits 1 on a failure.
import { parseArgs } from "node:util";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const { values: options } = parseArgs({
  options: { sparrow: { type: "string" }, kills: { type: "string", default: "40" }, seed: { type: "string", default: "1" } },
});
const kills = Number(options.kills);
const scratch = mkdtempSync(path.join(tmpdir(), "sparrow-kills-"));
const data = path.join(scratch, "data");
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

let state = Number(options.seed) >>> 0;
const random = () => {
  // Mulberry32: a small seeded generator, so that a run can be repeated.
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const sha = (bytes) => createHash("sha256").update(bytes).digest("hex");
const fail = (what) => {
  throw new Error(what);
};
const run = (args) =>
  new Promise((resolve, reject) => {
    const child = spawn(options.sparrow, args, { stdio: "ignore" });
    child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`${args[0]} ended with ${code}`))));
  });

/** A server process; base resolves when it is ready. */
class Server {
  constructor() {
    this.child = spawn(options.sparrow, ["serve", "--model", `base=${path.join(scratch, "base")}`], {
      cwd: scratch,
      env: { ...process.env, Server__Url: "http://127.0.0.1:0", Storage__Root: data, KvCache__Bytes: "16MiB", Logging__Format: "json" },
    });
    this.dead = new Promise((resolve) => this.child.on("exit", resolve));
    let text = "";
    this.base = new Promise((resolve, reject) => {
      const take = (chunk) => {
        text += chunk;
        const ready = text.match(/"message":"Ready at (http:\/\/[^",]+)/);
        if (ready) resolve(ready[1]);
      };
      this.child.stdout.on("data", take);
      this.child.stderr.on("data", take);
      this.child.on("exit", (code) => reject(new Error(`the server ended with ${code} before it was ready: ${text.slice(-400)}`)));
    });
    this.base.catch(() => {});
  }
  async kill() {
    this.child.kill("SIGKILL");
    await this.dead;
  }
}

const ask = async (base, method, where, body) => {
  const raw = body instanceof Uint8Array;
  const response = await fetch(base + where, {
    method,
    body: body === undefined ? undefined : raw ? body : JSON.stringify(body),
    headers: body === undefined ? {} : { "content-type": raw ? "application/octet-stream" : "application/json" },
  });
  const answer = await response.json();
  if (!response.ok) fail(`${method} ${where}: ${response.status} ${JSON.stringify(answer)}`);
  answer.served = response.headers.get("x-sparrow-model");
  return answer;
};

const partBytes = 96 << 10;
const names = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"];

/** Goes on with one cycle of upload, job and swap from wherever the server is. The cycle's state is what a client would keep. */
const advance = async (base, cycle) => {
  // 1. Each file of the model in parts; what is there already is not sent again.
  for (const name of cycle.names) {
    if (cycle.files[name]) continue;
    const bytes = cycle.bytes[name];
    cycle.uploads[name] ??= (await ask(base, "POST", "/v1/uploads", { filename: name, purpose: "model", bytes: bytes.length, mime_type: "application/octet-stream" })).id;
    const id = cycle.uploads[name];
    const upload = await ask(base, "GET", `/v1/uploads/${id}`);
    if (upload.status === "completed") {
      cycle.files[name] = upload.file.id;
      continue;
    }
    const there = await ask(base, "GET", `/v1/uploads/${id}/parts`);
    const numbers = new Set(there.data.map((part) => part.part_number));
    if (numbers.size !== there.data.length) fail(`${name}: a part is there twice`);
    for (const part of there.data) {
      const piece = bytes.subarray((part.part_number - 1) * partBytes, part.part_number * partBytes);
      if (part.sha256 !== sha(piece)) fail(`${name}: part ${part.part_number} holds other bytes`);
    }
    for (const number of cycle.sent[name] ?? []) if (!numbers.has(number)) fail(`${name}: part ${number} was acknowledged and is lost`);
    cycle.sent[name] ??= new Set();
    for (let at = 0, number = 1; at < bytes.length; at += partBytes, number++) {
      if (numbers.has(number)) continue;
      await ask(base, "PUT", `/v1/uploads/${id}/parts/${number}`, bytes.subarray(at, at + partBytes));
      cycle.sent[name].add(number);
    }
    const parts = await ask(base, "GET", `/v1/uploads/${id}/parts`);
    const done = await ask(base, "POST", `/v1/uploads/${id}/complete`, { part_ids: parts.data.map((part) => part.id), sha256: sha(bytes) });
    cycle.files[name] = done.file.id;
  }

  // 2. The job, with a key, so that it may be asked for again where the answer was lost.
  if (!cycle.job) {
    const response = await fetch(`${base}/v1/compression/jobs`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": `cycle-${cycle.number}` },
      body: JSON.stringify({
        model: "pressed",
        source: { files: cycle.names.map((name) => ({ file_id: cycle.files[name], path: name })) },
        method: {
          type: "recipe",
          recipe: {
            calibration: { samples: 8, length: 256 },
            steps: [
              { type: "prune", method: "sparsegpt", sparsity: 0.5 },
              { type: "quantize", method: "rtn", bits: 8, group_size: 32 },
            ],
          },
        },
        evaluation: { perplexity: true, window: 128, max_windows: 4 },
        deploy: { mode: "swap" },
        seed: 7,
      }),
    });
    const job = await response.json();
    if (!response.ok) fail(`creating a job: ${response.status} ${JSON.stringify(job)}`);
    cycle.job = job.id;
  }

  // 3. To its end.
  for (;;) {
    const job = await ask(base, "GET", `/v1/compression/jobs/${cycle.job}`);
    if (job.status === "succeeded") {
      cycle.result = job;
      return;
    }
    if (["failed", "cancelled"].includes(job.status)) fail(`the job is ${job.status}: ${JSON.stringify(job.error)}`);
    cycle.step = job.progress?.step ?? job.status;
    await sleep(5);
  }
};

/** Digests of a revision's files, but for the record of its publication. */
const artifact = (revision) => {
  const folder = path.join(data, "revisions", revision);
  return readdirSync(folder)
    .filter((name) => name !== "revision.json")
    .sort()
    .map((name) => `${name} ${sha(readFileSync(path.join(folder, name)))}`)
    .join("\n");
};

/** What must hold at any moment in which a server is ready. */
const inspect = async (base, cycles) => {
  const jobs = (await ask(base, "GET", "/v1/compression/jobs?limit=1000")).data;
  if (new Set(jobs.map((job) => job.id)).size !== jobs.length) fail("a job is there twice");
  const known = cycles.filter((cycle) => cycle.job);
  for (const cycle of known) if (!jobs.some((job) => job.id === cycle.job)) fail(`the job ${cycle.job} is lost`);
  if (jobs.length > cycles.length) fail(`${jobs.length} jobs for ${cycles.length} cycles`);
  for (const cycle of known) {
    const events = (await ask(base, "GET", `/v1/compression/jobs/${cycle.job}/events?limit=1000&order=asc`)).data;
    const seen = events.map((event) => event.id);
    if (new Set(seen).size !== seen.length) fail("an event is there twice");
    for (const [index, id] of cycle.events.entries()) if (seen[index] !== id) fail(`event ${index} of ${cycle.job} is lost or moved`);
    cycle.events = seen;
    const layers = events.filter((event) => event.type === "metrics").map((event) => event.data.layer);
    if (layers.some((layer, index) => layer !== index + 1)) fail(`layers of ${cycle.job} were told as ${layers}`);
  }

  // The last revision that a client was told of, or a later one, answers whole.
  const last = cycles.filter((cycle) => cycle.result).at(-1);
  if (last) {
    const answer = await ask(base, "POST", "/v1/completions", { model: "pressed", prompt: "Hello", max_tokens: 8, temperature: 0 });
    const revision = answer.served.split("@")[1];
    if (!existsSync(path.join(data, "revisions", revision, "config.json"))) fail(`${revision} answers and is not whole`);
  }
  await ask(base, "POST", "/v1/completions", { model: "base", prompt: "Hello", max_tokens: 4 });
};

const main = async () => {
  const shape = ["--hidden", "128", "--layers", "6", "--heads", "4", "--intermediate", "320", "--type", "bf16"];
  await run(["convert", "--random", "llama", ...shape, "--output", path.join(scratch, "base")]);
  const there = readdirSync(path.join(scratch, "base"));
  const files = names.filter((name) => there.includes(name)).concat(there.filter((name) => !names.includes(name)));
  const bytes = Object.fromEntries(files.map((name) => [name, readFileSync(path.join(scratch, "base", name))]));
  const cycles = [];
  const next = () => {
    cycles.push({ number: cycles.length, names: files, bytes, files: {}, uploads: {}, sent: {}, events: [], step: "upload" });
    return cycles.at(-1);
  };

  // One cycle that nobody disturbs: its bytes are what all others must have, and its time is what lives are drawn from.
  let server = new Server();
  let base = await server.base;
  let cycle = next();
  const start = Date.now();
  await advance(base, cycle);
  let whole = Date.now() - start;
  const expected = artifact(cycle.result.revision);
  console.log(`undisturbed: ${whole} ms`);
  cycle = next();

  // Stages take turns as targets; where one is too short to be caught, the kill comes wherever the cycle is by then.
  const targets = ["upload", "validating_files", "calibrate", "prune", "quantize", "evaluate", "report", "deploy"];
  const placeOf = (one) => (one.job ? one.step : "upload");
  const where = {};
  for (let kill = 1; kill <= kills; kill++) {
    const server_ = server;
    const target = targets[(kill - 1) % targets.length];
    const began = Date.now();
    const later = random() * (kill % 2 === 0 ? 30 : whole * 0.1);
    const timer = (async () => {
      while (placeOf(cycle) !== target && Date.now() - began < whole * 1.2) await sleep(1);
      await sleep(later);
      await server_.kill();
    })();
    try {
      while (true) {
        const cycleStart = Date.now();
        const isWhole = !cycle.job;
        await advance(base, cycle);
        if (isWhole) whole = Math.min(whole, Date.now() - cycleStart);
        if (artifact(cycle.result.revision) !== expected) fail(`cycle ${cycle.number} made other bytes`);
        cycle = next();
      }
    } catch (error) {
      if (!(error instanceof TypeError) && !/fetch failed|terminated|socket|other side/i.test(String(error))) throw error;
    }
    await timer;
    const place = placeOf(cycle);
    where[place] = (where[place] ?? 0) + 1;
    console.log(`kill ${kill} after ${Date.now() - began} ms, in ${place}`);
    server = new Server();
    base = await server.base;
    await inspect(base, cycles);
  }

  await advance(base, cycle);
  if (artifact(cycle.result.revision) !== expected) fail("the last cycle made other bytes");
  await inspect(base, cycles);
  const left = readdirSync(path.join(data, "jobs"));
  if (left.length > 0) fail(`scratch is left: ${left}`);
  await server.kill();
  const resumed = cycles.reduce((sum, one) => sum + (one.result?.resumed ?? 0), 0);
  console.log(`PASS: ${kills} kills (${Object.entries(where).map(([place, count]) => `${place} ${count}`).join(", ")}), ${cycles.length} jobs, resumed ${resumed} times, byte-identical`);
};

main().then(
  () => process.exit(0),
  (error) => {
    console.error(`FAIL: ${error.stack ?? error}`);
    process.exit(1);
  },
);
