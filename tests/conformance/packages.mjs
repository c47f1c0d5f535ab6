// Imports what is named, and says what of it is there.
const found = [];
for (const name of process.argv.slice(2)) {
  await import(name);
  found.push(name);
}
console.log(JSON.stringify(found.sort()));
