// Builds the package that operators install: release/isthmus-VERSION.tgz. Works without a network, from what is installed here.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';

const root = import.meta.dirname;
const release = join(root, 'release');
const source = readJson('package.json');
/** These are loaded as they are, when they are needed: they look for files of their own, or come in parts. */
const ASIDE = [/^pino/, /^pg/, /^twilio/, 'irc-framework', 'matrix-bot-sdk', /^@matrix-org\//, /^fake-indexeddb/];
const { packages } = readJson('node_modules/.package-lock.json');
/** Packages of our own, by their names in node_modules: npm links them to folders of the checkout. Loaded as they are, too. */
const LOCAL = new Map(
  Object.entries(packages)
    .filter(([, { link }]) => link)
    .map(([path, { resolved }]) => [path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length), resolved]),
);

/** Dependencies that the bundles load: all others are in them. */
const loaded = Object.keys(source.dependencies).filter(
  (name) => LOCAL.has(name) || ASIDE.some((aside) => (aside instanceof RegExp ? aside.test(name) : aside === name)),
);

await step('cleaning release/', () => rmSync(release, { recursive: true, force: true }));
await step('bundling', bundle);
await step('copying production dependencies', copyDependencies);
await step('copying the launcher and documents', copyFiles);
await step('writing package.json', () =>
  writeFileSync(join(release, 'package.json'), `${JSON.stringify(releasePackage(), null, 2)}\n`),
);
await step('packing', pack);

/**
 * Compiles and bundles: few files with what is used of the libraries take 10 MB less of the running gateway's memory than
 * all the modules (docs/performance.md). What the program finds by its path keeps it: the entry, bridges and workers.
 */
async function bundle() {
  const workers = globSync(['src/**/*.worker.ts', 'bridges/**/*.worker.ts'], { cwd: root });
  const entries = ['src/main.ts', ...globSync('bridges/*/index.ts', { cwd: root }), ...workers];
  const bundler = await rolldown({
    cwd: root,
    input: Object.fromEntries(entries.map((file) => [file.replace(/\.ts$/, ''), file])),
    platform: 'node',
    external: [/^node:/, /^#bridges\/[^/]+\/index\.ts$/, ...ASIDE, ...LOCAL.keys()],
    plugins: [{ name: 'ascii', renderChunk: ascii }],
    onLog(_level, { message }) {
      throw new Error(message);
    },
  });
  await bundler.write({
    dir: join(release, 'dist'),
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'src/[name]-[hash].js',
    comments: false,
  });
  await bundler.close();
}

/** A file with characters beyond Latin-1 would take two bytes for each of its characters in memory. */
function ascii(code) {
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** What npm needs to know of the built package. It carries its dependencies with it. */
function releasePackage() {
  const { name, version, description, engines, bin, optionalDependencies } = source;
  const dependencies = withoutPaths(Object.fromEntries(loaded.map((name) => [name, source.dependencies[name]])));
  const folders = Object.keys(source.imports).map((pattern) => pattern.replace(/^#|\/\*$/g, ''));
  return {
    name,
    version,
    description,
    type: 'module',
    engines,
    bin,
    // TypeScript leaves `#src/x.ts` as it is: the package says where that is now.
    imports: Object.fromEntries(folders.map((folder) => [`#${folder}/*.ts`, `./dist/${folder}/*.js`])),
    files: ['bin', 'dist', 'docs', 'bridges', 'config.example.yaml', 'CHANGELOG.md'],
    dependencies,
    bundledDependencies: Object.keys(dependencies),
    optionalDependencies,
  };
}

/** A folder of the checkout means nothing to an operator's npm: what was copied of it has a version. */
function withoutPaths(dependencies) {
  return Object.fromEntries(
    Object.entries(dependencies).map(([name, spec]) => {
      const folder = LOCAL.get(name);
      return [name, spec.startsWith('file:') && folder ? readJson(join(folder, 'package.json')).version : spec];
    }),
  );
}

/** Copies the packages that are loaded with those that they need, without what only compilers read. A Node of our own is for npm to install where it fits. */
function copyDependencies() {
  const isLeftOut = (file) => file.includes('/node_modules') || /\.(d\.[cm]?ts|map)$/.test(file);
  for (const path of neededBy(loaded.map((name) => `node_modules/${name}`))) {
    cpSync(join(root, path), join(release, path), {
      recursive: true,
      dereference: true,
      filter: (file) => !isLeftOut(file.slice(join(root, path).length)),
    });
  }
}

/** Packages by their paths in the lockfile, and what they need in production. */
function neededBy(paths) {
  const needed = new Set();
  const add = (path) => {
    const { link, resolved, dev, devOptional, optional } = packages[path] ?? { optional: true };
    if (needed.has(path) || dev || devOptional || optional) return;
    needed.add(path);
    const { dependencies, peerDependencies } = packages[link ? resolved : path];
    for (const name of Object.keys({ ...dependencies, ...peerDependencies })) add(placeOf(name, path));
  };
  for (const path of paths) add(path);
  return needed;
}

/** Where a package finds another: in itself, in those that it lies in, or beside them. */
function placeOf(name, path) {
  const own = `${path}/node_modules/${name}`;
  if (packages[own]) return own;
  const outer = path.lastIndexOf('/node_modules/');
  return outer < 0 ? `node_modules/${name}` : placeOf(name, path.slice(0, outer));
}

function copyFiles() {
  const pages = globSync(['docs/**/*.md', 'bridges/*/README.md'], { cwd: root });
  const files = ['bin/isthmus.mjs', 'config.example.yaml', 'README.md', 'CHANGELOG.md', 'LICENSE', ...pages];
  for (const file of files.filter((name) => existsSync(join(root, name)))) {
    mkdirSync(dirname(join(release, file)), { recursive: true });
    cpSync(join(root, file), join(release, file));
  }
}

function pack() {
  const options = ['--ignore-scripts', '--loglevel=error', '--pack-destination', release];
  const [archive] = run('npm', ['pack', ...options], release)
    .trim()
    .split('\n')
    .slice(-1);
  return `release/${archive}`;
}

async function step(what, work) {
  process.stdout.write(`build: ${what}\n`);
  const result = await work();
  if (result) process.stdout.write(`build: ${result}\n`);
}

/** Runs a program to its end and returns what it printed. A failure ends the build with the program's own words. */
function run(program, args, cwd) {
  try {
    return execFileSync(program, args, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch (error) {
    process.stderr.write(`${error.stdout ?? ''}build: ${program} has failed: ${error.message.split('\n', 1)[0]}\n`);
    process.exit(1);
  }
}

function readJson(file) {
  return JSON.parse(readFileSync(join(root, file), 'utf8'));
}
