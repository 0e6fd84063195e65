// What a test file has started or made.  When its tests have ended, all of it
// is stopped and removed, the last first.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';


const stack = [];

after(async () => {
    for (const part of stack.reverse()) {
        await part.stop();
    }
});


// Waits for a server, which has a method "stop".

export async function started(promise) {
    const part = await promise;

    stack.push(part);

    return part;
}


// A new folder; files maps names to texts, which only the owner may read.

export async function newFolder(name, files = {}) {
    const folder = await mkdtemp(join(tmpdir(), `oauth-${name}-`));

    stack.push({ stop: () => rm(folder, { recursive: true, force: true }) });

    for (const [file, text] of Object.entries(files)) {
        await writeFile(join(folder, file), text, { mode: 0o600 });
    }

    return folder;
}
