// The fenced blocks of a document of this repository: { tag, body }, where tag
// is everything after the opening fence.

import { readFile } from 'node:fs/promises';


const TOP = new URL('../../', import.meta.url);

export async function blocks(path, wanted) {
    const text = await readFile(new URL(path, TOP), 'utf8');

    return [...text.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)]
        .filter(([, tag]) => tag === wanted)
        .map(([, , body]) => body);
}
