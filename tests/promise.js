// Tells the differences of two OpenAPI documents as JSON: node promise.js <library> <old> <new>
const fs = require("fs");
const vm = require("vm");

const [library, older, newer] = process.argv.slice(2);
vm.runInThisContext(fs.readFileSync(library, "utf8"));
const read = (name) => JSON.parse(fs.readFileSync(name, "utf8"));
const { diffs } = ApiSmartDiff.apiCompare(read(older), read(newer));
process.stdout.write(JSON.stringify(diffs.map(({ type, action, path }) => ({ type, action, path }))));
