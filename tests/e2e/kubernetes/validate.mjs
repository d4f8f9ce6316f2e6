// SPDX-License-Identifier: ISC
// validate: holds YAML documents against the schemas of Kubernetes.
//
// Standard input is a list of texts in JSON. For each text, standard output has a list of its documents, each with its
// contents and its faults. It must lie beside the node_modules of package.json.
import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";

// A schema does not forbid fields that it does not know, but it never looks at them either. So each object is watched,
// and a field that was not read is unknown.
function watch(value, path, watched) {
  if (value === null || typeof value !== "object") return value;
  const read = new Set();
  watched.push({ value, path, read });
  return new Proxy(value, {
    get(target, key) {
      if (!Object.hasOwn(target, key)) return Reflect.get(target, key);
      read.add(key);
      return watch(target[key], `${path}/${key}`, watched);
    },
  });
}

function unknownFields(watched) {
  const faults = new Set();
  for (const { value, path, read } of watched) {
    if (Array.isArray(value)) continue;
    // The same object may be looked at more than once, and then not always in full.
    const seen = new Set(watched.filter((other) => other.value === value).flatMap((other) => [...other.read]));
    for (const key of Object.keys(value)) if (!seen.has(key)) faults.add(`${path}/${key} is not known`);
  }
  return [...faults];
}

// The class for an apiVersion and a kind, or undefined.
async function modelOf({ apiVersion, kind }) {
  try {
    return (await import(`kubernetes-models/${apiVersion}/${kind}`))[kind];
  } catch (error) {
    if (!/^ERR_(MODULE_NOT_FOUND|PACKAGE_PATH_NOT_EXPORTED)$|^MODULE_NOT_FOUND$/.test(error.code)) throw error;
    return undefined;
  }
}

async function faultsOf(contents) {
  if (contents === null || typeof contents !== "object") return ["it is no object"];
  const Model = await modelOf(contents);
  if (!Model) return [`there is no ${contents.kind} in ${contents.apiVersion}`];
  const faults = [];
  const watched = [];
  try {
    Model.prototype.validate.call(watch(contents, "", watched));
  } catch (error) {
    faults.push(error.message);
  }
  return [...faults, ...unknownFields(watched)];
}

async function documentsOf(text) {
  const documents = [];
  for (const parsed of parseAllDocuments(text, { strict: true, uniqueKeys: true })) {
    const complaints = [...parsed.errors, ...parsed.warnings].map((error) => error.message);
    const contents = complaints.length ? null : parsed.toJS();
    documents.push({ contents, faults: complaints.length ? complaints : await faultsOf(contents) });
  }
  return documents;
}

const texts = JSON.parse(readFileSync(0, "utf8"));
const answers = [];
for (const text of texts) answers.push(await documentsOf(text));
process.stdout.write(JSON.stringify(answers));
