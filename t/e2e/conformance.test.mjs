// The official conformance suite of MCP.  What its scenarios for servers say
// about an MCP server, check by check, they must also say about it behind nginx
// and the module.  The suite has no token, so a forwarder adds one.

import assert from 'node:assert/strict';
import { createServer, request as httpRequest } from 'node:http';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { CONFORMANCE, newHome } from './programs.mjs';
import { READ, startWorld } from './world.mjs';


// The scenarios that the server of this folder supports.  The others need
// features that it does not have, and fail in the same way with and without
// nginx.

const PASSING = ['server-initialize', 'logging-set-level', 'ping',
                 'tools-list', 'tools-call-simple-text', 'tools-call-image',
                 'tools-call-embedded-resource', 'tools-call-mixed-content',
                 'tools-call-with-logging', 'tools-call-error',
                 'tools-call-with-progress', 'resources-list',
                 'resources-read-text', 'resources-read-binary',
                 'prompts-list', 'prompts-get-simple',
                 'prompts-get-with-image', 'server-sse-multiple-streams'];

const FS = fileURLToPath(new URL('conformance_fs.mjs', import.meta.url));

const world = await startWorld({ workers: 1 });
const home = await newHome();
const forwarder = await startForwarder(world.mcpUrl,
    await world.as.sign({ aud: world.mcpUrl, scope: READ }));

after(async () => {
    await forwarder.stop();
    await home.stop();
    await world.stop();
});


// Adds a token, and keeps the name of the host that the suite has sent.

async function startForwarder(url, token) {
    const server = createServer((request, response) => {
        const onward = httpRequest(url, {
            method: request.method,
            headers: { ...request.headers, authorization: `Bearer ${token}` },
        }, (answer) => {
            response.writeHead(answer.statusCode, answer.headers);
            response.flushHeaders();
            pipeline(answer, response, () => {});
        });

        onward.on('error', () => response.destroy());
        response.on('close', () => onward.destroy());
        request.pipe(onward);
    });

    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });

    return {
        url: `http://127.0.0.1:${server.address().port}/mcp`,
        stop: async () => {
            server.closeAllConnections();
            await new Promise((resolve) => { server.close(resolve); });
        },
    };
}


// Runs the whole suite and returns { scenario: ["check status", …] }.

async function results(name, url) {
    const folder = join(home.folder, name);

    await mkdir(folder);
    await home.run(process.execPath, ['--import', FS, CONFORMANCE, 'server',
                                      '--url', url, '--suite', 'all',
                                      '--output-dir', folder]);

    const entries = await readdir(folder);

    return Object.fromEntries(await Promise.all(entries.map(async (entry) => {
        const checks = JSON.parse(
            await readFile(join(folder, entry, 'checks.json'), 'utf8'));

        return [entry.replace(/^server-(.*)-\d{4}-\d\d-\d\dT.*$/, '$1'),
                checks.map(({ id, status }) => `${id} ${status}`)];
    })));
}


const [direct, through] = [await results('direct', `${world.mcp.url}/mcp`),
                           await results('through', forwarder.url)];


test('the suite has run, on both sides', () => {
    assert.ok(Object.keys(direct).length >= 30, `${Object.keys(direct)}`);
    assert.deepEqual(Object.keys(through).sort(), Object.keys(direct).sort());
    assert.deepEqual(PASSING.filter((scenario) => !direct[scenario]), []);
});


for (const scenario of Object.keys(direct).sort()) {
    test(`${scenario}: as without nginx`, () => {
        assert.ok(direct[scenario].length > 0);
        assert.deepEqual(through[scenario], direct[scenario]);

        if (PASSING.includes(scenario)) {
            assert.ok(direct[scenario].every((check) =>
                !check.endsWith(' FAILURE')), `${direct[scenario]}`);
        }
    });
}


test('nginx has let all of it through', async () => {
    const lines = await world.accesses();

    assert.ok(lines.length >= 60, `${lines.length} requests`);
    assert.deepEqual(lines.filter((line) => / (401|5\d\d)$/.test(line)), []);
    await world.checkLog();
});
