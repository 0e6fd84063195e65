
/*
 * Runs a fuzz target over its seeds without libFuzzer, as one TAP test a file:
 * the target's own assertions hold, and the parser takes what is named good_*
 * and refuses what is named bad_*.
 *
 * Without arguments the seeds are those of the target's corpus folder, which
 * the program's name tells; with arguments these files are run, whatever they
 * are named.
 */


#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"


/*
 * A seed is a small file, and an artifact is not larger than the limit of
 * libFuzzer.
 */

#define REPLAY_SIZE  (1 << 20)


static void replay_folder(const char *noun);
static int replay_is_seed(const struct dirent *entry);
static void replay_test(const char *noun, const char *name);
static void replay_file(const char *path);


static int  replay_failed;
static int  replay_number;


int
main(int argc, char **argv)
{
    int          i;
    const char  *noun;

    setvbuf(stdout, NULL, _IOLBF, 0);

    if (argc > 1) {

        for (i = 1; i < argc; i++) {
            replay_file(argv[i]);
            printf("%s: %s\n", argv[i],
                   fuzz_accepted ? "accepted" : "refused");
        }

        return 0;
    }

    noun = strrchr(argv[0], '/');
    noun = noun ? noun + 1 : argv[0];

    fuzz_need(strncmp(noun, "fuzz_", 5) == 0);
    replay_folder(noun + 5);

    return replay_failed;
}


static void
replay_folder(const char *noun)
{
    int              i, n;
    char             path[1024];
    struct dirent  **entries;

    snprintf(path, sizeof(path), "%s/%s", FUZZ_CORPUS, noun);

    n = scandir(path, &entries, replay_is_seed, alphasort);
    fuzz_need(n > 0);

    printf("1..%d\n", n);

    for (i = 0; i < n; i++) {
        replay_test(noun, entries[i]->d_name);
        free(entries[i]);
    }

    free(entries);
}


static int
replay_is_seed(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}


static void
replay_test(const char *noun, const char *name)
{
    int   ok;
    char  path[1024];

    snprintf(path, sizeof(path), "%s/%s/%s", FUZZ_CORPUS, noun, name);

    replay_file(path);

    ok = (strncmp(name, "good_", 5) == 0 && fuzz_accepted)
         || (strncmp(name, "bad_", 4) == 0 && !fuzz_accepted);

    printf("%sok %d - %s/%s: %s\n", ok ? "" : "not ", ++replay_number, noun,
           name, fuzz_accepted ? "accepted" : "refused");

    if (!ok) {
        replay_failed = 1;
    }
}


static void
replay_file(const char *path)
{
    FILE           *file;
    oauth_str_t     input;
    unsigned char  *data;

    data = malloc(REPLAY_SIZE);
    file = fopen(path, "rb");
    fuzz_need(data && file);

    input.len = fread(data, 1, REPLAY_SIZE, file);
    input.data = data;

    fuzz_need(feof(file));
    fclose(file);

    input = fuzz_copy(input);
    free(data);

    fuzz_accepted = 0;
    LLVMFuzzerTestOneInput(input.data, input.len);

    fuzz_free(input);
}
