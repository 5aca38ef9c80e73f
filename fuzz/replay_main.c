/* The main of fuzz targets in the ordinary test build: gives each file of the named folders and files to the target,
 * in order of their names, and the beginnings of short ones too. A finding ends the process. */
#include "fuzz.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { FILE_MAX = 1 << 20, BEGINNINGS = 8 };

static unsigned replayed;

/* From a block of just this size, so that a sanitizer sees one byte past its end. */
static void replay_bytes(const char *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        exit(1);
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void replay_file(const char *path)
{
    static char data[FILE_MAX];
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(1);
    }
    size_t size = fread(data, 1, sizeof(data), file);
    fclose(file);
    printf("%s (%zu bytes)\n", path, size);
    fflush(stdout);
    replay_bytes(data, size);
    for (size_t i = 0; i < BEGINNINGS && size; i++)
        replay_bytes(data, size * i / BEGINNINGS);
    replayed++;
}

static void replay_folder(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char name[4096];
        snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            replay_file(name);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct stat info;
        if (stat(argv[i], &info) < 0) {
            perror(argv[i]);
            return 1;
        }
        if (S_ISDIR(info.st_mode))
            replay_folder(argv[i]);
        else
            replay_file(argv[i]);
    }
    printf("%u inputs\n", replayed);
    return replayed ? 0 : 1;
}
