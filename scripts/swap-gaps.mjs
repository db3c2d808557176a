#!/usr/bin/env node
// How long streams wait for their next token while their model is swapped back and forth between two checkpoints, each time loaded anew.
//
//   node swap-gaps.mjs --sparrow EXECUTABLE --model FILE --other FILE|FOLDER [--swaps 15] [--rate 0.7] [--most 150]
//
// Streams of 64 tokens begin `rate` times a second, whatever becomes of those before. Exits 1 if one failed or a gap around a swap was longer than
// `most` ms.
import { parseArgs } from "node:util";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

const { values: options } = parseArgs({
  options: {
    sparrow: { type: "string" }, model: { type: "string" }, other: { type: "string" },
    swaps: { type: "string", default: "15" }, rate: { type: "string", default: "0.7" }, most: { type: "string", default: "150" },
  },
});
const root = mkdtempSync(join(tmpdir(), "sparrow-swap-"));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const server = spawn(options.sparrow, ["serve", "--model", `chat=${options.model}`], {
  env: { ...process.env, Server__Url: "http://127.0.0.1:0", Storage__Root: root, Logging__Format: "json", Pool__RollbackKeepSeconds: "0" },
  stdio: ["ignore", "pipe", "inherit"],
});
let url;
createInterface({ input: server.stdout }).on("line", (line) => (url ??= /Ready at (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1]));

const send = async (path, body) => {
  const isForm = body instanceof FormData;
  const headers = body && !isForm ? { "content-type": "application/json" } : {};
  const response = await fetch(`${url}${path}`, { method: body ? "POST" : "GET", body: isForm || !body ? body : JSON.stringify(body), headers });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response;
};
const call = async (path, body) => (await send(path, body)).json();

const gaps = [];
let [streams, failed] = [0, 0];
const stream = async () => {
  const prompt = `Story number ${streams++} begins with a small bird that`;
  try {
    const answer = await send("/v1/completions", { model: "chat", prompt, max_tokens: 64, temperature: 0, stream: true, ignore_eos: true });
    let [text, last] = ["", 0];
    for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
      const now = performance.now();
      if (last > 0) gaps.push({ from: last, to: now });
      last = now;
      text += chunk;
    }
    if (!text.includes("data: [DONE]") || text.includes('"error"')) throw new Error(text.slice(-300));
  } catch (error) {
    failed++;
    console.log(`FAIL  ${error}`);
  }
};

try {
  while (!url) {
    if (server.exitCode !== null) throw new Error(`The server ended with ${server.exitCode}.`);
    await sleep(50);
  }
  const paths = statSync(options.other).isDirectory() ? readdirSync(options.other).map((name) => join(options.other, name)) : [options.other];
  const files = [];
  for (const path of paths) {
    const form = new FormData();
    form.set("purpose", "user_data");
    form.set("file", new Blob([readFileSync(path)]), basename(path));
    files.push({ file_id: (await call("/v1/files", form)).id, path: basename(path) });
  }
  let revision = (await send("/v1/models", { model: "chat", source: { files } })).headers.get("x-sparrow-revision");
  while (!(await call("/v1/revisions?model=chat")).data.some((one) => one.id === revision)) await sleep(100);

  const running = [];
  const timer = setInterval(() => running.push(stream()), 1000 / Number(options.rate));
  await sleep(3000);
  const swaps = [];
  for (let i = 0; i < Number(options.swaps); i++) {
    const from = performance.now();
    let swap = await call("/v1/swaps", { model: "chat", revision });
    while (!["succeeded", "failed", "cancelled"].includes(swap.status)) {
      await sleep(20);
      swap = await call(`/v1/swaps/${swap.id}`);
    }
    if (swap.status !== "succeeded") throw new Error(JSON.stringify(swap));
    swaps.push({ from, to: performance.now() });
    revision = "previous";
    await sleep(2500);
  }
  clearInterval(timer);
  await Promise.all(running);

  const isIn = (gap) => swaps.some((swap) => gap.to >= swap.from && gap.from <= swap.to);
  const lengths = (chosen) => chosen.map((gap) => gap.to - gap.from).sort((a, b) => a - b);
  const inside = lengths(gaps.filter(isIn));
  for (const [name, sorted] of [["during swaps", inside], ["between them", lengths(gaps.filter((gap) => !isIn(gap)))]]) {
    const at = (q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]?.toFixed(1);
    console.log(`${name}: ${sorted.length} gaps between tokens, ms: p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}`);
  }
  const seconds = swaps.reduce((sum, swap) => sum + swap.to - swap.from, 0) / 1000 / swaps.length;
  const isHeld = failed === 0 && inside.length > 0 && inside.at(-1) <= Number(options.most);
  console.log(`${isHeld ? "PASS" : "FAIL"}  ${swaps.length} swaps of ${seconds.toFixed(1)} s, ${streams} streams, ${failed} failed, no gap above ${options.most} ms wanted`);
  process.exitCode = isHeld ? 0 : 1;
} finally {
  server.kill();
  await new Promise((resolve) => (server.exitCode !== null ? resolve() : server.once("exit", resolve)));
  rmSync(root, { recursive: true, force: true });
}
