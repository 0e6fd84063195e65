// Runs programs of others.  Each runs in a home folder of its own and can reach
// only the loopback.  The browser that it finds there is a script.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile }
    from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';


const RUN_WITHIN = 180_000;             // milliseconds
const ANSWERS_WITHIN = 30_000;
const NOBODY = 'http://127.0.0.1:9';    // nothing listens there

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

export const MCP_REMOTE = path('node_modules/mcp-remote/dist/proxy.js');
export const CONFORMANCE =
    path('node_modules/@modelcontextprotocol/conformance/dist/index.js');
export const MCPORTER = path('mcporter/node_modules/mcporter/dist/cli.js');
export const OPENCODE =
    path('opencode/node_modules/opencode-linux-x64-baseline/bin/opencode');


export async function newHome() {
    const home = new Home(await mkdtemp(join(tmpdir(), 'oauth-home-')));

    await home.start();

    return home;
}


class Home {
    constructor(folder) {
        this.folder = folder;
        this.browser = join(folder, 'bin/xdg-open');
    }

    get env() {
        const { PATH } = process.env;

        return {
            PATH: `${join(this.folder, 'bin')}:${PATH}`,
            HOME: this.folder,
            TMPDIR: join(this.folder, 'tmp'),
            BROWSER: this.browser,
            XDG_CACHE_HOME: join(this.folder, 'cache'),
            XDG_CONFIG_HOME: join(this.folder, 'config'),
            XDG_DATA_HOME: join(this.folder, 'data'),
            XDG_STATE_HOME: join(this.folder, 'state'),
            MCP_REMOTE_CONFIG_DIR: join(this.folder, 'mcp-remote'),
            OPENCODE_DISABLE_AUTOUPDATE: '1',
            OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
            OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
            OPENCODE_DISABLE_MODELS_FETCH: '1',
            npm_config_fetch_retries: '0',
            npm_config_offline: 'true',
            npm_config_registry: NOBODY,
            HTTP_PROXY: NOBODY,
            HTTPS_PROXY: NOBODY,
            NO_PROXY: '127.0.0.1,localhost',
        };
    }

    async start() {
        await this.write('tmp/.keep', '');
        await this.write('bin/xdg-open', `#!/bin/sh
echo "$1" >>'${this.folder}/opened'
'${process.execPath}' '${path('scripted_browser.mjs')}' "$1" >/dev/null 2>&1 &
`, 0o700);
    }

    async write(name, text, mode = 0o600) {
        await mkdir(join(this.folder, name, '..'), { recursive: true });
        await writeFile(join(this.folder, name), text, { mode });
    }

    // The addresses that the browser was told to open.

    async opened() {
        const text = await readFile(join(this.folder, 'opened'), 'utf8')
            .catch(() => '');

        return text.split('\n').filter(Boolean).map((line) => new URL(line));
    }

    // Replaces a text that a program has stored, such as its token, by another
    // one.  Returns the number of files that contained it.

    async replace(from, to) {
        let count = 0;

        for (const entry of await readdir(this.folder, {
            recursive: true, withFileTypes: true }))
        {
            const name = join(entry.parentPath ?? entry.path, entry.name);
            const text = entry.isFile() && entry.name.endsWith('.json')
                ? await readFile(name, 'utf8') : '';

            if (text.includes(from)) {
                await writeFile(name, text.replaceAll(from, to));
                count++;
            }
        }

        return count;
    }

    async run(program, args, env = {}) {
        return await run(program, args, { cwd: this.folder,
                                          env: { ...this.env, ...env } });
    }

    async stop() {
        await rm(this.folder, { recursive: true, force: true,
                                maxRetries: 5 });
    }
}


// Returns { status, stdout, stderr, output }; output has both streams in the
// order in which they came.  A program that takes too long is killed, with all
// that it has started.

export async function run(program, args, { cwd, env }) {
    const child = spawn(program, args, { cwd, env, detached: true,
                                         stdio: ['ignore', 'pipe', 'pipe'] });
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'),
                             RUN_WITHIN);
    const result = { stdout: '', stderr: '', output: '' };

    for (const name of ['stdout', 'stderr']) {
        child[name].setEncoding('utf8');
        child[name].on('data', (text) => {
            result[name] += text;
            result.output += text;
        });
    }

    const [status, signal] = await once(child, 'close');

    clearTimeout(timer);

    return { ...result, status: signal ?? status };
}


export async function freePort() {
    const server = createServer().listen(0, '127.0.0.1');

    await once(server, 'listening');

    const { port } = server.address();

    server.close();
    await once(server, 'close');

    return port;
}


// Starts a server and waits until it answers at its address.  Returns { stop },
// which ends it.

export async function serve(program, args, url) {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(child, 'close');
    const deadline = Date.now() + ANSWERS_WITHIN;
    let output = '';

    for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8');
        stream.on('data', (text) => { output += text; });
    }

    const stop = async () => {
        child.kill();
        await ended;
    };

    while (!await fetch(url).then(() => true, () => false)) {
        if (child.exitCode !== null || Date.now() > deadline) {
            await stop();
            throw new Error(`${program} does not answer: ${output}`);
        }

        await delay(50);
    }

    return { stop };
}
