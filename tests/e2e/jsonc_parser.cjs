// Edits documents with jsonc-parser (the library of VS Code): JSON lines in, JSON lines out, one process for all.
// In:  {text, set: [keys, value], remove: keys or null, ours: {set, removed}}
// Out: per edit {expected, ours, theirs}: the parsed result as text, null where it does not parse; `theirs` too as text.
const [folder] = process.argv.slice(2);
const { applyEdits, modify, parse } = require(require.resolve("jsonc-parser", { paths: [folder] }));

function parsed(text) {
  const errors = [];
  const value = parse(text, errors, { allowTrailingComma: true });
  return errors.length ? null : value;
}

const shown = (value) => (value === null ? null : JSON.stringify(value));

function expected(text, keys, value) {
  const root = parsed(text);
  let at = root;
  for (const key of keys.slice(0, -1)) at = Object.hasOwn(at, key) ? at[key] : (at[key] = {});
  if (value === undefined) delete at[keys.at(-1)];
  else at[keys.at(-1)] = value;
  return JSON.stringify(root);
}

function edit(text, keys, value, ours) {
  const theirs = applyEdits(text, modify(text, keys, value, {}));
  return { expected: expected(text, keys, value), ours: shown(parsed(ours)), theirs: shown(parsed(theirs)), text: theirs };
}

const answers = [];
for (const line of require("fs").readFileSync(0, "utf8").split("\n")) {
  if (!line) continue;
  const { text, set, remove, ours } = JSON.parse(line);
  answers.push({
    set: edit(text, set[0], set[1], ours.set),
    removed: remove && edit(text, remove, undefined, ours.removed),
  });
}
process.stdout.write(answers.map((answer) => JSON.stringify(answer)).join("\n"));
