// Recipes, comparisons and the table of compress-smollm2.sh. Ends with 1 where a bound is broken.
import { closeSync, existsSync, openSync, readFileSync, readSync, readdirSync, writeSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";

const prune = (method, sparsity, more = {}) =>
  ({ type: "prune", method, ...(sparsity === "2of4" ? { pattern: "2:4" } : { sparsity: Number(sparsity) / 100 }), ...more });
const dsnot = (more) => ({ type: "refine", method: "dsnot", ...more });
const quantize = (method, bits) => ({ type: "quantize", method, bits: Number(bits), group_size: 64, scales: "f32" });

// The authors' scripts prune one weight more in each panel; the bound compares like with like.
const released = { count: "released" };
const steps = {
  "magnitude-50": [prune("magnitude", 50, released)],
  ...Object.fromEntries([50, 60, 70, "2of4"].flatMap((s) => [
    [`wanda-${s}`, [prune("wanda", s)]],
    [`sparsegpt-${s}`, [prune("sparsegpt", s, s === "2of4" ? {} : released)]],
  ])),
  ...Object.fromEntries([60, 70, "2of4"].flatMap((s) => [
    [`dsnot-wanda-${s}`, [prune("wanda", s), dsnot({ dialect: "released", layers: "all" })]],
    ...(s === "2of4" ? [] : [[`dsnotmlp-wanda-${s}`, [prune("wanda", s), dsnot({ dialect: "released" })]]]),
    [`guarded-wanda-${s}`, [prune("wanda", s), dsnot({})]],
  ])),
  ...Object.fromEntries([4, 3].flatMap((bits) => ["rtn", "gptq", "awq"].map((method) => [`${method}-w${bits}-g64`, [quantize(method, bits)]]))),
  "apt-60": [prune("apt", 60)],
  "eora-wanda-2of4": [prune("wanda", "2of4"), { type: "compensate", method: "eora", rank: 32 }],
  "owl-wanda-70": [prune("wanda", 70, { allocation: "owl" })],
  "owl-sparsegpt-70": [prune("sparsegpt", 70, { ...released, allocation: "owl" })],
  "rmi-wanda-70": [prune("wanda", 70, { allocation: "rmi" })],
  "evopress-wanda-70": [prune("wanda", 70, { allocation: { method: "evopress", generations: 12, offspring: 8, tokens: 256, final_tokens: 1024 } })],
};
const uncalibrated = (config) => config.startsWith("magnitude") || config.startsWith("rtn");

function recipe(config, shared) {
  const json = { version: 1, steps: steps[config], output: { type: "f32", ...(config.startsWith("eora") ? {} : { format: "plain" }) } };
  if (!uncalibrated(config)) {
    json.calibration = { tokens: join(shared, "golden/compression/calibration_ids.json"), samples: 8 };
  }
  return json;
}

// One tensor of a safetensors folder: its values, or the mask of a sparse one, as the reference packs it.
function tensorOf(folder, name) {
  for (const file of readdirSync(folder).filter((entry) => entry.endsWith(".safetensors"))) {
    const handle = openSync(join(folder, file));
    const length = Buffer.alloc(8);
    readSync(handle, length, 0, 8, 0);
    const header = Buffer.alloc(Number(length.readBigUInt64LE()));
    readSync(handle, header, 0, header.length, 8);
    const tensors = JSON.parse(header);
    const read = (entry) => {
      const data = Buffer.alloc(entry.data_offsets[1] - entry.data_offsets[0]);
      readSync(handle, data, 0, data.length, 8 + header.length + entry.data_offsets[0]);
      return data;
    };
    if (tensors[`${name}.bitmask`]) {
      return { bits: read(tensors[`${name}.bitmask`]) };
    }
    const entry = tensors[`${name}.weight`];
    if (entry) {
      return { data: read(entry), type: entry.dtype };
    }
  }
  return null;
}

// A bit for each weight that is not zero.
function keptBits(folder, name) {
  const tensor = tensorOf(folder, name);
  if (!tensor || tensor.bits) return tensor?.bits ?? null;
  const size = tensor.type === "F32" ? 4 : 2;
  const bits = Buffer.alloc(Math.ceil(tensor.data.length / size / 8));
  for (let i = 0; i < tensor.data.length / size; i++) {
    const zero = tensor.data.subarray(i * size, (i + 1) * size).every((byte, at) => byte === 0 || (at === size - 1 && byte === 0x80));
    bits[i >> 3] |= zero ? 0 : 1 << (i & 7);
  }
  return bits;
}

function referenceOf(config, shared) {
  const path = join(shared, "golden/compression", `${config}.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : null;
}

function masks(config, shared, folder) {
  const result = {};
  for (const [name, text] of Object.entries(referenceOf(config, shared)?.mask_bits ?? {})) {
    const expected = inflateSync(Buffer.from(text, "base64"));
    const found = keptBits(folder, name);
    let same = 0;
    for (let i = 0; found && i < expected.length; i++) {
      for (let differing = expected[i] ^ found[i], bit = 0; bit < 8; bit++) {
        same += (differing >> bit & 1) === 0 ? 1 : 0;
      }
    }
    result[name] = same / (expected.length * 8);
  }
  return result;
}

// Sums of |w| over those of the reference: how far a later block has come from the reference's.
function sums(config, shared, folder) {
  const result = {};
  for (const [module, expected] of Object.entries(referenceOf(config, shared)?.weight_abs_sum ?? {})) {
    const tensor = tensorOf(folder, module);
    let sum = 0;
    for (let at = 0; tensor?.type === "F32" && at < tensor.data.length; at += 4) {
      sum += Math.abs(tensor.data.readFloatLE(at));
    }
    result[module.replace(/^model\.layers\.(\d+)\..*\./, "$1 ")] = sum / expected - 1;
  }
  return result;
}

// Multiplies the norms of a folder of floats by numbers that differ from 1 by at most the noise.
function disturb(folder, noise, seed) {
  let state = seed >>> 0;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  for (const file of readdirSync(folder).filter((entry) => entry.endsWith(".safetensors"))) {
    const handle = openSync(join(folder, file), "r+");
    const length = Buffer.alloc(8);
    readSync(handle, length, 0, 8, 0);
    const header = Buffer.alloc(Number(length.readBigUInt64LE()));
    readSync(handle, header, 0, header.length, 8);
    for (const [name, entry] of Object.entries(JSON.parse(header)).filter(([key]) => key.endsWith("norm.weight"))) {
      const [start, end] = entry.data_offsets;
      if (entry.dtype !== "F32") {
        throw new Error(`${name} is ${entry.dtype}, not F32.`);
      }
      const data = Buffer.alloc(end - start);
      readSync(handle, data, 0, data.length, 8 + header.length + start);
      for (let at = 0; at < data.length; at += 4) {
        data.writeFloatLE(data.readFloatLE(at) * (1 + noise * (2 * random() - 1)), at);
      }
      writeSync(handle, data, 0, data.length, 8 + header.length + start);
    }
    closeSync(handle);
  }
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function table(shared, results, configs) {
  const rows = new Map();
  for (const config of configs) {
    const folder = join(results, config);
    if (!existsSync(join(folder, "evaluation.json"))) {
      console.log(`FAIL  ${config}: no result`);
      process.exitCode = 1;
      continue;
    }
    const read = (file) => JSON.parse(readFileSync(join(folder, file), "utf8"));
    const nll = read("evaluation.json").perplexity.window_nll;
    const reference = referenceOf(config, shared);
    rows.set(config, {
      nll: mean(nll),
      reference: reference ? mean(reference.window_nll.slice(0, nll.length)) : null,
      masks: read("masks.json"),
      sums: existsSync(join(folder, "sums.json")) ? read("sums.json") : {},
      report: read("report.json"),
      seconds: Number(readFileSync(join(folder, "seconds"), "utf8")),
    });
  }

  const failures = [];
  console.log("| configuration | perplexity | reference | difference of mean NLL | mask bits of block 0 | compress, s |");
  console.log("|---|---|---|---|---|---|");
  for (const [config, row] of rows) {
    const difference = row.reference === null ? null : row.nll - row.reference;
    const bits = Object.values(row.masks);
    const worst = bits.length > 0 ? Math.min(...bits) : null;
    console.log(`| ${config} | ${Math.exp(row.nll).toFixed(2)} | ${row.reference === null ? "" : Math.exp(row.reference).toFixed(2)} `
      + `| ${difference === null ? "" : difference.toFixed(4)} | ${worst === null ? "" : (100 * worst).toFixed(3) + " %"} | ${row.seconds} |`);
    if (Object.keys(row.sums).length > 0) {
      console.log(`|   ${config}: sum of \\|w\\| less the reference's, relative | ${Object.entries(row.sums).map(([name, value]) => `${name}: ${value.toExponential(1)}`).join(" | ")} | |`);
    }
    const check = (what, holds) => holds || failures.push(`${config}: ${what}`);
    const family = config.split("-")[0];
    if (family === "rtn") {
      check(`NLL differs by ${difference}, bound 0.003`, Math.abs(difference) <= 0.003);
    } else if (family.startsWith("dsnot")) {
      check(`NLL differs by ${difference}, bound 0.03`, Math.abs(difference) <= 0.03);
    } else if (family === "gptq") {
      check(`perplexity is ${Math.exp(difference)} of the reference, bound 1.02`, Math.exp(difference) <= 1.02);
    } else if (difference !== null) {
      check(`NLL differs by ${difference}, bound 0.01`, difference <= 0.01);
    }
    if (family === "wanda") {
      check(`${worst} of the mask bits agree, bound 0.999`, worst >= 0.999);
    }
    layerChecks(config, row.report.layers, check);
    against(rows, config, row, check);
  }

  for (const failure of failures) {
    console.log(`FAIL  ${failure}`);
    process.exitCode = 1;
  }
}

