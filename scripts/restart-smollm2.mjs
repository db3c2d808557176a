#!/usr/bin/env node
// SmolLM2, imported and pinned over HTTP, and a server that is killed and started again: the pool is as before, and it is ready within the model's load
// time + 2 s.
//
//   node restart-smollm2.mjs --sparrow EXECUTABLE --gguf FILE [--times 3]
//
// Ready: the first 200 of /healthz/ready, counted from the start of the process. Load time: what the server's log says. Exits 1 if a check failed.
import { parseArgs } from "node:util";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

const { values: options } = parseArgs({
  options: { sparrow: { type: "string" }, gguf: { type: "string" }, times: { type: "string", default: "3" } },
});
const root = mkdtempSync(join(tmpdir(), "sparrow-restart-"));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let failed = 0;
const check = (name, ok, detail = "") => {
  if (!ok) failed++;
  console.log(`${ok ? "ok    " : "FAIL  "}${name}   ${detail}`);
};

const start = async () => {
  const began = performance.now();
  const server = spawn(options.sparrow, ["serve"], {
    env: { ...process.env, Server__Url: "http://127.0.0.1:0", Storage__Root: root, Logging__Format: "json" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const state = { server, load: 0 };
  createInterface({ input: server.stdout }).on("line", (line) => {
    if (!line.startsWith("{") || !line.endsWith("}")) return; // The last one may have been cut by the kill.
    const entry = JSON.parse(line);
    if (entry.event_id === 1002) state.load = entry.seconds;
    state.url ??= /http:\/\/127\.0\.0\.1:\d+/.exec(entry.message)?.[0];
  });
  for (;;) {
    if (server.exitCode !== null) throw new Error(`The server ended with ${server.exitCode}.`);
    if (state.url && (await fetch(`${state.url}/healthz/ready`).catch(() => null))?.ok) break;
    await sleep(5);
  }
  state.ready = (performance.now() - began) / 1000;
  return state;
};
const stop = (state) => new Promise((resolve) => state.server.once("exit", resolve) && state.server.kill("SIGKILL"));

const call = async (state, path, body, method = body ? "POST" : "GET") => {
  const isForm = body instanceof FormData;
  const response = await fetch(`${state.url}${path}`, {
    method,
    body: isForm ? body : body && JSON.stringify(body),
    headers: body && !isForm ? { "content-type": "application/json" } : {},
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
  return answer;
};
// The sample serves only where nothing else is stored, so it is gone after the first start.
const pool = async (state) =>
  (await call(state, "/v1/pool")).models.filter((model) => model.id !== "sparrow-sample").map((model) => ({ id: model.id, status: model.status, pinned: model.pinned, revisions: model.revisions?.map((one) => one.id) }));

let state = await start();
try {
  // 1. Uploaded, imported, pinned; and an upload that is half done.
  const file = readFileSync(options.gguf);
  const upload = await call(state, "/v1/uploads", { filename: basename(options.gguf), purpose: "user_data", bytes: file.length, mime_type: "application/octet-stream" });
  const ids = [];
  for (let at = 0; at < file.length; at += 8 << 20) {
    const form = new FormData();
    form.append("data", new Blob([file.subarray(at, at + (8 << 20))]), "part");
    ids.push((await call(state, `/v1/uploads/${upload.id}/parts`, form)).id);
  }
  const done = await call(state, `/v1/uploads/${upload.id}/complete`, { part_ids: ids });
  await call(state, "/v1/models", { model: "smollm2", source: { files: [{ file_id: done.file.id, path: basename(options.gguf) }] } });
  for (let i = 0; ; i++) {
    if (i > 1200) throw new Error("The import did not end.");
    const models = (await call(state, "/v1/models?include=all")).data;
    if (models.some((model) => model.id === "smollm2" && ["loaded", "unloaded"].includes(model.sparrow?.status))) break;
    await sleep(100);
  }
  await call(state, "/v1/pool/load", { model: "smollm2", pin: true });
  for (let i = 0; (await pool(state)).find((model) => model.id === "smollm2")?.status !== "loaded"; i++) {
    if (i > 1200) throw new Error("The model did not load.");
    await sleep(100);
  }
  const half = await call(state, "/v1/uploads", { filename: "half.bin", purpose: "user_data", bytes: 100, mime_type: "application/octet-stream" });
  const part = new FormData();
  part.append("data", new Blob(["x".repeat(60)]), "part");
  await call(state, `/v1/uploads/${half.id}/parts`, part);
  const before = JSON.stringify(await pool(state));
  const question = { model: "smollm2", prompt: "The capital of France is", max_tokens: 8, temperature: 0 };
  const answer = (await call(state, "/v1/completions", question)).choices[0].text;

  // 2. Killed and started again.
  for (let i = 0; i < Number(options.times); i++) {
    await stop(state);
    state = await start();
    check("ready in load time + 2 s", state.ready <= state.load + 2, `${state.ready.toFixed(2)} s, load ${state.load.toFixed(2)} s`);
    const after = JSON.stringify(await pool(state));
    check("the pool is as before", after === before, after === before ? after : `${before} became ${after}`);
    check("the same answer", (await call(state, "/v1/completions", question)).choices[0].text === answer, JSON.stringify(answer));
    const kept = await call(state, `/v1/uploads/${half.id}`);
    check("the half upload is there", kept.received_bytes === 60 && kept.status === "pending", `${kept.received_bytes} bytes`);
  }
} finally {
  await stop(state);
  rmSync(root, { recursive: true, force: true });
}
console.log(failed === 0 ? "PASS" : `${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
