// The alerts of docs/status.md and docs/fleet.md: promtool of Prometheus accepts
// them, and each comes where it should, and not where all is well.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

import { blocks } from './document.mjs';
import { newFolder } from './stack.mjs';


const PROMTOOL = process.env.PROMTOOL || 'promtool';
const MINUTES = 15;                     // with a sample each

const skip = spawnSync(PROMTOOL, ['--version']).status !== 0
    && 'no promtool here';

// For each alert, the samples of nodes for which it comes, and of others for
// which it does not.

const ALERTS = {
    OAuthKeysMissing: {
        bad: [{ 'nginx_oauth_issuer_state{state="none"}': '1' },
              { 'nginx_oauth_issuer_state{state="expired"}': '1' }],
        good: [{ 'nginx_oauth_issuer_state{state="fresh"}': '1',
                 'nginx_oauth_issuer_state{state="none"}': '0' }],
    },
    OAuthKeysNotRefreshed: {
        bad: [{ nginx_oauth_issuer_keys_expiry_seconds: '14399' }],
        good: [{ nginx_oauth_issuer_keys_expiry_seconds: '14400' }],
    },
    OAuthTokensOfAnotherResource: {
        bad: [{ [refusals('wrong_audience')]: '0+120' }],
        good: [{ [refusals('wrong_audience')]: '0+60' },
               { [refusals('expired')]: '0+120' }],
    },
    OAuthProofsNearlyFull: {
        bad: [proofs('61')],
        good: [proofs('59')],
    },
    OAuthRevocationStoreUnusable: {
        bad: [{ nginx_oauth_revocation_store_usable: '0' }],
        good: [{ nginx_oauth_revocation_store_usable: '1' }],
    },
    OAuthRevocationStoreNearlyFull: {
        bad: [store('81')],
        good: [store('79')],
    },
    OAuthBusDown: {
        bad: [{ nginx_oauth_bus_up: '0' }],
        good: [{ nginx_oauth_bus_up: '1' }],
    },
    OAuthBusNeedsAttention: {
        bad: [{ 'nginx_oauth_bus_finding{finding="own_clock"}': '1' }],
        good: [{ 'nginx_oauth_bus_finding{finding="own_clock"}': '0' }],
    },
    OAuthBusBadRecords: {
        bad: [{ nginx_oauth_bus_bad_records_total: '0+1' }],
        good: [{ nginx_oauth_bus_bad_records_total: '7' }],
    },

    // Of a fleet of three nodes: seconds since the others were heard.

    OAuthBusPeersMissing: {
        bad: [peers(), peers(1), peers(1, 11), peers(11, 11)],
        good: [peers(1, 9), peers(1, 9, 11)],
    },
};

const groups = [...await blocks('docs/status.md', 'yaml'),
                ...await blocks('docs/fleet.md', 'yaml')]
    .filter((block) => block.startsWith('groups:'));


test('promtool accepts the alerts', { skip }, async () => {
    assert.ok(groups.length >= 2, 'both documents have alerts');

    const files = Object.fromEntries(groups.map((group, i) =>
        [`${i}.yml`, group]));

    assert.deepEqual(await promtool('check', files), [0, '']);

    const [code, said] = await promtool('check', {
        '0.yml': groups[0].replace('==', '==('),
    });

    assert.notEqual(code, 0, 'promtool finds what is wrong');
    assert.match(said, /parse/);
});


test('each alert comes where it should', { skip }, async () => {
    const names = [...groups.join('').matchAll(/alert: (\w+)/g)]
        .map(([, name]) => name);

    assert.deepEqual(names, Object.keys(ALERTS), 'each has its samples here');

    // It is expected that there is none, so promtool shows those that there are.

    const [, said] = await promtool('test', {
        ...Object.fromEntries(groups.map((group, i) => [`${i}.rules`, group])),
        'cases.yml': JSON.stringify({               // which is YAML
            rule_files: groups.map((group, i) => `${i}.rules`),
            evaluation_interval: '1m',
            tests: [{
                interval: '1m',
                input_series: names.flatMap(seriesOf),
                alert_rule_test: names.map((alertname) => ({
                    eval_time: `${MINUTES}m`, alertname, exp_alerts: [],
                })),
            }],
        }),
    });

    for (const name of names) {
        assert.deepEqual(
            [...said.matchAll(/Labels:\{(.*?)\}/g)]
                .filter(([, labels]) => labels.includes(`name="${name}"`))
                .map(([, labels]) => labels.match(/instance="(.*?)"/)[1])
                .sort(),
            ALERTS[name].bad.map((node, i) => `${name} bad ${i}`),
            `${name}: ${said}`);
    }
});


// The samples of an alert, in the form of promtool.

function seriesOf(name) {
    return ['bad', 'good'].flatMap((kind) =>
        ALERTS[name][kind].flatMap((node, i) =>
            Object.entries(node).map(([metric, values]) => ({
                series: (metric.endsWith('}') ? metric.replace('}', ',')
                                              : `${metric}{`)
                        + `instance="${name} ${kind} ${i}",job="nginx"}`,
                values: `${values}${values.includes('+') ? '' : '+0'}`
                        + `x${MINUTES}`,
            }))));
}


// What promtool says about these files, of which it gets those that end with
// ".yml": its code, and its words, of which there are none if all is well.

async function promtool(command, files) {
    const { status, stdout, stderr } = spawnSync(
        PROMTOOL, [command, 'rules',
                   ...Object.keys(files).filter((file) => file.endsWith('.yml'))],
        { cwd: await newFolder('alerts', files), encoding: 'utf8' });

    return [status, status === 0 ? '' : `${stdout}${stderr}`];
}


function refusals(reason) {
    return `nginx_oauth_refusals_total{reason="${reason}"}`;
}


function proofs(entries) {
    return { nginx_oauth_dpop_replay_room: '100',
             nginx_oauth_dpop_replay_entries: entries };
}


function store(used) {
    return { nginx_oauth_revocation_store_bytes: '100',
             nginx_oauth_revocation_store_used_bytes: used };
}


function peers(...heard) {
    return Object.fromEntries([
        ['nginx_oauth_bus_peers', `${heard.length}`],
        ...heard.map((seconds, i) => [
            `nginx_oauth_bus_peer_heard_seconds{peer="web",node="${i}"}`,
            `${seconds}`,
        ]),
    ]);
}
