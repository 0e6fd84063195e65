// Runs the demo as a person does: once; and until Ctrl-C, typing in the lines
// that it prints.  The demo must fail if a step does not go as it should.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { play } from '../../demo/agent.mjs';
import { startApp } from '../../demo/app.mjs';
import { Story, StepFailed } from '../../demo/story.mjs';
import { args, folderOf, standing } from './demo_process.mjs';
import { MODULE } from './world.mjs';


const run = promisify(execFile);


test('once: every step is as it should be, and nothing is left', async () => {
    const { stdout } = await run(process.execPath, args(MODULE, '--once'));

    for (const status of ['401 Unauthorized', '201 Created', '200 OK',
                          '403 Forbidden', '204'])
    {
        assert.ok(stdout.includes(`< ${status}`), status);
    }

    assert.match(stdout, /it ended after \d\.\d s/);

    assert.ok(!/eyJ[\w-]{20,}/.test(stdout), 'a token is printed in full');
    assert.ok(!existsSync(folderOf(stdout)));
    await assert.rejects(fetch(nginxOf(stdout)));
});


test('until Ctrl-C: the lines that it prints work', async () => {
    const { demo, ended, output } = await standing();

    try {
        const { stdout } = await run('sh', ['-e', '-c', linesOf(output)]);

        assert.deepEqual(stdout.match(/HTTP\/1\.1 \d+/g).map(
            (line) => Number(line.slice(-3))),
            [401, 200, 200, 403, 401, 200, 204, 401]);

    } finally {
        demo.kill('SIGINT');
    }

    assert.deepEqual(await ended, [0, null]);
    assert.ok(!existsSync(folderOf(output)));
    await assert.rejects(fetch(nginxOf(output)));
});


test('an nginx that is killed ends the demo, with its workers', async () => {
    const { demo, ended, output } = await standing();

    try {
        process.kill(Number(readFileSync(`${folderOf(output)}/nginx.pid`)),
                     'SIGKILL');

    } catch (error) {
        demo.kill('SIGINT');
        throw error;
    }

    assert.deepEqual(await ended, [1, null]);
    await assert.rejects(fetch(nginxOf(output)));
});


test('an nginx that does not start', async () => {
    const error = await run(process.execPath, args('/nonexistent.so', '--once'))
        .then(() => assert.fail('it succeeds'), (failure) => failure);

    assert.equal(error.code, 1);
    assert.match(error.stderr, /^FAILED: nginx ended with status 1/m);
    assert.match(error.stderr, /nonexistent\.so/);
});


test('an app without protection', async () => {
    const app = await startApp();
    const story = new Story({ print: () => {} });

    try {
        await assert.rejects(play(story, app.url, {
            account: 'alice',
            reached: () => app.requests.length,
        }), (error) => error instanceof StepFailed
                       && error.expected === '401' && error.got === '200');

    } finally {
        await app.stop();
    }
});


const nginxOf = (output) => output.match(/^nginx +(\S+)/m)[1];


// The commands that it prints for typing in: the indented lines from the first
// assignment on.

function linesOf(output) {
    return output.slice(output.indexOf('    APP=')).split('\n')
        .filter((line) => line.startsWith('    ')).join('\n');
}
