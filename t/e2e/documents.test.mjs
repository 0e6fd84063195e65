// What the documents show is what happens: the exchange in docs/agents is that of
// the demo, its commands run exactly as they stand there, and oauth-check prints
// about the demo what docs/oauth-check.md says.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { args, folderOf, standing } from './demo_process.mjs';
import { blocks } from './document.mjs';
import { ACCOUNT, MODULE, READ, startWorld } from './world.mjs';


const CHECK = fileURLToPath(new URL('../../tools/oauth-check',
                                    import.meta.url));

const run = promisify(execFile);
const world = await startWorld();

after(() => world.stop());


// The lines, without what differs from run to run: ports, ids, tokens, times.

function lines(text) {
    return text
        .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
        .replaceAll(/("client_id": )"[^"]*"/g, '$1"ID"')
        .replaceAll(/eyJ\S+/g, 'TOKEN')
        .replaceAll(/exp \S+ \(\+\d+ s/g, 'exp TIME (+N s')
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '');
}


test('docs/agents/README.md: the exchange is that of the demo', async () => {
    const { stdout } = await run(process.execPath, args(MODULE, '--once'));
    const happened = lines(stdout);
    const shown = (await blocks('docs/agents/README.md', '')).flatMap(lines);
    let at = 0;

    assert.ok(shown.length > 40, 'the document shows something');

    for (const line of shown) {
        at = happened.indexOf(line, at) + 1;
        assert.ok(at > 0, `not in the demo, or not there: ${line}`);
    }
});


test('docs/agents/curl.md: the commands lead to the app', async () => {
    const steps = await blocks('docs/agents/curl.md', 'sh');
    const [poll] = steps.filter((step) => step.includes('while'));

    // The script uses the app of this test.  The account agrees before the
    // script asks for the token for the first time.

    const script = steps.join('\n')
        .replace(/^APP=.*$/m, `APP=${world.notesUrl}`)
        .replace(poll, () => 'curl -s "$ISSUER/approve?user_code='
                             + `$(member "$DEVICE" user_code)"\n${poll}`);

    const { stdout } = await run('sh', ['-eu', '-c', script], {
        env: { ...process.env, NO_PROXY: '*', no_proxy: '*' },
        timeout: 60_000,
    });

    assert.match(stdout, /^open http\S+user_code=/m);
    assert.match(stdout, /^HTTP\/1\.1 200/m);
    assert.ok(stdout.includes(`"user": "${ACCOUNT}"`), stdout);

    const token = world.as.issued.at(-1);
    const { aud, scope } = JSON.parse(
        Buffer.from(token.split('.')[1], 'base64url'));

    assert.equal(aud, world.notesUrl);
    assert.equal(scope, READ);
});


test('docs/oauth-check.md: the output is that for the demo', async () => {
    const [shown] = await blocks('docs/oauth-check.md', '');
    const { demo, ended, output } = await standing();

    try {
        const url = output.match(/APP=(\S+)/)[1];
        const token = await readFile(`${folderOf(output)}/token`, 'utf8');
        const { stdout } = await run(CHECK, [url], {
            env: { ...process.env, no_proxy: '*', OAUTH_TOKEN: token.trim() },
        });

        assert.deepEqual(lines(stdout), lines(shown));

    } finally {
        demo.kill('SIGINT');
    }

    assert.deepEqual(await ended, [0, null]);
});


test('the error log is clean', async () => {
    await world.checkLog({ refused: ['no_token'] });
});