// Measures that steps leave in the report, layer by layer.
function layerChecks(config, layers, check) {
  const having = (name) => layers.filter((layer) => layer.measures?.[name] !== undefined);
  for (const layer of having("rtn_squared_error")) {
    check(`${layer.name}: GPTQ's error ${layer.squared_error} is above RTN's ${layer.measures.rtn_squared_error}`,
      layer.squared_error < layer.measures.rtn_squared_error);
  }
  for (const layer of having("rows_above_sparsegpt")) {
    check(`${layer.name}: ${layer.measures.rows_above_sparsegpt} rows have a larger error than SparseGPT's sweep`, layer.measures.rows_above_sparsegpt === 0);
  }
  const closed = having("eora_error_before").map((layer) => 1 - layer.measures.eora_error_after / layer.measures.eora_error_before);
  if (closed.length > 0) {
    console.log(`|   ${config}: share of the squared error closed, layer by layer | mean ${mean(closed).toFixed(3)} | least ${Math.min(...closed).toFixed(3)} `
      + `| most ${Math.max(...closed).toFixed(3)} | | |`);
    check("EoRA leaves a layer's error larger", Math.min(...closed) >= 0);
  }
}

function against(rows, config, row, check) {
  const other = (name) => rows.get(name);
  if (config.startsWith("guarded-")) {
    const plain = other(config.slice("guarded-".length));
    check("guarded DSnoT is worse than its initial mask", !plain || row.nll <= plain.nll);
  }
  if (config === "gptq-w3-g64") {
    check("3-bit GPTQ is not well below RTN", !other("rtn-w3-g64") || row.nll < other("rtn-w3-g64").nll - 0.05);
  }
}

const [command, ...rest] = process.argv.slice(2);
if (command === "list") {
  console.log(Object.keys(steps).join("\n"));
} else if (command === "recipe") {
  if (!steps[rest[0]]) {
    console.error(`Unknown configuration '${rest[0]}'. Known: ${Object.keys(steps).join(", ")}.`);
    process.exit(2);
  }
  console.log(JSON.stringify(recipe(rest[0], rest[1]), null, 2));
} else if (command === "disturb") {
  disturb(rest[0], Number(rest[1]), Number(rest[2]));
} else if (command === "sums") {
  console.log(JSON.stringify(sums(rest[0], rest[1], rest[2])));
} else if (command === "masks") {
  console.log(JSON.stringify(masks(rest[0], rest[1], rest[2])));
} else {
  table(rest[0], rest[1], rest.slice(2));
}
