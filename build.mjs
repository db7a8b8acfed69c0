// Builds the package that operators install: release/isthmus-VERSION.tgz. Works without a network, from what is installed here.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = import.meta.dirname;
const release = join(root, 'release');
const source = readJson('package.json');

step('cleaning release/', () => rmSync(release, { recursive: true, force: true }));
step('compiling', () =>
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], root),
);
step('copying production dependencies', copyDependencies);
step('copying the launcher and documents', copyFiles);
step('writing package.json', () =>
  writeFileSync(join(release, 'package.json'), `${JSON.stringify(releasePackage(), null, 2)}\n`),
);
step('packing', pack);

/** What npm needs to know of the built package. It carries its dependencies with it. */
function releasePackage() {
  const { name, version, description, engines, bin, dependencies, optionalDependencies } = source;
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
    files: ['bin', 'dist', 'config.example.yaml'],
    dependencies,
    bundledDependencies: Object.keys(dependencies),
    optionalDependencies,
  };
}

/** Copies what the lockfile counts as needed in production. A Node of our own is for npm to install where it fits. */
function copyDependencies() {
  const { packages } = readJson('node_modules/.package-lock.json');
  const needed = Object.entries(packages).filter(([, entry]) => !entry.dev && !entry.devOptional && !entry.optional);
  for (const [path] of needed) {
    const nested = (file) => file.slice(join(root, path).length).includes('/node_modules');
    cpSync(join(root, path), join(release, path), {
      recursive: true,
      dereference: true,
      filter: (file) => !nested(file),
    });
  }
}

function copyFiles() {
  const files = ['bin/isthmus.mjs', 'config.example.yaml', 'README.md', 'CHANGELOG.md', 'LICENSE'];
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

function step(what, work) {
  process.stdout.write(`build: ${what}\n`);
  const result = work();
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
