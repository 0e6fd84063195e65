// The demo as a process.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { BINARY, MODULE } from './world.mjs';


const DEMO = fileURLToPath(new URL('../../demo/demo.mjs', import.meta.url));

export const args = (module, ...more) => [DEMO, '--module', module,
                                          '--nginx', BINARY, ...more];

export const folderOf = (output) => output.match(/^files +(\S+)/m)[1];


// Starts a demo that stays up after its exchange; returns its process, the
// promise of its end, and what it has printed.

export async function standing() {
    const demo = spawn(process.execPath, args(MODULE),
                       { stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = once(demo, 'exit');
    let output = '';

    demo.stdout.setEncoding('utf8');

    for await (const text of demo.stdout.iterator({ destroyOnReturn: false })) {
        output += text;

        if (output.includes('# revoked\n')) {
            demo.stdout.resume();
            return { demo, ended, output };
        }
    }

    throw new Error(`the demo has ended: ${output}`);
}
