// Runs nginx with the module in the foreground, in its own folder, as the user
// who started it.  The caller gives what a reader wants to see (issuers and
// servers), which goes to site.conf.  nginx.conf has the rest.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { readFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';


const READY_WITHIN = 10_000;    // milliseconds
const STOP_WITHIN = 10_000;


// Options: module, path of the .so; folder, which exists; site, a function from
// the port to the contents of http { }; binary; workers; others, paths of further
// modules.  If another program takes the port first, another port is tried.

export async function startNginx(options) {
    for (let attempt = 1; ; attempt++) {
        const nginx = new Nginx(options, await freePort());

        try {
            await nginx.start();
            return nginx;

        } catch (error) {
            await nginx.stop().catch(() => {});

            if (attempt === 3 || !/Address already in use/.test(error)) {
                throw error;
            }
        }
    }
}


class Nginx {
    site;
    port;
    ended;                  // resolves with a sentence once it has ended

    #options;
    #child;
    #output = '';

    constructor(options, port) {
        this.#options = { binary: 'nginx', workers: 2, others: [],
                          ...options };
        this.port = port;
        this.site = options.site(port);
    }

    get url() {
        return `http://127.0.0.1:${this.port}`;
    }

    get errorLog() {
        return join(this.#options.folder, 'error.log');
    }

    async start() {
        const { folder, binary } = this.#options;

        await mkdir(join(folder, 'tmp'), { recursive: true });
        await writeFile(join(folder, 'site.conf'), this.site);
        await writeFile(join(folder, 'nginx.conf'), this.#main());

        this.#run(binary, ['-p', folder, '-c', join(folder, 'nginx.conf'),
                           '-e', this.errorLog]);
        await this.#ready();
    }

    // Stops nginx gracefully.  If nginx does not end in time, it is killed, and
    // that is an error.

    async stop() {
        if (!this.#running()) {
            return;
        }

        const timer = setTimeout(() => this.#kill(), STOP_WITHIN);

        this.#child.kill('SIGQUIT');

        const sentence = await this.ended;

        clearTimeout(timer);

        if (this.#child.exitCode !== 0) {
            throw new Error(sentence);
        }
    }

    async log() {
        return await readFile(this.errorLog, 'utf8').catch(() => '');
    }

    // nginx gets its own process group: Ctrl-C then reaches only the program
    // that started nginx, which stops nginx in order.

    #run(binary, args) {
        const { NGINX, ...env } = process.env;  // listening sockets, to nginx

        env.PATH += ':/usr/sbin:/usr/local/sbin';

        this.#child = spawn(binary, args, {
            env,
            detached: true,
            stdio: ['ignore', 'pipe', 'pipe'],
        });

        for (const stream of [this.#child.stdout, this.#child.stderr]) {
            stream.setEncoding('utf8');
            stream.on('data', (text) => { this.#output += text; });
        }

        this.ended = new Promise((resolve) => {
            this.#child.on('error', (error) => {
                resolve(`${binary} cannot be run: ${error.message}`);
            });
            this.#child.on('exit', () => this.#kill());
            this.#child.on('close', (code, signal) => {
                resolve(`nginx ended with ${signal ?? `status ${code}`}`
                        + `${this.#output && `:\n${this.#output.trim()}`}`);
            });
        });
    }

    // Kills the whole group, because workers outlive a master that was killed.

    #kill() {
        try {
            process.kill(-this.#child.pid, 'SIGKILL');

        } catch (error) {
            if (error.code !== 'ESRCH') {
                throw error;
            }
        }
    }

    #running() {
        return this.#child?.pid !== undefined
               && this.#child.exitCode === null
               && this.#child.signalCode === null;
    }

    // nginx writes its pid file when every socket listens.

    async #ready() {
        const deadline = Date.now() + READY_WITHIN;
        let failure;

        this.ended.then((sentence) => { failure = sentence; });

        while (await this.#pid() !== this.#child.pid) {
            if (failure) {
                throw new Error(failure);
            }

            if (Date.now() > deadline) {
                throw new Error(`nginx does not listen after ${READY_WITHIN}`
                                + ' ms');
            }

            await delay(20);
        }
    }

    async #pid() {
        return Number(await readFile(join(this.#options.folder, 'nginx.pid'),
                                     'utf8').catch(() => NaN));
    }

    #main() {
        const { module, others, workers } = this.#options;
        const load = [module, ...others].map((path) => `load_module ${path};\n`)
            .join('');
        const user = process.getuid() === 0 ? 'user root;\n' : '';

        return `${load}${user}worker_processes ${workers};
daemon off;
worker_shutdown_timeout 1s;
pid nginx.pid;
error_log error.log info;

events {
    worker_connections 256;
}

http {
    access_log access.log;
    client_body_temp_path tmp/client_body;
    proxy_temp_path tmp/proxy;
    fastcgi_temp_path tmp/fastcgi;
    uwsgi_temp_path tmp/uwsgi;
    scgi_temp_path tmp/scgi;

    include site.conf;
}
`;
    }
}


async function freePort() {
    const server = createServer().listen(0, '127.0.0.1');

    await once(server, 'listening');

    const { port } = server.address();

    server.close();
    await once(server, 'close');

    return port;
}
