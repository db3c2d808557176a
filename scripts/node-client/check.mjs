// The unchanged official client for Node against a running server: list, complete, chat, stream, log-probabilities, cancel, errors.
// Usage: node check.mjs [BASE_URL] [MODEL]     (default http://127.0.0.1:8080/v1 and the first model; API_KEY for a key)
// Ends with 0 when every check holds, with 1 and the failures otherwise.
import assert from "node:assert/strict";
import OpenAI from "openai";

const baseURL = process.argv[2] ?? "http://127.0.0.1:8080/v1";
const client = new OpenAI({ baseURL, apiKey: process.env.API_KEY ?? "none", maxRetries: 0, timeout: 120_000 });
const failures = [];

async function check(name, body) {
  try {
    await body();
    console.log(`ok    ${name}`);
  } catch (error) {
    failures.push(name);
    console.log(`FAIL  ${name}: ${error?.message ?? error}`);
  }
}

let model = process.argv[3];

await check("models are listed and can be retrieved", async () => {
  const names = [];
  for await (const entry of client.models.list()) {
    names.push(entry.id);
  }
  assert.ok(names.length > 0, "there is no model");
  model ??= names[0];
  assert.equal((await client.models.retrieve(model)).id, model);
});

const prompt = "The quick brown fox";
const greedy = { model, prompt, max_tokens: 12, temperature: 0 };
const messages = [{ role: "user", content: "Name three birds." }];
let plain = "";

await check("a completion has text, a reason and a count", async () => {
  const answer = await client.completions.create(greedy);
  plain = answer.choices[0].text;
  assert.ok(["stop", "length"].includes(answer.choices[0].finish_reason));
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
  assert.ok(answer.usage.completion_tokens <= 12);
});

await check("a streamed completion joins to the plain one", async () => {
  let text = "";
  let usage;
  const stream = await client.completions.create({ ...greedy, stream: true, stream_options: { include_usage: true } });
  for await (const chunk of stream) {
    text += chunk.choices[0]?.text ?? "";
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, plain);
  assert.ok(usage.completion_tokens > 0);
});

await check("a completion's log-probabilities go with its tokens", async () => {
  const answer = await client.completions.create({ ...greedy, max_tokens: 4, logprobs: 3 });
  const scores = answer.choices[0].logprobs;
  assert.ok(scores.tokens.length > 0 && scores.tokens.length <= 4);
  assert.equal(scores.token_logprobs.length, scores.tokens.length);
  assert.ok(scores.token_logprobs.every((value) => value <= 0));
});

await check("a chat answers as the assistant", async () => {
  const answer = await client.chat.completions.create({ model, messages, max_completion_tokens: 12, temperature: 0 });
  assert.equal(answer.choices[0].message.role, "assistant");
  assert.equal(typeof answer.choices[0].message.content, "string");
});

await check("a streamed chat joins to the plain one", async () => {
  const options = { model, messages, max_completion_tokens: 12, temperature: 0 };
  const answer = await client.chat.completions.create(options);
  let text = "";
  for await (const chunk of await client.chat.completions.create({ ...options, stream: true })) {
    text += chunk.choices[0]?.delta?.content ?? "";
  }
  assert.equal(text, answer.choices[0].message.content);
});

await check("a chat's log-probabilities carry alternatives", async () => {
  const answer = await client.chat.completions.create({ model, messages, max_completion_tokens: 3, temperature: 0, logprobs: true, top_logprobs: 2 });
  const content = answer.choices[0].logprobs.content;
  assert.ok(content.length > 0 && content.length <= 3);
  assert.ok(content.every((entry) => entry.top_logprobs.length === 2 && entry.logprob <= 0 && Array.isArray(entry.bytes)));
});

await check("a seed draws the same again, and n gives several choices", async () => {
  const options = { model, prompt, max_tokens: 8, temperature: 1, seed: 7, n: 2 };
  const first = await client.completions.create(options);
  const second = await client.completions.create(options);
  assert.equal(first.choices.length, 2);
  assert.deepEqual(first.choices.map((choice) => choice.text), second.choices.map((choice) => choice.text));
});

await check("a stream can be cancelled and the server goes on", async () => {
  const stream = await client.chat.completions.create({ model, messages, max_completion_tokens: 400, temperature: 1, stream: true });
  let chunks = 0;
  for await (const chunk of stream) {
    if (chunk.choices.length > 0 && ++chunks === 3) {
      stream.controller.abort();
      break;
    }
  }
  assert.ok(chunks <= 3);
  assert.equal((await client.completions.create({ ...greedy, max_tokens: 1 })).choices.length, 1);
});

await check("an unknown model is a 404 of the client's own kind", async () => {
  await assert.rejects(client.completions.create({ ...greedy, model: "no-such-model" }), OpenAI.NotFoundError);
});

await check("a wrong value is a 400 that names the parameter", async () => {
  await assert.rejects(
    client.completions.create({ ...greedy, temperature: -1 }),
    (error) => error instanceof OpenAI.BadRequestError && error.param === "temperature");
});

console.log(failures.length === 0 ? "all checks hold" : `${failures.length} checks failed`);
process.exit(failures.length === 0 ? 0 : 1);
