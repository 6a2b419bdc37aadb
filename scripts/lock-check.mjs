/** Fails when the lock file names an optional dependency that it has no entry for: `npm ci` would then stop on another platform. */
import { readFileSync } from 'node:fs';

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));

/** Where a package finds another one: in its own node_modules, or in that of one of the folders above. */
function isLocked(from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    if (`${folder === '' ? '' : `${folder}/`}node_modules/${name}` in packages) return true;
    if (folder === '') return false;
  }
}

const missing = Object.entries(packages).flatMap(([from, { optionalDependencies = {} }]) =>
  Object.keys(optionalDependencies)
    .filter((name) => !isLocked(from, name))
    .map((name) => `${name} (of ${from || 'the project'})`),
);
if (missing.length > 0) {
  console.error(`package-lock.json lacks entries for optional dependencies:\n  ${missing.join('\n  ')}`);
  process.exit(1);
}
