// Synapse, and a Matrix client in Python for its far side: from PyPI, in a virtual environment below .servers/.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installDebianPackages } from './debian.mjs';
import { phase, root, start } from './process.mjs';

const packages = ['matrix-synapse==1.163.2', 'matrix-nio[e2e]==0.25.2'];

const environment = join(root, '.servers', 'synapse');
/** Written last of all, with what is installed: an interrupted installation has none. */
const list = join(environment, 'installed.txt');

/** Whether Synapse is there, in the version that is wanted. */
export const isSynapseInstalled = () => existsSync(list) && readFileSync(list, 'utf8') === packages.join('\n');

/** Makes the environment anew, with whatever Python 3 there is. Throws where that fails. */
export async function installSynapse() {
  if (!(await hasVenv())) await installDebianPackages(['python3-venv']);
  rmSync(environment, { recursive: true, force: true });
  await phase('Making an environment for Synapse', 'python3', ['-m', 'venv', environment]);
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--retries', '3', ...packages];
  await phase(`Installing ${packages.join(' and ')} from PyPI`, join(environment, 'bin', 'python'), pip);
  writeFileSync(list, packages.join('\n'));
}

/** Debian's Python comes without what makes environments: that is the package python3-venv. */
async function hasVenv() {
  const code = await start('python3', ['-c', 'import ensurepip, venv'], { stdio: 'ignore', system: true }).catch(
    () => 1,
  );
  return code === 0;
}
