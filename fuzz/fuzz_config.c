/* A configuration's text through a whole proxy that checks it: it ends with 0, 1 or 2, and with 1 it says why. */
#include "fuzz.h"
#include "proxy_world.h"

enum { INPUT_MAX = 16384 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const check[] = { "-c", NULL };
    struct proxy_world pw;
    if (size > INPUT_MAX)
        return 0;
    proxy_world_open(&pw, STR_NONE);
    proxy_world_file(&pw, "/fuzz/hosts.map", STR("# names\na.example one\nb.example two\n"));
    proxy_world_file(&pw, "/fuzz/list", STR("10.0.0.0/8\n::1\nword\n"));
    proxy_world_file(&pw, "/fuzz/page.http", STR("HTTP/1.0 503 No\r\nContent-Length: 0\r\n\r\n"));
    proxy_world_file(&pw, "/fuzz/script.lua",
                     STR("core.register_action('mark', {'http-req'}, function(txn) end)\n"));
    bool serves = proxy_world_start(&pw, str_make((const char *)data, size), check);
    int code = sim_process_exit_code(pw.process);
    FUZZ_EXPECT(!serves);
    FUZZ_EXPECT(code >= 0 && code <= 2);
    FUZZ_EXPECT(code != 1 || str_find(sim_process_output(pw.process), STR("[ALERT]")) != STR_NOT_FOUND);
    proxy_world_close(&pw);
    return 0;
}
